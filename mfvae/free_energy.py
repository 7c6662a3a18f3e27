"""Sums over the latent space by quadrature: log p_θ(x) = −F_p(x) and averages over the true posterior.

The prior is integrated on a cubic lattice inside a ball, joined by the same lattice shifted by half a
cell along every axis. For integrands smooth on the scale of the spacing this converges exponentially;
each half is a rule of its own, and how far they differ states the error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.sites import SiteFamily

MAX_LATENT_DIM = 3  # beyond, a lattice has too many nodes
LATTICE_SPACING = {1: 0.04, 2: 0.14, 3: 0.2}  # by latent dimension: 550 to 170,000 nodes
LATTICE_RADIUS = 5.5  # standard deviations of the prior; the mass beyond is 1e-6 at d = 3
BLOCK_ENTRIES = 8_000_000  # (configuration, node) pairs held at once: 64 MB


class Decoder(Protocol):
    """What the quadrature asks of a model: prior N(0,1)^d and fields η(z)."""

    family: SiteFamily

    def fields(self, z: Tensor) -> Tensor: ...


class LatentLattice:
    """Nodes z_g, weights and decoder fields on a lattice over the latent space, in float64."""

    def __init__(
        self,
        model: Decoder,
        latent_dim: int,
        spacing: float | None = None,
        radius: float = LATTICE_RADIUS,
    ) -> None:
        if latent_dim > MAX_LATENT_DIM:
            raise InputError("latent_dim", latent_dim, f"quadrature needs at most {MAX_LATENT_DIM}")
        self.spacing = LATTICE_SPACING[latent_dim] if spacing is None else spacing
        self.family = model.family
        steps = int(radius / self.spacing)
        axis = torch.arange(-steps, steps + 1, dtype=torch.float64) * self.spacing
        corner = torch.cartesian_prod(*[axis] * latent_dim).reshape(-1, latent_dim)
        halves = [half[(half**2).sum(1) <= radius**2] for half in (corner, corner + self.spacing / 2)]
        self.nodes = torch.cat(halves)  # (G, d)
        self.half_size = len(halves[0])
        log_prior = -0.5 * (self.nodes**2).sum(1) - latent_dim / 2 * np.log(2 * np.pi)
        self.log_weight = log_prior + latent_dim * np.log(self.spacing) - np.log(2)  # (G,)
        with torch.no_grad():
            self.fields = model.fields(self.nodes.float()).double()  # (G, N·dim)
            self.site_log_partition = self.family.log_partition(self.fields)  # (G, N)

    def log_joint(self, statistic: Tensor, sites: slice = slice(None)) -> Iterator[Tensor]:
        """Blocks of log[w_g p(z_g) p(x_sites | z_g)], (block, G), over statistics (B, N·dim)."""
        if sites.step not in (None, 1):
            raise InputError("sites", sites, "a contiguous slice is needed")
        dim = self.family.dim
        columns = slice(*(None if i is None else i * dim for i in (sites.start, sites.stop)))
        fields = self.fields[:, columns].T.contiguous()
        offset = self.log_weight - self.site_log_partition[:, sites].sum(1)
        rows = max(1, BLOCK_ENTRIES // len(self.nodes))
        for start in range(0, len(statistic), rows):
            yield torch.addmm(offset, statistic[start : start + rows, columns].double(), fields)

    def log_marginal(self, statistic: Tensor, sites: slice = slice(None)) -> Tensor:
        """log p_θ(x_sites) in nats, (B, N·dim) → (B,); minus the Helmholtz free energy F_p(x)."""
        return torch.cat([block.logsumexp(1) for block in self.log_joint(statistic, sites)])

    def log_marginal_with_error(self, statistic: Tensor) -> tuple[Tensor, float]:
        """``log_marginal`` of whole configurations, and the quadrature's mean error, in nats.

        The error stated is half the mean distance between the results of the lattice's two halves, whose
        errors mostly cancel in the whole.
        """
        first, second = [], []
        for block in self.log_joint(statistic):
            first.append(block[:, : self.half_size].logsumexp(1))
            second.append(block[:, self.half_size :].logsumexp(1))
        one, other = torch.cat(first), torch.cat(second)
        return torch.logaddexp(one, other), (one - other).abs().mean().item() / 2

    def posterior_moments(self, statistic: Tensor, observable: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (B, K) and covariance (B, K, K) of f(z) under p_θ(z|x), f given on the nodes (G, K)."""
        products = (observable[:, :, None] * observable[:, None, :]).flatten(1)
        means, seconds = [], []
        for block in self.log_joint(statistic):
            posterior = block.softmax(1)
            means.append(posterior @ observable)
            seconds.append(posterior @ products)
        mean, k = torch.cat(means), observable.shape[1]
        second = torch.cat(seconds).reshape(-1, k, k)
        return mean, second - mean[:, :, None] * mean[:, None, :]
