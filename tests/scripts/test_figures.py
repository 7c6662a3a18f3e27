"""figures/draw.py: tables and metrics joined, of one system and of all together."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from mfvae.workflow.metrics import read_metrics, to_table
from tests.scripts.calls import assert_one_line, in_here, succeed
from tests.scripts.chain import COUPLINGS, INFORMATION

TRANSITIONS = ("critical_temperature", "transition_beta")


def assert_is_a_figure(prefix) -> None:
    assert prefix.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert prefix.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def drawn(kind: str, inputs, prefix, quantities=(), system="all", models="{}") -> pd.DataFrame:
    options = ["--kind", kind, "--system", system, "--models", models]
    options += ["--inputs", *inputs, "--quantities", *quantities]
    succeed("figures/draw", *options, "--prefix", prefix)
    assert_is_a_figure(prefix)
    return pd.read_csv(prefix.with_suffix(".csv"))


def of(chain, *names: str) -> list:
    return [chain.path(name) for name in names]


def test_figures_of_a_chain_are_figures(chain):
    prefixes = {path.with_suffix("") for path in chain.path("figures").glob("*.pdf")}
    assert len(prefixes) == {"binary": 4, "orthonormal": 3, None: 1}[chain.patterns]
    for prefix in prefixes:
        assert_is_a_figure(prefix)


def test_the_table_of_a_figure_holds_the_quantities_that_it_shows_and_no_others(mean_field):
    table = pd.read_csv(mean_field.path("figures/coupling.csv"))
    metrics = mean_field.metrics("comparison")
    assert set(table["quantity"]) == {way for way in COUPLINGS if f"elbo/{way}" in metrics}
    assert set(table["quantity"]) >= set(COUPLINGS[:2])
    for row in table.itertuples():
        assert row.value == pytest.approx(metrics[f"elbo/{row.quantity}"].value)


def test_metrics_and_curves_are_joined(chain, tmp_path):
    """Data, model and exact curve of one observable, as metrics (JSON) and as a table (CSV)."""
    name = next(iter(chain.truth.exact_observables()))
    inputs = of(chain, "facts.json", "statistics.json", "curves.csv")
    table = drawn("observables", inputs, tmp_path / "figure", [name, *TRANSITIONS])
    curves = pd.read_csv(chain.path("curves.csv"))
    assert set(table["quantity"]) == {name, *chain.truth.transitions}
    of_curves = table[table["source"].notna()]
    kept = curves[curves["quantity"].isin([name, *TRANSITIONS])]
    assert of_curves["value"].to_numpy() == pytest.approx(kept["value"].to_numpy())
    metrics = table[table["source"].isna()]
    both = to_table(read_metrics(of(chain, "facts.json", "statistics.json")))
    assert metrics["value"].tolist() == pytest.approx(
        both.loc[both["quantity"] == name, "value"].tolist()
    )
    assert metrics["model"].isna().tolist() == [True, False]


def test_of_replicas_the_first_is_drawn(mean_field, tmp_path):
    table = pd.read_csv(mean_field.path("figures/coupling.csv"))
    replica = tmp_path / "replica.csv"
    table.assign(model="again", value=9.0).to_csv(replica, index=False)
    models = {mean_field.system: {"elbo": {"replica": 1}, "again": {"replica": 2}}}
    inputs = [mean_field.path("figures/coupling.csv"), replica]
    joined = drawn("coupling", inputs, tmp_path / "coupling", models=json.dumps(models))
    pd.testing.assert_frame_equal(joined, table)


def test_the_gap_joins_capacity_and_decoding(mean_field, tmp_path):
    inputs = of(mean_field, "capacity.json", "comparison.json")
    quantities = ["variational_gap", "kl", *COUPLINGS[:2]]
    table = drawn("gap", inputs, tmp_path / "gap", quantities)
    assert sorted(table["quantity"]) == sorted(quantities)


def test_overlaps_are_drawn_of_every_model(hopfield, tmp_path):
    table = drawn("overlaps", of(hopfield, "overlaps.csv"), tmp_path / "overlaps")
    assert table["pattern_overlap"].between(0, 1 + 1e-9).all()


def test_capacity_is_drawn_of_spins_and_directors(chain, tmp_path):
    inputs = of(chain, "information.json", "capacity.json")
    quantities = ["kl_per_site", "rate", *INFORMATION]
    if chain.system == "ising_2d":
        inputs += of(chain, "curves.csv")
        table = drawn("capacity_by_dimension", inputs, tmp_path / "figure", [*quantities, *TRANSITIONS])
        assert "critical_temperature" in set(table["quantity"])
    else:
        table = drawn("capacity", inputs, tmp_path / "figure", quantities)
    assert {"kl_per_site", "rate", "bipartite_mi_half"} <= set(table["quantity"])
    assert "elbo_gap" not in set(table["quantity"])


def test_figures_across_systems_show_all_of_them(curie_weiss, hopfield, maier_saupe, ising_2d, tmp_path):
    systems = (curie_weiss, hopfield, maier_saupe, ising_2d)
    names = {chain.system for chain in systems}
    measured = [path for chain in systems for path in of(chain, "information.json", "capacity.json")]
    bound = drawn("bound", measured, tmp_path / "bound", ["elbo_gap", "capacity_deficit"])
    assert set(bound["dataset"]) == names
    assert len(bound) == 2 * len(systems)
    information = [chain.path("information.json") for chain in systems]
    scaling = drawn("scaling", information, tmp_path / "scaling", [*INFORMATION, "information_growth"])
    assert set(scaling["dataset"]) == names


def test_the_crossing_joins_two_systems(curie_weiss, ising_2d, tmp_path):
    files = ("information.json", "capacity.json", "curves.csv")
    inputs = [path for chain in (curie_weiss, ising_2d) for path in of(chain, *files)]
    quantities = ["rate", *INFORMATION, *TRANSITIONS]
    table = drawn("crossing", inputs, tmp_path / "crossing", quantities)
    assert set(table["dataset"]) == {"curie_weiss", "ising_2d"}
    assert {"critical_temperature", "transition_beta"} <= set(table["quantity"])


def test_figures_of_a_recording(recording, tmp_path):
    for kind, name in {
        "latent_plane": "plane.csv",
        "latent_raster": "raster.csv",
        "model_comparison": "comparison.csv",
        "stored_patterns": f"decoded/{recording.point}/elbo.patterns.csv",
    }.items():
        table = drawn(kind, [recording.path(name)], tmp_path / kind)
        pd.testing.assert_frame_equal(table, pd.read_csv(recording.path(name)))


# -- bad input -------------------------------------------------------------------------------------
def refused(inputs, kind: str, names, *words, quantities=()) -> None:
    paths = [inputs.path(name) for name in names]
    options = ["--kind", kind, "--system", "all", "--inputs", *paths, "--quantities", *quantities]
    assert_one_line(in_here("figures/draw", *options, "--prefix", inputs.path("out/figure")), *words)
    inputs.nothing_is_left()


def test_tables_that_make_no_figure_are_refused(inputs):
    refused(inputs, "singular_spectrum", ["overlaps.csv"], "singular_value")
    refused(inputs, "singular_spectrum", ["absent.csv"], inputs.path("absent.csv"))
    inputs.path("spectra.csv").write_bytes(b"")
    refused(inputs, "singular_spectrum", ["spectra.csv"], inputs.path("spectra.csv"))


def test_metrics_that_make_no_figure_are_refused(inputs):
    refused(inputs, "coupling", ["absent.json"], inputs.path("absent.json"))
    refused(inputs, "coupling", ["comparison.json"], "no rows", quantities=["energy"])
    refused(inputs, "observables", ["facts.json", "facts.json"], "each once")
    inputs.truncate("comparison.json")
    refused(inputs, "coupling", ["comparison.json"], inputs.path("comparison.json"))


def test_a_figure_across_systems_names_what_is_missing(copy_of, ising_2d):
    inputs = copy_of(ising_2d)
    refused(inputs, "scaling", ["information.json"], "exact_channel_rate")
    refused(inputs, "crossing", ["facts.json"], "rate")
    refused(inputs, "bound", ["facts.json"], "elbo_gap")
