"""Independent neurons, and neurons independent given the count, against their formulas spelled out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.population.baselines import independent, population_count
from mfvae.population.baselines.population_count import PopulationCount, tilted
from mfvae.population.words import spike_counts
from tests.helpers.binary_laws import cells, draws, ising_law, random_ising
from tests.helpers.statistics import all_configurations, assert_law

RNG = np.random.default_rng(0)
NEURONS = 6


def count_model(n: int = NEURONS, seed: int = 0) -> PopulationCount:
    rng = np.random.default_rng(seed)
    return PopulationCount(rng.dirichlet(np.ones(n + 1)), rng.uniform(0.05, 0.9, (n + 1, n)))


def law_by_enumeration(model: PopulationCount) -> np.ndarray:
    """P(K) Π p^s (1 − p)^{1 − s} over its sum over all words of K spikes."""
    words = all_configurations(model.rates.shape[1])
    counts = spike_counts(words)
    weights = np.where(words > 0, model.rates[counts], 1 - model.rates[counts]).prod(1)
    totals = np.bincount(counts, weights)
    return model.count_law[counts] * weights / totals[counts]


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_independent_likelihood_word_by_word(share):
    words = draws(ising_law(*random_ising(NEURONS, seed=1))[0], 60, seed=2)
    observed = np.random.default_rng(0).random(words.shape) < share
    train, test = words[:50], words[50:]
    explicit = []
    for word, seen in zip(test.tolist(), observed[50:].tolist(), strict=True):
        total = 0.0
        for neuron, spin in enumerate(word):
            own = train[observed[:50, neuron], neuron]
            rate = ((own == 1).sum() + 1) / (len(own) + 2)  # Laplace's rule of succession
            total += np.log(rate if spin == 1 else 1 - rate) if seen[neuron] else 0.0
        explicit.append(total)
    model = independent.fit(train, RNG, observed[:50])
    np.testing.assert_allclose(model.log_prob(test, observed[50:]), explicit, rtol=1e-11)
    if share == 1:
        np.testing.assert_array_equal(independent.fit(train, RNG).rates, model.rates)
        np.testing.assert_allclose(independent.fit(train, RNG).log_prob(test), explicit, rtol=1e-11)


def test_independent_neurons_are_a_normalised_law_even_of_unseen_words():
    words = draws(ising_law(*random_ising(NEURONS, seed=1))[0], 20, seed=2)
    words[:, 0] = -1
    log_prob = independent.fit(words, RNG).log_prob(all_configurations(NEURONS))
    assert np.isfinite(log_prob).all()
    assert np.exp(log_prob).sum() == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_given_the_count(seed):
    model = count_model(seed=seed)
    expected = law_by_enumeration(model)
    np.testing.assert_allclose(np.exp(model.log_prob(all_configurations(NEURONS))), expected, rtol=1e-12)


def test_only_ratios_of_odds_matter():
    """Rates at a count tilted to any sum are the same law."""
    model = count_model()
    other = PopulationCount(model.count_law, np.array([tilted(row, 2.5) for row in model.rates]))
    words = all_configurations(NEURONS)
    np.testing.assert_allclose(model.log_prob(words), other.log_prob(words), rtol=1e-9)


def test_samples_given_the_count():
    model = count_model()
    words = model.sample(40_000, np.random.default_rng(1))
    assert_law(cells(words), law_by_enumeration(model))
    counts = model.count_law
    with pytest.raises(AssertionError, match="floors"):  # twin: the rates of other counts
        assert_law(cells(words), law_by_enumeration(PopulationCount(counts, model.rates[::-1])))


@given(st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=30), st.floats(0.01, 0.99))
def test_tilting_multiplies_all_odds_alike(rates, share):
    rates = np.array(rates)
    found = tilted(rates, share * len(rates))
    np.testing.assert_allclose(found.sum(), share * len(rates), rtol=1e-9)
    factor = np.log(found) - np.log1p(-found) - np.log(rates) + np.log1p(-rates)
    rounding = np.finfo(float).eps / (1 - found)  # of a probability, in its log odds
    assert (np.abs(factor - factor[0]) < 1e-6 + 4 * (rounding + rounding[0])).all()


def test_a_frequent_count_has_its_own_rates_and_a_rare_one_those_of_its_neighbour():
    frequent = np.array([[1, 1, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0]] * 50_000 + [[0, 1, 0, 0, 1, 1]])
    model = population_count.fit((2 * frequent - 1).astype(np.int8), RNG)
    np.testing.assert_allclose(model.rates[2], [1, 0.5, 0.5, 0, 0, 0], atol=5e-3)
    np.testing.assert_allclose(model.rates[4], tilted(model.rates[3], 4), atol=1e-12)  # never seen
    one_word = tilted(model.rates[2], 3)
    pulled = model.rates[3] - one_word
    weight = 1 / (1 + population_count.PRIOR_WORDS)
    np.testing.assert_allclose(pulled, weight * (frequent[-1] - one_word), atol=1e-12)
    assert (model.count_law > 0).all()
    np.testing.assert_allclose(model.count_law.sum(), 1)


def test_large_counts_and_many_neurons_stay_finite():
    n = 160
    words = np.where(np.random.default_rng(2).random((3000, n)) < 0.04, 1, -1).astype(np.int8)
    model = population_count.fit(words, RNG)
    extreme = np.array([np.where(np.arange(n) < k, 1, -1) for k in (0, 1, 80, n - 1, n)])
    assert np.isfinite(model.log_prob(extreme)).all()
    drawn = PopulationCount(np.full(n + 1, 1 / (n + 1)), model.rates).sample(500, RNG)
    assert len(np.unique(spike_counts(drawn))) > 100
