"""Jobs done once more from what their tables say of themselves: equal, different and unreadable ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mfvae.errors import InputError
from mfvae.workflow.reproduce.rerun import recorded, repeat, smallest
from tests.helpers.paths import ROOT

HEAD = """
from pathlib import Path
from time import time_ns

import pandas as pd

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, write_csv


def main(
    output: Path, table: Path | None = None, rows: int | None = None, about: str = ""
) -> None:
"""
BODIES = {  # of scripts
    "count": "write_csv(output, pd.DataFrame({'n': range(rows)}))",
    "double": "write_csv(output, 2 * read_csv(table))",
    "clock": "write_csv(output, read_csv(table) + time_ns())",
    "sly": "write_csv(output, read_csv(table) + len(list(Path('run').iterdir())))",
    "told": "write_csv(output, pd.DataFrame({'n': [table.stat().st_size]}))",
    "data/prepare": "write_csv(output, read_csv(table))",
    "figures/draw": "write_csv(output, read_csv(table))",
}


def call(root: Path, script: str, *options: str) -> Path:
    """Run one of the scripts in the working directory; the table that it writes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, str(root / "scripts" / f"{script}.py"), *options]
    subprocess.run(words, env=environment, check=True)
    return Path(options[-1])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scripts, and the working directory where they ran: counts of 3 and 5 rows, and one doubled."""
    for folder in ("figures", "data"):
        (tmp_path / "scripts" / folder).mkdir(parents=True)
    for name, body in BODIES.items():
        script = f'{HEAD}    {body}\n\n\nif __name__ == "__main__":\n    run(main)\n'
        (tmp_path / "scripts" / f"{name}.py").write_text(script)
    monkeypatch.chdir(tmp_path)
    for rows in ("3", "5"):
        call(tmp_path, "count", "--rows", rows, "--output", f"run/{rows}.csv")
    call(tmp_path, "double", "--table", "run/5.csv", "--output", "run/double.csv")
    return tmp_path


def test_jobs_are_found_from_the_last_tables_through_all_that_they_read(project: Path) -> None:
    found = recorded([Path("run/double.csv")])
    assert {job.script: job.outputs for job in found} == {
        "double": (Path("run/double.csv"),),
        "count": (Path("run/5.csv"),),  # the other count is no part of it
    }
    assert next(job.inputs for job in found if job.script == "double") == (Path("run/5.csv"),)


def test_files_of_users_are_no_tables_of_a_run(project: Path) -> None:
    """They name no command; whoever reads them is done again all the same."""
    Path("mine.csv").write_text("n\n1\n2\n")
    call(project, "data/prepare", "--table", "mine.csv", "--output", "run/mine.csv")
    (job,) = recorded([Path("run/mine.csv")])
    assert job.inputs == (Path("mine.csv"),)
    assert repeat(job, project).verdict == "ok"


def test_a_job_that_is_done_again_is_equal_and_leaves_the_run_alone(project: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path("run").iterdir()}
    for job in recorded([Path("run/double.csv")]):
        assert repeat(job, project).verdict == "ok"
    assert before == {path: path.stat().st_mtime_ns for path in Path("run").iterdir()}


def test_a_table_that_was_changed_is_named_with_the_first_difference(project: Path) -> None:
    path = Path("run/double.csv")
    path.write_text(path.read_text().replace("4", "40"))
    double = next(job for job in recorded([path]) if job.script == "double")
    found = repeat(double, project)
    assert found.verdict == "DIFFERS"
    assert found.found == "run/double.csv: line 4: '40' is not '4'"


def test_a_file_that_a_job_was_told_of_is_there_though_not_recorded(project: Path) -> None:
    path = call(project, "told", "--table", "run/3.csv", "--output", "run/told.csv")
    (job,) = recorded([path])
    assert job.inputs == ()
    assert repeat(job, project).verdict == "ok"


def test_words_that_are_no_paths_may_be_of_any_length(project: Path) -> None:
    options = ("--rows", "2", "--about", "{" + "a/" * 300 + "b" * 5000)
    (job,) = recorded([call(project, "count", *options, "--output", "run/long.csv")])
    assert repeat(job, project).verdict == "ok"


@pytest.mark.parametrize("script", ["clock", "sly"])
def test_what_depends_on_more_than_its_inputs_differs(project: Path, script: str) -> None:
    path = call(project, script, "--table", "run/3.csv", "--output", f"run/{script}.csv")
    (job,) = (job for job in recorded([path]) if job.script == script)
    assert repeat(job, project).verdict == "DIFFERS"


def test_a_job_that_fails_says_why(project: Path) -> None:
    (job,) = recorded([Path("run/3.csv")])
    (project / "scripts" / "count.py").write_text("raise SystemExit('error: no count')")
    found = repeat(job, project)
    assert (found.verdict, found.found) == ("DIFFERS", "failed: error: no count")
    (project / "scripts" / "count.py").write_text("")
    assert repeat(job, project).found == "run/3.csv: not written again"


def test_the_smallest_job_of_every_script_is_taken_and_no_drawing(project: Path) -> None:
    call(project, "figures/draw", "--table", "run/3.csv", "--output", "run/figure.csv")
    tables = [Path(f"run/{name}.csv") for name in ("3", "5", "double", "figure")]
    found = recorded(tables)
    assert len(found) == 4
    assert [(job.script, job.outputs) for job in smallest(found)] == [
        ("count", (Path("run/3.csv"),)),
        ("double", (Path("run/double.csv"),)),
    ]


def test_tables_without_a_record_are_refused_by_name(project: Path) -> None:
    Path("run/3.csv.provenance").unlink()
    for path in (Path("run/3.csv"), Path("run/absent.csv")):
        with pytest.raises(InputError) as caught:
            recorded([path])
        assert caught.value.value == str(path)
    Path("run/5.csv.provenance").write_text("{}")
    with pytest.raises(InputError, match="names its command"):
        recorded([Path("run/double.csv")])
