"""Sums over the latent space by self-normalised importance sampling, for any latent dimension."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from mfvae.quadrature import Decoder

DRAWS = 256  # importance samples of z per configuration
DEGREES = 5  # of freedom of Student's t, whose tails keep the weights bounded
ADAPTATIONS = 2  # rounds in which the proposal is fitted to the posterior, by half as many draws each
TRUST = 4  # effective draws per latent dimension at which half of a fitted covariance is believed
FIELD_ENTRIES = 1_000_000  # fields held at once: 4 MB, which a cache holds


class EncoderDecoder(Decoder, Protocol):
    """What importance sampling asks for beside: the encoder q(z|x)."""

    def encode(self, statistic: Tensor) -> tuple[Tensor, Tensor]: ...


class Proposal(NamedTuple):
    """Location (B, d) and lower Cholesky factor (B, d, d) of a law of z for every configuration."""

    mean: Tensor
    factor: Tensor


class ImportanceSampler:
    """log p_θ(x) and moments of the posterior, as a LatentQuadrature gives them.

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
        noise = (gaussian * (DEGREES / chi_squared).sqrt()[:, :, None]).to(statistic)  # Student's t
        z = proposal.mean[:, None] + noise @ proposal.factor.mT
        fields = self.model.fields(z)
        log_likelihood = (fields @ statistic[:, :, None])[:, :, 0]
        log_likelihood -= self.model.family.log_partition(fields).sum(2)
        log_likelihood += self.model.family.log_base_measure(statistic[:, None])
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
            weight = log_weight.softmax(1).to(statistic)[:, :, None]
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
            observable = (fields @ projection.T.to(fields)).double()
            mean = (weight * observable).sum(1)
            offset = (observable - mean[:, None]) * weight.sqrt()
            means.append(mean)
            covariances.append(offset.mT @ offset / (1 - (weight**2).sum(1)[:, :, None]))
        return torch.cat(means), torch.cat(covariances)
