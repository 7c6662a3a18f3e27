"""Ledgers: of trained models beside what is exact, along a training, of exact latents; objectives."""

from __future__ import annotations

import copy
import json

import numpy as np
import pandas as pd
import pytest
import torch

from mfvae.capacity.ledger import CHECKPOINT_CONFIGURATIONS, ledger
from mfvae.systems import build
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.points import parse
from tests.conftest import ROOT
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import assert_one_line, in_here, succeed
from tests.scripts.chain import COST, COUPLINGS, N_TEST, NETWORK, SEED

TERMS = ("helmholtz", "variational", "energy", "entropy", "rate", "distortion", "gap")
NAMES = {
    *(f"ledger_{term}" for term in (*TERMS, "residual", "residual_of_means")),
    "posterior_energy", "posterior_entropy",
}  # fmt: skip
CHECKPOINTS = 4


@pytest.fixture(scope="module")
def metrics(curie_weiss, tmp_path_factory) -> dict:
    output = tmp_path_factory.mktemp("free_energy") / "metrics.json"
    options = [*curie_weiss.about, *curie_weiss.data, "--n-test", N_TEST, "--output", output]
    succeed("measure/ledger", *options)
    found = json.loads(output.read_text())
    return {metric["quantity"]: {"stderr": None, "reference": None, **metric} for metric in found}


@pytest.fixture(scope="module")
def recorded(curie_weiss, tmp_path_factory):
    """Folder of a training of the objective ``exact`` that kept a ledger, and its curves."""
    folder = tmp_path_factory.mktemp("recorded")
    succeed(
        "train/vae", "--samples", curie_weiss.path("samples.parquet"), "--system", "curie_weiss",
        "--name", "exact", "--seed", SEED, "--latent-dim", 1, *NETWORK, "--checkpoints", CHECKPOINTS,
        "--objective", "exact", "--latent-draws", 16,
        "--output", folder / "exact.pt", "--cost", folder / "exact.tsv",
    )  # fmt: skip
    succeed(
        "tables/ledger_curves", *curve_options(curie_weiss, folder), "--output", folder / "curves.csv"
    )
    return folder


def curve_options(chain, folder) -> list:
    options = ["--system", chain.system, "--models", f"{chain.point}/exact", "--seed", SEED]
    return [*options, "--records", folder / "exact.json", "--samples", chain.path("samples.parquet")]


# -- a trained model -------------------------------------------------------------------------------
def test_all_terms_are_there_and_the_identities_hold(metrics):
    assert set(metrics) == NAMES
    assert {metric["kind"] for metric in metrics.values()} == {"trained"}
    value = {name.removeprefix("ledger_"): metric["value"] for name, metric in metrics.items()}
    for other in (
        value["distortion"] + value["rate"],
        value["energy"] - value["entropy"],
        value["helmholtz"] + value["gap"],
    ):
        assert value["variational"] == pytest.approx(other, abs=1e-6)
    assert value["residual_of_means"] <= value["residual"] <= 1e-6
    assert value["variational"] != pytest.approx(value["helmholtz"], abs=1e-6)  # a twin: there is a gap


def test_the_decoder_s_own_posterior_has_no_gap_and_more_entropy_than_a_narrower_one(metrics):
    value = {name: metric["value"] for name, metric in metrics.items()}
    free_energy = value["posterior_energy"] - value["posterior_entropy"]
    assert free_energy == pytest.approx(value["ledger_helmholtz"], abs=1e-6)
    assert value["ledger_energy"] - value["ledger_entropy"] > free_energy


def test_terms_are_those_of_the_first_held_out_configurations_in_double_precision(metrics, curie_weiss):
    model = copy.deepcopy(load_model(curie_weiss.path("models/elbo.pt"))).double()
    x = read_samples(curie_weiss.path("samples.parquet")).split("test")
    statistic = torch.from_numpy(model.family.statistic(x)).double()
    for name, expected in ledger(model, statistic[:N_TEST], spacing=0.005)._asdict().items():
        assert metrics[f"ledger_{name}"]["value"] == pytest.approx(expected.mean().item(), abs=1e-9)
        stderr = expected.std().item() / N_TEST**0.5
        assert metrics[f"ledger_{name}"]["stderr"] == pytest.approx(stderr)
    others = ledger(model, statistic[1 : N_TEST + 1]).helmholtz.mean().item()
    assert metrics["ledger_helmholtz"]["value"] != pytest.approx(others, abs=1e-6)


