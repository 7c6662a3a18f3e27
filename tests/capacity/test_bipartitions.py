"""The search for bipartitions that ask the most of a channel."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mfvae.capacity.bipartitions import (
    Bipartition,
    candidate_bipartitions,
    halves,
    improved_cut,
    pair_information,
)
from mfvae.errors import InputError
from mfvae.systems.ising_2d.system import Ising2D


def cut_weight(weights: np.ndarray, first: np.ndarray) -> float:
    return float(weights[np.ix_(first, ~first)].sum())


def test_the_checkerboard_of_the_ising_model_is_found():
    """Given one sublattice the other is independent: no other cut parts as many neighbours."""
    x = Ising2D(6, 4.0).sample(4000, np.random.default_rng(1))
    found = candidate_bipartitions(x, 36, np.random.default_rng(0))
    row, column = np.divmod(np.arange(36), 6)
    checkerboard = (row + column) % 2 == 0
    assert any((one.first == checkerboard).all() or (one.first != checkerboard).all() for one in found)


@pytest.mark.parametrize("seed", range(5))
def test_exchange_never_lowers_a_cut_and_ends_at_a_local_optimum(seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((9, 9))
    weights = weights + weights.T
    np.fill_diagonal(weights, 0)
    start = rng.permutation(np.arange(9) < 4)
    found = improved_cut(weights, start)
    value = cut_weight(weights, found)
    assert value >= cut_weight(weights, start)
    moved = [np.where(np.arange(9) == site, ~found, found) for site in range(9)]
    assert all(cut_weight(weights, one) <= value + 1e-12 for one in moved)
    cuts = [np.array(bits) for bits in product([False, True], repeat=9) if 0 < sum(bits) < 9]
    assert value >= 0.9 * max(cut_weight(weights, one) for one in cuts)


def test_pair_information_is_half_the_square_of_the_correlation():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 4))
    x[:, 1] += x[:, 0]
    expected = np.corrcoef(x.T) ** 2 / 2
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(pair_information(x, 4), expected, atol=1e-12)
    by_two = expected.reshape(2, 2, 2, 2).sum((1, 3))[0, 1]
    assert pair_information(x, 2)[0, 1] == pytest.approx(by_two)


def test_a_site_that_never_changes_carries_nothing():
    x = np.random.default_rng(0).choice([-1, 1], size=(100, 3))
    x[:, 1] = 1
    assert (pair_information(x, 3)[1] == 0).all()


def test_halves_come_first_and_nothing_twice():
    x = np.random.default_rng(0).choice([-1, 1], size=(300, 8))
    found = candidate_bipartitions(x, 8, np.random.default_rng(0))
    assert found[0].name == "halves"
    sides = {min(tuple(one.first), tuple(~one.first)) for one in found}
    assert len(sides) == len(found)


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"^sites of all = "):
        Bipartition("all", np.ones(4, dtype=bool))
    with pytest.raises(InputError, match=r"^sites = 1: "):
        candidate_bipartitions(np.ones((10, 1)), 1, np.random.default_rng())
    with pytest.raises(InputError, match=r"^statistic = "):
        pair_information(np.ones((10, 5)), 2)
    assert halves(5).first.sum() == 2
