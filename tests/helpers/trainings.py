"""Small trainings on exact samples, and the generators and digests by which they are compared."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train

N_SITES = 16
SYSTEM = CurieWeiss(N_SITES, 1.5)
CONFIG = TrainingConfig(epochs=3, batch_size=64, learning_rate=0.01)


def statistics(n: int, seed: int) -> torch.Tensor:
    """Exact Curie–Weiss samples as statistics (n, N)."""
    return torch.from_numpy(Spin().statistic(SYSTEM.sample(n, np.random.default_rng(seed))))


TRAIN_SET, TEST_SET = statistics(1000, 0), statistics(400, 1)


def untrained(seed: int = 0, n_sites: int = N_SITES) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return VAE(Spin(), n_sites, VAEConfig(1, (8,), (8,)))


def digest(model: VAE) -> str:
    """sha256 over every bit of the weights."""
    parts = [value.numpy().tobytes() for value in model.state_dict().values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def trained_digest(
    train_set: torch.Tensor = TRAIN_SET, test_set: torch.Tensor = TEST_SET, seed: int = 7
) -> str:
    model = untrained()
    train(model, train_set, test_set, CONFIG, seed)
    return digest(model)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
