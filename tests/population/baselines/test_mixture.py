"""EM of Bernoulli mixtures: it climbs, it finds a known mixture, it counts words right."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.population.baselines import independent, mixture
from mfvae.population.baselines.base import distinct_words
from mfvae.population.baselines.mixture import BernoulliMixture
from tests.helpers.binary_laws import assert_as_good_as_maximum_likelihood, draws
from tests.helpers.statistics import all_configurations

NEURONS, WORDS = 6, 40_000


def known() -> BernoulliMixture:
    rates = np.array([[0.02, 0.1, 0.05, 0.3, 0.1, 0.04], [0.6, 0.5, 0.7, 0.2, 0.4, 0.8]])
    return BernoulliMixture(np.array([0.7, 0.3]), rates)


def known_law() -> np.ndarray:
    """By the definition, component by component."""
    spikes, model = all_configurations(NEURONS) > 0, known()
    parts = [np.where(spikes, p, 1 - p).prod(1) for p in model.rates]
    return model.weights @ np.array(parts)


def fitted(words: np.ndarray, components: int = 2, seed: int = 0, **options) -> BernoulliMixture:
    return mixture.fit(words, np.random.default_rng(seed), components=components, **options)


def test_probabilities_are_those_of_the_definition():
    found = known().log_prob(all_configurations(NEURONS))
    np.testing.assert_allclose(found, np.log(known_law()), rtol=1e-12)


def test_the_likelihood_rises_at_every_step():
    words = draws(known_law(), WORDS, seed=1)
    for components in (2, 5):
        model = fitted(words, components, tolerance=1e-9)
        assert len(model.history) > mixture.SHORT_RUN
        assert np.diff(model.history).min() > -2e-7  # what float32 and the added words leave
        assert model.history[-1] > model.history[0] + 0.1


def test_the_history_is_the_training_log_likelihood():
    words = draws(known_law(), WORDS, seed=1)
    model = fitted(words)
    assert abs(model.history[-1] - model.log_prob(words).mean()) < 2 * mixture.TOLERANCE


def test_a_known_mixture_is_found():
    model = fitted(draws(known_law(), WORDS, seed=2), tolerance=1e-9)
    assert_as_good_as_maximum_likelihood(known_law(), model, WORDS)
    order = np.argsort(-model.weights)
    np.testing.assert_allclose(model.weights[order], known().weights, atol=0.03)
    np.testing.assert_allclose(model.rates[order], known().rates, atol=0.04)


def test_twins_stopped_early_or_with_one_component_are_caught():
    words = draws(known_law(), WORDS, seed=2)
    for wrong in (fitted(words, starts=1, tolerance=0.1), fitted(words, components=1)):
        with pytest.raises(AssertionError, match="floors"):
            assert_as_good_as_maximum_likelihood(known_law(), wrong, WORDS)


def test_one_component_is_independent_neurons():
    words = draws(known_law(), WORDS, seed=3)
    rates = independent.fit(words, np.random.default_rng(0)).rates
    np.testing.assert_allclose(fitted(words, components=1).rates[0], rates, atol=2 / WORDS)


def test_the_best_start_goes_on():
    words = draws(known_law(), 3000, seed=4)
    many = fitted(words, components=6, starts=8, tolerance=np.inf).history[mixture.SHORT_RUN - 1]
    rng = np.random.default_rng(0)
    each = [mixture.fit(words, rng, components=6, starts=1, tolerance=np.inf).history for _ in range(8)]
    assert many == max(history[mixture.SHORT_RUN - 1] for history in each)


def test_distinct_words_and_their_counts():
    words = draws(known_law(), 500, seed=5)
    spikes, counts = distinct_words(words)
    assert len(np.unique(spikes, axis=0)) == len(spikes) < 500
    for word, count in zip(spikes, counts, strict=True):
        assert count == ((words > 0) == word).all(1).sum()


@pytest.mark.parametrize("wrong", [{"components": 0}, {"components": 2, "starts": 0}])
def test_no_component_or_start_is_refused(wrong):
    with pytest.raises(InputError, match="at least one"):
        fitted(draws(known_law(), 10, seed=0), **wrong)
