"""The quadratic Hopfield model against sums over all words, and fits to exact Hopfield samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.population.baselines import field_nodes, independent, quadratic_hopfield
from mfvae.population.baselines.quadratic_hopfield import QuadraticHopfield
from mfvae.systems.hopfield import Hopfield, random_patterns
from tests.helpers.binary_laws import assert_as_good_as_maximum_likelihood, cells, draws
from tests.helpers.statistics import (
    FACTOR,
    all_configurations,
    assert_law,
    assert_within_floor,
    shuffled_sites,
)

NEURONS, WORDS = 10, 20_000
SITES = 24  # of the Hopfield models: too many to enumerate, sampled by counting


def known(patterns: int, spread: float = 0.35, seed: int = 0) -> QuadraticHopfield:
    rng = np.random.default_rng(seed)
    return QuadraticHopfield(rng.uniform(-1, 0.5, NEURONS), rng.normal(0, spread, (NEURONS, patterns)))


def log_weights(model: QuadraticHopfield) -> np.ndarray:
    """b·x + ½ Σ_k (ξ_k·x)² of all words (2^N,), by the definition."""
    x = all_configurations(len(model.bias)).astype(float)
    return x @ model.bias + sum((x @ pattern) ** 2 for pattern in model.patterns.T) / 2


def law_of(model: QuadraticHopfield) -> np.ndarray:
    found = log_weights(model)
    return np.exp(found - logsumexp(found))


def hopfield(patterns: int, beta: float = 0.9) -> Hopfield:
    return Hopfield(random_patterns(SITES, patterns, seed=0), beta)


def fitted(words: np.ndarray, patterns: int) -> QuadraticHopfield:
    return quadratic_hopfield.fit(words, np.random.default_rng(0), patterns=patterns)


# -- the law ---------------------------------------------------------------------------------------
def assert_normalised(model: QuadraticHopfield) -> None:
    """To 1e-10, which the nodes' spacing promises: 2K e^(−2π²/h²) = 4e-11 at K = 3, and lost tails."""
    assert model.log_partition == pytest.approx(logsumexp(log_weights(model)), abs=1e-10)


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.35, 1.5, 5.0])  # from independent to frozen sites
@pytest.mark.parametrize("patterns", [1, 2, 3])
def test_log_partition_is_the_sum_over_all_words(patterns, spread):
    assert_normalised(known(patterns, spread))


@pytest.mark.parametrize("patterns", [1, 2, 3])
def test_twins_with_a_wrong_log_partition_are_caught(monkeypatch, patterns):
    """Nodes too far apart, tails cut off, and nodes near 0 alone, where no ordered model is."""
    model = known(patterns, 0.6)
    with monkeypatch.context() as few:
        few.setattr(field_nodes, "NODES_PER_CELL", 2)
        with pytest.raises(AssertionError):
            assert_normalised(known(patterns, 0.6))
    with monkeypatch.context() as cut:
        cut.setattr(field_nodes, "REACH", 0)
        with pytest.raises(AssertionError):
            assert_normalised(known(patterns, 0.6))
    fields, log_weight = model._nodes
    near = (fields**2).sum(1) < 2.0**2
    assert logsumexp(log_weight[near]) < logsumexp(log_weights(model)) - 1e-3


def test_an_ordered_model_of_many_sites_has_its_exact_log_partition():
    """Means of the field some 20 standard deviations of its prior from 0, beyond a lattice over that."""
    n, beta = 400, 1.5
    exact = Hopfield(random_patterns(n, 1, seed=0), beta)
    model = QuadraticHopfield(np.zeros(n), exact.patterns * np.sqrt(beta / n))
    words = exact.sample(50, np.random.default_rng(0))
    assert np.abs(words @ model.patterns).max() > 15
    np.testing.assert_allclose(model.log_prob(words), exact.log_prob(words), atol=1e-9)


@pytest.mark.parametrize("patterns", [1, 2, 3])
def test_samples_follow_the_law(patterns):
    model = known(patterns)
    rng = np.random.default_rng(1)
    words = model.sample(WORDS, rng)
    assert_law(cells(words), law_of(model))
    with pytest.raises(AssertionError, match="floors"):
        assert_law(cells(shuffled_sites(words, rng)), law_of(model))


def test_a_rotation_of_the_patterns_changes_nothing():
    model = known(2)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    words = all_configurations(NEURONS)
    other = QuadraticHopfield(model.bias, model.patterns @ turn)
    np.testing.assert_allclose(other.log_prob(words), model.log_prob(words), atol=1e-9)


def test_moments_are_the_gradient_of_log_z(monkeypatch):
    monkeypatch.setattr(field_nodes, "BLOCK_ENTRIES", 500)
    model = known(2)
    law, x = law_of(model), all_configurations(NEURONS).astype(float)
    mean, both = quadratic_hopfield._moments(model)
    np.testing.assert_allclose(mean, law @ x, atol=1e-9)
    np.testing.assert_allclose(both, x.T @ (law[:, None] * (x @ model.patterns)), atol=1e-9)


