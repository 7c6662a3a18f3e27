"""Sums over the latent space by self-normalised importance sampling, for any latent dimension."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from mfvae.latent.lattice import device_of
from mfvae.latent.pareto import TOO_HEAVY, shapes
from mfvae.latent.proposals import WIDENING, EncoderDecoder, ModeFinder, Proposal
from mfvae.portable import in_double, square_root
from mfvae.sites.masks import (
    check_observed,
    mask_argument,
    on_device,
    over_observed,
    rows_of,
    unless_complete,
    without_missing,
)

DRAWS = 256  # importance samples of z per configuration
PILOT = 128  # draws before them, which find mean and covariance of the posterior
DEGREES = 5  # of freedom of Student's t, whose tails keep the weights bounded
OWN = 400  # draws of the model, of which the estimate is bounded from above, too
MOST_HEAVY = 0.15  # share of the configurations whose weights may have too heavy a tail
FIELD_ENTRIES = 1_000_000  # fields held at once: 4 MB, which a cache holds


class ImportanceSampler:
    """log p_θ(x) and moments of the posterior, as a LatentQuadrature gives them.

    Draws come from a mixture of multivariate Student's t per configuration: two on modes of the
    posterior p_θ(z|x) (mfvae.latent.proposals), one as wide as the prior, and one that has the mean and
    covariance which pilot draws of those three find. A posterior as wide as the surface of fields is
    curved is no Gaussian about its mode. Draws are independent and weighted by the density of the whole
    mixture (the balance heuristic of ``mfvae.latent.balance``), so that p_θ(x) is estimated without bias
    and log p_θ(x) from below.
    Where a mask, bool (B, N), says which sites were observed, x are those sites alone.
    """

    def __init__(self, model: EncoderDecoder, generator: torch.Generator, draws: int = DRAWS) -> None:
        self.family = model.family
        self.model, self.generator, self.draws = model, generator, draws

    def _draw(self, mixture: list[Proposal], draws: int) -> Tensor:
        """z (B, S, d), each from one part of the mixture at random."""
        rows, d = mixture[0].mean.shape
        shape = (rows, draws)
        chi_squared = torch.randn((*shape, DEGREES), generator=self.generator).square().sum(2)
        gaussian = torch.randn((*shape, d), generator=self.generator)
        noise = (gaussian * square_root(DEGREES / chi_squared)[:, :, None]).to(mixture[0].mean)
        chosen = torch.randint(len(mixture), shape, generator=self.generator).to(noise.device)
        places = torch.stack([part.mean[:, None] + noise @ part.factor.mT for part in mixture])
        return places.gather(0, chosen[None, :, :, None].expand(1, *shape, d))[0]

    def _weighted(
        self, statistic: Tensor, mixture: list[Proposal], z: Tensor, observed: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Fields (B, S, N·dim) and log weights p(x, z)/q(z) (B, S) of draws z (B, S, d)."""
        family, d = self.model.family, z.shape[2]
        fields = self.model.fields(z)
        seen = None
        if observed is not None:
            statistic, seen = without_missing(statistic, observed, family.dim), observed[:, None]
        partition = over_observed(family.log_partition(fields), seen)
        log_joint = (fields @ statistic[:, :, None])[:, :, 0] - partition
        log_joint += family.log_base_measure(statistic[:, None], *mask_argument(seen))
        log_joint -= 0.5 * ((z**2).sum(2) + d * math.log(2 * math.pi))
        densities = torch.stack([log_density(z, part) for part in mixture])
        log_density_z = in_double(densities.logsumexp(0) - math.log(len(mixture)))
        log_weight = in_double(log_joint) - log_density_z
        if not torch.isfinite(log_weight.amax(1)).all():
            raise ArithmeticError("log p(x, z) of a configuration is finite at no draw of z")
        return fields, log_weight

    @torch.no_grad()
    def _blocks(
        self, statistic: Tensor, observed: Tensor | None = None, own: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Log weights (block, S) and fields (block, S, N·dim) of draws of z.

        The first of every configuration is replaced by its ``own``, (B, d).
        """
        check_observed(observed, len(statistic), statistic.shape[1] // self.family.dim)
        observed = unless_complete(observed)
        device = device_of(self.model)
        find = ModeFinder(self.model, self._latent_dim(statistic), self.generator)
        size = max(1, FIELD_ENTRIES // (max(self.draws, PILOT) * statistic.shape[1]))
        for rows in torch.split(torch.arange(len(statistic)), size):
            block, seen = on_device(statistic[rows], rows_of(observed, rows), device)
            mixture = find(block, seen)
            mixture.append(prior_proposal(mixture[0].mean))
            pilot = self._draw(mixture, PILOT)
            mixture.append(adapted(pilot, self._weighted(block, mixture, pilot, seen)[1], mixture[0]))
            z = self._draw(mixture, self.draws)
            if own is not None:
                z[:, 0] = own[rows].to(z)
            fields, log_weight = self._weighted(block, mixture, z, seen)
            yield log_weight, fields

    def _latent_dim(self, statistic: Tensor) -> int:
        return self.model.encode(statistic[:1].to(device_of(self.model)))[0].shape[1]

    def log_marginal_with_error(
        self, statistic: Tensor, observed: Tensor | None = None
    ) -> tuple[Tensor, float]:
        """log p_θ(x) in nats, (B, N·dim) → (B,), and the mean error to be expected, in nats.

        The largest of three is stated: half the relative variance of the mean weight (the delta
        method); what half of the draws lose; and, of configurations drawn from the model itself, how far
        the estimate lies below one from above (``gap``). The error is infinite, and log p_θ(x) not to be
        trusted, where the weights of more than 15 % of the configurations have a tail of shape k̂ > 0.7
        (mfvae.pareto).
        """
        values, delta, halved, heavy = [], 0.0, 0.0, 0
        for log_weight, _ in self._blocks(statistic, observed):
            found = log_mean(log_weight)
            values.append(found)
            delta += ((log_weight.softmax(1) ** 2).sum(1) - 1 / self.draws).sum().item() / 2
            halves = log_mean(log_weight[:, ::2]) + log_mean(log_weight[:, 1::2])
            halved += (found - halves / 2).sum().item()
            heavy += int((shapes(log_weight) > TOO_HEAVY).sum())
        n, whole = len(statistic), torch.cat(values).to(statistic.device)
        if heavy > MOST_HEAVY * n:
            return whole, math.inf
        return whole, max(delta / n, halved / n, self.gap(statistic, observed))

    @torch.no_grad()
    def gap(self, like: Tensor, observed: Tensor | None = None) -> float:
        """Mean distance, in nats, of bounds of log p_θ(x) from above and below, x drawn from the model.

        The z of which x was drawn is a draw from its posterior. As one of the draws it makes the same
        mean of weights a bound from above (bidirectional Monte Carlo: Grosse, Ghahramani & Adams,
        arXiv:1511.02543). No mass of a posterior that the proposals miss can hide from it. ``like`` are
        statistics (B, N·dim), and the draws have the gaps of some of them, spread over all.
        """
        z = torch.randn((OWN, self._latent_dim(like)), generator=self.generator).to(like)
        seed = int(torch.randint(2**62, (1,), generator=self.generator))
        x = self.model.family.sample(self.model.fields(z).cpu().numpy(), np.random.default_rng(seed))
        statistic = torch.from_numpy(self.model.family.statistic(x)).to(like)
        seen = rows_of(observed, torch.arange(OWN) * len(like) // OWN)
        below, above = (
            torch.cat([log_mean(log_weight) for log_weight, _ in self._blocks(statistic, seen, own)])
            for own in (None, z)
        )
        return (above - below).mean().item()

    def posteriors(
        self, statistic: Tensor, observed: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Blocks of normalised log weights (block, S) of draws of z, and fields (block, S, N·dim)."""
        for log_weight, fields in self._blocks(statistic, observed):
            yield log_weight.log_softmax(1), in_double(fields)

    def posterior_mean(
        self, function: Callable[[Tensor], Tensor], statistic: Tensor, observed: Tensor | None = None
    ) -> Tensor:
        """E[f(η)|x] of a function of fields (..., N·dim) → (..., K): statistics (B, N·dim) → (B, K)."""
        blocks = self.posteriors(statistic, observed)
        means = [(weight.exp()[:, None] @ function(fields))[:, 0] for weight, fields in blocks]
        return torch.cat(means).to(statistic.device)

    def posterior_moments(
        self, statistic: Tensor, projection: Tensor, observed: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean (B, K) and covariance (B, K, K) of φ = P η(z) under p_θ(z|x), P given as (K, N·dim)."""
        means, covariances = [], []
        for log_weight, fields in self._blocks(statistic, observed):
            weight = log_weight.softmax(1)[:, :, None]
            observable = in_double(fields @ projection.T.to(fields))
            mean = (weight * observable).sum(1)
            offset = (observable - mean[:, None]) * square_root(weight)
            means.append(mean)
            left = (1 - (weight**2).sum(1)).clamp(min=1 / self.draws)  # 0 where one draw has all weight
            covariances.append(offset.mT @ offset / left[:, :, None])
        return torch.cat(means).to(statistic.device), torch.cat(covariances).to(statistic.device)


def prior_proposal(like: Tensor) -> Proposal:
    """One of the prior's width for every configuration, of the type and shape of means (B, d)."""
    rows, d = like.shape
    return Proposal(torch.zeros_like(like), torch.eye(d).to(like).expand(rows, d, d))


def adapted(z: Tensor, log_weight: Tensor, mode: Proposal) -> Proposal:
    """A proposal with the moments of weighted draws z (B, S, d), as far as these are effectively many.

    The covariance at a ``mode`` counts for d + 1 draws, so that there is a width where one draw has all
    weight.
    """
    weight = log_weight.softmax(1)[:, :, None].to(z)
    mean = (weight * z).sum(1)
    offset = (z - mean[:, None]) * weight.sqrt()
    effective = (1 / (weight**2).sum(1))[:, :, None]  # (B, 1, 1)
    few = z.shape[2] + 1
    covariance = effective * WIDENING**2 * offset.mT @ offset + few * mode.factor @ mode.factor.mT
    return Proposal(mean, torch.linalg.cholesky(covariance / (effective + few)))


def log_density(z: Tensor, proposal: Proposal) -> Tensor:
    """Of the Student's t of a proposal, in nats: z (B, S, d) → (B, S)."""
    d = z.shape[2]
    offset = (z - proposal.mean[:, None]).mT  # (B, d, S)
    distance = (torch.linalg.solve_triangular(proposal.factor, offset, upper=False) ** 2).sum(1)
    log_volume = proposal.factor.diagonal(dim1=1, dim2=2).log().sum(1, keepdim=True)
    constant = math.lgamma((DEGREES + d) / 2) - math.lgamma(DEGREES / 2)
    constant -= d / 2 * math.log(DEGREES * math.pi)
    return constant - log_volume - (DEGREES + d) / 2 * torch.log1p(distance / DEGREES)


def log_mean(log_weight: Tensor) -> Tensor:
    """Logarithm of the mean weight of each configuration: (B, S) → (B,)."""
    return log_weight.logsumexp(1) - math.log(log_weight.shape[1])
