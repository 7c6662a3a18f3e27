"""The third way to read couplings off a decoder: the potential of the collective variables.

The law of φ(z) under the prior should be the Hubbard–Stratonovich density (arXiv:2606.08694)
ρ(φ) ∝ exp(N κ·φ − ½ N φᵀΛφ + Σ_i A(b_i + ξ_i·φ)), with Λ = (βJ)⁻¹ and κ = Λh. Comparing both sides point
by point takes log|det ∂φ/∂z|, which a trained decoder has right where it has seen much data only (at
Curie–Weiss β = 2, N = 256 such a fit is off by 15 %). Their slopes are compared instead (0.1 %), by
least squares under ρ: after an integration by parts (score matching: Hyvärinen, J. Mach. Learn. Res. 6,
695, 2005) averages over the prior are all that is left,

    ΛC + CΛ = 2/N + ⟨δφ δmᵀ⟩ + ⟨δm δφᵀ⟩,   C = ⟨δφ δφᵀ⟩,   m(φ) = ξᵀ∇A(b + ξφ)/N,

in which 1/N stands for the Jacobian, and h = ⟨φ⟩ − βJ⟨m⟩.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mfvae.errors import InputError
from mfvae.latent.lattice import Decoder
from mfvae.latent.nodes import SCRAMBLINGS, prior_nodes

BLOCK = 1024  # nodes whose fields are held at once
REGIONS = (0.05, 0.5, 0.95)  # quantiles of φ around which low, middle and high lie
RESOLUTION = 1e-12  # of a variance over the largest


@dataclass(frozen=True)
class Potential:
    """βJ (K, K), symmetric, and the field h (K,) along the patterns.

    The standard error says how far low, middle and high φ disagree about one quadratic potential, joined
    with the numerical error of averages. Within a factor of two it is the scatter of decoders that know
    ρ from a finite sample only; an error that is quadratic in φ itself, it cannot see.
    """

    coupling: np.ndarray
    coupling_stderr: np.ndarray
    field: np.ndarray


def fit_slope(phi: np.ndarray, m: np.ndarray, n_sites: int) -> np.ndarray:
    """βJ (K, K) from equally likely φ (G, K) and the mean order parameters m(φ) (G, K) in them.

    Raises ArithmeticError for φ that do not vary in all K directions, of which there is no density.
    """
    phi, m = phi - phi.mean(0), m - m.mean(0)
    cross = phi.T @ m / len(phi)
    eigenvalues, basis = np.linalg.eigh(phi.T @ phi / len(phi))
    if eigenvalues[0] <= RESOLUTION * eigenvalues[-1]:
        raise ArithmeticError("the potential of φ: φ does not vary along all patterns")
    slope = basis.T @ (2 * np.eye(phi.shape[1]) / n_sites + cross + cross.T) @ basis
    return np.linalg.inv(basis @ (slope / np.add.outer(eigenvalues, eigenvalues)) @ basis.T)


def disagreement(phi: np.ndarray, m: np.ndarray, n_sites: int, coupling: np.ndarray) -> np.ndarray:
    """Standard error of βJ (K, K), clustered by regions of φ (White, Econometrica 48, 817, 1980).

    Weights that are linear in φ_a between ``REGIONS`` and sum to 1 split the equation of component a;
    its parts, integrated by parts each, are zero in every region if the potential is quadratic.
    """
    k, count = phi.shape[1], len(REGIONS)
    force = m - m.mean(0) - (phi - phi.mean(0)) @ np.linalg.inv(coupling)  # ∇ log ρ / N
    design = np.column_stack([phi - phi.mean(0), np.ones(len(phi))])
    inverse = np.linalg.inv(design.T @ design / len(phi))
    variance = np.empty((k, k))  # of Λ, row by row
    for a in range(k):
        knots = np.quantile(phi[:, a], REGIONS)
        cell = np.searchsorted(knots, phi[:, a])
        width = np.diff(knots)
        width[width == 0] = np.inf  # no φ lies between them
        rise = np.diff(np.eye(count), axis=0) / width[:, None]
        slope = np.vstack([np.zeros(count), rise, np.zeros(count)])[cell]  # (G, regions)
        weight = np.column_stack([np.interp(phi[:, a], knots, unit) for unit in np.eye(count)])
        parts = (slope / n_sites + weight * force[:, [a]]).T @ design / len(phi)
        parts[:, a] += weight.mean(0) / n_sites
        variance[a] = ((parts @ inverse) ** 2).sum(0)[:k] * count / (count - 1)
    symmetric = (variance + variance.T) / 4 * (1 + np.eye(k))
    return np.sqrt(coupling**2 @ symmetric @ coupling**2)


@torch.no_grad()
def potential(
    model: Decoder, latent_dim: int, patterns: np.ndarray, n_sites: int, rng: np.random.Generator
) -> Potential:
    """Read βJ and h off the law of φ(z) = ξ⁺η(z) under the prior, given patterns ξ (N·dim, K).

    φ includes the external field, as in ``mfvae.decode.couplings``; no configuration is needed. A is
    taken in the fields b + ξ·φ, b the mean of what ξ does not span: what a trained η(z) has beyond them
    lowers p_θ(x | z) by about as much as fluctuations of x across the patterns give back.
    Raises InputError for K > d, where φ has no density.
    """
    if patterns.shape[1] > latent_dim:
        raise InputError("patterns", patterns.shape[1], f"a density needs at most {latent_dim}")
    xi = torch.from_numpy(patterns)
    pseudo_inverse = torch.linalg.pinv(xi)  # (K, N·dim)
    blocks, mean_field = [], torch.zeros(len(xi), dtype=torch.float64)
    nodes = prior_nodes(latent_dim, rng)
    for block in torch.split(nodes.float(), BLOCK):
        fields = model.fields(block).cpu().double()
        mean_field += fields.sum(0) / len(nodes)
        blocks.append(fields @ pseudo_inverse.T)
    bias = mean_field - xi @ (pseudo_inverse @ mean_field)
    phi = torch.cat(blocks).numpy()  # (G, K)
    mean_statistic = model.family.mean_statistic
    m = torch.cat([mean_statistic(bias + block @ xi.T) @ xi / n_sites for block in blocks]).numpy()
    coupling = fit_slope(phi, m, n_sites)
    scramblings = zip(np.split(phi, SCRAMBLINGS), np.split(m, SCRAMBLINGS), strict=True)
    single = [fit_slope(phi_s, m_s, n_sites) for phi_s, m_s in scramblings]
    numerical = np.std(single, axis=0, ddof=1) / np.sqrt(SCRAMBLINGS)
    stderr = np.hypot(disagreement(phi, m, n_sites, coupling), numerical)
    return Potential(coupling, stderr, phi.mean(0) - coupling @ m.mean(0))
