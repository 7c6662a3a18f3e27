"""The free-energy ledger of a VAE: every term of −ELBO from its own definition, in nats.

With the energy E_p(x, z) = −log p_θ(x, z) and q the encoder's q(z|x) (Hinton & Zemel, NIPS 6, 3, 1993):
F_q(x) = ⟨−log p(x|z)⟩_q + KL(q ‖ prior) = ⟨E_p⟩_q − S_q = F_p(x) + KL(q ‖ posterior).
No term is obtained from others, so that ``residuals`` of these identities measure the numerical errors:
F_p is a sum over one lattice over the prior. Averages over q are taken on a lattice of q's own, in its
standard deviations, which is shifted by half a cell in F_q against energy, distortion and gap, so that
one too coarse shows. (Gauss–Hermite nodes converge faster where log p(x|z) is a polynomial, and miss the
walls of a steep decoder, as their spacing grows with the width of q.) The posterior in the gap is
normalised on a cubic lattice of its own for every x, in coordinates that make its covariance the unit
matrix, inside the ball that holds its support. Where this ball lies is taken from the lattice over the
prior, the sum is not. F_p and gap can be trusted where that lattice is finer than the posterior (spacing
at most twice its standard deviation) and reaches around it; elsewhere the third identity fails. The
first two fail where the cells under q are wider than the scale on which log p(x|z) bends.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import NamedTuple

import torch
from torch import Tensor

from mfvae.latent.lattice import BLOCK_ENTRIES, LatentLattice, parameter_type
from mfvae.model.vae import VAE
from mfvae.portable import in_double
from mfvae.sites.masks import (
    check_observed,
    mask_argument,
    over_observed,
    rows_of,
    unless_complete,
    without_missing,
)
from mfvae.stats import Estimate, estimate

LOG_2PI = math.log(2 * math.pi)
CHECKPOINT_CONFIGURATIONS = 64  # of the test set, on which the ledger of a training is kept
FIELD_ENTRIES = 200_000  # fields held at once: 1.6 MB, which a core's own cache holds


class Ledger(NamedTuple):
    """Terms per configuration, each (B,) float64, in nats."""

    helmholtz: Tensor  # F_p = −log p_θ(x)
    variational: Tensor  # F_q = ⟨log q(z|x) − log p_θ(x, z)⟩_q = −ELBO
    energy: Tensor  # ⟨−log p(x|z) − log p(z)⟩_q
    entropy: Tensor  # S_q = −⟨log q(z|x)⟩_q, closed form
    rate: Tensor  # KL(q ‖ prior), closed form
    distortion: Tensor  # ⟨−log p(x|z)⟩_q
    gap: Tensor  # KL(q ‖ posterior) = ⟨log q(z|x) − log p_θ(z|x)⟩_q


class Resolution(NamedTuple):
    """How finely the sums of a ledger are done."""

    spacing: float  # of the lattice over the prior
    radius: float  # of that lattice, in standard deviations of the prior
    step: float  # of the lattice over a posterior, in its standard deviations
    depth: float  # nats below its maximum at which a posterior's support ends
    most: int  # steps from a posterior's centre to the edge: twice a Gaussian's, to bound memory
    reach: float  # of the lattice over q, in its standard deviations
    cell: float  # of that lattice, at most, in units of z: walls of a decoder are resolved by it
    fewest: int  # steps of it from the centre to the edge, where q is narrow
    finest: int  # steps where q is wide: bounds time


FINE = {  # by latent dimension
    1: Resolution(0.04, 8.0, 0.05, depth=24, most=280, reach=7.5, cell=0.01, fewest=80, finest=800),
    2: Resolution(0.14, 7.5, 0.2, depth=22, most=68, reach=7.0, cell=0.05, fewest=55, finest=75),
    3: Resolution(0.2, 7.0, 0.4, depth=20, most=32, reach=6.5, cell=0.2, fewest=12, finest=16),
}
# For a training: 64 configurations of 100 spins take 20, 20, 70 ms. Means are off by 1e-5, 3e-4 and 9e-3
# nats where the decoder is smooth, up to 0.03 and 0.06 at walls of a steep one (mostly in the gap).
COARSE = {
    1: Resolution(0.1, 5.5, 0.4, depth=10, most=24, reach=5.5, cell=0.05, fewest=7, finest=100),
    2: Resolution(0.35, 4.5, 1.05, depth=8, most=8, reach=4.8, cell=0.3, fewest=5, finest=7),
    3: Resolution(0.5, 4.4, 1.4, depth=8, most=6, reach=4.2, cell=0.5, fewest=4, finest=4),
}


@torch.no_grad()
def ledger(
    model: VAE,
    statistic: Tensor,
    spacing: float | None = None,
    resolution: dict[int, Resolution] = FINE,
    observed: Tensor | None = None,
) -> Ledger:
    """All terms of statistics (B, N·dim), each (B,) in nats; raises InputError for d > 3.

    ``spacing`` replaces that of the lattice over the prior. p(x|z) is computed in the model's precision,
    of the sites that were ``observed``, bool (B, N), if not all.
    """
    d, statistic = model.config.latent_dim, statistic.to(model.device, parameter_type(model))
    level = resolution[min(d, max(resolution))]  # LatentLattice refuses a larger d
    lattice = LatentLattice(model, d, spacing or level.spacing, level.radius)
    rows = max(1, BLOCK_ENTRIES // (d * (2 * level.most + 1) ** d))
    check_observed(observed, len(statistic), model.n_sites)
    observed = unless_complete(observed)
    if observed is not None:
        observed = observed.to(model.device)
        statistic = without_missing(statistic, observed, model.family.dim)
    parts = (slice(start, start + rows) for start in range(0, len(statistic), rows))
    blocks = [_ledger(model, lattice, statistic[part], level, rows_of(observed, part)) for part in parts]
    return Ledger(*(torch.cat(parts).cpu() for parts in zip(*blocks, strict=True)))


def _ledger(
    model: VAE,
    lattice: LatentLattice,
    statistic: Tensor,
    level: Resolution,
    observed: Tensor | None,
) -> Ledger:
    helmholtz, *ball = _survey(lattice, statistic, level.depth, observed)
    log_normaliser = _log_normaliser(model, statistic, ball, level, observed)[:, None]
    mean, log_std = (in_double(part) for part in model.encode(statistic, observed))
    averages = torch.empty(4, len(statistic), dtype=torch.float64, device=mean.device)
    cells = level.reach * log_std.exp().amax(1) / level.cell
    steps = 2 ** ((2 * cells.log2()).ceil() / 2)  # of few different numbers
    steps = steps.clamp(min=level.fewest, max=level.finest).round()
    for across in sorted(set(steps.tolist())):
        rows = steps == across
        given = model, statistic[rows], rows_of(observed, rows), mean[rows], log_std[rows]
        weight, log_q, log_prior, log_likelihood = _under_encoder(*given, level.reach, int(across), 0.0)
        variational = (log_q - log_prior - log_likelihood) @ weight
        weight, log_q, log_prior, log_likelihood = _under_encoder(*given, level.reach, int(across), 0.5)
        log_posterior = log_prior + log_likelihood - log_normaliser[rows]
        others = (-log_likelihood - log_prior, -log_likelihood, log_q - log_posterior)
        averages[:, rows] = torch.stack([variational, *(term @ weight for term in others)])
    variational, energy, distortion, gap = averages
    return Ledger(
        helmholtz=helmholtz,
        variational=variational,
        energy=energy,
        entropy=(log_std + (1 + LOG_2PI) / 2).sum(1),
        rate=model.rate(mean, log_std),
        distortion=distortion,
        gap=gap,
    )


def residuals(terms: Ledger) -> dict[str, Tensor]:
    """By how much each identity fails, F_q minus its other side, (B,) each, in nats."""
    names = ("distortion + rate", "energy - entropy", "helmholtz + gap")
    sides = (terms.distortion + terms.rate, terms.energy - terms.entropy, terms.helmholtz + terms.gap)
    return {name: terms.variational - side for name, side in zip(names, sides, strict=True)}


def estimates(terms: Ledger) -> dict[str, Estimate]:
    """Mean ± standard error of every term over independent configurations, in nats."""
    return {name: estimate(values.numpy()) for name, values in terms._asdict().items()}


def checkpoint(
    model: VAE, statistic: Tensor, observed: Tensor | None = None
) -> dict[str, dict[str, float]]:
    """Value and standard error of every term during a training, of the first statistics (B, N·dim)."""
    first = slice(CHECKPOINT_CONFIGURATIONS)
    masks = rows_of(observed, first)
    terms = estimates(ledger(model, statistic[first], resolution=COARSE, observed=masks))
    return {name: asdict(term) for name, term in terms.items()}


def _survey(
    lattice: LatentLattice, statistic: Tensor, depth: float, observed: Tensor | None
) -> list[Tensor]:
    """F_p (B,), and each posterior's ball |factor⁻¹(z − centre)| ≤ radius: (B, d), (B, d, d), (B,)."""
    z, d, parts = lattice.nodes, lattice.nodes.shape[1], []
    powers = torch.cat([z, (z[:, :, None] * z[:, None]).flatten(1)], 1)
    # A posterior between nodes would have no width and a ball that misses it.
    floor = (lattice.spacing / 4) ** 2 * torch.eye(d, dtype=z.dtype, device=z.device)
    for block in lattice.log_joint(statistic, observed=observed):
        log_marginal = block.logsumexp(1, keepdim=True)
        moments = (block - log_marginal).exp() @ powers
        centre, second = moments[:, :d, None], moments[:, d:].reshape(-1, d, d)
        covariance = second - centre @ centre.mT + floor
        precision = torch.linalg.inv(covariance)
        form = torch.cat([-2 * precision @ centre, precision.reshape(-1, d * d, 1)], 1)
        squared_distance = (form.mT @ powers.T + centre.mT @ precision @ centre)[:, 0]
        kept = block > block.amax(1, keepdim=True) - depth  # the support
        radius = (squared_distance * kept).amax(1).clamp(min=2 * depth).sqrt()  # a Gaussian: √(2·depth)
        parts.append((-log_marginal[:, 0], centre[:, :, 0], torch.linalg.cholesky(covariance), radius))
    return [torch.cat(part) for part in zip(*parts, strict=True)]


