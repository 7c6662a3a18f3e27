"""Calling a script as a program, in a process of its own or in this one, and how a bad call must end."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

from mfvae.workflow.files.provenance import COMMIT_VARIABLE
from tests.conftest import ROOT
from tests.helpers.paths import LOCAL_FILE_VARIABLE

SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != LOCAL_FILE_VARIABLE} | {
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",  # as the workflow does: every rule has one thread
    COMMIT_VARIABLE: "unknown",  # which a person's commit in the meantime does not change
}


@dataclass(frozen=True)
class Ended:
    """How a script ended."""

    status: int
    stderr: str


Call = Callable[..., Ended]


def as_process(script: str, *words) -> Ended:
    """In a new process, as the workflow calls it."""
    command = [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *map(str, words)]
    result = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return Ended(result.returncode, result.stderr)


def in_here(script: str, *words) -> Ended:
    """In this process, which spares the seconds of imports; an uncaught exception fails the test."""
    path = str(ROOT / "scripts" / f"{script}.py")
    with mock.patch.object(sys, "argv", [path, *map(str, words)]), mock.patch.dict(os.environ):
        os.environ.pop(LOCAL_FILE_VARIABLE, None)
        os.environ[COMMIT_VARIABLE] = ENVIRONMENT[COMMIT_VARIABLE]
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:  # a text goes to stderr, with status 1
            return Ended(1, f"{end.code}\n") if isinstance(end.code, str) else Ended(end.code or 0, "")
    return Ended(0, "")


def succeed(script: str, *words, call: Call = in_here) -> None:
    result = call(script, *words)
    assert result.status == 0, result.stderr


def assert_one_line(result: Ended, *words) -> None:
    """Exit status 1 and one line ``error: …`` that says these words; no traceback."""
    assert result.status == 1, result.stderr
    assert "Traceback" not in result.stderr, result.stderr
    lines = result.stderr.splitlines()
    assert [line.startswith("error: ") for line in lines] == [True], result.stderr
    for word in words:
        assert str(word) in lines[0]
