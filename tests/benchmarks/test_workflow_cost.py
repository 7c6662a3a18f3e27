"""Where the CPU time of a run goes, and that the workflow itself takes little of it."""

from __future__ import annotations

import pytest

from benchmarks.workflow_cost import Cost, planned, scripts_of_rules, start, table
from tests.helpers.paths import ROOT

PLAN = """Job stats:
job                count
---------------  -------
all                    1
draw_figure           40
train_vae             10
total                 51
"""


def test_every_script_has_its_rules():
    scripts = scripts_of_rules()
    called_by_hand = {"reproduce/check_yaml.py", "reproduce/diff.py"}
    folder = ROOT / "scripts"
    every = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    assert set(scripts.values()) == every - called_by_hand
    assert scripts["draw_figure"] == "figures/draw.py"
    assert scripts["decode_dataset"] == scripts["decode_fields"]


def test_jobs_are_counted_by_script():
    for printed in (PLAN, PLAN + PLAN):  # Snakemake prints it twice
        assert planned(printed, scripts_of_rules()) == {"figures/draw.py": 40, "train/vae.py": 10}


def test_parts_add_up_to_the_whole():
    cost = Cost(200.0, 10.0, {"a.py": 1.0, "b.py": 2.5}, {"a.py": 20, "b.py": 4})
    assert cost.starting == 30
    assert cost.overhead == pytest.approx(40 / 210)
    lines = table(cost).splitlines()
    shares = [line.split("|")[2:4] for line in lines[2:6]]
    assert [float(seconds) for seconds, _ in shares] == [170, 30, 10, 40]
    assert [share.strip() for _, share in shares] == ["81.0 %", "14.3 %", "4.8 %", "19.0 %"]
    assert [line.split("|")[1].strip() for line in lines[-2:]] == ["a.py", "b.py"]


def test_a_start_takes_cpu_time():
    assert 0.01 < start("reproduce/collect.py") < 60
