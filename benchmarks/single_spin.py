"""The peer of the exact samplers: single-spin Metropolis, compiled, O(K) a proposed flip.

Metropolis et al. (J. Chem. Phys. 21, 1087, 1953) move particles in turn; textbooks choose the spin at
random (Newman & Barkema, Monte Carlo Methods in Statistical Physics, Oxford, 1999, chapter 3).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mfvae.errors import InputError
from mfvae.systems.binary_patterns import BinaryPatternModel


@njit(cache=True)
def _sweep_series(x, patterns, accept, steps, at_random, rng):  # type: ignore[no-untyped-def]
    """M after each of ``steps`` sweeps, of N proposed flips, of x, int8 (N,), in place: (K, steps)."""
    n_sites, n_patterns = patterns.shape
    collective = np.zeros(n_patterns, dtype=np.int64)
    for i in range(n_sites):
        for k in range(n_patterns):
            collective[k] += patterns[i, k] * x[i]
    series = np.empty((n_patterns, steps))
    for step in range(steps):
        for turn in range(n_sites):
            i = int(rng.random() * n_sites) if at_random else turn
            aligned = 0
            for k in range(n_patterns):
                aligned += patterns[i, k] * collective[k]
            aligned *= x[i]
            if aligned <= n_patterns or rng.random() < accept[aligned]:
                for k in range(n_patterns):
                    collective[k] -= 2 * patterns[i, k] * x[i]
                x[i] = -x[i]
        series[:, step] = collective
    return series


def metropolis_series(
    system: BinaryPatternModel, x: np.ndarray, steps: int, rng: np.random.Generator, at_random: bool
) -> np.ndarray:
    """Order parameters m after each of ``steps`` sweeps: (K, steps).

    A sweep proposes N flips, of every site in turn or of sites ``at_random``. The chain x, int8 (N,),
    moves on in place. A flip of x_i changes log p by −2(βJ/N)(x_i ξ_i·M − K), an integer times a
    constant: the probabilities come from a table. Raises InputError in a field.
    """
    if system.field.any():
        raise InputError("field", system.field.tolist(), "none, so that few values of log p can differ")
    aligned = np.arange(system.n_sites * system.n_patterns + 1)
    accept = np.exp(-2 * system.coupling / system.n_sites * (aligned - system.n_patterns))
    patterns = system.patterns.astype(np.int64)
    series: np.ndarray = _sweep_series(x, patterns, accept, steps, at_random, rng)
    return series / system.n_sites


def observables(m: np.ndarray) -> dict[str, np.ndarray]:
    """What a chain with order parameters m (K, B) has to forget, each (B,).

    The energy (up to a factor), |m_1|, and every m_μ with its sign, which a large system seldom changes.
    """
    signed = {f"m_{k}": series for k, series in enumerate(m, start=1)}
    return {"energy": (m**2).sum(0), "abs(m_1)": np.abs(m[0]), **signed}
