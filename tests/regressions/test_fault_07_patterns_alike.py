"""Two patterns of overlap 0.95 were joined to one, whose missing partner counted as a coupling of 0."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.compare.pattern_matching import match_patterns
from mfvae.decoding.patterns import binary_patterns

SITES = 400


def patterns_of_overlap(overlap: float, number: int, rng: np.random.Generator) -> np.ndarray:
    """±1 (N, number): a first one, and others that differ from it in (1 − overlap)/2 of the sites."""
    first = rng.choice([-1.0, 1.0], size=SITES)
    found = [first]
    for _ in range(number - 1):
        other = first.copy()
        other[rng.permutation(SITES)[: round((1 - overlap) / 2 * SITES)]] *= -1
        found.append(other)
    return np.column_stack(found)


def decoded(truth: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Patterns found in an orthonormal basis of a random mixture, with noise of this relative size."""
    mixed = truth @ rng.normal(size=(truth.shape[1],) * 2) + noise * rng.normal(size=truth.shape)
    return binary_patterns(np.linalg.svd(mixed, full_matrices=False)[0], rng).values


@pytest.mark.parametrize(
    ("overlap", "number"),  # of three that are alike a sum is a fourth: ξ² + ξ³ − ξ¹
    [(0.0, 2), (0.3, 2), (0.9, 2), (0.95, 2), (0.97, 2), (0.0, 3), (0.3, 3)],
)
def test_patterns_are_told_apart_however_alike_they_are(overlap, number):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        truth = patterns_of_overlap(overlap, number, rng)
        found = decoded(truth, 0.0, rng)
        assert found.shape == truth.shape
        assert match_patterns(found, truth)[1].min() == 1.0


@pytest.mark.parametrize("overlap", [0.0, 0.3])
def test_noise_does_not_make_a_pattern_twice(overlap):
    """Each is found, not one of them in two versions that differ in a few sites."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        truth = patterns_of_overlap(overlap, 2, rng)
        found = decoded(truth, 0.05, rng)
        assert match_patterns(found, truth)[1].min() > 0.97


def test_fewer_and_more_patterns_than_stored_are_matched():
    truth = patterns_of_overlap(0.1, 3, np.random.default_rng(1))
    permutation, overlap = match_patterns(truth[:, [2]], truth)
    assert overlap.tolist() == [0.0, 0.0, 1.0]
    assert permutation.tolist() == [[0.0, 0.0, 1.0]]
    permutation, overlap = match_patterns(np.column_stack([truth, -truth[:, 0]]), truth)
    assert overlap.tolist() == [1.0, 1.0, 1.0]
    assert np.abs(permutation).sum() == 3
