"""Exact log-marginals by quadrature over the latent space."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from benchmarks.timing import Measurement, seconds
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin

N_SITES = 100


def measure(n_configurations: int, repeats: int, seed: int) -> list[Measurement]:
    """Seconds of log p(x) for all configurations, by latent dimension; weights do not matter."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    x = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_configurations, N_SITES))
    statistic = torch.from_numpy(Spin().statistic(x))
    rows = []
    for latent_dim in range(1, MAX_LATENT_DIM + 1):
        lattice = LatentLattice(VAE(Spin(), N_SITES, VAEConfig(latent_dim)), latent_dim)
        times = tuple(seconds(partial(lattice.log_marginal, statistic)) for _ in range(repeats))
        label = f"d = {latent_dim} ({len(lattice.nodes)} nodes, {n_configurations} configurations)"
        rows.append(Measurement(f"log-marginal: {label}", "s", times))
    return rows
