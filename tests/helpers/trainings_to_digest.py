"""Prints a digest of the weights of small trainings, by every objective and start."""

import hashlib

import numpy as np
import torch

from mfvae.capacity.ledger import checkpoint
from mfvae.model.vae import VAE, VAEConfig
from mfvae.systems import build
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train

SAMPLES, TESTED = 1000, 200
HOPFIELD = "hopfield", {"N": 20, "p": 2, "beta": 1.2}
TRAININGS = (  # system and its point, architecture, training
    (("curie_weiss", {"N": 32, "beta": 1.5}), VAEConfig(1), {"objective": "exact", "start": "data"}),
    (HOPFIELD, VAEConfig(2, warp=4), {"objective": "exact", "start": "data"}),
    (HOPFIELD, VAEConfig(2, field_rank=2), {"objective": "exact"}),
    (HOPFIELD, VAEConfig(2), {"objective": "elbo", "checkpoints": 2}),
    (("maier_saupe", {"N": 8, "beta": 4.5}), VAEConfig(5), {"objective": "iwae", "latent_draws": 2}),
)


def main() -> None:
    torch.set_num_threads(1)
    for (name, point), architecture, settings in TRAININGS:
        system = build(name, point, seed=1)
        x = system.sample(SAMPLES, np.random.default_rng(1))
        statistic = torch.from_numpy(system.site_family.statistic(x))
        torch.manual_seed(1)
        model = VAE(system.site_family, system.n_sites, architecture)
        short = {"epochs": 2, "batch_size": 100, "start_steps": 20, "latent_draws": 16}
        training = TrainingConfig(**short | settings)
        train(model, statistic[TESTED:], statistic[:TESTED], training, 1, checkpoint)
        weights = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
        print(name, settings, hashlib.sha256(weights.tobytes()).hexdigest())


main()
