"""Several starts of a training, judged by their own free energy, of which the best goes on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor

from mfvae.latent.choose import latent_integral
from mfvae.model.vae import VAE
from mfvae.random import torch_seed
from mfvae.sites.masks import mask_argument, rows_of
from mfvae.stats import Estimate, estimate
from mfvae.training.failures import FAILED, SIGMAS
from mfvae.training.rows import Rows

JUDGED = 2000  # training configurations on which starts are compared


class Start(NamedTuple):
    """One start: its free energy −log p_θ(x) above that of the best one, in nats per configuration."""

    excess: Estimate | None  # None if it diverged
    failed: bool


def reset(model: VAE, generator: torch.Generator) -> None:
    """Draw all weights anew, as a new model has them."""
    with torch_seed(int(torch.randint(2**62, (1,), generator=generator))):
        model.reset()


def best_start(
    model: VAE,
    statistic: Rows,
    number: int,
    begin: Callable[[], None],
    generator: torch.Generator,
    observed: Tensor | None = None,
) -> list[Start]:
    """Begin ``number`` times with other weights and leave the model as the best beginning left it.

    A start has failed if its free energy, of the same ``statistic`` (B, N·dim), is above the best by
    more than three standard errors of the difference and 0.1 nat: the truth is not needed for that. So
    has one that diverges; where all do, the last ArithmeticError is raised and the weights are as given.
    Free energies are those of the sites that were ``observed``, bool (B, N), if not all.
    """
    states, energies, diverged = {}, {}, ArithmeticError("no start")
    given = deepcopy(model.state_dict())
    for start in range(number):
        if start:
            reset(model, generator)
        try:
            begin()
            log_marginal, _ = latent_integral(model, generator).log_marginal_with_error(
                statistic[:JUDGED], *mask_argument(rows_of(observed, slice(JUDGED)))
            )
        except ArithmeticError as error:
            diverged = error
        else:
            energies[start] = -log_marginal
            states[start] = deepcopy(model.state_dict())
    if not energies:
        model.load_state_dict(given)
        raise diverged
    best = min(energies, key=lambda start: energies[start].mean().item())
    model.load_state_dict(states[best])
    starts = [Start(None, failed=True)] * number
    for start, energy in energies.items():
        excess = estimate((energy - energies[best]).numpy())
        starts[start] = Start(excess, excess.value > max(SIGMAS * excess.stderr, FAILED))
    return starts
