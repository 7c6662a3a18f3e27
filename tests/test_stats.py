"""Means and their standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.stats import Estimate, estimate, estimate_over_groups, jackknife
from tests.helpers.statistics import assert_within_floor

values = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)


@given(values)
def test_mean_and_standard_error_by_hand(sample):
    found = estimate(np.array(sample))
    mean = sum(sample) / len(sample)
    variance = sum((x - mean) ** 2 for x in sample) / (len(sample) - 1)
    assert found.value == pytest.approx(mean, rel=1e-9, abs=1e-6)
    assert found.stderr == pytest.approx((variance / len(sample)) ** 0.5, rel=1e-6, abs=1e-6)
    assert (type(found.value), type(found.stderr)) == (float, float)


@given(values, st.floats(-100, 100), st.floats(-10, 10))
def test_shift_and_scale(sample, shift, scale):
    first, second = estimate(np.array(sample)), estimate(shift + scale * np.array(sample))
    assert second.value == pytest.approx(shift + scale * first.value, rel=1e-9, abs=1e-5)
    assert second.stderr == pytest.approx(abs(scale) * first.stderr, rel=1e-6, abs=1e-5)


def test_single_precision_is_summed_in_double():
    """A million float32 values near 1000: their mean keeps ten digits."""
    sample = np.full(1_000_000, 1000.1, dtype=np.float32)
    assert estimate(sample).value == pytest.approx(float(np.float32(1000.1)), rel=1e-12)


def assert_covers(estimates: list[Estimate], exact: float) -> None:
    """(value − exact)/stderr of many estimates is nearly standard normal: mean square 1 ± √(2/n)."""
    deviates = np.array([(found.value - exact) / found.stderr for found in estimates])
    assert_within_floor((deviates**2).mean(), 1.0, np.sqrt(2 / len(deviates)))


def test_the_error_is_that_of_repeated_means():
    draws = np.random.default_rng(0).exponential(size=(400, 1000))
    assert_covers([estimate(row) for row in draws], 1.0)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_twin_wrong_errors_are_caught(factor):
    draws = np.random.default_rng(0).exponential(size=(400, 1000))
    found = [estimate(row) for row in draws]
    with pytest.raises(AssertionError, match="floors"):
        assert_covers([Estimate(part.value, factor * part.stderr) for part in found], 1.0)


def test_groups_are_what_is_resampled() -> None:
    """Values equal within groups: the error is that of the groups, larger by √(group size)."""
    rng = np.random.default_rng(0)
    means = rng.standard_normal(200)
    groups = np.repeat(np.arange(200), 25)
    order = rng.permutation(len(groups))
    found = estimate_over_groups(means[groups][order], groups[order])
    assert found.value == pytest.approx(means.mean())
    assert found.stderr == pytest.approx(means.std(ddof=1) / np.sqrt(200))
    assert found.stderr > 4 * estimate(means[groups]).stderr


def test_jackknife_of_a_mean_is_the_standard_error() -> None:
    sample = np.random.default_rng(3).exponential(size=(30, 2))
    rows = np.arange(30)
    found = jackknife(rows, lambda left_out: sample[rows != left_out].mean(0))
    expected = [estimate(column) for column in sample.T]
    assert found.value == pytest.approx(np.array([each.value for each in expected]), rel=1e-14)
    assert found.stderr == pytest.approx(np.array([each.stderr for each in expected]), rel=1e-12)
    assert found.unbiased == pytest.approx(found.value, rel=1e-12)


def test_jackknife_takes_the_bias_of_a_variance() -> None:
    """The plug-in variance is biased by exactly −σ²/n, which is all of order 1/n that it has."""
    sample = np.random.default_rng(4).standard_normal(12)
    rows = np.arange(12)
    found = jackknife(rows, lambda left_out: sample[rows != left_out].var())
    assert float(found.unbiased) == pytest.approx(sample.var(ddof=1), rel=1e-12)


def test_jackknife_errors_are_those_of_repeated_statistics() -> None:
    """Of the logarithm of a mean, the values of which are the groups."""
    draws = np.random.default_rng(5).exponential(size=(400, 200))
    found = []
    for row in draws:

        def log_of_mean(left_out: int | None, row: np.ndarray = row) -> float:
            kept = np.arange(200) != left_out
            return float(np.log(row[kept].mean()))

        log = jackknife(range(200), log_of_mean)
        found.append(Estimate(float(log.unbiased), float(log.stderr)))
    assert_covers(found, 0.0)


@pytest.mark.parametrize("groups", [[], ["alone"]])
def test_a_jackknife_needs_two_groups(groups: list[str]) -> None:
    with pytest.raises(InputError, match="groups"):
        jackknife(groups, lambda left_out: 0.0)
