"""Terms of the evidence lower bound of one latent, by sums instead of draws."""

from __future__ import annotations

import numpy as np
import torch

from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE
from tests.helpers.vaes import in_double


def exact_terms(model: VAE, x: torch.Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rate, mean distortion and its variance over z ~ q(z|x), of configurations (d = 1)."""
    double = in_double(model)
    nodes = torch.linspace(-9, 9, 1001, dtype=torch.float64)  # of the noise
    weights = (-(nodes**2) / 2).softmax(0)
    with torch.no_grad():
        mean, log_std = double.encode(x)
        z = mean + log_std.exp() * nodes  # (B, G)
        distortion = -double.log_likelihood(x[:, None, :], z[:, :, None])
        expected = distortion @ weights
        variance = (distortion - expected[:, None]) ** 2 @ weights
        return double.rate(mean, log_std).numpy(), expected.numpy(), variance.numpy()


def log_evidence(model: VAE, x: torch.Tensor) -> np.ndarray:
    """log p_θ(x), by quadrature over the prior."""
    return LatentLattice(model, 1).log_marginal(x).numpy()