def _log_normaliser(
    model: VAE,
    statistic: Tensor,
    balls: list[Tensor],
    level: Resolution,
    observed: Tensor | None,
) -> Tensor:
    """log ∫ p(x|z) p(z) dz over balls, by the trapezoidal rule: exponential convergence, (B,)."""
    d, steps = model.config.latent_dim, (balls[2] / level.step).ceil().clamp(max=level.most)
    result = torch.empty_like(steps)
    for across in sorted(set(steps.tolist())):
        rows = steps == across
        centre, factor, radius = (part[rows] for part in balls)
        cube = _product(
            torch.arange(-across, across + 1, dtype=steps.dtype, device=steps.device) / across, d
        )
        unit = cube[(cube**2).sum(1) <= 1]
        z = radius[:, None, None] * unit @ factor.mT + centre[:, None]  # (rows, K, d)
        log_likelihood = _log_likelihood(model, statistic[rows], z, rows_of(observed, rows))
        log_joint = log_likelihood + _log_normal(z)
        log_volume = factor.diagonal(dim1=1, dim2=2).log().sum(1) + d * (radius / across).log()
        result[rows] = log_joint.logsumexp(1) + log_volume
    return result


def _under_encoder(
    model: VAE,
    statistic: Tensor,
    observed: Tensor | None,
    mean: Tensor,
    log_std: Tensor,
    reach: float,
    steps: int,
    shift: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Lattice in units of q's widths: weights (K,); log q(z|x), log p(z), log p(x|z), each (B, K)."""
    axis = torch.arange(-steps, steps + 1, dtype=torch.float64, device=mean.device)
    axis = (axis + shift) * (reach / steps)
    noise = _product(axis, mean.shape[1])
    noise = noise[(noise**2).sum(1) <= reach**2]
    z = mean[:, None] + log_std.exp()[:, None] * noise  # (B, K, d)
    log_q = _log_normal(noise) - log_std.sum(1, keepdim=True)
    weight = _log_normal(noise).softmax(0)
    return weight, log_q, _log_normal(z), _log_likelihood(model, statistic, z, observed)


def _product(axis: Tensor, d: int) -> Tensor:
    return torch.cartesian_prod(*[axis] * d).reshape(-1, d)


def _log_normal(z: Tensor) -> Tensor:
    """log N(z; 0, 1), (..., d) → (...)."""
    return -(z**2 + LOG_2PI).sum(-1) / 2


def _log_likelihood(model: VAE, statistic: Tensor, z: Tensor, observed: Tensor | None) -> Tensor:
    """log p(x|z) of every configuration at latents of its own: (B, N·dim), (B, K, d) → (B, K)."""
    values, rows = [], max(1, FIELD_ENTRIES // (z.shape[1] * statistic.shape[1]))
    for start in range(0, len(z), rows):
        fields = model.fields(z[start : start + rows].to(statistic.dtype))
        part = statistic[start : start + rows]
        seen = rows_of(observed, (slice(start, start + rows), None))  # (rows, 1, N)
        base = model.family.log_base_measure(part[:, None], *mask_argument(seen))
        linear = (fields @ part[:, :, None])[:, :, 0] + base
        partition = over_observed(in_double(model.family.log_partition(fields)), seen)
        values.append(in_double(linear) - partition)
    return torch.cat(values)
