"""Killed without warning: the whole run, one of its jobs, a writer in the middle of a table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.helpers.checkout import Checkout
from tests.helpers.faults import (
    FIGURE,
    LONG,
    MODEL,
    SAMPLES,
    assert_finished_like,
    assert_outputs_are_whole,
    in_training,
    processes,
    wait_for,
)

pytestmark = pytest.mark.workflow


@pytest.fixture
def training(checkout: Checkout) -> subprocess.Popen[bytes]:
    """A run in the middle of a training that would take hours."""
    run = checkout.start("--configfile", "tiny.yaml", checkout.overlay(LONG), "--", MODEL)
    wait_for(lambda: in_training(checkout) or run.poll() is not None)
    assert run.poll() is None, (checkout.folder / "run.log").read_text()
    return run


def test_a_run_killed_in_training_is_finished_by_the_next(
    undisturbed: Checkout, checkout: Checkout, training: subprocess.Popen[bytes]
) -> None:
    os.killpg(training.pid, signal.SIGKILL)
    training.wait()
    assert (checkout.folder / SAMPLES).exists()
    assert not list(checkout.results.rglob("*.pt"))
    assert_outputs_are_whole(checkout.results)
    assert_finished_like(checkout, undisturbed, FIGURE)


def test_a_training_that_is_killed_alone_fails_its_run_which_names_the_model(
    undisturbed: Checkout, checkout: Checkout, training: subprocess.Popen[bytes]
) -> None:
    """As by a system that is out of memory."""
    (job,) = processes(checkout, "train/vae.py")
    os.kill(job, signal.SIGKILL)
    assert training.wait(timeout=120) != 0
    said = (checkout.folder / "run.log").read_text()
    assert MODEL in said
    assert "Killed" in said
    assert "a second run goes on from here" in said
    assert not list(checkout.results.rglob("*.pt"))
    assert_outputs_are_whole(checkout.results)
    assert_finished_like(checkout, undisturbed, MODEL)


WRITER = """
import os, signal, sys
from mfvae.workflow.files.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_bytes(b"half of a table")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_half_a_table_never_bears_its_name_and_is_swept_away(
    undisturbed: Checkout, checkout: Checkout
) -> None:
    command = [sys.executable, "-c", WRITER, SAMPLES]
    environment = checkout.environment(PYTHONPATH=str(checkout.folder))
    killed = subprocess.run(command, cwd=checkout.folder, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    (part,) = checkout.results.rglob("*.mfvae-part")
    assert part.read_bytes() == b"half of a table"
    assert not (checkout.folder / SAMPLES).exists()
    assert_finished_like(checkout, undisturbed, SAMPLES)
