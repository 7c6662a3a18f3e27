"""Sums over the latent space: log p_θ(x) = −F_p(x) and averages over the true posterior.

By quadrature up to three latent dimensions, by importance sampling beyond. For quadrature the prior is
integrated on a cubic lattice inside a ball, joined by the same lattice shifted by half a cell along
every axis. For integrands smooth on the scale of the spacing this converges exponentially; each half is
a rule of its own, and how far they differ states the error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from mfvae.errors import InputError
from mfvae.sites import SiteFamily
from mfvae.vae import VAE

MAX_LATENT_DIM = 3  # beyond, a lattice has too many nodes
LATTICE_SPACING = {1: 0.005, 2: 0.14, 3: 0.2}  # by latent dimension: 4,400 to 170,000 nodes
LATTICE_RADIUS = 5.5  # standard deviations of the prior; the mass beyond is 1e-6 at d = 3
BLOCK_ENTRIES = 8_000_000  # (configuration, node) pairs held at once: 64 MB

SOBOL_NODES = 2**17
EDGE = 1e-9  # of the unit cube, where the normal quantile diverges

DRAWS = 256  # importance samples of z per configuration
DEGREES = 5  # of freedom of Student's t, whose tails keep the weights bounded
ADAPTATIONS = 2  # rounds in which the proposal is fitted to the posterior, by half as many draws each
TRUST = 4  # effective draws per latent dimension at which half of a fitted covariance is believed
FIELD_ENTRIES = 1_000_000  # fields held at once: 4 MB, which a cache holds


class Decoder(Protocol):
    """What the quadrature asks of a model: prior N(0,1)^d and fields η(z)."""

    family: SiteFamily

    def fields(self, z: Tensor) -> Tensor: ...


class EncoderDecoder(Decoder, Protocol):
    """What importance sampling asks for beside: the encoder q(z|x)."""

    def encode(self, statistic: Tensor) -> tuple[Tensor, Tensor]: ...


def parameter_type(model: Decoder) -> torch.dtype:
    """float64 for a model whose parameters are, float32 for all others: what ``fields`` is given."""
    double = isinstance(model, nn.Module) and next(model.parameters()).dtype == torch.float64
    return torch.float64 if double else torch.float32


@lru_cache(maxsize=4)
def _sobol(n: int, latent_dim: int) -> Tensor:
    return torch.quasirandom.SobolEngine(latent_dim).draw(n, dtype=torch.float64)  # type: ignore[no-untyped-call]


def shifted_nodes(n: int, latent_dim: int, generator: torch.Generator) -> Tensor:
    """n nodes of equal weight over the prior (n, d), float32, under a random shift of their own.

    Sobol points in the unit cube, best where n is a power of 2 (equally spaced at d = 1), shifted modulo
    1 (Cranley & Patterson, SIAM J. Numer. Anal. 13, 904, 1976) and taken through the normal quantile. A
    mean over them is unbiased.
    """
    shift = torch.rand(latent_dim, generator=generator, dtype=torch.float64)
    unit = (_sobol(n, latent_dim) + shift) % 1
    return torch.special.ndtri(unit.clamp(min=EDGE, max=1 - EDGE)).float()


class LatentQuadrature:
    """Nodes z_g (G, d), log weights (G,) and decoder fields there, in float64.

    The first ``half_size`` nodes and the others are rules of their own with half the weight each.
    """

    def __init__(self, model: Decoder, nodes: Tensor, log_weight: Tensor, half_size: int) -> None:
        self.family, self.half_size = model.family, half_size
        self.nodes, self.log_weight = nodes, log_weight
        with torch.no_grad():
            self.fields = model.fields(nodes.to(parameter_type(model))).double()  # (G, N·dim)
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

        The error stated is half the mean distance between the results of the two halves.
        """
        first, second = [], []
        for block in self.log_joint(statistic):
            first.append(block[:, : self.half_size].logsumexp(1))
            second.append(block[:, self.half_size :].logsumexp(1))
        one, other = torch.cat(first), torch.cat(second)
        return torch.logaddexp(one, other), (one - other).abs().mean().item() / 2

    def posterior_moments(self, statistic: Tensor, projection: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (B, K) and covariance (B, K, K) of φ = P η(z) under p_θ(z|x), P given as (K, N·dim)."""
        observable = self.fields @ projection.T  # (G, K)
        products = (observable[:, :, None] * observable[:, None, :]).flatten(1)
        means, seconds = [], []
        for block in self.log_joint(statistic):
            posterior = block.softmax(1)
            means.append(posterior @ observable)
            seconds.append(posterior @ products)
        mean, k = torch.cat(means), observable.shape[1]
        second = torch.cat(seconds).reshape(-1, k, k)
        return mean, second - mean[:, :, None] * mean[:, None, :]


class LatentLattice(LatentQuadrature):
    """A cubic lattice inside a ball and the same shifted by half a cell along every axis."""

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
        steps = int(radius / self.spacing)
        axis = torch.arange(-steps, steps + 1, dtype=torch.float64) * self.spacing
        corner = torch.cartesian_prod(*[axis] * latent_dim).reshape(-1, latent_dim)
        halves = [half[(half**2).sum(1) <= radius**2] for half in (corner, corner + self.spacing / 2)]
        nodes = torch.cat(halves)
        log_prior = -0.5 * (nodes**2).sum(1) - latent_dim / 2 * np.log(2 * np.pi)
        log_weight = log_prior + latent_dim * np.log(self.spacing) - np.log(2)
        super().__init__(model, nodes, log_weight, len(halves[0]))


class SobolNodes(LatentQuadrature):
    """Two randomly shifted Sobol sets of equal weights, which crowd where the prior is.

    For decoders steeper than a lattice cell: without smoothness a lattice loses its convergence, and
    most of its nodes lie where the prior is small. Errors are 1e-4 to 1e-3 nats.
    """

    def __init__(self, model: Decoder, latent_dim: int, generator: torch.Generator) -> None:
        halves = [shifted_nodes(SOBOL_NODES // 2, latent_dim, generator) for _ in range(2)]
        log_weight = torch.full((SOBOL_NODES,), -math.log(SOBOL_NODES), dtype=torch.float64)
        super().__init__(model, torch.cat(halves).double(), log_weight, SOBOL_NODES // 2)


class Proposal(NamedTuple):
    """Location (B, d) and lower Cholesky factor (B, d, d) of a law of z for every configuration."""

    mean: Tensor
    factor: Tensor


class ImportanceSampler:
    """The same sums for any latent dimension, by self-normalised importance sampling.

    Draws come from a multivariate Student's t per configuration, which is moved from the encoder's
    q(z|x) to the posterior p_θ(z|x) in a few rounds (population Monte Carlo: Cappé et al., J. Comput.
    Graph. Stat. 13, 907, 2004). log p_θ(x) is estimated from below: the bias is stated.
    """

    def __init__(self, model: EncoderDecoder, generator: torch.Generator, draws: int = DRAWS) -> None:
        self.model, self.generator, self.draws = model, generator, draws

    def _weighted(
        self, statistic: Tensor, proposal: Proposal, draws: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draws z (B, S, d), their fields (B, S, N·dim) and log weights (B, S)."""
        d = proposal.mean.shape[1]
        shape = (len(statistic), draws)
        chi_squared = torch.randn((*shape, DEGREES), generator=self.generator).square().sum(2)
        gaussian = torch.randn((*shape, d), generator=self.generator)
        noise = gaussian * (DEGREES / chi_squared).sqrt()[:, :, None]  # Student's t
        z = proposal.mean[:, None] + noise @ proposal.factor.mT
        fields = self.model.fields(z)
        log_likelihood = (fields @ statistic[:, :, None])[:, :, 0]
        log_likelihood -= self.model.family.log_partition(fields).sum(2)
        log_joint = log_likelihood - 0.5 * (z**2).sum(2)
        tails = (DEGREES + d) / 2 * torch.log1p((noise**2).sum(2) / DEGREES)
        log_volume = proposal.factor.diagonal(dim1=1, dim2=2).log().sum(1, keepdim=True)
        constant = (
            math.lgamma(DEGREES / 2) - math.lgamma((DEGREES + d) / 2) + d / 2 * math.log(DEGREES / 2)
        )
        return z, fields, (log_joint + tails + log_volume).double() + constant

    def _adapt(self, statistic: Tensor) -> Proposal:
        mean, log_std = self.model.encode(statistic)
        proposal = Proposal(mean, torch.diag_embed(log_std.exp()))
        for _ in range(ADAPTATIONS):
            z, _, log_weight = self._weighted(statistic, proposal, self.draws // 2)
            weight = log_weight.softmax(1).float()[:, :, None]
            mean = (weight * z).sum(1)
            offset = (z - mean[:, None]) * weight.sqrt()
            effective = 1 / (weight**2).sum(1)[:, :, None]
            prior = proposal.factor @ proposal.factor.mT
            trust = effective / (effective + TRUST * z.shape[2])  # few effective draws: keep the old one
            covariance = trust * (offset.mT @ offset) + (1 - trust) * prior
            proposal = Proposal(mean, torch.linalg.cholesky(covariance))
        return proposal

    @torch.no_grad()
    def _blocks(self, statistic: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Log weights (block, S) and fields (block, S, N·dim) under the adapted proposals."""
        rows = max(1, FIELD_ENTRIES // (self.draws * statistic.shape[1]))
        for block in torch.split(statistic, rows):
            _, fields, log_weight = self._weighted(block, self._adapt(block), self.draws)
            yield log_weight, fields

    def log_marginal_with_error(self, statistic: Tensor) -> tuple[Tensor, float]:
        """log p_θ(x) in nats, (B, N·dim) → (B,), and the mean bias to be expected, in nats.

        The bias is estimated by the delta method, half the relative variance of the mean weight.
        """
        values, bias = [], 0.0
        for log_weight, _ in self._blocks(statistic):
            values.append(log_weight.logsumexp(1) - math.log(self.draws))
            weight = log_weight.softmax(1)
            bias += ((weight**2).sum(1) - 1 / self.draws).sum().item() / 2
        return torch.cat(values), bias / len(statistic)

    def posterior_moments(self, statistic: Tensor, projection: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (B, K) and covariance (B, K, K) of φ = P η(z) under p_θ(z|x), P given as (K, N·dim)."""
        means, covariances = [], []
        for log_weight, fields in self._blocks(statistic):
            weight = log_weight.softmax(1)[:, :, None]
            observable = (fields @ projection.T.float()).double()
            mean = (weight * observable).sum(1)
            offset = (observable - mean[:, None]) * weight.sqrt()
            means.append(mean)
            covariances.append(offset.mT @ offset / (1 - (weight**2).sum(1)[:, :, None]))
        return torch.cat(means), torch.cat(covariances)


LatentIntegral = LatentQuadrature | ImportanceSampler


def latent_integral(model: VAE, generator: torch.Generator) -> LatentIntegral:
    """The sum that suits a model: quadrature up to three latents, importance sampling beyond.

    The lattice where the decoder's features are wider than its cells, Sobol nodes otherwise.
    """
    d = model.config.latent_dim
    if d > MAX_LATENT_DIM:
        return ImportanceSampler(model, generator)
    if model.latent_gain.max().item() * LATTICE_SPACING[d] > 1:
        return SobolNodes(model, d, generator)
    return LatentLattice(model, d)
