"""Ctrl-C in a process that works in threads and an event loop, as Snakemake does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.helpers.paths import ROOT

PROGRAM = """
import asyncio, logging, signal, sys, time
from mfvae.workflow.interruption import Interruption

logger = logging.getLogger("engine")
logger.addHandler(logging.StreamHandler())
logger.addHandler(logging.FileHandler("engine.log"))
how = sys.argv[1]
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore

def stop():
    print("stopped", file=sys.stderr, flush=True)

async def work():
    later = asyncio.ensure_future(asyncio.sleep(60))
    print("at work", flush=True)
    await later

if how != "unwatched":
    Interruption(logger, ["Interrupted.", "Kept."], stop).watch()
try:
    with asyncio.Runner() as runner:
        runner.run(work())
finally:
    logger.error("noise")
    if how == "stuck":
        print("at work", flush=True)
        time.sleep(60)
"""


def run(folder: Path, how: str, interrupts: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, how],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(interrupts):
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGINT)
    return process


def test_the_last_lines_are_all_that_is_said(tmp_path: Path) -> None:
    process = run(tmp_path, "loop", 1)
    _, said = process.communicate(timeout=30)
    assert said.splitlines() == ["stopped", "", "Interrupted.", "Kept."]
    assert process.returncode not in (0, None)
    assert (tmp_path / "engine.log").read_text() == "noise\n"


def test_the_second_does_not_wait(tmp_path: Path) -> None:
    process = run(tmp_path, "stuck", 2)
    _, said = process.communicate(timeout=30)
    assert said.splitlines() == ["stopped", "stopped", "", "Interrupted.", "Kept."]
    assert process.returncode == 130


def test_twin_without_it_there_is_a_traceback(tmp_path: Path) -> None:
    _, said = run(tmp_path, "unwatched", 1).communicate(timeout=30)
    assert "Traceback" in said
    assert "Kept." not in said


def test_a_run_that_is_left_alone_says_nothing() -> None:
    code = (
        "import logging\nfrom mfvae.workflow.interruption import Interruption\n"
        "Interruption(logging.getLogger(), ['Interrupted.'], print).watch()"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
