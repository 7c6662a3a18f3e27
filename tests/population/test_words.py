"""Population statistics against their definitions, spelled out word by word."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mfvae.population.words import (
    coincidence_by_repeat,
    count_distribution,
    independent_count_distribution,
    pairwise_correlations,
    spike_counts,
    spike_probabilities,
    total_variation,
    trial_shuffled_silence,
    word_counts,
)
from tests.helpers.statistics import FACTOR

shapes = st.tuples(st.integers(2, 30), st.integers(1, 19))
spin_arrays = shapes.flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.sampled_from([np.int8(-1), np.int8(1)]))
)
probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def random_words(rates, n_words: int = 5000) -> np.ndarray:
    """Words with a common drive, so that neurons are correlated."""
    rng = np.random.default_rng(3)
    drive = rng.random((n_words, 1)) < 0.3
    spikes = rng.random((n_words, len(rates))) < np.where(drive, rates, 0.7 * np.array(rates))
    return np.where(spikes, 1, -1).astype(np.int8)


@given(spin_arrays)
def test_counts_and_their_distribution(spins):
    counts = [sum(s == 1 for s in word) for word in spins.tolist()]
    assert spike_counts(spins).tolist() == counts
    frequency = Counter(counts)
    explicit = [frequency[k] / len(spins) for k in range(spins.shape[1] + 1)]
    np.testing.assert_allclose(count_distribution(spins), explicit, rtol=1e-14)
    per_neuron = [sum(s == 1 for s in neuron) / len(spins) for neuron in spins.T.tolist()]
    np.testing.assert_allclose(spike_probabilities(spins), per_neuron, rtol=1e-14)


@pytest.mark.parametrize(
    "rates", [[0.02, 0.1, 0.5, 0.9, 0.3], [0.99, 0.999, 0.998, 0.5], [0.002, 0.004, 0.003, 0.001]]
)
def test_pairwise_correlations(rates):
    spins = random_words(rates, 40_000)
    matrix = np.corrcoef(spins.T.astype(float))
    explicit = [matrix[i, j] for i, j in combinations(range(len(rates)), 2)]
    np.testing.assert_allclose(pairwise_correlations(spins), explicit, rtol=0, atol=1e-10)


def test_correlations_of_almost_silent_and_almost_constant_neurons():
    """A few exceptional bins in many: where the covariance is a small difference of large numbers."""
    spins = np.ones((200_000, 3), dtype=np.int8)
    spins[:3, 0] = spins[1:5, 1] = spins[2:4, 2] = -1
    explicit = np.corrcoef(spins.T.astype(float))[np.triu_indices(3, k=1)]
    np.testing.assert_allclose(pairwise_correlations(spins), explicit, rtol=0, atol=1e-9)
    np.testing.assert_allclose(pairwise_correlations(-spins), explicit, rtol=0, atol=1e-9)


def test_a_silent_neuron_has_no_correlation():
    spins = random_words([0.5, 0.0, 0.4])
    missing = np.isnan(pairwise_correlations(spins))
    np.testing.assert_array_equal(missing, [True, False, True])  # pairs (0,1), (0,2), (1,2)


@given(probabilities)
def test_independent_counts_against_all_words(rates):
    explicit = np.zeros(len(rates) + 1)
    for word in product((0, 1), repeat=len(rates)):
        explicit[sum(word)] += np.prod([p if s else 1 - p for s, p in zip(word, rates, strict=True)])
    np.testing.assert_allclose(independent_count_distribution(np.array(rates)), explicit, atol=1e-14)


@given(spin_arrays)
def test_word_counts(spins):
    explicit = Counter(map(tuple, spins.tolist()))
    assert sorted(word_counts(spins)) == sorted(explicit.values())


@pytest.mark.parametrize("n_neurons", [1, 7, 8, 9, 64, 65, 160])
def test_words_that_differ_in_one_neuron_are_distinct(n_neurons):
    spins = np.full((n_neurons + 1, n_neurons), -1, dtype=np.int8)
    spins[np.arange(n_neurons), np.arange(n_neurons)] = 1
    repeated = np.repeat(spins, np.arange(1, n_neurons + 2), axis=0)
    assert sorted(word_counts(repeated)) == list(range(1, n_neurons + 2))


@given(spin_arrays)
def test_coincidence_probability_over_all_pairs_of_words(spins):
    assume(len(spins) > 2)  # the jackknife leaves one out
    pairs = list(combinations(map(tuple, spins.tolist()), 2))
    equal = sum(first == second for first, second in pairs)
    found, _ = coincidence_by_repeat(spins, np.arange(len(spins)))
    assert found == pytest.approx([equal / len(pairs)], rel=1e-13)


def shuffled_silence(spins: np.ndarray) -> float:
    """P(K = 0) of words (repeats, bins, 3), averaged over all orders of the repeats of two neurons."""
    repeats, n_bins, _ = spins.shape
    orders = list(permutations(range(repeats)))
    silent = [
        (spins[:, t, 0] < 0) & (spins[list(second), t, 1] < 0) & (spins[list(third), t, 2] < 0)
        for t in range(n_bins)
        for second, third in product(orders, orders)
    ]
    return float(np.mean(silent))


def test_silence_of_shuffled_repeats_is_the_mean_over_all_shuffles():
    spins = random_words([0.3, 0.5, 0.6], 4 * 5).reshape(4, 5, 3)
    words = spins.reshape(-1, 3)
    repeats, bins = (indices.ravel() for indices in np.indices((4, 5)))
    value, stderr = trial_shuffled_silence(words, repeats, bins)
    assert value == pytest.approx([shuffled_silence(spins)], rel=1e-13)
    left_out = [shuffled_silence(np.delete(spins, repeat, axis=0)) for repeat in range(4)]
    assert stderr == pytest.approx([np.sqrt(3 * np.var(left_out))], rel=1e-12)
    order = np.random.default_rng(1).permutation(len(words))
    moved = trial_shuffled_silence(words[order], repeats[order], bins[order])
    assert np.ravel(moved) == pytest.approx(np.ravel([value, stderr]), rel=1e-13)


def test_shuffling_repeats_leaves_what_the_movie_brings_and_takes_what_repeats_share():
    rng = np.random.default_rng(4)
    bins = np.tile(np.arange(50), 40)
    repeats = np.repeat(np.arange(40), 50)
    movie = np.repeat(rng.choice([-1, 1], (1, 50, 1)), 40, axis=0).reshape(-1, 1)
    silent = (movie < 0).mean()
    assert trial_shuffled_silence(np.repeat(movie, 3, 1), repeats, bins)[0] == pytest.approx([silent])
    shared = np.repeat(rng.choice([-1, 1], (2000, 1)), 3, axis=1)  # by all neurons, new in every bin
    value, stderr = trial_shuffled_silence(shared, repeats, bins)
    expected = 1 / 8 + 3 / 2 * (1 / 4) / 40  # the third moment of a fraction of 40 at 1/2
    assert value == pytest.approx([expected], abs=FACTOR * stderr[0])
    assert (shared[:, 0] < 0).mean() > expected + FACTOR * stderr[0]


@given(st.integers(1, 20).flatmap(lambda n: arrays(float, (2, n), elements=st.floats(0.01, 1))))
def test_total_variation_is_the_largest_difference_of_an_event(weights):
    p, q = weights / weights.sum(1, keepdims=True)
    event = p > q  # the event that separates the two best
    assert total_variation(p, q) == pytest.approx(p[event].sum() - q[event].sum(), abs=1e-12)
    assert total_variation(p, p) == 0
    assert total_variation(p, q) == total_variation(q, p)


def test_total_variation_of_disjoint_laws_is_one():
    assert total_variation(np.array([0.25, 0.75, 0, 0]), np.array([0, 0, 0.5, 0.5])) == 1
