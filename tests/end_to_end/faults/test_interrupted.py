"""Interrupted by Ctrl-C, in a terminal or by a signal to Snakemake alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

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

LAST_WORDS = [
    "Interrupted: the jobs that were running are stopped, and none of their files is left half written.",
    "Everything that was finished is kept in results.",
    "To go on from there, give the same command again.",
]


def said_at_the_end(checkout: Checkout) -> list[str]:
    said = (checkout.folder / "run.log").read_text()
    assert "Traceback" not in said
    assert "Error" not in said
    lines = said.splitlines()
    return lines[len(lines) - lines[::-1].index("") :]


@pytest.mark.parametrize("send", [os.killpg, os.kill])  # the group of a terminal; one process
def test_a_run_interrupted_in_training_says_how_to_go_on_and_the_next_finishes(
    undisturbed: Checkout, checkout: Checkout, send: Callable[[int, int], None]
) -> None:
    run = checkout.start("--configfile", "tiny.yaml", checkout.overlay(LONG), "--", MODEL)
    wait_for(lambda: in_training(checkout) or run.poll() is not None)
    assert run.poll() is None, (checkout.folder / "run.log").read_text()
    send(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    assert said_at_the_end(checkout) == LAST_WORDS
    assert list(processes(checkout, "train/vae.py")) == []
    assert (checkout.folder / SAMPLES).exists()
    assert not list(checkout.results.rglob("*.pt"))
    assert_outputs_are_whole(checkout.results)
    assert_finished_like(checkout, undisturbed, FIGURE)


def test_a_run_interrupted_before_any_job_says_the_same(checkout: Checkout) -> None:
    """While it works out what there is to do."""
    run = checkout.start()
    log = checkout.folder / "run.log"
    wait_for(lambda: "Building DAG of jobs" in log.read_text() or run.poll() is not None)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    assert said_at_the_end(checkout) == LAST_WORDS
