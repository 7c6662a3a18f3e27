"""The restricted Boltzmann machine against sums over all visible and hidden states."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.population.baselines import rbm
from mfvae.population.baselines.base import distinct_words
from mfvae.population.baselines.rbm import RestrictedBoltzmannMachine
from tests.helpers.binary_laws import assert_as_good_as_maximum_likelihood, draws
from tests.helpers.statistics import all_configurations

NEURONS, HIDDEN, WORDS = 6, 2, 40_000


def known(hidden: int = HIDDEN, seed: int = 0) -> RestrictedBoltzmannMachine:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1.5, (NEURONS, hidden))
    return RestrictedBoltzmannMachine(
        rng.uniform(-2.5, -0.5, NEURONS), rng.normal(0, 1, hidden), weights
    )


def joint_log_weights(model: RestrictedBoltzmannMachine) -> np.ndarray:
    """a·s + b·h + s·W h of all states (2^N, 2^H), by the definition."""
    s = (all_configurations(NEURONS) > 0).astype(float)
    h = rbm.hidden_states(len(model.hidden_bias))
    return (s @ model.visible_bias)[:, None] + h @ model.hidden_bias + s @ model.weights @ h.T


@pytest.mark.parametrize("hidden", [1, 2, 5])
def test_log_partition_and_probabilities_are_sums_over_all_states(hidden):
    model = known(hidden)
    joint = joint_log_weights(model)
    assert model.log_partition == pytest.approx(logsumexp(joint), rel=1e-12)
    expected = logsumexp(joint, axis=1) - logsumexp(joint)
    np.testing.assert_allclose(model.log_prob(all_configurations(NEURONS)), expected, rtol=1e-10)


def test_blocks_of_hidden_states_join(monkeypatch):
    whole = known(5), rbm._expectations(known(5))
    monkeypatch.setattr(rbm, "STATES_AT_ONCE", 7)
    assert known(5).log_partition == pytest.approx(whole[0].log_partition, rel=1e-14)
    for found, expected in zip(rbm._expectations(known(5)), whole[1], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_expectations_are_sums_over_all_states():
    model = known(3)
    joint = np.exp(joint_log_weights(model) - model.log_partition)
    s, h = (all_configurations(NEURONS) > 0).astype(float), rbm.hidden_states(3)
    log_z, visible, hidden, both = rbm._expectations(model)
    assert log_z == model.log_partition
    np.testing.assert_allclose(visible, joint.sum(1) @ s, rtol=1e-10)
    np.testing.assert_allclose(hidden, joint.sum(0) @ h, rtol=1e-10)
    np.testing.assert_allclose(both, s.T @ joint @ h, rtol=1e-10)


def test_data_terms_are_those_of_the_words_one_by_one(monkeypatch):
    monkeypatch.setattr(rbm, "WORDS_AT_ONCE", 5)
    model = known(3)
    words = draws(np.exp(model.log_prob(all_configurations(NEURONS))), 200, seed=1)
    spikes, counts = distinct_words(words)
    value, hidden, both = rbm._data_terms(model, spikes, counts / counts.sum())
    s = (words > 0).astype(float)
    fields = s @ model.weights + model.hidden_bias
    mean = 1 / (1 + np.exp(-fields))
    assert value == pytest.approx(np.log1p(np.exp(fields)).sum(1).mean(), rel=1e-6)
    np.testing.assert_allclose(hidden, mean.mean(0), rtol=1e-6)
    np.testing.assert_allclose(both, s.T @ mean / len(s), rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_fit_is_as_good_as_maximum_likelihood(seed):
    """And better on its own words than the law that they were drawn from."""
    truth = known(seed=seed)
    law = np.exp(truth.log_prob(all_configurations(NEURONS)))
    words = draws(law, WORDS, seed=seed)
    model = rbm.fit(words, np.random.default_rng(0), hidden=HIDDEN)
    assert model.log_prob(words).mean() > truth.log_prob(words).mean()
    assert_as_good_as_maximum_likelihood(law, model, WORDS)


def test_twins_with_too_few_steps_or_units_are_caught(monkeypatch):
    law = np.exp(known().log_prob(all_configurations(NEURONS)))
    words = draws(law, WORDS, seed=0)
    few_units = rbm.fit(words, np.random.default_rng(0), hidden=1)
    monkeypatch.setattr(rbm, "MAX_STEPS", 8)
    few_steps = rbm.fit(words, np.random.default_rng(0), hidden=HIDDEN)
    for wrong in (few_units, few_steps):
        with pytest.raises(AssertionError, match="floors"):
            assert_as_good_as_maximum_likelihood(law, wrong, WORDS)


@pytest.mark.parametrize("hidden", [0, 17])
def test_numbers_of_hidden_units_that_cannot_be_summed_over_are_refused(hidden):
    with pytest.raises(InputError, match="hidden"):
        rbm.fit(all_configurations(NEURONS), np.random.default_rng(0), hidden=hidden)
