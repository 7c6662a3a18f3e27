"""Jobs of a finished run, done once more from what their tables say of themselves, and compared.

Every table names the command that wrote it and what that read (mfvae/workflow/files/provenance.py). A
repetition runs the command in an empty folder, with links to those inputs, and compares what it writes
with what the run left, value by value (mfvae/workflow/reproduce/diff.py).
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mfvae.errors import InputError
from mfvae.workflow.files.provenance import SIDECAR
from mfvae.workflow.files.samples import METADATA_KEY
from mfvae.workflow.reproduce.diff import READERS, difference

READ_USERS_FILES = ("data/prepare", "data/draws")  # which are no tables of a run
DRAWING = "figures/draw"  # copies tables, beside drawings that are not compared


def _script(command: Sequence[str]) -> str:
    return Path(command[1]).with_suffix("").as_posix().rpartition("scripts/")[2]


@dataclass(frozen=True)
class Recorded:
    """A job of a finished run: its command, the tables it wrote and the files it read."""

    command: tuple[str, ...]  # "python", the script, its options
    outputs: tuple[Path, ...]
    inputs: tuple[Path, ...]

    @property
    def script(self) -> str:
        """Its place below the folder of scripts, without suffix."""
        return _script(self.command)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in (*self.outputs, *self.inputs))


@dataclass(frozen=True)
class Repetition:
    """A job that was done once more, and the first thing that then was otherwise, if anything was."""

    job: Recorded
    found: str | None

    @property
    def verdict(self) -> str:
        return "ok" if self.found is None else "DIFFERS"


def _provenance_of(path: Path) -> dict[str, Any] | None:
    """What a table says of itself; weights, in the record beside them."""
    try:
        if path.suffix == ".parquet":
            metadata = pq.read_schema(path).metadata or {}
            return json.loads(metadata.get(METADATA_KEY, b"{}")).get("provenance")
        beside = path.with_name(path.name + SIDECAR)
        where = path.with_suffix(".json") if path.suffix == ".pt" else beside
        content = json.loads((where if where.exists() else path).read_text())
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise InputError("file", str(path), f"a readable table is needed ({reason})") from error
    return content.get("provenance", content) if isinstance(content, dict) else None


def recorded(targets: Iterable[Path]) -> list[Recorded]:
    """The jobs behind some tables of a run, theirs and those of all that they read in turn.

    Paths are relative to the folder where it ran, which must be the working directory. Raises
    InputError for a table that is missing, damaged or names no command.
    """
    waiting, seen = list(targets), set()
    outputs, inputs = defaultdict(list), {}
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix not in READERS:
            continue
        seen.add(path)
        said = _provenance_of(path)
        if said is None or "command" not in said:
            allowed = "a table of a run of the workflow is needed, which names its command"
            raise InputError("file", str(path), allowed)
        outputs[said["command"]].append(path)
        inputs[said["command"]] = tuple(map(Path, said["inputs"]))
        if _script(shlex.split(said["command"])) not in READ_USERS_FILES:
            waiting += inputs[said["command"]]
    return [
        Recorded(tuple(shlex.split(command)), tuple(sorted(paths)), inputs[command])
        for command, paths in outputs.items()
    ]


def smallest(jobs: Iterable[Recorded]) -> list[Recorded]:
    """Of every script the job with the smallest files, drawings aside."""
    by_script: dict[str, list[Recorded]] = defaultdict(list)
    for job in jobs:
        if job.script != DRAWING:
            by_script[job.script].append(job)
    return [
        min(found, key=lambda job: (job.size, job.command)) for _, found in sorted(by_script.items())
    ]


def repeat(job: Recorded, root: Path) -> Repetition:
    """Do a job once more, by the scripts of ``root``."""
    with TemporaryDirectory(prefix="mfvae-repetition-") as folder:
        # files that it was told of, too: times spent are read but not recorded
        named = {Path(word) for word in job.command[2:] if os.path.isfile(word)}  # of any length
        for path in (named | {*job.inputs}) - {*job.outputs}:
            link = Path(folder, path)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
        words = [sys.executable, str(root / "scripts" / f"{job.script}.py"), *job.command[2:]]
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return Repetition(job, f"failed: {(done.stderr.splitlines() or ['no message'])[-1]}")
        return Repetition(job, next(_different(job.outputs, Path(folder)), None))


def _different(outputs: Iterable[Path], again: Path) -> Iterator[str]:
    for path in outputs:
        if not (again / path).exists():
            yield f"{path}: not written again"
        elif (what := difference(path, again / path)) is not None:
            yield f"{path}: {what}"
