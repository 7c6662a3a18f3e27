"""Every rule in its own environment and nothing else: what a script imports beyond it ends the run.

Conda itself is replaced (see conda.py); how Snakemake makes and enters environments is not.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from mfvae.workflow.reproduce.diff import differences
from tests.helpers.checkout import Checkout
from tests.helpers.conda import install_stand_in
from tests.helpers.paths import ROOT

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
LIST = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"


@pytest.fixture(scope="module")
def in_environments(tmp_path_factory: pytest.TempPathFactory, recording_file: Path) -> Checkout:
    """The whole small DAG, on one core."""
    folder = tmp_path_factory.mktemp("environments")
    checkout = Checkout.make(folder, recording_file)
    path = f"{install_stand_in(folder / 'conda')}:{os.environ['PATH']}"
    run = checkout.snakemake("--sdm", "conda", "--cores", "1", PATH=path, PYTHONNOUSERSITE="1")
    assert run.returncode == 0, run.stdout
    return checkout


def test_the_same_tables_come_of_environments_on_one_core_as_without_on_two(
    in_environments: Checkout, finished: Checkout
) -> None:
    assert dict(differences(in_environments.results, finished.results)) == {}


def test_environments_hold_their_pins_and_nothing_else(in_environments: Checkout) -> None:
    found = {}
    for made in (in_environments.folder / ".snakemake" / "conda").glob("*/"):
        listed = subprocess.run([made / "bin/python", "-c", LIST], capture_output=True, check=True)
        names = yaml.safe_load(made.with_name(f"{made.name}.yaml").read_text())["name"]
        found[names] = {name.lower().replace("_", "-") for name in listed.stdout.decode().split()}
    pinned = {}
    for path in (ROOT / "envs").glob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        pinned[content["name"]] = {pin.split("==")[0] for pin in content["dependencies"][-1]["pip"]}
    assert found == pinned
