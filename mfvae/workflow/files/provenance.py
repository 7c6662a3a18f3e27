"""Where a table or figure comes from: inside its file, or in FILE.provenance beside CSV and JSON lists.

While a script runs (mfvae/workflow/cli.py) readers note what they read, and writers ask for the record
so far:

    commit         of the code, ``-dirty`` when tracked files differ; ``unknown`` without a repository
    configuration  sha256 of the configuration without the paths in it; null outside the workflow
    command, seed  of the script, paths relative to where it ran
    inputs         file → the first 16 digits of the sha256 of its content
    versions       of the packages that numbers depend on

There is no time, machine, number of cores or absolute path in it: equal runs leave equal files.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any

import mfvae
from mfvae.errors import InputError

COMMIT_VARIABLE, CONFIGURATION_VARIABLE = "MFVAE_COMMIT", "MFVAE_CONFIGURATION"  # set by the workflow
PACKAGES = ("matplotlib", "numba", "numpy", "pandas", "pyarrow", "scipy", "torch")
SIDECAR = ".provenance"
DIGITS = 16  # of a sha256, which tell files apart


def commit_of(repository: Path) -> str:
    """The commit that a repository has checked out, as git writes it."""
    if not (repository / ".git").exists():
        return "unknown"
    # without the lock that git would take in passing, which a person's git may want
    git = ["git", "--no-optional-locks", "-C", str(repository)]
    describe = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run([*git, *describe], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git here, or a repository of another user
        return "unknown"
    return done.stdout.strip()


def configuration_digest(config: Mapping[str, Any]) -> str:
    """sha256 of what a configuration asks for, wherever its results and its data sets' files lie."""
    what = {key: value for key, value in config.items() if key != "pathvars"}
    if "datasets" in what:
        what["datasets"] = {
            name: {key: value for key, value in (block or {}).items() if key != "file"}
            for name, block in what["datasets"].items()
        }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _shown(path: str | Path) -> str:
    """A path without what differs between machines: relative, or the name alone of one elsewhere."""
    path = Path(path)
    if not path.is_absolute():
        return path.as_posix()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def _shown_script(path: str) -> str:
    """The same of a script, of which one elsewhere keeps its place below ``scripts``."""
    shown = _shown(path)
    parts = Path(path).parts
    return "/".join(parts[-3:]) if shown == parts[-1] and parts[-3:-2] == ("scripts",) else shown


@cache
def versions() -> dict[str, str]:
    """Of Python, this library and the packages that are installed."""
    found = {"python": platform.python_version(), "mfvae": mfvae.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # not in this rule's environment
            continue
    return found


class Job:
    """A script at work: how it was called and what it has read."""

    def __init__(self, words: Sequence[str], outputs: Iterable[Path] = ()) -> None:
        program, *options = words
        self.words = [
            _shown_script(program),
            *(_shown(word) if os.path.isabs(word) else word for word in options),
        ]
        self.inputs: dict[str, str] = {}
        self.read: set[Path] = set()
        named = [Path(after) for word, after in pairwise(words) if word == "--output"]
        self.outputs = {path.resolve() for path in [*named, *outputs]}

    @cached_property
    def commit(self) -> str:
        return os.environ.get(COMMIT_VARIABLE) or commit_of(Path(__file__).parents[3])

    def record(self) -> dict[str, Any]:
        """The provenance of what is written now."""
        seed = None
        if "--seed" in self.words[:-1]:
            seed = int(self.words[self.words.index("--seed") + 1])
        return {
            "commit": self.commit,
            "configuration": os.environ.get(CONFIGURATION_VARIABLE),
            "command": shlex.join(["python", *self.words]),
            "seed": seed,
            "inputs": dict(sorted(self.inputs.items())),
            "versions": versions(),
        }


_JOBS: list[Job] = []  # the script at work, if one is


@contextmanager
def job(words: Sequence[str], outputs: Iterable[Path] = ()) -> Iterator[None]:
    """For the time of the block, a script that was called with these words is at work.

    ``outputs`` are files that it is to write, besides that of its option ``--output``.
    """
    _JOBS.append(Job(words, outputs))
    try:
        yield
    finally:
        _JOBS.pop()


def note_input(path: str | Path) -> None:
    """The script at work has read this file. Raises InputError where it is to write it, too."""
    if _JOBS:
        if Path(path).resolve() in _JOBS[-1].outputs:
            raise InputError("output", str(path), "a file that is not read at the same time is needed")
        _JOBS[-1].read.add(Path(path).resolve())
        with open(path, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        _JOBS[-1].inputs[_shown(path)] = digest[:DIGITS]


def check_output(path: str | Path) -> None:
    """Raise InputError where the script at work has read this file, which it is about to replace."""
    if _JOBS and Path(path).resolve() in _JOBS[-1].read:
        raise InputError("file", str(path), "a file that was not read is needed to be written")


def recorded_beside(path: str | Path) -> dict[str, Any]:
    """The record beside a file; empty where there is none that can be read."""
    try:
        content = json.loads(Path(f"{path}{SIDECAR}").read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def of_this_job() -> dict[str, Any] | None:
    """The record of the script at work; None in a notebook or another program."""
    return _JOBS[-1].record() if _JOBS else None
