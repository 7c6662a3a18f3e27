"""Known contacts are those of a path through a cube; pairs that are planted come first."""

from __future__ import annotations

import numpy as np

import mfvae
from benchmarks.lattice_proteins import (
    APART,
    CONTACTS,
    block_norms,
    critics_pairs,
    measure,
    null_precision,
    precision,
)
from mfvae.sites.potts import Potts

LETTERS = 27


def test_the_contacts_can_be_those_of_a_compact_fold():
    """A path of 27 sites has 26 of the 54 bonds of the cube, and bonds join sites of two colours."""
    assert len(set(CONTACTS)) == 54 - 26
    assert all(0 <= i < j < LETTERS and (j - i) % 2 and j - i >= APART for i, j in CONTACTS)
    degrees = np.bincount(np.ravel(CONTACTS), minlength=LETTERS)
    degrees += np.where(np.isin(np.arange(LETTERS), [0, LETTERS - 1]), 1, 2)
    assert sorted(degrees.tolist()) == [3] * 8 + [4] * 12 + [5] * 6 + [
        6
    ]  # corners, edges, faces, centre


def test_block_norms_are_those_of_blocks():
    matrix = np.zeros((8, 8))
    matrix[:2, 6:] = matrix[6:, :2] = 0.5
    found = block_norms(matrix, 4)
    assert np.unravel_index(found.argmax(), (4, 4)) == (0, 3)
    np.testing.assert_allclose(found[0, 3], 1 - 1 / 2)  # less the product of both rows over the sum


def test_precision_is_a_share_of_the_first_pairs():
    scores = np.zeros((8, 8))
    scores[0, 5] = scores[1, 6] = 2.0
    scores[2, 7] = 1.0
    assert precision(scores, {(0, 5), (1, 6)}) == 1.0
    assert precision(scores, {(0, 5), (2, 7)}) == 0.5
    assert precision(np.triu(np.ones((8, 8)), 1) * 9, {(3, 7), (4, 7)}) == 0.0  # none of the first pairs


def test_random_pairs_have_the_share_of_contacts():
    mean, high = null_precision(LETTERS, len(CONTACTS), np.random.default_rng(0))
    assert mean == len(CONTACTS) / (24 * 25 / 2)
    assert mean < high < 0.4


def test_a_planted_pair_of_states_is_found_beyond_independent_sites():
    rng, family = np.random.default_rng(0), Potts(3)
    x = rng.integers(3, size=(4000, 6), dtype=np.uint8)
    x[::2, 5] = x[::2, 1]

    def draws(n: int, rng: np.random.Generator) -> np.ndarray:
        return family.statistic(rng.integers(3, size=(n, 6), dtype=np.uint8))

    found = block_norms(critics_pairs(family.statistic(x), draws, rng), 6)
    assert np.unravel_index(found.argmax(), found.shape) == (1, 5)


def test_a_fold_of_copies_is_measured():
    """The whole measurement, on few rows, in which sites four apart are nearly equal."""
    rng = np.random.default_rng(1)
    half = rng.integers(4, size=(900, 4), dtype=np.uint8)
    rows = np.concatenate([half, np.where(rng.random(half.shape) < 0.9, half, 0)], axis=1)
    fit = mfvae.fit(mfvae.data.load(rows, site="potts", axes="rows sites"), latents=1, epochs=2)
    contacts = {(site, site + 4) for site in range(4)}
    found = measure(fit, contacts)
    assert found["precision"]["covariance of the data"] == 1.0
    assert found["precision"]["pairs beyond independent sites"] == 1.0
    assert found["verdict"]
