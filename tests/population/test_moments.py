"""Moments of words by repeats, spelled out; errors that cover the truth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.population.moments import RepeatSums, bootstrap_errors, moments, random_triplets, repeat_sums
from mfvae.population.words import count_distribution, pairwise_correlations, spike_probabilities
from tests.helpers.statistics import FACTOR

N, BINS, REPEATS = 7, 90, 12
RATES = np.array([0.1, 0.3, 0.5, 0.2, 0.7, 0.4, 0.15])
ALL = np.array(list(combinations(range(N), 3)))


def movie(repeats: int, seed: int, alike: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Words (repeats · BINS, N) whose common drive belongs to the repeat, or to every bin."""
    rng = np.random.default_rng([2026, seed])
    drive = rng.choice([0.5, 1.4], size=(repeats, 1 if alike else BINS, 1))
    spikes = rng.random((repeats, BINS, N)) < drive * RATES
    return np.where(spikes, 1, -1).astype(np.int8).reshape(-1, N), np.repeat(np.arange(repeats), BINS)


def sums_of(repeats: int = REPEATS, seed: int = 0, alike: bool = True) -> RepeatSums:
    return repeat_sums(*movie(repeats, seed, alike), ALL)


def test_moments_are_those_of_all_words():
    words, repeats = movie(REPEATS, 0)
    found, active = moments(repeat_sums(words, repeats, ALL)), (words > 0).astype(float)
    np.testing.assert_allclose(found.rates, spike_probabilities(words), rtol=1e-12)
    np.testing.assert_allclose(found.correlations, pairwise_correlations(words), atol=1e-12)
    np.testing.assert_allclose(found.count_distribution, count_distribution(words), atol=1e-12)
    centred = active - active.mean(0)
    explicit = [(centred[:, i] * centred[:, j] * centred[:, k]).mean() for i, j, k in ALL]
    np.testing.assert_allclose(found.triplet_covariances, explicit, atol=1e-12)


def test_a_weight_counts_a_repeat_so_many_times():
    words, repeats = movie(4, 1)
    weight = np.array([2, 0, 1, 1])
    chosen = np.concatenate([words[repeats == r] for r in (0, 0, 2, 3)])
    names = np.repeat(np.arange(4), BINS)
    doubled = moments(repeat_sums(chosen, names, ALL))
    weighted = moments(repeat_sums(words, repeats, ALL), weight.astype(float))
    for name, value in vars(doubled).items():
        np.testing.assert_allclose(getattr(weighted, name), value, atol=1e-12, err_msg=name)


def test_the_order_of_words_does_not_matter():
    words, repeats = movie(REPEATS, 2)
    order = np.random.default_rng(1).permutation(len(words))
    for one, other in zip(
        vars(repeat_sums(words, repeats, ALL)).values(),
        vars(repeat_sums(words[order], repeats[order], ALL)).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def coverage(alike: bool, blind: bool = False) -> np.ndarray:
    """Variance of rates over independent movies, over the squared error stated by each, (N,)."""
    rates, stated = [], []
    for seed in range(60):
        words, repeats = movie(40, seed, alike)
        if blind:
            repeats = np.random.default_rng(seed).permutation(repeats)
        sums = repeat_sums(words, repeats, ALL[:1])
        rates.append(moments(sums).rates)
        stated.append(bootstrap_errors(sums, 50, np.random.default_rng(seed)).rates)
    return np.var(rates, axis=0, ddof=1) / np.mean(np.square(stated), axis=0)


# the variance of 60 values is known to √(2/59), of the mean over N correlated neurons not much better
SPREAD = np.sqrt(2 / 59)


@pytest.mark.parametrize("alike", [True, False])
def test_errors_are_what_other_movies_differ_by(alike):
    assert abs(coverage(alike).mean() - 1) < FACTOR * SPREAD


def test_twin_errors_from_single_bins_are_far_too_small():
    assert coverage(alike=True, blind=True).mean() > 1 + FACTOR * SPREAD


def test_errors_of_every_moment_shrink_as_the_root_of_the_repeats():
    few, many = (bootstrap_errors(sums_of(r, seed=3), 200, np.random.default_rng(2)) for r in (50, 450))
    for name in vars(few):
        ratio = np.median(getattr(few, name)[getattr(few, name) > 0]) / np.median(
            getattr(many, name)[getattr(many, name) > 0]
        )
        assert 2 < ratio < 4.5, name  # 3, with medians over few entries


def test_a_single_repeat_has_no_error():
    words, repeats = movie(1, 0)
    with pytest.raises(InputError, match="repeats"):
        repeat_sums(words, repeats, ALL)


@pytest.mark.parametrize("number", [1, 10, 34, 35, 100])
def test_triplets_are_distinct_and_ordered(number):
    found = random_triplets(N, number, np.random.default_rng(0))
    assert len(found) == min(number, len(ALL))
    assert (found[:, 0] < found[:, 1]).all()
    assert (found[:, 1] < found[:, 2]).all()
    assert len(np.unique(found, axis=0)) == len(found)
    assert set(found.ravel().tolist()) <= set(range(N))


def test_all_triplets_are_drawn_alike():
    rng = np.random.default_rng(5)
    seen = np.zeros(len(ALL))
    code = {tuple(triplet): k for k, triplet in enumerate(ALL.tolist())}
    draws, size = 2000, 5
    for _ in range(draws):
        for triplet in random_triplets(N, size, rng).tolist():
            seen[code[tuple(triplet)]] += 1
    share = size / len(ALL)
    stderr = np.sqrt(draws * share * (1 - share))
    assert np.abs(seen - draws * share).max() < FACTOR * stderr
