"""Two runs wrote to one results folder, and the second swept away what the first was writing.

It took every hidden file that ends in .part, those of other programs too.
"""

from __future__ import annotations

import fcntl
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mfvae.workflow.files.atomic import HOST, abandoned_parts, atomic_path
from tests.helpers.checkout import Checkout

WRITER = """
import os, signal, sys
from mfvae.workflow.files.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_writer(path: Path) -> Path:
    """What is left of a process that was killed while it wrote."""
    before = set(path.parent.glob(".*"))
    killed = subprocess.run([sys.executable, "-c", WRITER, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (part,) = set(path.parent.glob(".*")) - before
    return part


def of_others(folder: Path) -> list[Path]:
    """Hidden files that are none of ours, and one that another machine may be writing."""
    folder.mkdir(parents=True, exist_ok=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    names = (
        *(".film.mkv.part", ".notes.12.part", ".mfvae-part", ".a.mfvae-part"),
        f".a.csv.not{HOST}.{gone.pid}.mfvae-part",
        f".a.csv.node7.{gone.pid}.mfvae-part",
        f".a.csv.{HOST}.{gone.pid}.mfvae-part.swp",
        f".a.csv.{HOST}.{gone.pid}0000000000.mfvae-part",
    )
    for name in names:
        (folder / name).write_text("mine")
    return [folder / name for name in names]


def test_only_what_a_dead_process_of_this_machine_was_writing_is_abandoned(tmp_path: Path) -> None:
    others = of_others(tmp_path / "deep" / "er")
    dead = killed_writer(tmp_path / "deep" / "table.csv")
    with atomic_path(tmp_path / "live.csv") as live:
        live.write_text("half")
        assert list(abandoned_parts(tmp_path)) == [dead]
    assert (tmp_path / "live.csv").read_text() == "half"
    assert all(path.exists() for path in others)


def test_names_that_are_as_long_as_disks_allow_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".csv")
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"


@contextmanager
def at_work(results: Path) -> Iterator[None]:
    """Another run holds the lock of a results folder."""
    results.mkdir(exist_ok=True)
    with open(results / ".mfvae.lock", "a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.write(f"process {os.getpid()} on {platform.node()}, in /another/folder")
        handle.flush()
        yield


@pytest.mark.workflow
def test_a_run_on_results_of_another_is_refused_from_any_folder(
    tmp_path: Path, recording_file: Path
) -> None:
    checkout = Checkout.make(tmp_path, recording_file)
    shared = tmp_path / "shared"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "link").symlink_to(shared)
    samples = "samples/curie_weiss/N~16/beta~0.8.parquet"
    sites = {  # working folder → how it names the results
        tmp_path: shared,
        elsewhere: Path("link"),
    }

    def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
        overlay = checkout.overlay(f"pathvars: {{results: {sites[folder]}}}")
        target = f"{sites[folder]}/{samples}"
        words = (overlay, "--directory", str(folder), "--cores", "1", *more, "--", target)
        return checkout.snakemake(*words)

    others = of_others(shared)
    dead = killed_writer(shared / "table.csv")
    with at_work(shared), atomic_path(shared / "live.csv") as live:
        live.write_text("half")
        for folder in sites:
            refused = run(folder)
            assert refused.returncode != 0
            (line,) = [line for line in refused.stdout.splitlines() if "Another snakemake" in line]
            assert f"(process {os.getpid()} on {platform.node()}, in /another/folder)" in line
            assert str(folder / sites[folder]) in line
            assert "Traceback" not in refused.stdout
            assert not (shared / samples).exists()
            assert run(folder, "--dry-run").returncode == 0
        assert live.exists()
        assert dead.exists()  # nothing is swept before the lock is held
    done = run(elsewhere)
    assert done.returncode == 0, done.stdout
    assert (shared / samples).exists()
    assert not dead.exists()
    assert all(path.exists() for path in others)
