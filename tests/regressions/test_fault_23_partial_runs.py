"""A partial run was said to differ in every table that it had not made yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mfvae.workflow.files.atomic import write_json
from tests.scripts.calls import Ended, in_here


@pytest.fixture
def runs(tmp_path) -> tuple[Path, Path]:
    """Six tables, of which the second folder holds four, all equal."""
    for number in range(6):
        write_json(tmp_path / "whole" / f"{number}.json", {"value": number})
    shutil.copytree(tmp_path / "whole", tmp_path / "part")
    for number in (4, 5):
        (tmp_path / "part" / f"{number}.json").unlink()
    return tmp_path / "whole", tmp_path / "part"


def test_equal_tables_are_not_counted_as_different(runs, capsys):
    ended = in_here("reproduce/diff", *runs)
    assert ended == Ended(1, "error: of 4 tables in both folders 0 differ; 2 are in one folder alone\n")
    assert capsys.readouterr().out.splitlines() == [f"{n}.json: only in {runs[0]}" for n in (4, 5)]


def test_of_a_part_only_what_differs_counts(runs, capsys):
    assert in_here("reproduce/diff", "--only-shared", *runs) == Ended(0, "")
    assert capsys.readouterr().out == "of 4 tables in both folders 0 differ\n"
    write_json(runs[1] / "2.json", {"value": 9})
    ended = in_here("reproduce/diff", "--only-shared", *runs)
    assert ended == Ended(1, "error: of 4 tables in both folders 1 differ\n")
    assert capsys.readouterr().out == "2.json: value: 2 is not 9\n"
    ended = in_here("reproduce/diff", *runs)
    assert ended == Ended(1, "error: of 4 tables in both folders 1 differ; 2 are in one folder alone\n")


def test_nothing_in_common_is_no_equality(tmp_path):
    write_json(tmp_path / "one" / "a.json", {})
    write_json(tmp_path / "other" / "b.json", {})
    ended = in_here("reproduce/diff", "--only-shared", tmp_path / "one", tmp_path / "other")
    assert ended == Ended(1, "error: of 0 tables in both folders 0 differ\n")
