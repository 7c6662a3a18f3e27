"""Nodes of the Gaussian field φ of a quadratic Hopfield model, where its law is and nowhere else.

The law of φ, p(φ) ∝ e^(−|φ|²/2) Π_i 2cosh(b_i + ξ_i·φ), is a mixture Σ_x p(x) N(φ; ξᵀx, 1) of Gaussians
of width 1. Two things follow, which hold for every model. A lattice of spacing h sums it with a relative
error of 2K e^(−2π²/h²) (Poisson's sum). And the probability of those ξᵀx that lie no further than r from
a point is at most (2π)^(K/2) e^(r²/2) times the density there, so that cells of any size can be left out
by the density at their centres. Modes may lie far apart and far from 0, as patterns of an ordered model
do, where a lattice over the prior of φ would miss them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

CELL = 3.5  # edge of the smallest cells in which means ξᵀx are looked for
NODES_PER_CELL = 4  # along an axis: spacing 0.875, a relative error of 4e-11 at K = 3
REACH = 2  # cells around one that are summed over too: 7 standard deviations, all but 8e-12 at K = 3
LOG_MISSED = np.log(1e-12)  # of the probability in all cells, or nodes, that are left out at once
BLOCK_ENTRIES = 4_000_000  # (node, site) pairs held at once: 32 MB


def blocks(n_nodes: int, n_sites: int) -> Iterator[slice]:
    """Parts of the nodes, few enough for the memory."""
    rows = max(1, BLOCK_ENTRIES // n_sites)
    yield from (slice(start, start + rows) for start in range(0, n_nodes, rows))


def _log_density(bias: np.ndarray, patterns: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """log[(2π)^(−K/2) e^(−|φ|²/2) Π_i 2cosh(b_i + ξ_i·φ)] at fields (G, K), (G,): Z p(φ)."""
    found = -(fields**2).sum(1) / 2 - fields.shape[1] / 2 * np.log(2 * np.pi)
    for rows in blocks(len(fields), len(bias)):
        local = np.abs(bias + fields[rows] @ patterns.T)
        found[rows] += (local + np.log1p(np.exp(-2 * local))).sum(1)
    return found


def _offsets(n: int, dimensions: int) -> np.ndarray:
    """Integer vectors of n steps along every axis (n^K, K), from 0."""
    return np.array(list(product(range(n), repeat=dimensions)))


def _occupied(bias: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """Cells (C, K) that hold all means ξᵀx but a probability of 1e-12; cell c is around CELL·(c + ½)."""
    k = patterns.shape[1]
    levels = max(0, int(np.ceil(np.log2(np.abs(patterns).sum(0).max() / CELL + 1e-9))))
    cells, best = _offsets(2, k) - 1, -np.inf  # 2^K cells hold all of them
    for level in range(levels, -1, -1):
        edge = CELL * 2**level
        log_density = _log_density(bias, patterns, edge * (cells + 0.5))
        best = max(best, float(log_density.max()))  # Z ≥ (2π)^(K/2) Z p(φ) anywhere
        most = log_density + k * edge**2 / 8  # of log(Z·probability), less K/2 log 2π
        cells = cells[most > best + LOG_MISSED - np.log(len(cells))]
        if level:
            cells = (2 * cells[:, None] + _offsets(2, k)).reshape(-1, k)
    return cells


def nodes(bias: np.ndarray, patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fields and the logarithms of their parts of Z.

    Parameters
    ----------
    bias : ndarray of float, shape (N,)
        b in nats.
    patterns : ndarray of float, shape (N, K)
        ξ, K at most N.

    Returns
    -------
    fields : ndarray of float64, shape (G, K)
        φ_g, on a lattice along the principal axes of ξ.
    log_weight : ndarray of float64, shape (G,)
        Nats; the sum of their exponentials is Z, to a relative error of 1e-10. Words whose sites are
        independent given φ_g, chosen with these weights, follow the law to the same error.

    Examples
    --------
    Without patterns Z = Π_i 2cosh b_i.

    >>> _, log_weight = nodes(np.zeros(3), np.zeros((3, 1)))
    >>> round(float(np.exp(log_weight).sum()), 8)
    8.0
    """
    _, _, axes = np.linalg.svd(patterns, full_matrices=False)  # (K, K)
    turned, k = patterns @ axes.T, patterns.shape[1]
    around = _offsets(2 * REACH + 1, k) - REACH
    cells = np.unique((_occupied(bias, turned)[:, None] + around).reshape(-1, k), axis=0)
    spacing = CELL / NODES_PER_CELL
    steps = NODES_PER_CELL * cells[:, None] + _offsets(NODES_PER_CELL, k)
    fields = spacing * (steps.reshape(-1, k) + 0.5)
    log_weight = _log_density(bias, turned, fields) + k * np.log(spacing)
    kept = log_weight > log_weight.max() + LOG_MISSED - np.log(len(fields))
    return fields[kept] @ axes, log_weight[kept]
