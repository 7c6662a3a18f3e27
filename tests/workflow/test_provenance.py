"""Every table and figure says where it comes from, and nothing that differs between equal runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mfvae.workflow.files import provenance
from mfvae.workflow.files.atomic import read_csv, read_json, write_csv, write_record
from mfvae.workflow.files.drawings import save_figure
from mfvae.workflow.files.provenance import (
    COMMIT_VARIABLE,
    CONFIGURATION_VARIABLE,
    PACKAGES,
    commit_of,
    configuration_digest,
    job,
    note_input,
    of_this_job,
)
from mfvae.workflow.files.samples import METADATA_KEY, SampleMetadata, read_samples, write_samples
from mfvae.workflow.metrics import Metric, read_metrics, write_metrics
from tests.configuration.changes import SHIPPED, changed

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WORDS = ["scripts/measure.py", "--seed", "7", "--inputs", "a b.csv", "--output", "out.csv"]
TABLE = pd.DataFrame({"x": [0.1, 0.2]})
SPINS = np.ones((20, 4), dtype=np.int8)


@pytest.fixture(autouse=True)
def _in_a_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(COMMIT_VARIABLE, COMMIT)
    monkeypatch.setenv(CONFIGURATION_VARIABLE, "c0ffee")


def digits(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


def test_a_table_says_which_command_of_which_commit_made_it_of_what() -> None:
    write_csv("a b.csv", TABLE)
    assert not Path("a b.csv.provenance").exists()  # no script was at work
    with job(WORDS):
        write_csv("out.csv", read_csv("a b.csv"))
    assert of_this_job() is None
    found = json.loads(Path("out.csv.provenance").read_text())
    assert found.pop("versions").keys() >= {"python", "mfvae", *PACKAGES}
    assert found == {
        "file": "out.csv",
        "sha256": hashlib.sha256(Path("out.csv").read_bytes()).hexdigest(),
        "commit": COMMIT,
        "configuration": "c0ffee",
        "command": "python scripts/measure.py --seed 7 --inputs 'a b.csv' --output out.csv",
        "seed": 7,
        "inputs": {"a b.csv": digits("a b.csv")},
    }
    assert Path("out.csv").read_bytes() == Path("a b.csv").read_bytes()  # the table itself as ever


def test_what_can_hold_it_does() -> None:
    """A figure that is sent alone says as much as one that lies beside its table."""
    figure = Figure()
    figure.subplots().plot([1, 2])
    metadata = SampleMetadata("hopfield", "N~4", "spin", 4, 1)
    with job(WORDS):
        save_figure(figure, "figure")
        write_samples("samples.parquet", SPINS, {}, metadata)
        write_record("record.json", {"history": []})
        record = of_this_job()
    assert record is not None
    assert json.loads(Image.open("figure.png").text["Provenance"]) == record
    pdf = Path("figure.pdf").read_bytes()
    keywords = re.search(rb"/Keywords \((.*?)(?<!\\)\)", pdf, flags=re.DOTALL)
    assert keywords is not None
    assert json.loads(re.sub(rb"\\(.)", rb"\1", keywords[1])) == record
    header = json.loads(pq.read_schema("samples.parquet").metadata[METADATA_KEY])
    assert header["provenance"] == record
    assert read_samples("samples.parquet").metadata == metadata
    assert read_json("record.json") == {"history": [], "provenance": record}


def test_everything_that_was_read_is_named_with_its_content() -> None:
    write_csv("table.csv", TABLE)
    write_metrics("metrics.json", [Metric("a", {}, "b", 1.0, "exact")])
    write_samples("samples.parquet", SPINS, {}, SampleMetadata("hopfield", "N~4", "spin", 4, 1))
    with job(WORDS):
        read_csv("table.csv"), read_metrics(["metrics.json"]), read_samples("samples.parquet")
        record = of_this_job()
    assert record is not None
    names = ("metrics.json", "samples.parquet", "table.csv")
    assert record["inputs"] == {name: digits(name) for name in names}


def test_equal_jobs_leave_equal_files_wherever_and_whenever_they_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("OMP_NUM_THREADS", str(len(name)))
        (folder / "input.csv").write_text("x\n1\n")
        with job([str(folder / "scripts/a.py"), "--inputs", str(folder / "input.csv"), "/elsewhere/b"]):
            note_input(folder / "input.csv")
            write_csv(folder / "out.csv", TABLE)
        left.append((folder / "out.csv.provenance").read_bytes())
        time.sleep(0.01)
    assert left[0] == left[1]
    found = json.loads(left[0])
    assert found["command"] == "python scripts/a.py --inputs input.csv b"
    assert list(found["inputs"]) == ["input.csv"]
    assert str(tmp_path).encode() not in left[0]


def git(folder: Path, *words: str) -> str:
    who = {
        f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(command, env=os.environ | who, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_commit_is_that_of_the_code_and_a_change_makes_it_dirty(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == "unknown"
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("1\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    git(tmp_path, "tag", "v1")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    assert commit_of(tmp_path) == commit
    (tmp_path / "results").mkdir()
    (tmp_path / "results/table.csv").write_text("x\n")
    assert commit_of(tmp_path) == commit  # what is not tracked is no code
    (tmp_path / "code.py").write_text("2\n")
    assert commit_of(tmp_path) == f"{commit}-dirty"
    assert commit_of(tmp_path / "results") == "unknown"  # a copy inside of another repository


def test_a_configuration_is_known_by_what_it_asks_for_and_not_by_where() -> None:
    digest = configuration_digest(SHIPPED)
    assert digest == configuration_digest(dict(reversed(SHIPPED.items())))
    where = (("pathvars.results", "elsewhere"), ("datasets.retina.file", "copy.mat"))
    assert configuration_digest(changed(*where)) == configuration_digest(changed())
    assert configuration_digest(changed(("seed", 99))) != configuration_digest(changed())


def test_without_a_package_the_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    assert list(provenance.versions.__wrapped__()) == ["python", "mfvae", "numpy"]


def test_a_record_costs_milliseconds_and_large_inputs_little_more() -> None:
    """Of a job that reads 16 MB: far below the 50 ms that it may cost."""
    Path("large").write_bytes(bytes(2**24))
    started = time.process_time()
    with job(WORDS):
        note_input("large")
        for _ in range(5):
            of_this_job()
    assert time.process_time() - started < 0.2  # with room for a machine at work
