"""Where importance samples are drawn: at modes of the posterior p_θ(z|x), as wide as it is there.

An encoder may lag behind the decoder by many widths of a posterior, so that nothing it says is taken for
granted. Modes are climbed from its mean and from the best of some nodes of the prior, by Fisher scoring
(Gauss–Newton steps for an exponential family): with J = ∂η/∂z and V = ∇²A the covariance of T,

    ∇ log p(x, z) = Jᵀ(T(x) − ∇A(η)) − z,   −∇² log p(x, z) ≈ JᵀVJ + 1.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from mfvae.latent.lattice import Decoder, device_of, parameter_type
from mfvae.latent.nodes import shifted_nodes
from mfvae.portable import in_double
from mfvae.sites.masks import by_field, mask_argument, without_missing

NODES = 512  # of the prior, the best of which is a second place to start from
DIFFERENCE = 0.01  # of z, in standard deviations of the prior, over which J is measured
MOST_STEPS = 8
LENGTHS = (1.0, 0.3, 0.05)  # of a step, of which the best is taken
SETTLED = 0.05  # nats that a step must gain in some configuration for another to follow
WIDENING = 1.2  # of the Gaussian that touches the mode
FARTHEST = 8.0  # standard deviations of the prior from which an encoder's mean is still a start


class EncoderDecoder(Decoder, Protocol):
    """What importance sampling asks for: decoder and encoder q(z|x)."""

    def encode(self, statistic: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]: ...


class Proposal(NamedTuple):
    """Location (B, d) and lower Cholesky factor (B, d, d) of a law of z for every configuration."""

    mean: Tensor
    factor: Tensor


class ModeFinder:
    """Proposals for statistics (B, N·dim) under a model."""

    def __init__(self, model: EncoderDecoder, latent_dim: int, generator: torch.Generator) -> None:
        self.model = model
        nodes = shifted_nodes(NODES, latent_dim, generator)
        self.nodes = nodes.to(device_of(model), parameter_type(model))
        self.fields = model.fields(self.nodes)
        self.partition = model.family.log_partition(self.fields)
        self.log_prior = -0.5 * (self.nodes**2).sum(1)  # up to a constant

    def __call__(self, statistic: Tensor, observed: Tensor | None = None) -> list[Proposal]:
        """One from the encoder's mean and one from the best node, given what was ``observed`` (B, N)."""
        encoded = torch.nan_to_num(self.model.encode(statistic, *mask_argument(observed))[0], nan=0.0)
        encoded = encoded.clamp(-FARTHEST, FARTHEST)
        if observed is None:
            heights = torch.addmm(self.log_prior - self.partition.sum(1), statistic, self.fields.T)
            mask = None
        else:
            statistic = without_missing(statistic, observed, self.model.family.dim)
            mask = observed.to(statistic).repeat(2, 1)
            heights = torch.addmm(self.log_prior, statistic, self.fields.T)
            heights -= mask[: len(statistic)] @ self.partition.T
        best = self.nodes[heights.argmax(1)]
        twice = statistic.repeat(2, 1)
        z = self._climb(twice, torch.cat([encoded, best]), mask)
        factor = WIDENING * width(self._slope(twice, z, mask)[1])
        return [Proposal(*part) for part in zip(z.chunk(2), factor.chunk(2), strict=True)]

    def _log_joint(self, statistic: Tensor, z: Tensor, mask: Tensor | None) -> Tensor:
        """log p(x, z) but for what z does not change: (B, N·dim), (B, d) → (B,)."""
        fields = self.model.fields(z)
        partition = self.model.family.log_partition(fields)
        linear = (fields * statistic).sum(1) - (partition if mask is None else mask * partition).sum(1)
        return linear - 0.5 * (z**2).sum(1)

    def _slope(self, statistic: Tensor, z: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """∇ log p(x, z) (B, d) and the precision JᵀVJ + 1 (B, d, d), by central differences.

        Of the sites that a mask of 0 and 1, (B, N), leaves.
        """
        by_z, by_mean = [], []
        mean_statistic = self.model.family.mean_statistic
        for step in DIFFERENCE * torch.eye(z.shape[1], dtype=z.dtype, device=z.device):
            ahead, behind = self.model.fields(z + step), self.model.fields(z - step)
            by_z.append((ahead - behind) / (2 * DIFFERENCE))
            by_mean.append((mean_statistic(ahead) - mean_statistic(behind)) / (2 * DIFFERENCE))
        jacobian, spread = torch.stack(by_z, 1), torch.stack(by_mean, 1)  # (B, d, N·dim): Jᵀ, JᵀV
        residual = statistic - mean_statistic(self.model.fields(z))
        if mask is not None:
            seen = by_field(mask, self.model.family.dim)
            residual, spread = residual * seen, spread * seen[:, None]
        gradient = (jacobian @ residual[:, :, None])[:, :, 0] - z
        information = jacobian @ spread.mT
        identity = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
        return gradient, (information + information.mT) / 2 + identity

    def _climb(self, statistic: Tensor, z: Tensor, mask: Tensor | None) -> Tensor:
        """Scoring steps from z (B, d), each of the length that gains most, until none gains much."""
        reached = self._log_joint(statistic, z, mask)
        for _ in range(MOST_STEPS):
            gradient, precision = self._slope(statistic, z, mask)
            step = torch.linalg.solve(precision, gradient[:, :, None])[:, :, 0]
            candidates = torch.stack([z, *(z + length * step for length in LENGTHS)])  # (L, B, d)
            values = [reached, *(self._log_joint(statistic, there, mask) for there in candidates[1:])]
            heights = torch.nan_to_num(torch.stack(values), nan=-torch.inf)
            best = heights.argmax(0)
            rows = torch.arange(len(z), device=z.device)
            gain = (heights[best, rows] - reached).max()
            z, reached = candidates[best, rows], heights[best, rows]
            if gain < SETTLED:
                break
        return z


def width(precision: Tensor) -> Tensor:
    """Lower factor L of the covariance LLᵀ that inverts a precision ≥ 1, (B, d, d) → (B, d, d).

    Rounding that takes it below 1, the prior's own, is undone. Raises ArithmeticError for numbers that
    are not finite.
    """
    if not torch.isfinite(precision).all():
        raise ArithmeticError("fields of a decoder are finite at no draw of z, or change without bounds")
    size, axes = torch.linalg.eigh(in_double(precision))
    covariance = axes / size.clamp(min=1.0)[:, None] @ axes.mT
    return torch.linalg.cholesky(covariance).to(precision)