def test_exact_values_stand_beside_what_has_them(metrics, curie_weiss):
    system = curie_weiss.truth
    entropy = system.latent_entropy()
    exact = {
        "ledger_helmholtz": system.entropy(),
        "ledger_rate": system.channel_rate(),
        "posterior_energy": system.entropy() + entropy,
        "posterior_entropy": entropy,
        "ledger_residual": 0.0,
        "ledger_residual_of_means": 0.0,
    }
    found = {name: m["reference"] for name, m in metrics.items() if m["reference"] is not None}
    assert found == pytest.approx(exact)


def test_where_lattices_cannot_be_fine_there_is_no_ledger(copy_of, maier_saupe, ising_2d, tmp_path):
    copy_of(maier_saupe).refused("measure/ledger", "latent_dim = 5", "at most 2")
    options = [*ising_2d.about, *ising_2d.data, "--n-test", N_TEST, "--output", tmp_path / "out.json"]
    assert_one_line(in_here("measure/ledger", *options), "ising_2d", "mean-field")


def test_damaged_files_make_no_ledger(inputs):
    other = inputs.other / "models/elbo.pt"
    inputs.refused("measure/ledger", other, "'hopfield'", model=other)
    inputs.refused("measure/ledger", inputs.truncate("models/elbo.pt"))


# -- along a training ------------------------------------------------------------------------------
def test_curves_are_the_record_less_the_same_configurations_surprise(recorded, curie_weiss):
    table = pd.read_csv(recorded / "curves.csv")
    record = json.loads((recorded / "exact.json").read_text())
    test = read_samples(curie_weiss.path("samples.parquet")).split("test")
    surprise = -curie_weiss.truth.log_prob(test[:CHECKPOINT_CONFIGURATIONS]).mean()
    for term in TERMS:
        rows = table[(table["quantity"] == term) & table["source"].isna()]
        assert rows["step"].tolist() == [entry["step"] for entry in record["ledger"]]
        own = term in ("gap", "rate", "entropy")
        expected = [entry[term]["value"] - (0 if own else surprise) for entry in record["ledger"]]
        assert rows["value"].to_numpy() == pytest.approx(expected)
        assert rows["stderr"].notna().all() == own
    fit = table[table["quantity"] == "helmholtz"]["value"]
    assert fit.iloc[-1] < 0.5 * surprise  # a divergence, no entropy


def test_curves_say_what_is_exact_and_when_the_decoder_was_done(recorded, curie_weiss):
    table = pd.read_csv(recorded / "curves.csv")
    assert table["decoder_steps"].unique() == [10]  # two epochs of five steps; a third for the encoder
    assert table["step"].max() == 15
    exact = table[table["source"] == "exact"].set_index("quantity")["value"].to_dict()
    system = curie_weiss.truth
    assert exact == pytest.approx({"rate": system.channel_rate(), "entropy": system.latent_entropy()})
    named = {"dataset": "curie_weiss", "model": "exact", **parse(curie_weiss.point)}
    assert table[list(named)].drop_duplicates().to_dict("records") == [named]


