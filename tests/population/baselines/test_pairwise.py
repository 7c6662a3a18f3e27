"""The pairwise model against enumeration: chains, log Z, moments, couplings."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.population.baselines import gibbs, pairwise
from tests.helpers.binary_laws import (
    assert_as_good_as_maximum_likelihood,
    cells,
    draws,
    ising_law,
    random_ising,
)
from tests.helpers.statistics import FACTOR, all_configurations, assert_law, assert_within_floor

NEURONS, WORDS = 8, 100_000


def exact_moments(law: np.ndarray) -> np.ndarray:
    s = (all_configurations(NEURONS) > 0).astype(float)
    return (s * law[:, None]).T @ s


def estimated_log_z(bias, couplings, seed=0, **options):
    law, exact = ising_law(bias, couplings)
    rates = exact_moments(law).diagonal()
    found = pairwise.log_partition(bias, couplings, rates, np.random.default_rng(seed), **options)
    return found, exact


@pytest.fixture(scope="module")
def known():
    """Bias, couplings, their law, a fit to draws from it."""
    bias, couplings = random_ising(NEURONS, seed=3)
    law, _ = ising_law(bias, couplings)
    words = draws(law, WORDS, seed=4)
    return bias, couplings, law, words, pairwise.fit(words, np.random.default_rng(0))


# -- chains ------------------------------------------------------------------------------------------
def assert_chain_samples(bias, couplings, law, seed=0):
    rng = np.random.default_rng(seed)
    chains = (rng.random((500, NEURONS)) < 0.3).astype(np.int8)
    gibbs.advance(chains, bias, couplings, 100, rng)
    words = gibbs.draw(chains, bias, couplings, 20, 20_000, rng)
    assert_law(cells(words), law)


@pytest.mark.parametrize("seed", range(3))
def test_chains_sample_the_law(seed):
    bias, couplings = random_ising(NEURONS, seed)
    assert_chain_samples(bias, couplings, ising_law(bias, couplings)[0])


def test_twin_a_slightly_other_coupling_is_caught():
    bias, couplings = random_ising(NEURONS, 0)
    other = couplings.copy()
    other[0, 1] = other[1, 0] = couplings[0, 1] + 0.5
    with pytest.raises(AssertionError, match="floors"):
        assert_chain_samples(bias, other, ising_law(bias, couplings)[0])


def test_fields_of_any_size_are_handled():
    """Below −63 a spike is decided by the exponential's bound alone, above all spike."""
    bias, chains = np.array([-1e3, -63.5, -0.0, 1e3]), np.zeros((2000, 4), dtype=np.int8)
    moments = gibbs.advance(chains, bias, np.zeros((4, 4)), 1, np.random.default_rng(0))
    np.testing.assert_array_equal(moments.diagonal()[[0, 1, 3]], [0, 0, 1])
    assert_within_floor(moments[2, 2], 0.5, 0.5 / np.sqrt(2000))


def test_moments_of_chains():
    bias, couplings = random_ising(NEURONS, 1)
    exact = exact_moments(ising_law(bias, couplings)[0])
    rng = np.random.default_rng(2)
    chains = np.zeros((400, NEURONS), dtype=np.int8)
    gibbs.advance(chains, bias, couplings, 100, rng)
    apart = np.array([gibbs.advance(part, bias, couplings, 50, rng) for part in np.split(chains, 100)])
    floor = apart.std(0, ddof=1) / np.sqrt(len(apart))
    assert_within_floor(apart.mean(0), exact, floor)


# -- log Z -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(4))
def test_annealed_log_partition_is_exact_within_its_error(seed):
    options = {"chains": 500, "temperatures": 20}  # few, so that the error is seen
    (value, error, effective), exact = estimated_log_z(*random_ising(NEURONS, seed), seed, **options)
    assert_within_floor(value, exact, error)
    assert 250 < effective < 500


def test_the_error_of_log_partition_is_the_spread_of_repeats():
    model = random_ising(NEURONS, 5)
    options = {"chains": 200, "temperatures": 5}
    repeats = [estimated_log_z(*model, seed, **options)[0] for seed in range(200)]
    spread = np.std([value for value, _, _ in repeats], ddof=1)
    stated = np.sqrt(np.mean([error**2 for _, error, _ in repeats]))
    assert_within_floor(stated, spread, spread / np.sqrt(2 * len(repeats)) + 0.02 * spread)


def test_twin_the_weights_of_another_start_are_caught():
    bias, couplings = random_ising(NEURONS, 0)
    (value, error, _), exact = estimated_log_z(bias, couplings, chains=500, temperatures=20)
    (shifted, _, _), _ = estimated_log_z(bias + 0.02, couplings, chains=500, temperatures=20)
    assert_within_floor(value, exact, error)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(shifted, exact, error)


