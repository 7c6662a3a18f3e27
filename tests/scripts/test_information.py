"""measure/information.py: which splits, of what kind, how exactly."""

from __future__ import annotations

import runpy
from itertools import combinations

import numpy as np
import pytest

from mfvae.information import lower_bound_from_statistics
from mfvae.stats import Estimate
from mfvae.systems import SYSTEMS
from mfvae.systems.base import MeanFieldSystem
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import read_metrics, splits_among
from tests.helpers.paths import ROOT
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.scripts.calls import succeed
from tests.scripts.chain import N_SAMPLES

SPLITS = {
    "curie_weiss": {"half": "exact"},
    "curie_weiss_field": {"half": "exact"},
    "hopfield": {"half": "exact", "balanced": "exact"},
    "hopfield_pair": {"half": "exact", "balanced": "exact"},
    "maier_saupe": {"half": "unbiased"},
    "curie_weiss_potts3": {"half": "exact"},
    "curie_weiss_potts4": {"half": "exact"},
    "potts_hopfield3": {"half": "exact"},
    "mean_field_xy": {"half": "unbiased"},
    "mean_field_heisenberg": {"half": "unbiased"},
    "ising_2d": {"half": "exact", "checkerboard": "unbiased"},
}
OF_CHANNEL = {"exact_channel_rate", "information_growth"}


def measured(chain, output, n: int):
    succeed("measure/information", *chain.about, "--n-samples", n, "--output", output)
    return {split.split: split for split in splits_among(read_metrics([output]))}


def test_every_split_is_of_its_kind(chain):
    found = splits_among(chain.metrics("information").values())
    assert {split.split: split.kind for split in found} == SPLITS[chain.system]


def test_metrics_are_named_for_what_they_are(chain):
    metrics, system = chain.metrics("information"), chain.truth
    splits = {f"bipartite_mi_{split}" for split in SPLITS[chain.system]}
    assert set(metrics) == splits | (OF_CHANNEL if isinstance(system, MeanFieldSystem) else set())
    for name in splits:
        kind = SPLITS[chain.system][name.removeprefix("bipartite_mi_")]
        assert metrics[name].kind == ("exact" if kind == "exact" else "statistical")
        assert (metrics[name].stderr is None) == (kind == "exact")
    for name in OF_CHANNEL & set(metrics):
        assert (metrics[name].kind, metrics[name].stderr) == ("exact", None)


def test_the_exact_channel_is_that_of_the_system_and_carries_what_is_needed(mean_field):
    """I(x;φ) ≥ I(A;B), since φ makes the sites independent."""
    metrics, system = mean_field.metrics("information"), mean_field.truth
    assert metrics["exact_channel_rate"].value == system.channel_rate()
    assert metrics["information_growth"].value == system.information_growth()
    for split in splits_among(metrics.values()):
        rest = metrics["exact_channel_rate"].value - split.estimate.value
        assert rest >= -FACTOR * split.estimate.stderr


def test_information_is_that_of_the_system_and_sampled_with_the_configurations_asked_for(
    chain, tmp_path
):
    """Sixteen times as many: within the error of the few, and an error four times smaller.

    The error of a standard error from n values is about √(kurtosis / 4n) of it, below 15 % here.
    """
    few = {split.split: split.estimate for split in splits_among(chain.metrics("information").values())}
    many = measured(chain, tmp_path / "many.json", 16 * N_SAMPLES)
    for name, kind in SPLITS[chain.system].items():
        more: Estimate = many[name].estimate
        if kind == "exact":
            assert more == few[name]
            (own,) = [
                split
                for split in chain.truth.bipartite_information(10, np.random.default_rng(0))
                if split.split == name
            ]
            assert own.estimate == more
        else:
            error = np.hypot(few[name].stderr, more.stderr)
            assert_within_floor(few[name].value, more.value, error)
            assert few[name].stderr / more.stderr == pytest.approx(4, rel=0.5)


def test_names_of_splits_are_those_of_every_registered_system():
    assert set(SPLITS) == set(SYSTEMS)


# -- a recording -----------------------------------------------------------------------------------
def test_of_a_recording_there_are_lower_bounds_alone(recording):
    metrics = recording.metrics("information")
    assert set(metrics) == {"bipartite_mi_half_lower_bound", "bipartite_mi_random_half_lower_bound"}
    for metric in metrics.values():
        assert metric.kind == "statistical"
        assert metric.stderr > 0
    words = read_samples(recording.path("samples.parquet")).configurations > 0
    first, last = words[:, :3].sum(1), words[:, 3:].sum(1)
    own = lower_bound_from_statistics("half", first, last).estimate
    half = metrics["bipartite_mi_half_lower_bound"]
    assert (half.value, half.stderr) == (own.value, own.stderr)
    assert half.value > FACTOR * half.stderr  # a common input drives both halves


def test_of_random_halves_the_worst_is_taken(recording):
    """Six neurons have ten halves; the best two are both missed by twenty draws once in 90 times."""
    words = read_samples(recording.path("samples.parquet")).configurations > 0
    bounds = []
    for with_first in combinations(range(1, 6), 2):
        in_a = np.isin(np.arange(6), [0, *with_first])
        counts = words[:, in_a].sum(1), words[:, ~in_a].sum(1)
        bounds.append(lower_bound_from_statistics("", *counts).estimate.value)
    worst = recording.metrics("information")["bipartite_mi_random_half_lower_bound"].value
    assert np.isclose(worst, sorted(bounds)[-2:], rtol=1e-9).any()


# -- bad input -------------------------------------------------------------------------------------
def test_words_that_are_not_the_recording_s_are_refused(copy_of, recording):
    inputs = copy_of(recording)
    script, other = "measure/information", inputs.other / "samples.parquet"
    inputs.refused(script, other, "'retina'", "'hopfield'", samples=other)
    inputs.refused(script, "'repeats~9'", "'repeats~12'", point="repeats~9")
    inputs.refused(script, inputs.path("absent"), samples=inputs.path("absent"))
    inputs.refused(script, inputs.truncate("samples.parquet"))


def test_states_are_counted_by_the_commonest_of_each_site():
    """What was not observed has no vote."""
    states = np.array([[0, 2], [0, 1], [1, 1], [2, 1], [2, 0]])
    seen = np.array([[True, True], [True, True], [True, True], [True, True], [False, True]])
    expected = np.array([[1, -1], [1, 1], [-1, 1], [-1, 1], [-1, -1]])
    script = runpy.run_path(str(ROOT / "scripts/measure/information.py"))
    in_commonest_state = script["in_commonest_state"]
    np.testing.assert_array_equal(in_commonest_state(states, seen), expected)
    assert (in_commonest_state(np.array([[1], [1], [0]]), None).ravel() == [1, 1, -1]).all()
