"""Disks that are full or may not be written; made real by mounting one where that is permitted."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout
from tests.helpers.faults import (
    FIGURE,
    SAMPLES,
    assert_failed,
    assert_finished_like,
    assert_outputs_are_whole,
)
from tests.helpers.paths import ROOT
from tests.scripts.calls import ENVIRONMENT

pytestmark = pytest.mark.workflow
PAGE = 4096  # bytes, in which a disk gives room
CAN_MOUNT = (
    os.geteuid() == 0
    and shutil.which("unshare") is not None
    and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0
)


@contextmanager
def small_disk(folder: Path, size: str = "4m") -> Iterator[None]:
    """A file system of its own in place of a folder, with the same content."""
    content = shutil.move(folder, folder.with_name("before")) if folder.exists() else None
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        if content is not None:
            shutil.copytree(content, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def filled(folder: Path, pages: int) -> Iterator[None]:
    """With little room left."""
    disk = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize - pages * PAGE))
    yield
    filler.unlink()


# the figure's table and what is beside it take a page each, then comes the figure
@pytest.mark.parametrize(("target", "pages"), [(SAMPLES, 2), (FIGURE, 3)] if CAN_MOUNT else [])
def test_a_full_disk_is_named_with_the_file_and_the_run_goes_on_when_there_is_room(
    undisturbed: Checkout, done: Checkout, target: str, pages: int
) -> None:
    for path in (done.folder / target).parent.glob(f"{Path(target).stem}.*"):
        path.unlink()  # what the job writes, and only that
    with small_disk(done.results):
        with filled(done.results, pages):
            run = done.snakemake("--cores", "1", "--", target)
            assert run.returncode != 0
            assert_failed(run.stdout, "error: file = ", target, "No space left on device")
            assert "The disk of results is full" in run.stdout
            assert not (done.folder / target).exists()
            assert_outputs_are_whole(done.results)
        assert_finished_like(done, undisturbed, target)


def test_a_file_that_may_not_grow_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    """The same without a disk of its own: the system refuses files above a size."""
    path = tmp_path / "samples.parquet"
    command = [
        *(sys.executable, str(ROOT / "scripts" / "data" / "draw.py"), "--system", "curie_weiss"),
        *("--point", "N~16/beta~0.8", "--n-samples", "20000", "--seed", "1"),
        *("--output", str(path), "--facts", str(tmp_path / "facts.json")),
    ]
    limit = (16 * 1024, 16 * 1024)
    result = subprocess.run(
        command,
        env=ENVIRONMENT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    needed = "room and leave to write it are needed (File too large)"
    assert result.stderr == f"error: file = {str(path)!r}: {needed}\n"
    assert list(tmp_path.iterdir()) == []


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Root may write whatever permissions say, so that for root the disk itself must refuse."""
    if CAN_MOUNT:
        with small_disk(folder):
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            yield
            subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    else:
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)


def test_results_that_may_not_be_written_are_refused_before_any_job(
    undisturbed: Checkout, done: Checkout
) -> None:
    (done.folder / SAMPLES).unlink()
    with read_only(done.results):
        run = done.snakemake("--cores", "1", "--", SAMPLES)
        assert run.returncode != 0
        needed = "pathvars.results = 'results': a folder that can be written is needed"
        assert_failed(run.stdout, needed, str(done.results))
        assert "draw_samples" not in run.stdout
        assert not (done.folder / SAMPLES).exists()
        assert_outputs_are_whole(done.results)
    assert_finished_like(done, undisturbed, SAMPLES)
