"""The problems on which loops race to the same held-out nats."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mfvae.model.vae import VAEConfig
from mfvae.systems import build
from mfvae.systems.base import Parameters
from mfvae.training.config import TrainingConfig

HIDDEN = (64, 64)


class Problem(NamedTuple):
    """A system, the number of latents that suits it, and how ``exact`` is trained there."""

    system: str
    parameters: Parameters
    latent_dim: int
    exact: TrainingConfig

    @property
    def label(self) -> str:
        """The problem as the table names it."""
        return f"{self.system}, d = {self.latent_dim}"

    @property
    def architecture(self) -> VAEConfig:
        return VAEConfig(self.latent_dim, HIDDEN, HIDDEN)

    def data(self, n_samples: int, n_test: int, seed: int) -> tuple[Tensor, Tensor, float]:
        """Statistics to train on and to score, and −log p(x) of the scored, the truth, in nats."""
        system = build(self.system, self.parameters, seed)
        x = system.sample(n_samples + n_test, np.random.default_rng(seed))
        statistic = torch.from_numpy(system.site_family.statistic(x))
        return statistic[n_test:], statistic[:n_test], -float(system.log_prob(x[:n_test]).mean())


# as in config/config.yaml, but for a shorter start, which is most of what so few epochs cost
_EXACT = TrainingConfig(objective="exact", start="data", start_steps=150, warmup=0.0)
PROBLEMS = (
    Problem(
        "curie_weiss",
        {"N": 100, "beta": 1.2},
        1,
        replace(_EXACT, latent_draws=64, batch_size=1024, learning_rate=0.002),
    ),
    Problem(
        "hopfield",
        {"N": 100, "p": 2, "beta": 1.2},
        2,
        replace(_EXACT, latent_draws=256, batch_size=512, learning_rate=0.003),
    ),
)
