"""The DAG as a user meets it: complete, reproducible to the bit, hard to break."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from mfvae.figures import FIGURES
from mfvae.workflow.metrics import read_metrics
from tests.helpers.checkout import Checkout, planned_rules

pytestmark = pytest.mark.workflow
MODELS = {
    "curie_weiss/N~16/beta~0.8/elbo",
    "curie_weiss_field/N~16/h~0.1/beta~0.8/exact",
    "hopfield/N~20/p~2/beta~1.2/elbo",
    "maier_saupe/N~8/beta~4.0/elbo",
    "ising_2d/L~4/T~2.0/d1",  # for this part of the grid alone
    "ising_2d/L~4/T~2.0/d4",
    "ising_2d/L~4/T~4.0/d4",
    "retina/repeats~11/exact",
    "retina/repeats~11/hopfield_k2",
    "retina/repeats~11/elbo",
}
BESIDE = {  # trained on parts of the recording, on the surrogate, and to be compared alone
    "hopfield/N~20/p~2/beta~1.2/replica",
    "hopfield/N~20/p~2/beta~1.2/replica_r2",
    "hopfield/N~20/p~2/beta~1.2/replica_r3",
    "retina_groups/neurons~5/group~1/exact",
    "retina_groups/neurons~5/group~2/exact",
    "retina_halves/half~1/hopfield_k2",
    "retina_halves/half~2/hopfield_k2",
    "surrogate/N~10/hopfield_k1",
    "surrogate/N~10/hopfield_k2",
}
POINTS = {path.rpartition("/")[0] for path in MODELS}
WITHOUT_TRAINING = {"curie_weiss/N~18/beta~0.8", "ising_2d/L~6/T~2.0"}  # where information alone is


@pytest.fixture
def checkout(tmp_path: Path, recording_file: Path) -> Checkout:
    return Checkout.make(tmp_path, recording_file)


def made(checkout: Checkout, stage: str, suffix: str) -> set[str]:
    """Paths below a folder of the results, without a suffix."""
    folder = checkout.results / stage
    paths = (str(path.relative_to(folder)) for path in folder.rglob(f"*{suffix}"))
    return {path.removesuffix(suffix) for path in paths}


def models_in(table: pd.DataFrame) -> set[str]:
    """Paths of the models that are rows of a table."""
    return set(table["dataset"] + "/" + table["point"] + "/" + table["model"])


def test_every_kind_of_figure_is_drawn(checkout: Checkout) -> None:
    assert {kind for kinds in checkout.configured_figures().values() for kind in kinds} == set(FIGURES)


def test_every_model_is_in_the_table_of_capacities(finished: Checkout) -> None:
    assert models_in(pd.read_csv(finished.results / "capacity.csv")) == MODELS


def test_a_model_is_trained_where_the_configuration_says_and_nowhere_else(finished: Checkout) -> None:
    assert made(finished, "models", ".pt") == MODELS | BESIDE
    of_systems = {path for path in MODELS if not path.startswith("retina")}
    assert made(finished, "capacity", ".json") == MODELS
    assert of_systems <= made(finished, "statistics", ".json")


def test_free_energies_are_of_models_that_recorded_a_ledger(finished: Checkout) -> None:
    recorded = {"curie_weiss/N~16/beta~0.8/elbo", "hopfield/N~20/p~2/beta~1.2/elbo"}  # of few latents
    assert made(finished, "free_energy", ".json") == recorded
    table = pd.read_csv(finished.results / "objectives.csv")
    mean_field = ("curie_weiss", "hopfield", "maier_saupe")
    assert models_in(table) == {path for path in MODELS if path.startswith(mean_field)}


def test_information_is_measured_at_every_point_and_nothing_is_drawn_where_it_is_all(
    finished: Checkout,
) -> None:
    assert made(finished, "information", ".json") == POINTS | WITHOUT_TRAINING
    beside = {path.rpartition("/")[0] for path in BESIDE}
    assert made(finished, "samples", ".parquet") == POINTS | beside | {"clusters/k~2"}


def test_only_what_has_patterns_is_decoded_and_only_binary_ones_have_a_law(finished: Checkout) -> None:
    decoded = {path.name for path in (finished.results / "decoded").iterdir()}
    assert decoded == {"curie_weiss", "curie_weiss_field", "hopfield", "maier_saupe", "retina"}
    binary = {path for path in MODELS if path.startswith(("curie_weiss", "hopfield"))}
    metrics = read_metrics([finished.results / "metrics.json"])
    scopes = [metric.scope for metric in metrics if metric.quantity.endswith("law_total_variation")]
    assert {f"{scope.dataset}/{scope.point}/{scope.model}" for scope in scopes} == binary
    laws = made(finished, "statistics", ".law.csv")  # tables, where they are drawn
    assert laws == {path for path in binary if path.startswith("curie_weiss/")}


def test_another_seed_gives_other_bits(finished: Checkout, checkout: Checkout) -> None:
    target = "results/samples/curie_weiss/N~16/beta~0.8.parquet"
    assert checkout.snakemake("--config", "seed=2", "--", target).returncode == 0
    assert (checkout.folder / target).read_bytes() != (finished.folder / target).read_bytes()


def test_a_changed_parameter_reruns_only_what_depends_on_it(finished: Checkout) -> None:
    overlay = finished.folder / "more_epochs.yaml"
    overlay.write_text("systems: {hopfield: {models: {elbo: {epochs: 4}}}}\n")
    planned = planned_rules(finished.snakemake(str(overlay), "--dry-run").stdout)
    assert planned["train_vae"] == 1
    drawn = finished.configured_figures()["hopfield"]
    assert planned["draw_figure"] == len(drawn) + 1  # and the bound, of all systems
    assert "draw_samples" not in planned
    assert not {"measure_population", "measure_information"} & set(planned)


def test_a_size_more_in_the_scaling_is_measured_and_not_trained(finished: Checkout) -> None:
    overlay = finished.folder / "larger.yaml"
    overlay.write_text("scaling: {hopfield: {N: [20, 22]}}\n")
    planned = planned_rules(finished.snakemake(str(overlay), "--dry-run").stdout)
    assert set(planned) == {"measure_information", "draw_figure", "collect_metrics", "all", "total"}
    assert planned["measure_information"] == planned["draw_figure"] == 1


def planned_after_a_change(checkout: Checkout, name: str, line: str = "CHANGED = 1") -> dict[str, int]:
    """Jobs that are planned when a line is added to a file, which is put back."""
    path = checkout.folder / name
    before = path.read_text()
    path.write_text(f"{before}{line}\n")
    try:
        return planned_rules(checkout.snakemake("--dry-run").stdout)
    finally:
        path.write_text(before)


def test_a_changed_module_reruns_only_what_imports_it(finished: Checkout) -> None:
    """Patterns are read off by two rules and by nothing upstream of them."""
    planned = planned_after_a_change(finished, "mfvae/decoding/patterns.py")
    assert (planned["decode_fields"], planned["decode_dataset"]) == (4, 3)
    assert planned["compare_with_theory"] == 4
    assert not {"draw_samples", "train_vae", "measure_model"} & set(planned)


def test_a_comment_in_the_library_reruns_nothing(finished: Checkout) -> None:
    for name in ("mfvae/systems/base.py", "mfvae/training/loop.py", "mfvae/figures/style.py"):
        assert planned_after_a_change(finished, name, "# a comment") == {}


def test_a_changed_system_reruns_itself_alone(finished: Checkout) -> None:
    """Its samples, models and figures, and what joins data sets; of no other data set anything."""
    path = finished.folder / "mfvae/systems/maier_saupe.py"
    before = path.read_text()
    path.write_text(f"{before}CHANGED = 1\n")
    try:
        said = finished.snakemake("--dry-run", "--quiet", "progress").stdout
    finally:
        path.write_text(before)
    jobs = re.findall(r"^Job \d+: (.*?)(?: \(log: .*)?$", said, re.MULTILINE)
    data_sets = {path.partition("/")[0] for path in MODELS | BESIDE} | {"clusters"}
    assert {word for job in jobs for word in re.findall(r"\w+", job)} & data_sets == {"maier_saupe"}
    assert [job for job in jobs if job.startswith("Train ")] == [
        "Train elbo on maier_saupe at N~8/beta~4.0"
    ]


def test_a_changed_figure_is_drawn_again_alone(finished: Checkout) -> None:
    planned = planned_after_a_change(finished, "mfvae/figures/across/bound.py")
    assert planned["draw_figure"] == 1
    assert set(planned) == {"draw_figure", "all", "total"}


def test_a_changed_script_reruns_its_jobs_and_what_depends_on_them(finished: Checkout) -> None:
    planned = planned_after_a_change(finished, "scripts/tables/training_curves.py")
    assert planned == {"training_curves": 1, "draw_figure": 1, "all": 1, "total": 3}
    planned = planned_after_a_change(finished, "scripts/measure/information.py")
    assert planned["measure_information"] == len(POINTS | WITHOUT_TRAINING)
    of_recording = [path for path in MODELS if path.startswith("retina")]
    assert planned["measure_model"] == len(MODELS) - len(of_recording)
    assert not {"draw_samples", "train_vae", "decode_fields", "exact_curves"} & set(planned)


def test_figures_of_systems_do_not_need_the_recording(finished: Checkout) -> None:
    configured = finished.configured_figures()
    figures = [
        f"results/figures/{source}/{kind}.pdf"
        for source in configured.keys() - {"retina"}
        for kind in configured[source]
        if kind != "atlas"  # which is of data sets in files alone
    ]
    planned = planned_rules(finished.snakemake("--dry-run", "--forceall", "--", *figures).stdout)
    assert planned["draw_figure"] == len(figures)
    of_recording = {"fetch_file", "read_file", "measure_population", "decode_recording"}
    assert not of_recording & set(planned)


BAD = {  # of every way in which one is refused
    "no YAML": ("systems: [", "Config file is not valid JSON or YAML."),
    "a list": ("- systems", "Config file must be given as JSON or YAML with keys at top level."),
    "unknown key": ("speed: 3", "speed = 3: unknown key"),
    "beta not positive": (
        "systems: {curie_weiss: {grid: {beta: [-1.0]}}}",
        "systems.curie_weiss.grid.beta = -1.0: a finite number > 0",
    ),
    "no such file": (
        "datasets: {retina: {file: /nowhere/bint.mat}}",
        "datasets.retina.file = '/nowhere/bint.mat': an existing file is needed",
    ),
    "other content": (
        "datasets: {retina: {file: tiny.yaml}}",
        "datasets.retina.file = 'tiny.yaml': sha256",
    ),
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
