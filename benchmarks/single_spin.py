"""The peer of the exact samplers: single-spin Metropolis, compiled, O(K) a proposed flip."""

from __future__ import annotations

import numpy as np
from numba import njit

from mfvae.errors import InputError
from mfvae.systems.binary_patterns import BinaryPatternModel


@njit(cache=True)
def _sweep_series(x, patterns, accept, steps, rng):  # type: ignore[no-untyped-def]
    """|M|² and |M_1| after each of ``steps`` sweeps of x, int8 (N,), in place, site after site."""
    n_sites, n_patterns = patterns.shape
    collective = np.zeros(n_patterns, dtype=np.int64)
    for i in range(n_sites):
        for k in range(n_patterns):
            collective[k] += patterns[i, k] * x[i]
    series = np.empty((2, steps))
    for step in range(steps):
        for i in range(n_sites):
            aligned = 0
            for k in range(n_patterns):
                aligned += patterns[i, k] * collective[k]
            aligned *= x[i]
            if aligned <= n_patterns or rng.random() < accept[aligned]:
                for k in range(n_patterns):
                    collective[k] -= 2 * patterns[i, k] * x[i]
                x[i] = -x[i]
        square = 0
        for k in range(n_patterns):
            square += collective[k] ** 2
        series[0, step], series[1, step] = square, abs(collective[0])
    return series


def metropolis_series(
    system: BinaryPatternModel, x: np.ndarray, steps: int, rng: np.random.Generator
) -> np.ndarray:
    """|m|² (the energy, up to a factor) and |m_1| after each of ``steps`` sweeps: (2, steps).

    The chain x, int8 (N,), moves on in place. A flip of x_i changes log p by −2(βJ/N)(x_i ξ_i·M − K),
    an integer times a constant: the probabilities come from a table. Raises InputError in a field.
    """
    if system.field.any():
        raise InputError("field", system.field.tolist(), "none, so that few values of log p can differ")
    aligned = np.arange(system.n_sites * system.n_patterns + 1)
    accept = np.exp(-2 * system.coupling / system.n_sites * (aligned - system.n_patterns))
    series: np.ndarray = _sweep_series(x, system.patterns.astype(np.int64), accept, steps, rng)
    return series / np.array([[system.n_sites**2], [system.n_sites]])
