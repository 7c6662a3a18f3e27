"""From another folder an overlay replaced the default configuration instead of lying over it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from tests.helpers.checkout import Checkout, planned_rules

pytestmark = pytest.mark.workflow
SAMPLES = "results/samples/curie_weiss/N~16/beta~0.8.parquet"
OVERLAY = "systems: {curie_weiss: {models: {elbo: {epochs: 4}}}}\n"


@pytest.fixture
def checkout(tmp_path: Path, recording_file: Path) -> Checkout:
    """Whose default configuration is the small one."""
    (tmp_path / "workflow").mkdir()
    made = Checkout.make(tmp_path / "workflow", recording_file)
    whole = made.snakemake("--dry-run")
    assert planned_rules(whole.stdout)["total"] > 100
    return made


def snakemake(checkout: Checkout, folder: Path, *words: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", *words],
        cwd=folder,
        env=checkout.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.mark.parametrize("how", ["--snakefile", "--directory"])
def test_an_overlay_lies_over_the_default_configuration(
    tmp_path: Path, checkout: Checkout, how: str
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    mine = elsewhere / "mine.yaml"
    mine.write_text(OVERLAY)
    # the systems of tiny.yaml on the default configuration's keys, such as the seed
    files = ["--configfile", str(checkout.folder / "tiny.yaml"), str(mine)]
    if how == "--snakefile":
        folder, words = elsewhere, ["--snakefile", str(checkout.folder / "Snakefile"), *files]
    else:
        folder, words = checkout.folder, ["--directory", str(elsewhere), *files]
    before = set(checkout.folder.iterdir())
    planned = planned_rules(snakemake(checkout, folder, *words, "--dry-run"))
    assert planned["train_vae"] == 19
    assert {path.name for path in elsewhere.iterdir()} <= {"mine.yaml", ".snakemake"}
    snakemake(checkout, folder, *words, "--cores", "1", "--", SAMPLES)
    assert (elsewhere / SAMPLES).stat().st_size > 0
    assert {path.name for path in set(checkout.folder.iterdir()) - before} <= {".snakemake"}


def test_the_default_configuration_is_found_without_any_overlay(
    tmp_path: Path, checkout: Checkout
) -> None:
    """Here completed in the file itself."""
    default = checkout.folder / "config" / "config.yaml"
    tiny = (checkout.folder / "tiny.yaml").read_text()
    default.write_text(merged(default.read_text(), tiny))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = snakemake(checkout, elsewhere, "-s", str(checkout.folder / "Snakefile"), "--dry-run")
    assert planned_rules(said)["train_vae"] == 19


def merged(whole: str, overlay: str) -> str:
    content = yaml.safe_load(whole)
    update_config(content, yaml.safe_load(overlay))
    return yaml.safe_dump(content, sort_keys=False)
