"""How the tests judge random numbers: against the Monte-Carlo floor, computed and never guessed.

A floor is the standard error of a mean of independent draws, sqrt(variance / draws), with the exact
variance wherever it is known. Every check here has twins in the tests: samples that are slightly wrong
and must fail the very same check.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, norm

FACTOR = 4.0  # floors; a right sampler exceeds it once in 16,000 comparisons
MIN_EXPECTED = 10.0  # draws expected in a cell of a chi-square test


def all_configurations(n_sites: int) -> np.ndarray:
    """Every configuration of n spins −1/+1, int8 (2^n, n); the first site is the slowest."""
    bits = np.arange(2**n_sites)[:, None] >> np.arange(n_sites)[::-1]
    return (2 * (bits & 1) - 1).astype(np.int8)


def assert_within_floor(measured, exact, stderr, factor: float = FACTOR) -> None:
    """|measured − exact| ≤ factor × stderr for every entry.

    n entries fail together by chance with probability ≤ n · 6.3e-5 at four floors (Bonferroni); tests
    that compare many entries say how many.
    """
    measured, exact, stderr = np.broadcast_arrays(measured, exact, stderr)
    assert (stderr > 0).all(), "a floor of zero tests nothing"
    floors = np.abs(measured - exact) / stderr
    worst = np.unravel_index(np.argmax(np.where(np.isnan(floors), np.inf, floors)), floors.shape)
    assert (floors <= factor).all(), (
        f"off by {floors[worst]:.1f} floors (allowed {factor}): {measured[worst]} at {worst}, "
        f"exact {exact[worst]} ± {stderr[worst]:.2g}"
    )


def assert_mean(values: np.ndarray, exact, exact_variance, factor: float = FACTOR) -> None:
    """The mean of independent draws (B, ...) against its exact value, floor from the exact variance."""
    floor = np.sqrt(np.asarray(exact_variance) / len(values))
    assert_within_floor(values.mean(0), exact, floor, factor)


def _pools(expected: np.ndarray) -> np.ndarray:
    """Pool of every cell: neighbours, filled until each pool expects ``MIN_EXPECTED`` draws."""
    pool, current, filled = np.empty(len(expected), dtype=int), 0, 0.0
    for cell, draws in enumerate(expected):
        if filled >= MIN_EXPECTED:
            current, filled = current + 1, 0.0
        pool[cell], filled = current, filled + draws
    if filled < MIN_EXPECTED:  # the last one joins its neighbour
        pool[pool == current] = max(current - 1, 0)
    return pool


def assert_law(cells: np.ndarray, probabilities: np.ndarray, factor: float = FACTOR) -> None:
    """Chi-square test of independent draws, given as indices of cells, against their exact law.

    Neighbouring cells are pooled until each expects ``MIN_EXPECTED`` draws. χ² is turned into the normal
    deviate of the same tail probability, so that ``factor`` means floors here too.
    """
    assert abs(probabilities.sum() - 1) < 1e-9, "the exact law must be normalised"
    counts = np.bincount(cells, minlength=len(probabilities))
    expected = len(cells) * probabilities
    pool = _pools(expected)
    counts, expected = np.bincount(pool, counts), np.bincount(pool, expected)
    assert len(expected) > 1, "one cell tests nothing"
    statistic = float(((counts - expected) ** 2 / expected).sum())
    floors = norm.isf(chi2.sf(statistic, len(expected) - 1))
    assert floors <= factor, (
        f"χ² = {statistic:.1f} in {len(expected)} cells: off by {floors:.1f} floors (allowed {factor})"
    )


def shuffled_sites(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A twin: every site keeps its own draws, in another order, so that all correlations are lost."""
    if x.ndim == 2:
        return rng.permuted(x, axis=0)
    order = rng.permuted(np.tile(np.arange(len(x))[:, None], (1, x.shape[1])), axis=0)
    return x[order, np.arange(x.shape[1])]  # the parts of a vector stay together
