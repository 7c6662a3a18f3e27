"""The surrogate population: its statistics, its likelihood, and what counts as recovering it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield
from mfvae.hamiltonian.monte_carlo import monte_carlo
from mfvae.population.words import (
    count_distribution,
    pairwise_correlations,
    spike_counts,
    spike_probabilities,
)
from mfvae.systems.surrogate import collective_variables, lattice, sample, surrogate, surrogate_patterns
from tests.helpers.statistics import all_configurations, assert_law, assert_mean, assert_within_floor

SITES, WORDS = 160, 40_000
CHAINS, KEPT = 50, 40
truth = lru_cache(surrogate)


@lru_cache
def words() -> np.ndarray:
    return sample(truth(SITES), WORDS, np.random.default_rng(0))


def test_it_is_in_the_regime_of_a_retina():
    """The recording: mean probability 0.0358, P(silence) 0.210, mean correlation 0.033."""
    x = words()
    assert x.shape == (WORDS, SITES)
    assert x.dtype == np.int8
    assert (spike_counts(x) == 0).mean() == pytest.approx(0.21, abs=0.02)
    assert np.nanmean(pairwise_correlations(x)) == pytest.approx(0.03, abs=0.005)
    rates, patterns = surrogate_patterns(SITES, 0)
    assert rates.mean() == pytest.approx(0.035)
    assert (rates.max() / rates.min()) > 20
    assert (patterns[:, 0] > 0).mean() > 0.9
    assert_within_floor(spike_probabilities(x), rates, np.sqrt(rates * (1 - rates) / WORDS))


def test_samples_have_the_law_of_the_model():
    model = truth(6)
    x, everything = sample(model, WORDS, np.random.default_rng(1)), all_configurations(6)
    index = (x > 0) @ 2 ** np.arange(6)[::-1]
    assert_law(index, np.exp(model.log_prob(everything)))
    weaker = GeneralizedHopfield(model.bias, model.patterns * [0.8, 1], model.nodes, model.log_weight)
    with pytest.raises(AssertionError, match="floors"):  # twin
        assert_law(index, np.exp(weaker.log_prob(everything)))


def test_the_lattice_is_fine_enough():
    """Against one 1.7 times finer and wider: 4e-6 nats on average, and no word worse than 0.01."""
    x, model = words()[:1000], truth(SITES)
    nodes, log_weight = lattice(0.15, 6.0)
    finer = GeneralizedHopfield(model.bias, model.patterns, collective_variables(nodes), log_weight)
    difference = np.abs(finer.log_prob(x) - model.log_prob(x))
    assert difference.mean() < 2e-5
    assert difference.max() < 0.01


def test_monte_carlo_without_latents_has_the_population_statistics_of_samples():
    """P(K), spike probabilities, ⟨H⟩ and Var(H), floors from chains and words: 175 comparisons."""
    x, model = words(), truth(SITES)
    found = monte_carlo(model, np.random.default_rng(2), chains=CHAINS, kept=KEPT)[0]
    assert max(found.split_r_hat().values()) < 1.1
    energy, exact = found.mean(found.energies), model.energy(x[:10_000])
    assert_within_floor(energy.value, exact.mean(), np.hypot(energy.stderr, exact.std() / 100))
    squares = (exact - exact.mean()) ** 2 / SITES
    capacity, floor = found.heat_capacity(), squares.std() / 100
    assert_within_floor(capacity.value, squares.mean(), np.hypot(capacity.stderr, floor))
    active, rates = (found.words > 0).mean(1), surrogate_patterns(SITES, 0)[0]
    floor = np.maximum(active.std(0, ddof=1) / np.sqrt(CHAINS), np.sqrt(rates / (CHAINS * KEPT)))
    assert_within_floor(active.mean(0), rates, floor, factor=4.5)
    counts = np.stack([count_distribution(chain)[:13] for chain in found.words])
    law = count_distribution(x)[:13]
    floor = np.hypot(counts.std(0, ddof=1) / np.sqrt(CHAINS), np.sqrt(law / WORDS))
    assert_within_floor(counts.mean(0), law, floor, factor=4.5)


def test_seeds_and_sizes():
    assert (truth(40, 1).bias == surrogate(40, 1).bias).all()
    assert (truth(40, 1).bias != truth(40, 2).bias).any()
    with pytest.raises(InputError):
        surrogate(1)
    z = np.random.default_rng(0).normal(size=(WORDS, 2))
    phi, model = collective_variables(z), truth(6)
    weight = np.exp(model.log_weight)
    mean = weight @ model.nodes
    assert_mean(phi, mean, weight @ model.nodes**2 - mean**2)
