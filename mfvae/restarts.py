"""Several starts of a training, judged by their own free energy, of which the best goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mfvae.estimates import Estimate, estimate
from mfvae.latent_integrals import latent_integral
from mfvae.replicas import FAILED, SIGMAS
from mfvae.vae import VAE

JUDGED = 2000  # training configurations on which starts are compared


class Start(NamedTuple):
    """One start: its free energy −log p_θ(x) above that of the best one, in nats per configuration."""

    excess: Estimate
    failed: bool


def reset(model: VAE) -> None:
    """Draw all weights anew, as a new model has them, from PyTorch's global generator."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.reset_parameters()
    model.latent_gain.fill_(1.0)


def best_start(
    model: VAE, statistic: Tensor, number: int, begin: Callable[[], None], generator: torch.Generator
) -> list[Start]:
    """Begin ``number`` times with other weights and leave the model as the best beginning left it.

    A start has failed if its free energy, of the same ``statistic`` (B, N·dim), is above the best by
    more than three standard errors of the difference and 0.1 nat: the truth is not needed for that.
    """
    states, energies = [], []
    for start in range(number):
        if start:
            reset(model)
        begin()
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        log_marginal, _ = latent_integral(model, generator).log_marginal_with_error(statistic[:JUDGED])
        energies.append(-log_marginal)
    best = min(range(number), key=lambda start: energies[start].mean().item())
    model.load_state_dict(states[best])
    starts = []
    for energy in energies:
        excess = estimate((energy - energies[best]).numpy())
        starts.append(Start(excess, excess.value > max(SIGMAS * excess.stderr, FAILED)))
    return starts
