"""Two runs at once, a run with nothing to do, and runs after a change: only what must run does."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout
from tests.helpers.faults import (
    FIGURE,
    LAW,
    LONG,
    MODEL,
    SAMPLES,
    assert_failed,
    assert_finished_like,
    assert_outputs_are_whole,
    wait_for,
)

pytestmark = pytest.mark.workflow


def test_a_second_run_in_the_same_folder_is_refused(undisturbed: Checkout, checkout: Checkout) -> None:
    first = checkout.start("--configfile", "tiny.yaml", checkout.overlay(LONG), "--", MODEL)
    lock = checkout.results / ".mfvae.lock"
    wait_for(lambda: lock.exists() and lock.read_text())
    second = checkout.snakemake("--cores", "1", "--", FIGURE)
    assert first.poll() is None, "the first run ended too early"
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert second.returncode != 0
    assert_failed(
        second.stdout,
        f"Another snakemake (process {first.pid} on ",
        " is at work",
        str(checkout.results),
    )
    assert not (checkout.folder / FIGURE).exists()
    assert_outputs_are_whole(checkout.results)
    assert_finished_like(checkout, undisturbed, SAMPLES)


def written(checkout: Checkout) -> dict[str, int]:
    """When each output was written, in nanoseconds."""
    paths = (path for path in checkout.results.rglob("*") if path.is_file())
    return {str(path.relative_to(checkout.folder)): path.stat().st_mtime_ns for path in paths}


def test_nothing_runs_when_nothing_changed_though_all_code_was_touched(done: Checkout) -> None:
    before = written(done)
    for part in ("scripts", "mfvae", "rules", "config", "envs"):
        for path in (done.folder / part).rglob("*.*"):
            os.utime(path)
    run = done.snakemake("--cores", "1", "--", FIGURE)
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout
    assert written(done) == before


def test_after_a_change_of_a_script_what_depends_on_it_runs_and_nothing_else(
    undisturbed: Checkout, done: Checkout
) -> None:
    before = written(done)
    script = Path(done.folder / "scripts" / "measure" / "law.py")
    script.write_text(script.read_text() + "CHANGED = True\n")
    assert_finished_like(done, undisturbed, FIGURE)
    after = written(done)
    again = {name for name, when in after.items() if when != before[name] and "/logs/" not in name}
    beside = (".provenance", ".lock")
    tables = {name for name in again if "/benchmarks/" not in name and not name.endswith(beside)}
    figures = {FIGURE.replace("pdf", suffix) for suffix in ("pdf", "png", "csv")}
    assert tables == {LAW} | figures


def test_after_a_change_of_a_parameter_what_depends_on_it_runs_and_nothing_else(
    undisturbed: Checkout, done: Checkout
) -> None:
    """More words drawn of the model: it is trained as before. Put back, all is as before."""
    before = written(done)
    overlay = done.overlay("evaluation: {n_generated: 3000}")
    run = done.snakemake(overlay, "--cores", "1", "--", FIGURE)
    assert run.returncode == 0, run.stdout
    after = written(done)
    assert after[LAW] != before[LAW]
    assert after[FIGURE] != before[FIGURE]
    assert (after[MODEL], after[SAMPLES]) == (before[MODEL], before[SAMPLES])
    assert (done.folder / LAW).read_bytes() != (undisturbed.folder / LAW).read_bytes()
    assert_finished_like(done, undisturbed, FIGURE)
