"""With the profile for Slurm a run without sbatch waited for ever."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout

pytestmark = pytest.mark.workflow
SAMPLES = "results/samples/curie_weiss/N~16/beta~0.8.parquet"


def test_a_queue_that_is_not_there_is_not_waited_for(tmp_path: Path, recording_file: Path) -> None:
    checkout = Checkout.make(tmp_path, recording_file)
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("bash", "sh", "which", "git"):
        if found := shutil.which(program):
            (programs / program).symlink_to(found)
    words = ("--workflow-profile", "profiles/slurm")
    start = time.monotonic()
    run = checkout.snakemake(*words, "--", SAMPLES, PATH=str(programs))
    assert time.monotonic() - start < 60
    assert run.returncode != 0
    (line,) = [line for line in run.stdout.splitlines() if "sbatch" in line]
    assert line.startswith("executor = 'slurm': sbatch is needed on the path")
    assert "Traceback" not in run.stdout
    assert not checkout.results.exists()
    assert checkout.snakemake(*words, "--dry-run", "--", SAMPLES, PATH=str(programs)).returncode == 0
