"""A system, a kind of site and a figure from a file of the user's own go through the whole DAG."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mfvae.workflow.files.atomic import read_csv
from tests.helpers.checkout import Checkout, planned_rules

pytestmark = pytest.mark.workflow
EXTENSION = Path(__file__).parent / "extension" / "own_models.py"
OVERLAY = """
extensions: [own_models.py]
run: [ternary_gas, figures]
systems:
  ternary_gas:
    n_samples: 2000
    grid: { M: [6], theta: [1.0, 2.0] }
    models:
      small: { latent_dim: 1, objective: elbo, epochs: 3, batch_size: 100, learning_rate: 0.01 }
    patterns: null
    observables: [density]
    figures: [observables, divergence]
"""


@pytest.fixture
def own(tmp_path: Path, recording_file: Path) -> Checkout:
    checkout = Checkout.make(tmp_path, recording_file)
    shutil.copy(EXTENSION, checkout.folder / "own_models.py")
    return checkout


def test_what_the_library_does_not_know_is_run_like_all_else(own: Checkout) -> None:
    run = own.snakemake(own.overlay(OVERLAY), "--cores", "2")
    assert run.returncode == 0, run.stdout
    metrics = read_csv(own.results / "metrics.csv", ("dataset", "M", "theta", "quantity", "value"))
    assert set(metrics["dataset"]) == {"ternary_gas"}
    kl = metrics[metrics["quantity"] == "kl"]
    assert len(kl) == 2
    assert (kl["value"].abs() <= 0.05 + 5 * kl["stderr"]).all()  # independent sites are learned
    for kind in ("observables", "divergence"):
        for suffix in (".pdf", ".png", ".csv"):
            assert (own.results / f"figures/ternary_gas/{kind}{suffix}").stat().st_size > 0
    assert (own.results / "figures/all/bound.pdf").exists()


def test_a_change_of_the_file_reruns_its_jobs_and_a_comment_none(own: Checkout) -> None:
    overlay = own.overlay(OVERLAY)
    samples = "results/samples/ternary_gas/M~6/theta~1.0.parquet"
    assert own.snakemake(overlay, "--cores", "1", "--", samples).returncode == 0
    file = own.folder / "own_models.py"
    whole = file.read_text()
    for added, planned in (("# a comment\n", {}), ("CHANGED = 1\n", {"draw_samples": 1, "total": 1})):
        file.write_text(whole + added)
        assert planned_rules(own.snakemake(overlay, "--dry-run", "--", samples).stdout) == planned


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("1 / 0", "extensions = .*own_models.py'.*ZeroDivisionError"),
        ("SYSTEMS = {'hopfield': object}", "system 'hopfield' is registered already"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(own: Checkout, content: str, named: str) -> None:
    (own.folder / "own_models.py").write_text(f"{content}\n")
    run = own.snakemake(own.overlay(OVERLAY), "--dry-run")
    assert run.returncode != 0
    assert "Traceback" not in run.stdout
    assert len([line for line in run.stdout.splitlines() if re.search(named, line)]) == 1, run.stdout
