"""What a user reads of loaded data: every fact, in words, and none that is wrong."""

from __future__ import annotations

import doctest
import importlib
import json
import pkgutil

import numpy as np
import pytest

import mfvae.data
from mfvae.data import load
from mfvae.data.configurations import Configurations
from mfvae.data.dependence import DRIFTS, dependence_of, drift_of


def independent(n: int, rates: list[float], seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((n, len(rates))) < rates).astype(float)


def test_every_fact_is_told():
    words = independent(300, [0.5, 0.2, 0.3])
    words[:3, 0] = np.nan
    words[5, 1] = 4
    words = np.column_stack([words, np.zeros(300)])
    data = load(
        words, clip=True, missing="allow", groups=100, units={"site": "cell", "value": "spike"}
    ).describe()
    ones = 100 * np.nansum(words[:, :3] > 0) / 897
    lines = data.splitlines()
    assert lines[0] == "an array: float64"
    assert lines[1] == "300 × 4 = rows × sites (convention); 300 rows of 3 sites"
    assert lines[2] == f"values counts: 1 or more is +1 (spike), 0 is −1, {ones:.3g} % of all"
    assert lines[3] == "groups: 3, of 100 rows each"
    assert lines[4] == "missing: 3 entries, 0.25 %"
    assert lines[5] == "clipped: 1 counts above 1 (0.0835 %), which loses 3"
    assert lines[6] == "set aside, as they never change: 1 sites (3)"
    assert lines[7].startswith("drift: ones ")
    assert len(lines) == 8


def test_values_are_told_as_they_were_read():
    words = independent(50, [0.5, 0.5])
    text = np.where(words > 0, "yes", "no")
    assert (
        "values 'no', 'yes': 'yes' is +1 (one), 'no' is −1"
        in load(text, values=("no", "yes")).describe()
    )
    assert (
        "values numbers: above 0.5 is +1 (one), all others is −1"
        in load(words, threshold=0.5).describe()
    )
    assert "values 0, 1: 0 is +1 (one), 1 is −1" in load(words, values=(1, 0)).describe()


def test_missing_values_are_named_only_if_there_are_any():
    votes = np.random.default_rng(3).choice([1, 6, 9], size=(50, 3))
    text = load(votes, values=(6, 1), missing=[9, 7]).describe()
    assert f"missing: {(votes == 9).sum()} entries" in text
    assert text.count("9 among them") == 1
    assert "missing: none" in load(independent(50, [0.5, 0.5])).describe()


def test_spikes_and_their_bins_are_told():
    times = {"a": [0.01, 0.012, 0.5], "b": [0.1, 0.3]}
    text = load(times, bin_s=0.02, clip=True).describe()
    assert "spikes: 5 in bins of 0.02 s from 0 s on, 4 are kept, 1 clipped, 0 outside" in text


@pytest.mark.parametrize("options", [{}, {"missing": "allow", "groups": 10}, {"site": "gaussian"}])
def test_a_record_is_json(options):
    data = load(independent(200, [0.3, 0.6, 0.5]), **options)
    assert json.loads(json.dumps(data.record)) == data.record


# -- drift ------------------------------------------------------------------------------------------
def test_rows_that_do_not_drift_differ_by_their_standard_error():
    """Deviations in standard errors are of Student's t with 18 degrees of freedom."""
    deviations, sites = [], 0
    for seed in range(200):
        drift = drift_of(load(independent(600, [0.5, 0.3, 0.1, 0.4], seed)))
        deviations.append((drift["last"] - drift["first"]) / drift["stderr"])
        sites += drift["sites"]
    # the spread of t18 is √(18/16) = 1.06; of 200 its estimate has a standard error of 6 %
    assert np.std(deviations) == pytest.approx(1.06, abs=5 * 0.06)
    assert abs(np.mean(deviations)) < 5 * 1.06 / np.sqrt(200)
    assert sites <= 2  # of 800, where 0.07 are expected


def test_rows_that_drift_are_seen_and_the_site_is_named():
    words = independent(1500, [0.5, 0.3, 0.1])
    words[1000:, 1] = independent(500, [0.6], 1)[:, 0]
    data = load(words)
    drift = data.record["drift"]
    assert drift["first"] == pytest.approx(words[:500].mean())
    assert drift["last"] == pytest.approx(words[1000:].mean())
    assert (drift["sites"], drift["most"]) == (1, "1")
    assert drift["last"] - drift["first"] > DRIFTS * drift["stderr"]
    assert "; 1 of 3 sites changed, 1 most" in data.describe()


def test_drift_of_real_numbers_and_of_what_was_not_observed():
    numbers = np.random.default_rng(4).normal(size=(900, 3))
    numbers[600:, 2] += 3
    numbers[:100, 0] = np.nan
    drift = load(numbers, site="gaussian", missing="allow").record["drift"]
    assert (drift["sites"], drift["most"]) == (1, "2")
    batches = [np.nanmean(numbers[:300][i * 30 : (i + 1) * 30]) for i in range(10)]
    assert drift["first"] == pytest.approx(np.mean(batches), rel=1e-6)


def test_few_rows_have_no_drift():
    assert "drift" not in load(independent(59, [0.5, 0.5])).record
    assert "drift" in load(independent(60, [0.5, 0.5])).record


# -- dependence -------------------------------------------------------------------------------------
def test_neighbouring_rows_that_are_alike_are_seen():
    slow = np.repeat(independent(500, [0.5] * 6), 4, axis=0)
    found = dependence_of(load(slow))
    assert found["dependent"]
    assert found["neighbour_overlap"] == pytest.approx(3 / 4, abs=0.05)
    assert not dependence_of(load(independent(2000, [0.5] * 6)))["dependent"]


def test_ends_of_groups_are_no_neighbours():
    pairs = np.repeat(independent(1000, [0.5] * 6), 2, axis=0)
    alike = dependence_of(load(pairs, groups=2))
    assert alike["neighbour_overlap"] == pytest.approx(1, abs=0.05)
    # groups that begin one row later have only pairs of strangers
    apart = load(pairs[1:-1], groups=2)
    assert abs(dependence_of(apart)["neighbour_overlap"]) < 5 * dependence_of(apart)["neighbour_stderr"]


# -- names and examples -----------------------------------------------------------------------------
def test_sites_without_names_are_numbers():
    data = load(independent(50, [0.5, 0.5]))
    assert isinstance(data, Configurations)
    assert (data.name_of(1), data.n_rows, data.n_sites) == ("1", 50, 2)


MODULES = [module.name for module in pkgutil.walk_packages(mfvae.data.__path__, "mfvae.data.")]


def test_examples_in_docstrings_run():
    results = [doctest.testmod(importlib.import_module(name)) for name in ["mfvae.data", *MODULES]]
    assert sum(result.attempted for result in results) > 10
    assert sum(result.failed for result in results) == 0


def test_names_are_imported_when_asked_for():
    assert mfvae.data.load is load
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = mfvae.data.absent