def test_without_couplings_log_partition_is_exact():
    bias = np.linspace(-3, 1, NEURONS)
    (value, error, effective), exact = estimated_log_z(bias, np.zeros((NEURONS, NEURONS)))
    assert value == pytest.approx(exact, abs=1e-10)
    assert error < 1e-10
    assert effective == pytest.approx(pairwise.ANNEALED_CHAINS)


# -- fit ---------------------------------------------------------------------------------------------
def test_the_fit_is_as_good_as_maximum_likelihood(known):
    *_, law, _, model = known
    assert_as_good_as_maximum_likelihood(law, model, WORDS, extra=0.2)


def test_twins_fits_that_ended_early_or_without_couplings_are_caught(known):
    *_, law, words, model = known
    early = pairwise.fit(words, np.random.default_rng(0), steps=20)
    with pytest.raises(AssertionError, match="floors"):
        assert_as_good_as_maximum_likelihood(law, early, WORDS, extra=0.2)
    assert early.moment_residual_rms > 5 > 1.5 > model.moment_residual_rms


def test_known_couplings_are_recovered(known):
    """Within standard errors from the exact Fisher information, 36 comparisons."""
    bias, couplings, law, _, model = known
    s = (all_configurations(NEURONS) > 0).astype(float)
    i, j = np.triu_indices(NEURONS, 1)
    statistics = np.concatenate([s, s[:, i] * s[:, j]], axis=1)
    deviation = statistics - law @ statistics
    information = (deviation * law[:, None]).T @ deviation
    floor = np.sqrt(np.linalg.inv(information).diagonal() / WORDS)
    found = np.concatenate([model.bias, model.couplings[i, j]])
    assert_within_floor(found, np.concatenate([bias, couplings[i, j]]), 1.1 * floor)


def test_moments_of_the_fit_are_the_data_s(known):
    """Exactly, by enumeration, in the data's standard errors, and as the model states of itself."""
    *_, words, model = known
    data = pairwise.data_moments(words)
    error = np.sqrt(data * (1 - data) / WORDS)
    upper = np.triu_indices(NEURONS)
    fitted_law, log_z = ising_law(model.bias, model.couplings)
    residual = ((exact_moments(fitted_law) - data) / error)[upper]
    rms = np.sqrt((residual**2).mean())
    assert rms < 0.5
    combined = np.sqrt(rms**2 + model.check_noise_rms**2)
    assert_within_floor(model.moment_residual_rms, combined, 1.5 * combined / np.sqrt(2 * len(residual)))
    assert_within_floor(model.log_partition, log_z, model.log_partition_error)


def test_log_probabilities_are_those_of_the_definition(known):
    *_, model = known
    law, log_z = ising_law(model.bias, model.couplings)
    found = model.log_prob(all_configurations(NEURONS)) + model.log_partition - log_z
    np.testing.assert_allclose(found, np.log(law), rtol=1e-10)
    assert (model.couplings == model.couplings.T).all()
    assert (model.couplings.diagonal() == 0).all()


def test_data_moments_and_the_information():
    bias, couplings = random_ising(NEURONS, 6)
    law, _ = ising_law(bias, couplings)
    words = draws(law, 2000, seed=1)
    s = (words > 0).astype(float)
    found = pairwise.data_moments(words)
    assert found[1, 4] == pytest.approx((s[:, 1] * s[:, 4]).mean())
    exact, rates = exact_moments(law), exact_moments(law).diagonal()
    centred = (all_configurations(NEURONS) > 0) - rates
    squares = (centred**2 * law[:, None]).T @ centred**2
    least = np.outer(rates * (1 - rates), rates * (1 - rates))
    off = ~np.eye(NEURONS, dtype=bool)
    information = pairwise._information(exact, rates)
    np.testing.assert_allclose(information[off], np.maximum(squares, least)[off], rtol=1e-10)


def test_pairs_that_never_spike_together_have_finite_couplings():
    words = np.array([[1, -1, -1], [-1, 1, 1], [-1, -1, 1], [-1, -1, -1]] * 500, dtype=np.int8)
    model = pairwise.fit(words, np.random.default_rng(0), steps=300)
    assert -12 < model.couplings[0, 1] < -1
    assert FACTOR * model.log_partition_error < 0.1


def test_one_neuron_has_no_pairs():
    with pytest.raises(InputError, match="two neurons"):
        pairwise.fit(np.ones((5, 1), dtype=np.int8), np.random.default_rng(0))
