"""Patterns ξ in the span of decoded directions: binary, orthonormal, a canonical real form; matching.

The span fixes ξ up to an invertible mixing; demanding ξ = ±1 fixes the mixing up to order and sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STARTS = 512  # random directions from which binary patterns are searched,
FEW = 10  # up to so many of them; four times as many beyond: 512 found 16 in 100 sites 2 times of 10
ITERATIONS = 50
ALIKE = 0.9  # overlap from which on two candidates may be one pattern,
CERTAIN = 0.5  # if |V w| is less on the sites in which they differ
INDEPENDENT = 1e-3  # singular value of directions that are


@dataclass(frozen=True)
class Patterns:
    """Decoded patterns ξ (N·dim, K) and how far the span is from holding binary vectors."""

    values: np.ndarray
    residual: np.ndarray  # root mean square of |V w| − 1 for every pattern, (K,)


def binary_patterns(directions: np.ndarray, rng: np.random.Generator) -> Patterns:
    """K patterns ξ ∈ {±1}^N in the span of ``directions`` (N, K), each up to sign.

    From many random directions w the map w → argmin_w |V w − sign(V w)| is iterated to its fixed points;
    those with the smallest residual that are linearly independent are kept, best first. Two that are
    alike and differ only in sites on which V w is close to 0 are one pattern.
    """
    v = directions * np.sqrt(len(directions))  # columns of unit mean square
    k = v.shape[1]
    w = rng.standard_normal((k, STARTS if k <= FEW else 4 * STARTS))
    for _ in range(ITERATIONS):
        signs = np.where(v @ w >= 0, 1.0, -1.0)
        w = v.T @ signs / len(v)  # least squares: VᵀV = N
    signs = np.where(v @ w >= 0, 1.0, -1.0)
    residual = np.sqrt(((v @ w - signs) ** 2).mean(0))
    chosen: list[int] = []
    for candidate in np.argsort(residual, kind="stable"):
        together = [*chosen, int(candidate)]
        independent = np.linalg.matrix_rank(w[:, together], tol=INDEPENDENT) == len(together)
        if independent and all(_differ(v @ w[:, [one, candidate]]) for one in chosen):
            chosen.append(int(candidate))
        if len(chosen) == k:
            break
    found = signs[:, chosen]
    return Patterns(found * np.where(found.sum(0) < 0, -1, 1), residual[chosen])


def _differ(found: np.ndarray) -> bool:
    """Whether two vectors (N, 2) that should be ±1 are two patterns, of either sign each."""
    one, other = found.T
    apart = np.sign(one) != np.sign(other)
    if 2 * apart.sum() > len(apart):  # closer to each other's negative
        apart = ~apart
    if 1 - 2 * apart.mean() < ALIKE:
        return True
    return bool(apart.any()) and float(np.abs(found[apart]).min(1).mean()) > CERTAIN


def real_patterns(directions: np.ndarray, singular_values: np.ndarray) -> Patterns:
    """Canonical real patterns: principal directions (N·dim, K) times their field's root mean square.

    So |ξ_i^μ| is the typical change, in nats, of neuron i's field along collective variable μ; the sign
    makes the sum over sites positive. Directions are orthogonal; only the sign was free.
    """
    values = directions * singular_values
    return Patterns(values * np.where(values.sum(0) < 0, -1, 1), np.zeros(values.shape[1]))


def orthonormal_patterns(directions: np.ndarray, n_sites: int) -> Patterns:
    """The span's own basis (N·dim, K), with ξᵀξ = N as independent patterns would have.

    Nothing fixes the rotation among them: couplings in this basis are known up to it, and their
    eigenvalues are what can be quoted.
    """
    values = directions * np.sqrt(n_sites)
    return Patterns(values, np.zeros(values.shape[1]))


KINDS = ("binary", "orthonormal", "real")


def patterns_of(
    kind: str,
    directions: np.ndarray,
    singular_values: np.ndarray,
    n_sites: int,
    rng: np.random.Generator,
) -> Patterns:
    """Patterns of one of the KINDS from K directions (N·dim, K) and their singular values (K,)."""
    if kind == "binary":
        return binary_patterns(directions, rng)
    if kind == "orthonormal":
        return orthonormal_patterns(directions, n_sites)
    return real_patterns(directions, singular_values)
