"""What all baselines promise: a normalised law, samples of it, seeds, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.population.baselines import (
    chow_liu,
    independent,
    mixture,
    pairwise,
    population_count,
    quadratic_hopfield,
    rbm,
)
from tests.helpers.binary_laws import cells, draws, ising_law, random_ising
from tests.helpers.statistics import FACTOR, all_configurations, assert_law, shuffled_sites

NEURONS, WORDS = 6, 5000
FITS = {
    "independent": (independent.fit, {}),
    "population_count": (population_count.fit, {}),
    "chow_liu": (chow_liu.fit, {}),
    "quadratic_hopfield": (quadratic_hopfield.fit, {"patterns": 2}),
    "mixture": (mixture.fit, {"components": 3}),
    "pairwise": (pairwise.fit, {"steps": 200}),
    "rbm": (rbm.fit, {"hidden": 2}),
}
PARAMETERS = {
    "independent": 6,
    "population_count": 31,
    "chow_liu": 11,
    "quadratic_hopfield": 17,
    "mixture": 20,
    "pairwise": 21,
    "rbm": 20,
}
NUMERICAL = {"quadratic_hopfield": 1e-10}  # of a sum over the nodes of its field; rounding of others


def train() -> np.ndarray:
    return draws(ising_law(*random_ising(NEURONS, seed=1))[0], WORDS, seed=2)


def fitted(name: str, seed: int = 0):
    fit, options = FITS[name]
    return fit(train(), np.random.default_rng(seed), **options)


@pytest.fixture(scope="module", params=FITS)
def named_model(request):
    return request.param, fitted(request.param)


def exact_law(model) -> np.ndarray:
    """Normalised, since log Z may be an estimate."""
    law = np.exp(model.log_prob(all_configurations(NEURONS)))
    return law / law.sum()


def test_probabilities_add_up_to_one(named_model):
    name, model = named_model
    found = model.log_prob(all_configurations(NEURONS))
    assert found.shape == (2**NEURONS,)
    assert found.dtype == np.float64
    assert abs(np.log(np.exp(found).sum())) <= FACTOR * model.log_partition_error + NUMERICAL.get(
        name, 1e-12
    )


def test_samples_follow_the_law(named_model):
    _, model = named_model
    words = model.sample(20_000, np.random.default_rng(3))
    assert words.dtype == np.int8
    assert_law(cells(words), exact_law(model))


def test_twin_samples_without_correlations_are_caught(named_model):
    name, model = named_model
    if name == "independent":
        other = np.concatenate(
            [model.sample(20_000, np.random.default_rng(4))[:, 1:], -np.ones((20_000, 1))], 1
        )
    else:
        rng = np.random.default_rng(4)
        other = shuffled_sites(model.sample(20_000, rng), rng)
    with pytest.raises(AssertionError, match="floors"):
        assert_law(cells(other), exact_law(model))


def test_fits_and_samples_belong_to_their_generator(named_model):
    name, model = named_model
    again = fitted(name)
    words = all_configurations(NEURONS)
    np.testing.assert_array_equal(model.log_prob(words), again.log_prob(words))
    first, same, other = (model.sample(500, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert (first == same).all()
    assert (first != other).any()


@pytest.mark.parametrize("n", [1, 7])
def test_any_number_of_words_can_be_drawn(named_model, n):
    words = named_model[1].sample(n, np.random.default_rng(7))
    assert words.shape == (n, NEURONS)
    assert np.isin(words, (-1, 1)).all()


def test_number_of_parameters(named_model):
    name, model = named_model
    assert model.n_parameters == PARAMETERS[name]


def test_every_word_has_a_probability_even_with_a_silent_neuron():
    words = train()
    words[:, 2] = -1
    for name, (fit, options) in FITS.items():
        model = fit(words, np.random.default_rng(0), **options)
        assert np.isfinite(model.log_prob(all_configurations(NEURONS))).all(), name


@pytest.mark.parametrize("wrong", [np.zeros((3, NEURONS)), np.ones(NEURONS), np.ones((0, NEURONS))])
@pytest.mark.parametrize("name", FITS)
def test_other_than_spins_are_refused(name, wrong):
    fit, options = FITS[name]
    with pytest.raises(InputError, match="train"):
        fit(wrong, np.random.default_rng(0), **options)


def test_words_of_another_width_are_refused(named_model):
    with pytest.raises(InputError, match="words"):
        named_model[1].log_prob(all_configurations(NEURONS + 1))
