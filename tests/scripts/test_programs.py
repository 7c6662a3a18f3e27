"""What all scripts share: help, missing options, one line and status 1 for bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.scripts.calls import SCRIPTS, Ended, as_process, assert_one_line, in_here

NAMES = [path.relative_to(ROOT / "scripts").with_suffix("").as_posix() for path in SCRIPTS]


@pytest.mark.parametrize("script", NAMES)
def test_every_script_explains_itself(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert in_here(script, "--help") == Ended(0, "")
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith(f"usage: {Path(script).name}.py")
    assert any(word in shown.out for word in ("--output", "--prefix", "one other", "files"))
    assert len(shown.out.splitlines()) < 80
    assert list(tmp_path.iterdir()) == []


def test_a_script_without_options_says_which_are_missing():
    result = as_process("data/draw")
    assert result.status == 2
    assert "--point" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_process_ends_with_one_line_and_status_one(inputs):
    """What all other tests here see from inside, seen from outside."""
    other = inputs.other / "samples.parquet"
    inputs.refused("train/vae", other, samples=other, call=as_process)
    inputs.refused("measure/capacity", inputs.truncate("models/elbo.pt"), call=as_process)
    inputs.diverges("step 2: ", call=as_process)


@pytest.mark.parametrize(
    ("script", "name", "option"),
    [
        ("data/surrogate", "N", "n_samples"),
        ("studies/clusters", "k", "n_samples"),
        ("data/subset", "neurons", "samples"),
    ],
)
@pytest.mark.parametrize("point", ["L~4", "{name}~1.5"])
def test_a_point_without_the_number_that_a_script_needs_is_one_line(inputs, script, name, option, point):
    at = point.format(name=name)
    of_option = {"n_samples": 10, "samples": inputs.path("samples.parquet")}[option]
    result = in_here(
        script, "--system", "x", "--point", at, "--seed", 1, f"--{option.replace('_', '-')}", of_option,
        "--output", inputs.path("out/output"),
    )  # fmt: skip
    assert_one_line(result, f"point = '{at}'", f"{name}~NUMBER is needed")
    inputs.nothing_is_left()
