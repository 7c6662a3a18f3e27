"""measure/capacity.py: the parts of the bound fit together, for few latents and for many."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
import torch

from mfvae.capacity.verdict import Verdict
from mfvae.information import worst_split
from mfvae.stats import Estimate, estimate
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import splits_among
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import assert_one_line, in_here, succeed
from tests.scripts.chain import N_TEST

QUANTITIES = {
    "rate", "encoder_information_lower_bound", "elbo_gap", "capacity_deficit", "bound_slack",
    "held_out_nats", "variational_gap", "kl", "kl_per_site", "kl_numerical_error",
    "kl_numerical_error_known", "faithful",
}  # fmt: skip


def measured(chain):
    return {name.removeprefix("elbo/"): metric for name, metric in chain.metrics("capacity").items()}


def test_all_is_named_and_of_its_kind(chain):
    metrics = measured(chain)
    assert set(metrics) == QUANTITIES
    assert {metric.kind for metric in metrics.values()} == {"trained"}
    assert {name for name, metric in metrics.items() if metric.stderr is None} == {
        "kl_numerical_error",
        "kl_numerical_error_known",
        "faithful",
    }
    assert (metrics["kl"].reference, metrics["kl"].reference_source) == (0.0, "a faithful model")


def test_the_parts_of_the_bound_fit_together(chain):
    metrics = measured(chain)
    value = {name: metric.value for name, metric in metrics.items()}
    worst = worst_split(splits_among(chain.metrics("information").values())).estimate
    assert value["capacity_deficit"] == pytest.approx(worst.value - value["rate"], abs=1e-9)
    gap = value["elbo_gap"] - value["capacity_deficit"]
    assert value["bound_slack"] == pytest.approx(gap, abs=1e-9)
    assert value["kl_per_site"] == pytest.approx(value["kl"] / chain.truth.n_sites)
    deficit = metrics["capacity_deficit"]
    assert deficit.stderr == pytest.approx(np.hypot(metrics["rate"].stderr, worst.stderr))


def test_the_gap_of_the_bound_is_that_of_the_decoder_and_that_of_the_encoder(chain):
    """−ELBO − H(x) = KL(p_data‖p_θ) + E KL(q‖posterior), of the same configurations."""
    metrics = measured(chain)
    value = {name: metric.value for name, metric in metrics.items()}
    assert value["elbo_gap"] == pytest.approx(value["kl"] + value["variational_gap"], abs=1e-9)
    assert value["variational_gap"] + FACTOR * metrics["variational_gap"].stderr >= 0
    held_out = metrics["held_out_nats"]
    x = read_samples(chain.path("samples.parquet")).split("test")[:N_TEST]
    assert held_out.value == pytest.approx(value["kl"] - chain.truth.log_prob(x).mean())
    assert (held_out.reference, held_out.reference_source) == (chain.truth.entropy(), "exact entropy")


def test_no_inequality_of_the_theory_is_violated(chain):
    """Slack ≥ 0, 0 ≤ KL ≤ ELBO gap, I_q ≤ R, each within four standard errors."""
    metrics = measured(chain)

    def at_least(high: str, low: str | None = None) -> bool:
        terms = [metrics[high], *([metrics[low]] if low else [])]
        difference = metrics[high].value - (metrics[low].value if low else 0)
        numerical = metrics["kl_numerical_error"].value
        return difference >= -FACTOR * np.hypot.reduce([term.stderr for term in terms]) - numerical

    assert at_least("bound_slack")
    assert at_least("kl")
    assert at_least("elbo_gap", "kl")
    assert at_least("rate", "encoder_information_lower_bound")
    assert not at_least("rate", "elbo_gap")  # a twin: two epochs carry less than they lack


def test_two_epochs_make_no_faithful_model(chain):
    assert measured(chain)["faithful"].value == Verdict.NOT_FAITHFUL


def test_the_rate_is_that_of_the_first_held_out_configurations(chain):
    held_out = read_samples(chain.path("samples.parquet")).split("test")
    model = load_model(chain.path("models/elbo.pt"))

    def rate(x: np.ndarray) -> Estimate:
        statistic = torch.from_numpy(model.family.statistic(x))
        return estimate(model.rate(*model.encode(statistic)).double().numpy())

    metric = measured(chain)["rate"]
    assert (metric.value, metric.stderr) == pytest.approx(astuple(rate(held_out[:N_TEST])), rel=1e-6)
    assert metric.value != pytest.approx(rate(held_out).value, rel=1e-6)  # a twin: ten more


# -- bad input -------------------------------------------------------------------------------------
def test_the_right_call_of_which_all_others_are_changes_works(copy_of, chain):
    inputs = copy_of(chain)
    assert in_here("measure/capacity", *inputs.options("measure/capacity")).status == 0
    assert inputs.path("out/output").read_bytes() == inputs.path("capacity.json").read_bytes()
    made = inputs.path("out/statistics").read_bytes()
    assert made == inputs.path("statistics.json").read_bytes()


@pytest.mark.parametrize("drawn", [True, False])
def test_files_of_another_system_or_point_are_refused(inputs, drawn):
    """With the exact law, and as of a recording."""
    changes = {} if drawn else {"n_generated": None, "statistics": None}
    samples, model = inputs.other / "samples.parquet", inputs.other / "models/elbo.pt"
    inputs.refused(
        "measure/capacity", samples, "'hopfield'", "'curie_weiss'", samples=samples, **changes
    )
    inputs.refused("measure/capacity", model, "'hopfield'", "'curie_weiss'", model=model, **changes)
    inputs.refused("measure/capacity", inputs.folder, "N~16/beta~1.2", point="N~16/beta~1.5", **changes)
    information = inputs.other / "information.json"
    inputs.refused(
        "measure/capacity", "metrics", "curie_weiss at N~16/beta~1.2", information=information, **changes
    )


@pytest.mark.parametrize("name", ["samples.parquet", "information.json", "models/elbo.pt"])
def test_damaged_files_are_refused(inputs, name):
    inputs.refused("measure/capacity", inputs.truncate(name))


def test_a_damaged_or_missing_record_of_a_model_is_refused(inputs):
    inputs.refused("measure/capacity", inputs.truncate("models/elbo.json"))
    inputs.path("models/elbo.json").unlink()
    inputs.refused("measure/capacity", inputs.path("models/elbo.json"))


def test_metrics_without_information_are_refused(copy_of, chain):
    inputs = copy_of(chain)
    inputs.refused("measure/capacity", "bipartite_mi_", information=inputs.path("capacity.json"))
    inputs.refused("measure/capacity", inputs.path("absent"), information=inputs.path("absent"))


def test_a_model_of_another_site_family_is_refused(copy_of, maier_saupe):
    inputs = copy_of(maier_saupe)
    other = inputs.other / "models/elbo.pt"
    inputs.refused("measure/capacity", "'maier_saupe'", "'hopfield'", model=other)


# -- one table of all models -------------------------------------------------------------------------
def test_the_table_of_all_models_says_what_each_needs_carries_and_is(
    curie_weiss, maier_saupe, ising_2d, recording, tmp_path
):
    chains = (curie_weiss, maier_saupe, ising_2d, recording)
    options = []
    for name in ("information", "capacity"):
        options += [f"--{name}", *(chain.path(f"{name}.json") for chain in chains)]
    outputs = ["--output", tmp_path / "table.csv", "--markdown", tmp_path / "table.md"]
    succeed("tables/capacity", *options, *outputs)
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["dataset"].tolist() == [chain.system for chain in chains]
    assert table["point"].tolist() == [chain.point for chain in chains]
    assert table["model"].tolist() == ["elbo"] * len(chains)
    kinds = ["exact", "unbiased", "unbiased", "lower bound"]  # of Ising the checkerboard
    assert table["I(A;B) worst kind"].tolist() == kinds
    for row, chain in zip(table.to_dict("records"), chains, strict=True):
        metrics = measured(chain)
        worst = worst_split(splits_among(chain.metrics("information").values()))
        assert (row["worst split"], row["I(A;B) worst"]) == (worst.split, worst.estimate.value)
        assert row["R"] == metrics["rate"].value
        assert row["R stderr"] == metrics["rate"].stderr
    assert table["KL"].isna().tolist() == [False, False, False, True]  # not known of a recording
    assert table["verdict"].tolist()[:3] == ["not faithful"] * 3
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert len(lines) == 2 + len(chains)


def test_a_model_whose_point_was_not_measured_is_in_no_table(inputs):
    files = [
        "--information",
        inputs.other / "information.json",
        "--capacity",
        inputs.path("capacity.json"),
    ]
    outputs = ["--output", inputs.path("out/table.csv"), "--markdown", inputs.path("out/table.md")]
    assert_one_line(in_here("tables/capacity", *files, *outputs), "bipartite_mi_")
    inputs.nothing_is_left()