def test_the_ledger_is_drawn(recorded):
    files = ["--inputs", recorded / "curves.csv", "--prefix", recorded / "figure"]
    succeed("figures/draw", "--kind", "ledger", *files)
    assert (recorded / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_a_training_without_a_ledger_or_of_another_system_has_no_curves(curie_weiss, hopfield, tmp_path):
    output = tmp_path / "curves.csv"
    options = ["--system", "curie_weiss", "--models", f"{curie_weiss.point}/elbo", "--seed", SEED]
    inputs = ["--records", tmp_path / "record.json", "--samples", curie_weiss.path("samples.parquet")]
    (tmp_path / "record.json").write_text('{"history": []}')
    call = [*options, *inputs, "--output", output]
    assert_one_line(
        in_here("tables/ledger_curves", *call), tmp_path / "record.json", "a ledger is needed"
    )
    call[call.index(curie_weiss.path("samples.parquet"))] = hopfield.path("samples.parquet")
    assert_one_line(in_here("tables/ledger_curves", *call), "'hopfield'")
    assert not output.exists()


# -- exact latents ---------------------------------------------------------------------------------
def test_exact_curves_are_those_of_every_size_and_temperature(tmp_path):
    options = ["--system", "curie_weiss", "--grid", "N=16,32", "beta=0.5,1.5", "--seed", SEED]
    succeed("tables/exact_free_energy", *options, "--output", tmp_path / "exact.csv")
    table = pd.read_csv(tmp_path / "exact.csv")
    assert set(table["source"]) == {"exact"}
    assert table.groupby("N")["beta"].nunique().to_dict() == {16: 61, 32: 61}
    wide = table.pivot(index=["N", "beta"], columns="quantity", values="value")
    difference = wide["posterior_energy"] - wide["posterior_entropy"]
    assert difference.to_numpy() == pytest.approx(wide["ledger_helmholtz"].to_numpy())
    system = build("curie_weiss", {"N": 32, "beta": 1.5}, SEED)
    last = wide.loc[(32, 1.5)]
    assert last["ledger_helmholtz"] == pytest.approx(system.entropy())
    assert last["posterior_entropy"] == pytest.approx(system.latent_entropy())


@pytest.mark.parametrize(
    ("system", "grid", "word"),
    [("ising_2d", ["L=4", "T=2.0"], "mean-field"), ("curie_weiss", ["N=4"], "values of beta")],
)
def test_what_has_no_exact_latents_has_no_curves(tmp_path, system, grid, word):
    options = ["--system", system, "--grid", *grid, "--seed", SEED, "--output", tmp_path / "out.csv"]
    assert_one_line(in_here("tables/exact_free_energy", *options), word)
    assert list(tmp_path.iterdir()) == []


# -- objectives ------------------------------------------------------------------------------------
def table_options(chain, folder) -> list:
    return [
        "--models", f"{chain.system}/{chain.point}/elbo", "--costs", chain.path(COST),
        "--metrics", chain.path("capacity.json"), chain.path("comparison.json"),
        "--output", folder / "table.csv", "--markdown", folder / "table.md",
    ]  # fmt: skip


def test_the_table_of_objectives_says_how_each_fits_and_decodes(mean_field, tmp_path):
    succeed("tables/objectives", *table_options(mean_field, tmp_path))
    (row,) = pd.read_csv(tmp_path / "table.csv").to_dict("records")
    capacity, comparison = mean_field.metrics("capacity"), mean_field.metrics("comparison")
    columns = ("-log p of held-out x", "excess over H(x)", "variational gap")
    for column, quantity in zip(columns, ("held_out_nats", "kl", "variational_gap"), strict=True):
        metric = capacity[f"elbo/{quantity}"]
        assert (row[column], row[f"{column} stderr"]) == pytest.approx((metric.value, metric.stderr))
    for column, way in zip(
        ("error of βJ, a: mean", "b: spread", "c: potential"), COUPLINGS, strict=True
    ):
        metric = comparison.get(f"elbo/{way}")
        if metric is None:
            assert np.isnan(row[column])
            continue
        assert row[column] == pytest.approx(metric.value / mean_field.truth.coupling - 1)
        assert row[f"{column} stderr"] == pytest.approx(metric.stderr / mean_field.truth.coupling)


def test_cpu_seconds_stand_in_the_table_for_reading_alone(curie_weiss, tmp_path):
    succeed("tables/objectives", *table_options(curie_weiss, tmp_path))
    seconds = float(curie_weiss.path(COST).read_text().split()[1])
    header, _, row = (tmp_path / "table.md").read_text().splitlines()
    assert header.split("|")[-2].strip() == "CPU s"
    assert row.split("|")[-2].strip() == f"{seconds:.0f}"
    assert "CPU" not in (tmp_path / "table.csv").read_text()


def test_models_without_metrics_or_times_are_in_no_table(curie_weiss, tmp_path):
    options = table_options(curie_weiss, tmp_path)
    other = list(options)
    other[1] = "curie_weiss/N~16/beta~0.9/elbo"
    assert_one_line(in_here("tables/objectives", *other), "beta~0.9", "metrics of this model")
    other = [
        curie_weiss.path("curves.csv") if word == curie_weiss.path(COST) else word for word in options
    ]
    assert_one_line(in_here("tables/objectives", *other), "curves.csv", "cpu_seconds")
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_of_records_is_of_as_many_configurations_as_their_surprise():
    source = (ROOT / "scripts/tables/ledger_curves.py").read_text()
    assert f"CONFIGURATIONS = {CHECKPOINT_CONFIGURATIONS} " in source


def test_statistical_agreement_of_the_surprise_with_the_entropy(curie_weiss):
    """The common error that is subtracted is no error of the entropy: a check of the check."""
    test = read_samples(curie_weiss.path("samples.parquet")).split("test")
    surprise = -curie_weiss.truth.log_prob(test)
    stderr = surprise.std(ddof=1) / np.sqrt(len(surprise))
    assert abs(surprise.mean() - curie_weiss.truth.entropy()) < FACTOR * stderr
