"""decode/*.py: what is read off a decoder, and its judgement."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mfvae.systems.base import MeanFieldSystem
from tests.scripts.calls import in_here
from tests.scripts.chain import COUPLINGS


def decoded(chain, suffix: str):
    return chain.path(f"decoded/{chain.point}/elbo.{suffix}")


def ways(chain) -> list[str]:
    """In which the coupling was read off: more collective variables than latents have no potential."""
    read_off = json.loads(decoded(chain, "json").read_text())
    found = [way for way in COUPLINGS if read_off[way] is not None]
    assert set(found) >= set(COUPLINGS[:2])
    return found


def wells_of(chain) -> set[str]:
    """Names of metrics of the wells that were found."""
    read_off = json.loads(decoded(chain, "json").read_text())
    return {"wells", "lowest_barrier"} if read_off["wells"] else set()


def test_what_is_read_off_has_one_entry_per_pattern(mean_field):
    read_off = json.loads(decoded(mean_field, "json").read_text())
    assert read_off["patterns"] == mean_field.patterns
    table = pd.read_csv(decoded(mean_field, "patterns.csv"))
    n_fields = len(mean_field.truth.patterns)  # N·dim
    found = table["pattern"].max()
    assert table["site"].tolist() == list(range(1, n_fields + 1)) * found
    assert (found > mean_field.latent_dim) == (len(ways(mean_field)) == 2)
    for way in ways(mean_field):
        assert np.shape(read_off[way]) == np.shape(read_off[f"{way}_stderr"]) == (found, found)
        assert (np.array(read_off[f"{way}_stderr"]) > 0).all()
    assert len(read_off["pattern_residual"]) == len(read_off["field"]) == found
    spectrum = pd.read_csv(decoded(mean_field, "spectrum.csv"))
    assert spectrum["index"].tolist() == list(range(1, n_fields + 1))
    assert spectrum["singular_value"].is_monotonic_decreasing


def test_orthonormal_patterns_are_orthogonal_and_as_long_as_stored_ones(maier_saupe):
    table = pd.read_csv(decoded(maier_saupe, "patterns.csv"))
    found = table.pivot(index="site", columns="pattern", values="value").to_numpy()
    for patterns in (found, maier_saupe.truth.patterns):
        length = maier_saupe.truth.n_sites * np.eye(patterns.shape[1])
        assert patterns.T @ patterns == pytest.approx(length, abs=1e-9)


def test_binary_patterns_are_binary(curie_weiss, hopfield):
    for chain in (curie_weiss, hopfield):
        assert set(pd.read_csv(decoded(chain, "patterns.csv"))["value"]) <= {-1, 1}


def test_comparison_tables_hold_every_pattern(mean_field):
    truth = mean_field.truth.patterns
    n_fields, n_patterns = truth.shape
    overlaps = pd.read_csv(mean_field.path("overlaps.csv"))
    assert overlaps["pattern"].tolist() == list(range(1, n_patterns + 1))
    assert overlaps["pattern_overlap"].between(0, 1 + 1e-9).all()
    patterns = pd.read_csv(mean_field.path("patterns.csv"))
    assert len(patterns) == n_patterns * n_fields
    assert patterns["truth"].to_numpy() == pytest.approx(truth.T.ravel())
    spectra = pd.read_csv(mean_field.path("spectra.csv"))
    assert spectra["index"].tolist() == list(range(1, n_fields + 1))
    assert spectra["singular_value"].is_monotonic_decreasing


def test_comparison_metrics_stand_beside_the_truth(mean_field):
    metrics = mean_field.metrics("comparison")
    system = mean_field.truth
    n_patterns = system.patterns.shape[1]
    alone = {"collective_variables", "pattern_overlap_min", "gain_over_independent", *ways(mean_field)}
    if mean_field.patterns == "binary":
        alone.add("pattern_residual_max")
    alone |= wells_of(mean_field)
    several = {f"{way}_{what}" for way in ways(mean_field) for what in ("offdiagonal", "anisotropy")}
    assert set(metrics) == {f"elbo/{name}" for name in (alone if n_patterns == 1 else alone | several)}
    assert {metric.kind for metric in metrics.values()} == {"trained"}
    assert metrics["elbo/collective_variables"].reference == n_patterns
    overlaps = pd.read_csv(mean_field.path("overlaps.csv"))["pattern_overlap"]
    assert metrics["elbo/pattern_overlap_min"].value == pytest.approx(overlaps.min())
    limit = (540 * system.fisher_information()) ** -0.5  # Cramér and Rao's
    for way in ways(mean_field):
        assert metrics[f"elbo/{way}"].reference == system.coupling
        assert metrics[f"elbo/{way}"].stderr > limit
    for name in several & {name.removeprefix("elbo/") for name in metrics}:
        assert metrics[f"elbo/{name}"].reference == 0


def test_of_a_recording_the_leading_gaps_are_reported(recording):
    metrics = recording.metrics("decoding")
    values = pd.read_csv(decoded(recording, "spectrum.csv"))["singular_value"].to_numpy()
    ratios = {f"elbo/singular_value_ratio_{k}": values[k - 1] / values[k] for k in range(1, 5)}
    read_off = json.loads(decoded(recording, "json").read_text())
    ratios["elbo/collective_variables"] = read_off["count"]
    if read_off["wells"]:
        ratios["elbo/wells"] = read_off["wells"]
    found = {name: metric.value for name, metric in metrics.items()}
    assert found == pytest.approx(ratios)


def test_wells_are_counted_of_spins(mean_field):
    read_off = json.loads(decoded(mean_field, "json").read_text())
    wells = read_off["wells"]
    assert (wells is not None) == (mean_field.patterns == "binary")
    if wells is not None:
        metrics = mean_field.metrics("comparison")
        assert metrics["elbo/wells"].value == wells
        assert len(read_off["barriers"]) == wells - 1
        assert (metrics["elbo/lowest_barrier"].value > 0) == (wells > 1)
        assert wells == 1 or read_off["count"] > 0


def test_a_coupling_without_a_potential_is_judged_by_two_ways(copy_of, curie_weiss):
    """As of models with fewer latents than collective variables."""
    inputs = copy_of(curie_weiss)
    path = inputs.path(f"decoded/{curie_weiss.point}/elbo.json")
    read_off = json.loads(path.read_text())
    lost = {"coupling_from_potential": None, "coupling_from_potential_stderr": None}
    path.write_text(json.dumps(read_off | lost))
    assert in_here("decode/against_truth", *inputs.options("decode/against_truth")).status == 0
    kept = json.loads(inputs.path("out/output").read_text())
    all_of_them = json.loads(inputs.path("comparison.json").read_text())
    assert kept == [m for m in all_of_them if m["quantity"] != "coupling_from_potential"]
    assert len(kept) == len(all_of_them) - 1


# -- bad input -------------------------------------------------------------------------------------
def test_the_right_calls_of_which_all_others_are_changes_work(copy_of, mean_field):
    inputs = copy_of(mean_field)
    assert in_here("decode/decode", *inputs.options("decode/decode")).status == 0
    again, first = (
        json.loads(p.read_text()) for p in (inputs.path("out/output"), decoded(mean_field, "json"))
    )
    assert again.pop("provenance") != first.pop("provenance")  # of other paths
    assert again == first
    assert in_here("decode/against_truth", *inputs.options("decode/against_truth")).status == 0
    assert inputs.path("out/output").read_bytes() == inputs.path("comparison.json").read_bytes()


def test_files_of_another_system_or_point_are_refused(copy_of, mean_field):
    inputs = copy_of(mean_field)
    samples, model = inputs.other / "samples.parquet", inputs.other / "models/elbo.pt"
    inputs.refused("decode/decode", samples, f"'{mean_field.system}'", samples=samples)
    inputs.refused("decode/decode", model, f"'{mean_field.system}'", model=model)
    inputs.refused("decode/decode", inputs.folder, mean_field.point, point="N~16/beta~1.5")


@pytest.mark.parametrize("name", ["samples.parquet", "models/elbo.pt"])
def test_damaged_files_are_refused(inputs, name):
    inputs.refused("decode/decode", inputs.truncate(name))


def test_an_unknown_kind_of_pattern_is_no_option(inputs, capsys):
    assert in_here("decode/decode", *inputs.options("decode/decode", patterns="round")).status == 2
    assert "orthonormal" in capsys.readouterr().err
    inputs.nothing_is_left()


@pytest.mark.parametrize("suffix", ["json", "spectrum.csv", "patterns.csv"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"one,two\n1,2\n"], ids=["empty", "binary", "other"]
)
def test_damaged_decodings_are_refused(inputs, suffix, content):
    path = inputs.path(f"decoded/{inputs.chain.point}/elbo.{suffix}")
    path.write_bytes(content)
    inputs.refused("decode/against_truth", path)


def test_a_system_that_is_not_mean_field_has_no_theory_to_compare_with(copy_of, ising_2d):
    assert not isinstance(ising_2d.truth, MeanFieldSystem)
    inputs = copy_of(ising_2d)
    inputs.refused("decode/against_truth", "system = 'ising_2d'", "a mean-field system is needed")


def test_the_wrong_point_or_system_of_a_decoding_is_refused(inputs):
    absent = "N~16/beta~0.9/elbo"
    inputs.refused("decode/against_truth", inputs.path(f"decoded/{absent}.json"), models=absent)
    inputs.refused("decode/against_truth", "needs L, T", system="ising_2d")


@pytest.mark.parametrize("option", ["output", "spectrum", "pattern_table", "metrics"])
def test_the_files_of_a_model_are_not_replaced(inputs, option):
    """Neither its record, as when both have one name and folder, nor its weights."""
    for name in ("models/elbo.json", "models/elbo.pt"):
        before = inputs.path(name).read_bytes()
        inputs.refused("decode/decode", inputs.path(name), **{option: inputs.path(name)})
        assert inputs.path(name).read_bytes() == before


def test_two_outputs_are_two_files(inputs):
    same = inputs.path("out/spectrum")
    inputs.refused("decode/decode", "pattern_table", same, "a file of its own", pattern_table=same)
