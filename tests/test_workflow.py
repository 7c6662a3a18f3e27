"""The DAG as a user meets it: complete, reproducible to the bit, hard to break."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import torch

from mfvae.metrics import read_metrics
from mfvae.samples import read_samples
from mfvae.storage import read_json
from tests.workflow import Checkout, planned_rules

pytestmark = pytest.mark.workflow
FIGURES = {
    "curie_weiss": ["order_parameter_law", "coupling", "capacity"],
    "hopfield": ["singular_spectrum", "patterns", "overlaps", "coupling", "capacity"],
    "retina": ["count_distribution", "correlations", "latent_plane", "stored_patterns"],
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, recording_file: Path) -> Checkout:
    """A run on one core, left undisturbed by the tests that use it."""
    checkout = Checkout.make(tmp_path_factory.mktemp("finished"), recording_file)
    run = checkout.snakemake("--cores", "1")
    assert run.returncode == 0, run.stdout
    return checkout


@pytest.fixture
def checkout(tmp_path: Path, recording_file: Path) -> Checkout:
    return Checkout.make(tmp_path, recording_file)


def test_everything_is_made(finished: Checkout) -> None:
    for system, kinds in FIGURES.items():
        for kind in kinds:
            for suffix in (".pdf", ".png", ".csv"):
                assert (finished.results / "figures" / f"{system}_{kind}{suffix}").stat().st_size > 0
    names = {metric.name for metric in read_metrics([finished.results / "metrics.json"])}
    assert {
        "curie_weiss/N=16/beta=0.8/bipartite_mi",
        "curie_weiss/N=16/beta=0.8/elbo/coupling_from_mean",
        "hopfield/N=20/p=2/beta=1.2/elbo/pattern_overlap_min",
        "retina/repeats=11/elbo/model_bipartite_mi",
    } <= names


def test_no_trained_model_violates_the_capacity_bound(finished: Checkout) -> None:
    """ELBO gap ≥ I(A;B) − R within four standard errors, for the recording's model on its own draws."""
    metrics = read_metrics([finished.results / "metrics.json"])
    slacks = [metric for metric in metrics if metric.name.endswith("bound_slack")]
    assert len(slacks) == 4
    for slack in slacks:
        assert slack.value >= -4 * slack.stderr, slack.name


def test_second_run_has_nothing_to_do(finished: Checkout) -> None:
    assert planned_rules(finished.snakemake("--dry-run").stdout) == {}


def test_two_cores_give_the_same_bits(finished: Checkout, checkout: Checkout) -> None:
    assert checkout.snakemake("--cores", "2").returncode == 0
    assert checkout.digests() == finished.digests()


def test_another_seed_gives_other_bits(finished: Checkout, checkout: Checkout) -> None:
    target = "results/samples/curie_weiss/N~16/beta~0.8.parquet"
    assert checkout.snakemake("--config", "seed=2", "--", target).returncode == 0
    assert (checkout.folder / target).read_bytes() != (finished.folder / target).read_bytes()


def test_a_changed_parameter_reruns_only_what_depends_on_it(finished: Checkout) -> None:
    overlay = finished.folder / "more_epochs.yaml"
    overlay.write_text("systems: {hopfield: {models: {elbo: {epochs: 4}}}}\n")
    planned = planned_rules(finished.snakemake(str(overlay), "--dry-run").stdout)
    assert planned["train_vae"] == 1
    assert planned["draw_figure"] == len(FIGURES["hopfield"])
    assert "draw_samples" not in planned
    assert "population_statistics" not in planned


def test_a_changed_module_reruns_only_what_imports_it(checkout: Checkout, finished: Checkout) -> None:
    """Patterns are read off by two rules and by nothing upstream of them."""
    module = finished.folder / "mfvae" / "patterns.py"
    before = module.read_text()
    module.write_text(before + "# changed\n")
    try:
        planned = planned_rules(finished.snakemake("--dry-run").stdout)
    finally:
        module.write_text(before)
    assert planned["decode_fields"] == 4
    assert not {"draw_samples", "train_vae", "measure_capacity"} & set(planned)


def assert_outputs_are_whole(results: Path) -> None:
    """Everything that bears the name of a result can be read to its end."""
    readers = {".parquet": read_samples, ".json": read_json, ".pt": torch.load}
    for path in results.rglob("*"):
        if path.suffix in readers and not path.name.startswith("."):
            readers[path.suffix](path)


