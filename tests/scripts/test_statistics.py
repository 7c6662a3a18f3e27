"""What a model's own draws look like, the law of an order parameter, and curves to hold beside them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mfvae.random import generator
from mfvae.systems import build
from mfvae.systems.base import MeanFieldSystem
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.settings.points import parse
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import assert_one_line, in_here, succeed
from tests.scripts.chain import N_GENERATED, SEED

LAW = "measure/law"
LAW_IS_OFF = "elbo/order_parameter_law_total_variation"
DENSE = 50  # points at least, of a curve that is drawn as a line


# -- observables -----------------------------------------------------------------------------------
def test_observables_are_those_of_the_model_s_draws_beside_the_exact_ones(chain):
    metrics, system = chain.metrics("statistics"), chain.truth
    rng = generator(SEED, f"statistics/{chain.system}/{chain.point}/elbo")
    drawn = load_model(chain.path("models/elbo.pt")).sample(N_GENERATED, rng)
    measured, exact = system.observables(drawn), system.exact_observables()
    assert set(metrics) - {LAW_IS_OFF} == {f"elbo/{name}" for name in measured}
    for name, estimate in measured.items():
        metric = metrics[f"elbo/{name}"]
        assert (metric.value, metric.stderr) == (estimate.value, estimate.stderr)
        assert metric.kind == "trained"
        assert (metric.reference, metric.reference_source) == (exact[name], "exact at this size")


def test_models_and_data_have_the_same_observables(chain):
    of_data = set(chain.metrics("facts")) - {"entropy", "log_partition_per_site"}
    of_model = set(chain.metrics("statistics")) - {LAW_IS_OFF}
    assert {name.removeprefix("elbo/") for name in of_model} == of_data


# -- law of the order parameter --------------------------------------------------------------------
def test_a_law_is_a_law_in_data_model_and_exactly(curie_weiss, hopfield):
    for chain in (curie_weiss, hopfield):
        law = pd.read_csv(chain.path("law.csv"))
        assert set(law["source"]) == {"exact", "data", "model"}
        assert law.groupby("source")["probability"].sum().to_numpy() == pytest.approx(1)
        parameters = parse(chain.point)
        assert law[list(parameters)].drop_duplicates().to_dict("records") == [parameters]


def test_the_law_of_the_data_is_the_exact_one_and_the_distance_is_that_of_the_model(curie_weiss):
    law = pd.read_csv(curie_weiss.path("law.csv"))
    exact, data, model = (
        law[law["source"] == source].set_index("m")["probability"]
        for source in ("exact", "data", "model")
    )
    floor = np.sqrt(exact * (1 - exact) / 600)
    assert ((data - exact).abs() <= FACTOR * floor).all()
    distance = curie_weiss.metrics("statistics")[LAW_IS_OFF]
    assert distance.value == pytest.approx((model - exact).abs().sum() / 2)
    assert (distance.kind, distance.reference) == ("trained", 0.0)


@pytest.mark.parametrize("system", ["maier_saupe", "ising_2d"])
def test_a_system_without_binary_patterns_has_no_such_law(copy_of, request, system):
    inputs = copy_of(request.getfixturevalue(system))
    inputs.refused(LAW, f"system = '{system}'", "discrete order parameter")


def test_only_a_system_with_a_discrete_order_parameter_has_a_distance(maier_saupe, ising_2d):
    for chain in (maier_saupe, ising_2d):
        assert LAW_IS_OFF not in chain.metrics("statistics")


def test_the_right_call_of_which_all_others_are_changes_works(inputs):
    assert in_here(LAW, *inputs.options(LAW)).status == 0
    assert inputs.path("out/output").read_bytes() == inputs.path("law.csv").read_bytes()


def test_models_of_another_system_or_point_and_damaged_ones_make_no_law(inputs):
    other = inputs.other / "models/elbo.pt"
    inputs.refused(LAW, other, "'hopfield'", "'curie_weiss'", model=other)
    inputs.refused(LAW, "N~16/beta~1.2", "N~16/beta~1.5", point="N~16/beta~1.5")
    inputs.refused(LAW, inputs.path("absent.json"), model=inputs.path("absent.pt"))
    inputs.refused(LAW, inputs.truncate("models/elbo.pt"))


def test_samples_of_another_system_and_damaged_ones_make_no_law(inputs):
    other = inputs.other / "samples.parquet"
    inputs.refused(LAW, other, "'hopfield'", "'curie_weiss'", samples=other)
    inputs.refused(LAW, inputs.truncate("samples.parquet"))


# -- exact curves ----------------------------------------------------------------------------------
def test_curves_are_exact_at_their_size_and_in_the_limit(chain):
    *others, (name, value) = parse(chain.point).items()
    table = pd.read_csv(chain.path("curves.csv"))
    assert set(table["dataset"]) == {chain.system}
    system = chain.truth
    for at in (value, value + 0.25):
        parameters = {**dict(others), name: at}
        here = table[np.isclose(table[name], at)]
        known = {
            "exact": build(chain.system, parameters, SEED).exact_observables(),
            "limit": system.limit_observables(parameters),
        }
        kl = system.limit_kl_per_site(parameters)
        assert (kl is None) == isinstance(system, MeanFieldSystem)
        if kl is not None:
            known["limit"] = known["limit"] | {"kl_per_site": kl}
        for source, observables in known.items():
            rows = here[here["source"] == source].set_index("quantity")["value"]
            assert rows.to_dict() == pytest.approx(observables)
    first = next(iter(system.exact_observables()))
    curve = table[(table["source"] == "exact") & (table["quantity"] == first)]
    assert curve[name].nunique() == len(curve) >= DENSE


def test_curves_name_the_transition_of_the_system(chain):
    table = pd.read_csv(chain.path("curves.csv"))
    marks = table[table[list(parse(chain.point))].isna().all(axis=1)]
    named = dict(zip(marks["quantity"], marks["value"], strict=True))
    assert named == pytest.approx({name: found.value for name, found in chain.truth.transitions.items()})
    assert len(named) == 1  # every system here has one
    assert set(marks["source"]) == {"limit"}


def test_every_size_of_a_grid_has_its_curve(tmp_path):
    options = ["--system", "ising_2d", "--grid", "L=4,6", "T=2.0,3.0", "--seed", SEED]
    succeed("tables/exact_curves", *options, "--output", tmp_path / "curves.csv")
    table = pd.read_csv(tmp_path / "curves.csv")
    exact = table[(table["source"] == "exact") & (table["quantity"] == "energy")]
    points = exact.groupby("L")["T"].nunique()
    assert points.index.tolist() == [4, 6]
    assert points[4] == points[6] >= DENSE


def test_a_grid_may_have_values_that_are_written_with_an_exponent(tmp_path):
    options = ["--system", "curie_weiss", "--grid", "N=16", "beta=1e-05,1.0", "--seed", SEED]
    succeed("tables/exact_curves", *options, "--output", tmp_path / "curves.csv")
    assert pd.read_csv(tmp_path / "curves.csv")["beta"].min() == 1e-5


@pytest.mark.parametrize(
    ("system", "grid", "words"),
    [
        ("potts", ["N=16", "beta=1.0"], "system = 'potts'"),
        ("ising_2d", ["L=5", "T=2.0"], "L = 5"),
        ("maier_saupe", ["N=8", "beta=0.0,1.0"], "beta = 0.0"),
        ("curie_weiss", ["N=16"], "needs N, beta"),
        ("curie_weiss", ["L=16", "beta=1.0"], "needs N, beta"),
        ("curie_weiss", ["N=16", "beta=cold"], "cold"),
        ("curie_weiss", ["N=16", "beta="], "beta"),
    ],
)
def test_grids_that_cannot_be_have_no_curves(tmp_path, system, grid, words):
    options = ["--system", system, "--grid", *grid, "--seed", 1, "--output", tmp_path / "curves.csv"]
    assert_one_line(in_here("tables/exact_curves", *options), words)
    assert list(tmp_path.iterdir()) == []


# -- training curves -------------------------------------------------------------------------------
def test_a_training_curve_is_the_record_less_the_entropy(chain):
    table = pd.read_csv(chain.path("training.csv"))
    record = json.loads(chain.path("models/elbo.json").read_text())
    capacity = chain.metrics("capacity")
    n_sites, entropy = chain.truth.n_sites, chain.truth.entropy()
    assert table["step"].tolist() == [5, 10]
    gaps = [(entry["negative_elbo"] - entropy) / n_sites for entry in record["history"]]
    assert table["gap_per_site"].to_numpy() == pytest.approx(gaps)
    floor = capacity["elbo/capacity_deficit"].value / n_sites
    assert table["floor_per_site"].to_numpy() == pytest.approx(floor)
    assert table["stderr"].to_numpy() == pytest.approx(capacity["elbo/elbo_gap"].stderr / n_sites)
    named = {"dataset": chain.system, "model": "elbo", **parse(chain.point)}
    assert table[list(named)].drop_duplicates().to_dict("records") == [named]


def test_curves_of_several_models_stand_below_one_another(chain, tmp_path):
    options = ["--system", chain.system, "--seed", SEED, "--models", *[f"{chain.point}/elbo"] * 2]
    files = [chain.path(name) for name in ("models/elbo.json", "capacity.json")]
    inputs = ["--records", files[0], files[0], "--capacity", files[1], files[1]]
    succeed("tables/training_curves", *options, *inputs, "--output", tmp_path / "two.csv")
    once = pd.read_csv(chain.path("training.csv"))
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "two.csv"), pd.concat([once, once], ignore_index=True)
    )


@pytest.mark.parametrize("name", ["models/elbo.json", "capacity.json"])
def test_damaged_files_make_no_training_curve(copy_of, ising_2d, name):
    inputs = copy_of(ising_2d)
    inputs.refused("tables/training_curves", inputs.truncate(name))
    inputs.path(name).unlink()
    inputs.refused("tables/training_curves", inputs.path(name))


def test_metrics_without_a_gap_make_no_training_curve(inputs):
    inputs.refused("tables/training_curves", "elbo_gap", capacity=inputs.path("statistics.json"))
    inputs.refused("tables/training_curves", "L, T", models="N~16/beta~1.2/elbo", system="ising_2d")
