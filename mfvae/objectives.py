"""Training objectives: each maps (model, batch) to a loss in nats per configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from mfvae.vae import VAE


class Loss(NamedTuple):
    """The scalar to minimise and its parts, batch means in nats per configuration."""

    value: Tensor
    rate: Tensor
    distortion: Tensor


Objective = Callable[[VAE, Tensor, float, torch.Generator], Loss]


def elbo(model: VAE, statistic: Tensor, rate_weight: float, generator: torch.Generator) -> Loss:
    """Negative evidence lower bound, distortion + rate_weight · rate, with one draw of z per sample.

    Kingma & Welling, arXiv:1312.6114. ``rate_weight`` rises to 1 during the KL warm-up
    (Bowman et al., arXiv:1511.06349), which keeps latents from collapsing at the start.
    """
    noise = torch.randn(len(statistic), model.config.latent_dim, generator=generator)
    terms = model(statistic, noise)
    rate, distortion = terms.rate.mean(), terms.distortion.mean()
    return Loss(distortion + rate_weight * rate, rate, distortion)


OBJECTIVES: dict[str, Objective] = {"elbo": elbo}
