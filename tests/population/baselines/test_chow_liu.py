"""The Chow–Liu tree: it finds a known tree, and no other tree is likelier."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.population.baselines import chow_liu, independent
from mfvae.population.baselines.chow_liu import ChowLiuTree
from tests.helpers.binary_laws import (
    assert_as_good_as_maximum_likelihood,
    draws,
    ising_law,
    random_ising,
)
from tests.helpers.statistics import FACTOR, all_configurations, assert_within_floor

NEURONS, WORDS = 8, 20_000
EDGES = [[0, 3], [1, 3], [2, 5], [3, 5], [4, 6], [5, 6], [5, 7]]


def fitted(words: np.ndarray) -> ChowLiuTree:
    return chow_liu.fit(words, np.random.default_rng(0))


def known_law(seed: int = 0) -> np.ndarray:
    """An Ising model with couplings along ``EDGES`` alone, of both signs."""
    rng = np.random.default_rng(seed)
    couplings = np.zeros((NEURONS, NEURONS))
    for i, j in EDGES:
        couplings[i, j] = couplings[j, i] = rng.choice([-1, 1]) * rng.uniform(1.0, 2.0)
    return ising_law(rng.uniform(-1.0, 0.5, NEURONS), couplings)[0]


def information_by_definition(words: np.ndarray, i: int, j: int) -> float:
    """With the stated half a word in each of the four states."""
    table = np.full((2, 2), 0.5)
    np.add.at(table, ((words[:, i] > 0).astype(int), (words[:, j] > 0).astype(int)), 1)
    table /= table.sum()
    return float((table * np.log(table / np.outer(table.sum(1), table.sum(0)))).sum())


@pytest.mark.parametrize("n", [1, 2, 10])
def test_probabilities_add_up_to_one(n):
    words = draws(ising_law(*random_ising(n, seed=n))[0], 300, seed=1)
    assert np.exp(fitted(words).log_prob(all_configurations(n))).sum() == pytest.approx(1, abs=1e-12)


def test_a_known_tree_is_found():
    model = fitted(draws(known_law(), WORDS, seed=2))
    assert model.edges.tolist() == EDGES
    assert_as_good_as_maximum_likelihood(known_law(), model, WORDS)


@pytest.mark.parametrize("seed", range(3))
def test_the_held_out_likelihood_is_that_of_the_law(seed):
    """Their difference on words that the fit has not seen, paired, is the price of 2N − 1 parameters."""
    law = known_law(seed)
    model = fitted(draws(law, WORDS, seed=10 + seed))
    held_out = draws(law, WORDS, seed=20 + seed)
    truth = dict(zip(map(bytes, all_configurations(NEURONS)), np.log(law), strict=True))
    lost = np.array([truth[bytes(word)] for word in held_out]) - model.log_prob(held_out)
    price = model.n_parameters / (2 * WORDS)  # 2B·KL is χ² of as many degrees of freedom
    scatter = np.sqrt(2 * model.n_parameters) / (2 * WORDS)
    assert_within_floor(lost.mean(), price, np.hypot(scatter, lost.std() / np.sqrt(WORDS)))


def test_twins_with_another_tree_or_none_are_caught():
    words = draws(known_law(), WORDS, seed=2)
    model = fitted(words)
    chain = np.maximum(np.arange(NEURONS) - 1, 0)
    spikes = words > 0
    rates = np.array(
        [[spikes[spikes[:, p] == state, i].mean() for state in (0, 1)] for i, p in enumerate(chain)]
    )
    rates[0] = spikes[:, 0].mean()
    for wrong in (
        ChowLiuTree(np.arange(NEURONS), chain, rates),
        ChowLiuTree(model.order, model.parents, np.repeat(spikes.mean(0)[:, None], 2, axis=1)),
    ):
        with pytest.raises(AssertionError, match="floors"):
            assert_as_good_as_maximum_likelihood(known_law(), wrong, WORDS)


def test_data_with_a_tree_are_likelier_than_independent_ones():
    words, held_out = draws(known_law(), WORDS, seed=3), draws(known_law(), WORDS, seed=4)
    other = independent.fit(words, np.random.default_rng(0))
    gain = fitted(words).log_prob(held_out) - other.log_prob(held_out)
    assert gain.mean() > FACTOR * gain.std() / np.sqrt(WORDS)


def test_rates_are_those_of_independent_neurons():
    words = draws(known_law(), 500, seed=5)
    states = all_configurations(NEURONS)
    law = np.exp(fitted(words).log_prob(states))
    rates = independent.fit(words, np.random.default_rng(0)).rates
    np.testing.assert_allclose(law @ (states > 0), rates, rtol=1e-12)


def test_no_exchange_of_an_edge_makes_the_tree_better():
    """A spanning tree is the greatest if none of its edges can be exchanged for a better one."""
    words = draws(ising_law(*random_ising(NEURONS, seed=6))[0], 2000, seed=7)
    information = np.zeros((NEURONS, NEURONS))
    for i, j in combinations(range(NEURONS), 2):
        information[i, j] = information_by_definition(words, i, j)
    tree = [tuple(edge) for edge in fitted(words).edges.tolist()]
    for removed in tree:
        rest = np.eye(NEURONS, dtype=int)
        for i, j in set(tree) - {removed}:
            rest[i, j] = rest[j, i] = 1
        reached = np.linalg.matrix_power(rest, NEURONS)[removed[0]] > 0
        assert not reached[removed[1]]  # no circles
        across = information[reached][:, ~reached].max(), information[~reached][:, reached].max()
        assert information[removed] == pytest.approx(max(across), rel=1e-12)


def test_pair_information_is_that_of_the_definition():
    words = draws(known_law(), 700, seed=8)
    counts = (words > 0).T.astype(float) @ (words > 0)
    together = (counts + 0.5) / 702
    np.fill_diagonal(together, (counts.diagonal() + 1) / 702)
    found = chow_liu.mutual_information(together)
    for i, j in combinations(range(NEURONS), 2):
        expected = information_by_definition(words, i, j)
        assert found[i, j] == pytest.approx(expected, abs=1e-13)
        assert found[j, i] == pytest.approx(expected, abs=1e-13)


def test_blocks_of_words_join(monkeypatch):
    words = draws(known_law(), 500, seed=9)
    whole = fitted(words).log_prob(words)
    monkeypatch.setattr("mfvae.population.baselines.base.BLOCK_ENTRIES", 70)
    np.testing.assert_array_equal(fitted(words).log_prob(words), whole)


def test_too_many_neurons_are_refused(monkeypatch):
    monkeypatch.setattr(chow_liu, "MAX_NEURONS", NEURONS - 1)
    with pytest.raises(InputError, match="at most 7"):
        fitted(draws(known_law(), 10, seed=0))