def test_the_search_has_the_gradient_of_its_cost(monkeypatch):
    """By differences, at the start of a fit."""
    seen = []

    def judge(cost, start, **_):
        seen.append((cost(start)[1], approx_fprime(start, lambda x: cost(x)[0], 1e-6)))
        raise StopIteration

    monkeypatch.setattr(quadratic_hopfield, "minimize", judge)
    with pytest.raises(StopIteration):
        fitted(draws(law_of(known(2)), 500, seed=1), 2)
    np.testing.assert_allclose(*seen[0], atol=1e-4)


# -- fits ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("patterns", [1, 2, 3])
def test_the_fit_is_as_good_as_maximum_likelihood(patterns):
    truth = known(patterns)
    words = draws(law_of(truth), WORDS, seed=2)
    model = fitted(words, patterns)
    assert model.log_prob(words).mean() > truth.log_prob(words).mean()
    assert_as_good_as_maximum_likelihood(law_of(truth), model, WORDS)


def test_twins_with_too_few_patterns_or_steps_are_caught(monkeypatch):
    truth = known(2)
    words = draws(law_of(truth), WORDS, seed=2)
    few = fitted(words, 1)
    monkeypatch.setattr(quadratic_hopfield, "MAX_STEPS", 1)
    for wrong in (few, fitted(words, 2)):
        with pytest.raises(AssertionError, match="floors"):
            assert_as_good_as_maximum_likelihood(law_of(truth), wrong, WORDS)


def assert_patterns(model: QuadraticHopfield, exact: Hopfield, words: np.ndarray) -> None:
    """Biases and patterns, turned onto the exact ones, within errors of the Fisher information.

    Of a word, x − ⟨x⟩ and x (ξᵀx)ᵀ − ⟨…⟩ are the gradient of log p(x). It has no part along a rotation
    of the patterns, and the distance that the best rotation leaves has none either.
    """
    xi = exact.patterns * np.sqrt(exact.coupling / exact.n_sites)
    n, k = xi.shape
    left, _, right = np.linalg.svd(model.patterns.T @ xi)
    turned = model.patterns @ (left @ right)
    x = exact.sample(100_000, np.random.default_rng(9)).astype(float)
    both = (x[:, :, None] * (x @ xi)[:, None, :]).reshape(len(x), n * k)
    information = np.cov(np.concatenate([x, both], axis=1).T)
    variances = np.linalg.pinv(information, rcond=1e-10).diagonal() / len(words)
    found = np.concatenate([model.bias, turned.ravel()])
    assert_within_floor(found, np.concatenate([np.zeros(n), xi.ravel()]), np.sqrt(variances))


@pytest.mark.parametrize("patterns", [1, 2])
def test_patterns_of_exact_hopfield_samples_are_found(patterns):
    exact = hopfield(patterns)
    words = exact.sample(WORDS, np.random.default_rng(3))
    model = fitted(words, patterns)
    assert_patterns(model, exact, words)
    held_out = exact.sample(WORDS, np.random.default_rng(4))
    lost = exact.log_prob(held_out) - model.log_prob(held_out)
    price = model.n_parameters / (2 * WORDS)  # 2B·KL is χ² of as many degrees of freedom
    scatter = np.sqrt(2 * model.n_parameters) / (2 * WORDS)
    assert_within_floor(lost.mean(), price, np.hypot(scatter, lost.std() / np.sqrt(WORDS)))


def test_twins_at_another_temperature_or_without_correlations_are_caught():
    exact, rng = hopfield(2), np.random.default_rng(3)
    words = hopfield(2, beta=0.8).sample(WORDS, rng)
    shuffled = shuffled_sites(exact.sample(WORDS, rng), rng)
    for wrong in (words, shuffled):
        with pytest.raises(AssertionError, match="floors"):
            assert_patterns(fitted(wrong, 2), exact, words)


def test_data_with_a_pattern_are_likelier_than_independent_ones():
    exact = hopfield(1)
    words, held_out = (exact.sample(WORDS, np.random.default_rng(seed)) for seed in (5, 6))
    other = independent.fit(words, np.random.default_rng(0))
    gain = fitted(words, 1).log_prob(held_out) - other.log_prob(held_out)
    assert gain.mean() > FACTOR * gain.std() / np.sqrt(WORDS)


def test_independent_sites_are_fitted_too():
    """Their patterns cost no more than the parameters do."""
    rng = np.random.default_rng(7)
    words = 2 * (rng.random((WORDS, NEURONS)) < 0.3).astype(np.int8) - 1
    law = np.exp(independent.Independent(np.full(NEURONS, 0.3)).log_prob(all_configurations(NEURONS)))
    assert_as_good_as_maximum_likelihood(law, fitted(words, 2), WORDS)


@pytest.mark.parametrize("patterns", [0, 4])
def test_numbers_of_patterns_that_cannot_be_summed_over_are_refused(patterns):
    with pytest.raises(InputError, match=f"patterns = {patterns}: an integer from 1 to 3"):
        fitted(all_configurations(NEURONS), patterns)


def test_more_patterns_than_neurons_are_refused():
    with pytest.raises(InputError, match="from 1 to 2"):
        fitted(all_configurations(2), 3)
