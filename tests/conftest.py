"""Fixtures that several test modules share: the recording, and exact values computed elsewhere."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

# As in every job of the workflow: bits depend on the number of threads. Libraries read it when imported.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pytest
import yaml
from filelock import FileLock
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from mfvae.data.configurations import Configurations
from mfvae.data.loader import load
from mfvae.errors import InputError
from mfvae.workflow.files.fetch import check_local_file, obtain
from tests.helpers.checkout import Checkout
from tests.helpers.paths import LOCAL_FILE_VARIABLE, ROOT

# -- tiers: `make test` takes what is not ``whole``, in minutes; `make test-all` takes the rest ------
WHOLE_FOLDERS = ("tests/end_to_end/", "tests/benchmarks/")
WHOLE_MARKERS = ("workflow", "cluster", "slow")

WORKER = "PYTEST_XDIST_WORKER"  # in the environment of a worker, its name
TOGETHER = ("faults", "scripts")  # folders of which one worker takes all, for what their tests share

# The same examples in every run, and no time limit that a busy machine would break.
settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(WHOLE_FOLDERS) or any(map(item.get_closest_marker, WHOLE_MARKERS)):
            item.add_marker(pytest.mark.whole)


class ByFile(LoadScopeScheduling):
    """Deals files of tests to the workers, and some folders whole."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = Path(file).parent
        return str(folder) if folder.name in TOGETHER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def exact_values() -> dict[str, Any]:
    """Numbers computed independently of this library (see the note in the file)."""
    return json.loads((ROOT / "tests/helpers/exact_values.json").read_text())


@pytest.fixture(scope="session")
def recording_file() -> Path:
    """The retina recording: a local copy if the environment names one, else fetched and cached."""
    if local := os.environ.get(LOCAL_FILE_VARIABLE):
        return Path(local)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    source = config["datasets"]["retina"]["source"]
    cached = Path(tempfile.gettempdir()) / f"mfvae-{source['sha256'][:16]}.mat"
    try:
        check_local_file("cached recording", cached, source["sha256"])
    except InputError:
        obtain("retina", None, source["urls"], source["sha256"], cached)
    return cached


@pytest.fixture(scope="session")
def recording(recording_file: Path) -> Configurations:
    return load(recording_file, key="bint", axes="groups sites rows")


@pytest.fixture(scope="session")
def all_words(recording: Configurations) -> np.ndarray:
    """Every word of the recording, (297 · 953, 160)."""
    return recording.array


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, recording_file: Path) -> Checkout:
    """The whole small DAG, run on two cores, left undisturbed by the tests that use it.

    Run once for all workers of a session: the first that needs it runs it, others wait.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if WORKER in os.environ else base) / "finished"
    with FileLock(f"{folder}.lock"):
        if folder.exists():
            return Checkout(folder, recording_file)
        beside = Path(tempfile.mkdtemp(prefix="unfinished", dir=folder.parent))
        checkout = Checkout.make(beside, recording_file)
        run = checkout.snakemake("--cores", "2")
        assert run.returncode == 0, run.stdout
        return Checkout(beside.rename(folder), recording_file)
