"""Time and memory of jobs are those of a child process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.budgets import jobs
from benchmarks.memory import use
from mfvae.workflow.files.samples import read_samples

LARGE = 300_000_000  # bytes, of which an idle Python takes a small part


def test_memory_is_that_of_the_child_and_not_of_its_parent():
    held = b"x" * LARGE
    idle = use([sys.executable, "-c", "pass"])
    busy = use([sys.executable, "-c", f"held = b'x' * {LARGE}"])
    assert len(held) == LARGE
    assert 0 < idle.peak_bytes < LARGE / 3
    assert LARGE < busy.peak_bytes < 4 / 3 * LARGE


def test_memory_is_the_peak_and_not_what_is_left():
    freed = use([sys.executable, "-c", f"held = b'x' * {LARGE}; del held"])
    assert freed.peak_bytes > LARGE


def test_time_is_that_of_the_child():
    assert use([sys.executable, "-c", "import time; time.sleep(0.5)"]).seconds >= 0.5


def test_output_of_the_child_does_not_disturb():
    assert use([sys.executable, "-c", "print('[1, 2')"]).peak_bytes > 0


def test_a_failing_job_is_no_measurement():
    with pytest.raises(subprocess.CalledProcessError):
        use([sys.executable, "-c", "raise SystemExit(3)"])


def test_jobs_fit_into_their_memory(tmp_path):
    """The transfer matrix at the required size; samples at a tenth of theirs, and of their memory."""
    for label, command in jobs(12, 100_000, 1024, 1, tmp_path).items():
        peak = use(command).peak_bytes
        assert peak < (5e9 if "I(A;B)" in label else 0.5e9)
    assert read_samples(tmp_path / "samples.parquet").configurations.shape == (100_000, 1024)
