"""Independent sites of any family: a normalised law with the means of the data."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mfvae.population.baselines import independent, independent_sites
from mfvae.sites import SITE_FAMILIES

STATES, SITES, ROWS = 3, 4, 3000


@pytest.fixture(scope="module")
def states() -> np.ndarray:
    """States that are not equally likely."""
    return np.random.default_rng(0).choice(STATES, size=(ROWS, SITES), p=[0.6, 0.3, 0.1])


def test_probabilities_of_all_configurations_sum_to_one(states):
    law = independent_sites.fit(SITE_FAMILIES["potts3"], states)
    everything = np.array(list(product(range(STATES), repeat=SITES)))
    assert np.exp(law.log_prob(everything)).sum() == pytest.approx(1, abs=1e-6)  # statistics are float32
    assert law.n_parameters == SITES * (STATES - 1)


def test_draws_have_the_shares_of_the_data(states):
    law = independent_sites.fit(SITE_FAMILIES["potts3"], states)
    drawn = law.sample(20_000, np.random.default_rng(1))
    for state in range(STATES):
        of_data, of_draws = ((x == state).mean(0) for x in (states, drawn))
        stderr = np.sqrt(of_data * (1 - of_data) / len(drawn))
        smoothed = 2 / ROWS
        assert (abs(of_draws - of_data) < 4.5 * stderr + smoothed).all()
        assert not (abs(of_draws - of_data - 10 * stderr) < 4.5 * stderr + smoothed).any()  # a twin


def test_two_states_are_spins_up_to_their_smoothing(states):
    """Laplace's rule of succession moves a rate by 1/B at most, log p by 1/(B p) a site."""
    two = (states > 0).astype(np.uint8)
    found = independent_sites.fit(SITE_FAMILIES["potts2"], two).log_prob(two)
    spins = 2 * two.astype(np.int8) - 1
    expected = independent.fit(spins, np.random.default_rng(0)).log_prob(spins)
    np.testing.assert_allclose(found, expected, atol=SITES * 2 / (ROWS * 0.3))


def test_what_was_not_observed_has_no_part(states):
    seen = np.random.default_rng(2).random(states.shape) < 0.7
    others = np.where(seen, states, 0)
    family = SITE_FAMILIES["potts3"]
    laws = [independent_sites.fit(family, x, seen) for x in (states, others)]
    np.testing.assert_array_equal(laws[0].fields, laws[1].fields)
    np.testing.assert_array_equal(laws[0].log_prob(states, seen), laws[1].log_prob(others, seen))