def test_a_run_killed_in_training_is_finished_by_the_next(
    finished: Checkout, checkout: Checkout
) -> None:
    run = checkout.start()
    logs = checkout.results / "logs" / "models"
    deadline = time.monotonic() + 300
    while not list(logs.rglob("*.log")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(logs.rglob("*.log")), "no training was seen to start"
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert len(checkout.digests()) < len(finished.digests())
    assert_outputs_are_whole(checkout.results)

    assert checkout.snakemake("--cores", "2").returncode == 0
    assert checkout.digests() == finished.digests()
    assert not list(checkout.results.rglob("*.part"))


def test_a_second_run_in_the_same_folder_is_refused(checkout: Checkout) -> None:
    first = checkout.start()
    lock = checkout.folder / ".snakemake" / "mfvae.lock"
    deadline = time.monotonic() + 60
    while not (lock.exists() and lock.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    second = checkout.snakemake("--cores", "1")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert second.returncode != 0
    assert f"Another snakemake (process {first.pid}) is at work" in second.stdout


def test_without_recording_all_else_is_made_and_one_sentence_says_how(checkout: Checkout) -> None:
    overlay = checkout.folder / "offline.yaml"
    overlay.write_text("recording: {urls: ['file:///nowhere/bint.mat']}\n")
    run = checkout.snakemake(str(overlay), MFVAE_RETINA_FILE="")
    assert run.returncode != 0
    (sentence,) = [line for line in run.stdout.splitlines() if "MFVAE_RETINA_FILE" in line]
    assert sentence.startswith("  error: recording = None: not to be had")
    assert "10.15479/AT:ISTA:61" in sentence
    assert "Everything that does not need what failed was made" in run.stdout
    figures = {path.name for path in (checkout.results / "figures").glob("*.pdf")}
    assert figures == {
        f"{system}_{kind}.pdf" for system in ("curie_weiss", "hopfield") for kind in FIGURES[system]
    }
    assert not (checkout.results / "recording" / "retina.mat").exists()


BAD = {
    "unknown key": ("speed: 3", "speed = 3: unknown key"),
    "beta not positive": (
        "systems: {curie_weiss: {grid: {beta: [-1.0]}}}",
        "systems.curie_weiss.grid.beta = -1.0: a finite number > 0",
    ),
    "N odd": ("systems: {curie_weiss: {grid: {N: [15]}}}", "grid.N = 15: an even integer"),
    "too many patterns": (
        "systems: {hopfield: {grid: {N: [100], p: [9]}}}",
        "systems.hopfield.grid.p = 9: exact sampling counts",
    ),
    "no latents": (
        "systems: {hopfield: {models: {elbo: {latent_dim: 0}}}}",
        "systems.hopfield.models.elbo.latent_dim = 0: a number ≥ 1",
    ),
    "no such file": (
        "recording: {file: /nowhere/bint.mat}",
        "recording.file = '/nowhere/bint.mat': an existing file is needed",
    ),
    "other content": ("recording: {file: tiny.yaml}", "recording.file = 'tiny.yaml': sha256"),
    "results below a file": (
        "pathvars: {results: tiny.yaml/results}",
        "pathvars.results = 'tiny.yaml/results': a folder that can be written",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_configuration_is_one_line_before_any_job(checkout: Checkout, case: str) -> None:
    content, expected = BAD[case]
    overlay = checkout.folder / "bad.yaml"
    overlay.write_text(content + "\n")
    run = checkout.snakemake(str(overlay), MFVAE_RETINA_FILE="")
    assert run.returncode != 0
    assert len([line for line in run.stdout.splitlines() if expected in line]) == 1, run.stdout
    assert "Traceback" not in run.stdout
    assert not checkout.results.exists()


def test_samples_of_another_system_are_refused(finished: Checkout, checkout: Checkout) -> None:
    target = checkout.results / "samples" / "hopfield" / "N~20" / "p~2" / "beta~1.2.parquet"
    assert checkout.snakemake("--", str(target.relative_to(checkout.folder))).returncode == 0
    other = finished.results / "samples" / "curie_weiss" / "N~16" / "beta~0.8.parquet"
    target.write_bytes(other.read_bytes())
    run = checkout.snakemake("--", "results/models/hopfield/N~20/p~2/beta~1.2/elbo.pt")
    assert run.returncode != 0
    assert "samples of 'hopfield' are needed, it holds 'curie_weiss'" in run.stdout
    assert "Traceback" not in run.stdout
    assert not list(checkout.results.rglob("*.pt"))
