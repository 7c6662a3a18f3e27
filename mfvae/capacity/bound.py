"""The capacity bound: the rate of the latent channel against the data's bipartite mutual information.

−ELBO − H(x) = KL(p_data‖p_θ) + E KL(q‖posterior) ≥ I(A;B) − R for every bipartition, because the decoder
factorises over sites (arXiv:2606.08694). All quantities are in nats per configuration, not per site,
unless named so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from mfvae.latent.lattice import LatentQuadrature, device_of
from mfvae.model.vae import VAE
from mfvae.portable import in_double
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import mask_argument, on_device
from mfvae.stats import Estimate, estimate

DRAWS_PER_SAMPLE = 8  # of z ~ q(z|x) for the distortion
MIXTURE_ENTRIES = 4_000_000  # (draw, component) pairs held at once: 16 MB


class Channel(Protocol):
    """Encoder q(z|x), prior and factorised decoder; ``VAE`` is one."""

    family: SiteFamily

    def encode(self, statistic: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]: ...

    def rate(self, mean: Tensor, log_std: Tensor) -> Tensor: ...

    def fields(self, z: Tensor) -> Tensor: ...


@torch.no_grad()
def rate_and_distortion(
    channel: Channel,
    statistic: Tensor,
    generator: torch.Generator,
    observed: Tensor | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """KL(q(z|x)‖p(z)) and E_q[−log p(x|z)] of every sample: (B, N·dim) → two (B,), in nats.

    Of the sites that were ``observed``, bool (B, N), if not all.
    """
    statistic, observed = on_device(statistic, observed, device_of(channel))
    mask = mask_argument(observed)
    mean, log_std = channel.encode(statistic, *mask)
    rate = channel.rate(mean, log_std).cpu().double()
    distortion = torch.zeros(len(statistic), dtype=torch.float64)
    for _ in range(DRAWS_PER_SAMPLE):
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean)
        fields = channel.fields(mean + log_std.exp() * noise)
        distortion -= channel.family.log_prob(statistic, fields, *mask).cpu().double()
    return rate.numpy(), (distortion / DRAWS_PER_SAMPLE).numpy()


@torch.no_grad()
def encoder_information(
    channel: Channel,
    statistic: Tensor,
    population: Tensor,
    generator: torch.Generator,
    observed: Tensor | None = None,
    population_observed: Tensor | None = None,
) -> Estimate:
    """I_q(x;z) in nats from one draw z ~ q(z|x) for each of ``statistic`` (B, N·dim).

    The aggregate q(z) is the mixture over ``population`` (M, N·dim) and x itself, which makes the result
    a lower bound, at most log(M + 1) (van den Oord et al., arXiv:1807.03748); R is an upper bound.
    Masks, bool (B, N) and (M, N), say which sites were observed; with gaps x is what was observed.
    """
    statistic, observed = on_device(statistic, observed, device_of(channel))
    given = on_device(population, population_observed, device_of(channel))
    population, population_observed = given
    mean, log_std = channel.encode(statistic, *mask_argument(observed))
    noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean)
    z = mean + log_std.exp() * noise
    own = in_double((-0.5 * noise**2 - log_std).sum(1))  # log q(z|x), up to a constant that cancels
    centre, log_width = channel.encode(population, *mask_argument(population_observed))
    precision = (-2 * log_width).exp()
    quadratic = torch.cat([-0.5 * precision, centre * precision], 1).T  # of z² and z
    constant = -(0.5 * centre**2 * precision + log_width).sum(1)
    rows = max(1, MIXTURE_ENTRIES // len(population))
    log_mixture = torch.cat(
        [
            in_double(torch.addmm(constant, torch.cat([block**2, block], 1), quadratic).logsumexp(1))
            for block in torch.split(z, rows)
        ]
    )
    log_aggregate = torch.logaddexp(log_mixture, own) - np.log(len(population) + 1)
    return estimate((own - log_aggregate).cpu().numpy())


@dataclass(frozen=True)
class BoundReport:
    """Both sides of the bound and what they are made of."""

    rate: Estimate
    distortion: Estimate
    elbo_gap: Estimate  # −ELBO − H(x), the left side
    deficit: Estimate  # I(A;B) − R, the right side
    slack: Estimate  # left minus right: never below 0 beyond its error


def bound_report(
    rate: np.ndarray, distortion: np.ndarray, log_prob_data: np.ndarray, bipartite_mi: Estimate
) -> BoundReport:
    """Both sides of the bound from per-sample terms (B,) and the exact log p(x) of the same samples.

    E[log p(x)] = −H(x), so rate + distortion + log p(x) averages to the left side with little noise.
    The error of I(A;B) joins those of the samples.
    """
    gap = rate + distortion + log_prob_data

    def with_information(per_sample: np.ndarray, sign: int) -> Estimate:
        part = estimate(per_sample)
        value = part.value + sign * bipartite_mi.value
        return Estimate(value, float(np.hypot(part.stderr, bipartite_mi.stderr)))

    return BoundReport(
        estimate(rate),
        estimate(distortion),
        estimate(gap),
        with_information(-rate, 1),
        with_information(gap + rate, -1),
    )


@dataclass(frozen=True)
class ModelSamples:
    """Independent draws from a model and their log-probabilities under it (B,), in nats."""

    statistic: Tensor
    log_marginal: np.ndarray
    bipartite_mi: Estimate  # I_θ(A;B) for the first half against the second


@torch.no_grad()
def model_mutual_information(
    lattice: LatentQuadrature, model: VAE, n: int, rng: np.random.Generator
) -> ModelSamples:
    """The model's own I_θ(A;B) = E_θ[log p(x) − log p(x_A) − log p(x_B)], A the first half of the sites.

    Unbiased up to the quadrature error; A|B of the model, not of the data.
    """
    statistic = torch.from_numpy(model.family.statistic(model.sample(n, rng)))
    half, n_sites = model.n_sites // 2, model.n_sites
    whole = lattice.log_marginal(statistic).numpy()
    parts = [lattice.log_marginal(statistic, part) for part in (slice(0, half), slice(half, n_sites))]
    information = whole - parts[0].numpy() - parts[1].numpy()
    return ModelSamples(statistic, whole, estimate(information))
