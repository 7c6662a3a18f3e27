"""Wells of a latent space: of clusters, and of solvable systems, whose exact decoder is known."""

from __future__ import annotations

import numpy as np

from mfvae.latent.spectrum import LatentSpectrum, fisher_chart
from mfvae.sites.spin import Spin
from mfvae.studies.box_energies.clusters import separability

CELLS = {2: 301, 3: 61}  # an axis of the fields of so many patterns
GRID = 60_001  # nodes of the Hubbard–Stratonovich field
FIELD_RANGE = 3.0  # beyond which its law has no mass at the temperatures of interest


def separated_by_states(spectrum: LatentSpectrum, label: np.ndarray, seed: int) -> float:
    """Adjusted Rand index of k-means on the lowest states with clusters (n,), k the number of clusters.

    Rows of the k states are normalised, as far from a barrier states are constant up to the sign
    (Ng, Jordan & Weiss, NIPS 14, 2001).
    """
    lowest = spectrum.states[:, : len(np.unique(label))]
    return separability(lowest / np.linalg.norm(lowest, axis=1, keepdims=True), label, seed)


def log_field_law(n_sites: int, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Fields φ on a grid and log ρ(φ) = −Nφ²/2β + N log 2cosh φ up to a constant, two of (GRID,)."""
    field = np.linspace(-FIELD_RANGE, FIELD_RANGE, GRID)
    return field, n_sites * (np.logaddexp(field, -field) - field**2 / (2 * beta))


def curie_weiss_points(n_sites: int, beta: float, n: int) -> np.ndarray:
    """Fisher coordinates (n, 1) of the exact decoder of Curie–Weiss at n quantiles of ρ(φ).

    All sites have the same field, so that one coordinate times √N has all distances.
    """
    field, log_law = log_field_law(n_sites, beta)
    cumulative = np.cumsum(np.exp(log_law - log_law.max()))
    quantiles = np.interp((np.arange(n) + 0.5) / n, cumulative / cumulative[-1], field)
    return np.sqrt(n_sites) * fisher_chart(Spin(), quantiles[:, None])


def curie_weiss_barrier(n_sites: int, beta: float) -> float:
    """log ρ at its maxima less log ρ at φ = 0, in nats; 0 up to the transition."""
    _, log_law = log_field_law(n_sites, beta)
    return float(log_law.max() - log_law[GRID // 2])


def hopfield_points(patterns: np.ndarray, beta: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Fisher coordinates (n, N) of the exact decoder of Hopfield patterns (N, p) at draws of ρ(φ).

    ρ(φ) ∝ exp(−N|φ|²/2β + Σ_i log 2cosh ξ_i·φ), on a grid of ``CELLS`` cells an axis.
    """
    n_sites, p = patterns.shape
    axis, step = np.linspace(-FIELD_RANGE, FIELD_RANGE, CELLS[p], retstep=True)
    nodes = np.stack(np.meshgrid(*[axis] * p), axis=-1).reshape(-1, p)
    fields = nodes @ patterns.T
    log_law = np.logaddexp(fields, -fields).sum(1) - n_sites * (nodes**2).sum(1) / (2 * beta)
    weight = np.exp(log_law - log_law.max())
    drawn = nodes[rng.choice(len(nodes), n, p=weight / weight.sum())]
    drawn = drawn + step * rng.uniform(-0.5, 0.5, drawn.shape)
    return fisher_chart(Spin(), drawn @ patterns.T)
