"""A small part of the workflow, from samples to a figure: undisturbed, and copies to disturb."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout
from tests.helpers.faults import FIGURE


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, recording_file: Path) -> Checkout:
    """Its tables are what every disturbed run must come to in the end."""
    checkout = Checkout.make(tmp_path_factory.mktemp("undisturbed"), recording_file)
    run = checkout.snakemake("--cores", "2", "--", FIGURE)
    assert run.returncode == 0, run.stdout
    return checkout


@pytest.fixture
def checkout(tmp_path: Path, recording_file: Path) -> Checkout:
    """Where nothing was run yet."""
    return Checkout.make(tmp_path, recording_file)


@pytest.fixture
def done(undisturbed: Checkout, tmp_path: Path) -> Checkout:
    """A copy in which everything was run; times of files and Snakemake's notes are kept."""
    folder = shutil.copytree(undisturbed.folder, tmp_path / "copy")
    return Checkout(folder, undisturbed.recording)
