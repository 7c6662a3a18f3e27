"""Small untrained VAEs whose numbers can be computed another way."""

from __future__ import annotations

import copy

import numpy as np
import torch

from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from tests.helpers.statistics import all_configurations


def random_vae(
    n_sites: int, latent_dim: int, seed: int, *, gain: float = 2.0, widths: tuple[int, ...] = (6,)
) -> VAE:
    """An untrained VAE; ``gain`` multiplies its last layers, so that fields and rates are of order 1."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = VAE(Spin(), n_sites, VAEConfig(latent_dim, widths, widths))
    with torch.no_grad():
        for layer in (model.encoder[-1], model.decoder[-1]):
            layer.weight *= gain
            layer.bias *= gain
    return model


def in_double(model: VAE) -> VAE:
    """The same model in float64, for comparisons that rounding must not decide."""
    return copy.deepcopy(model).double()


def small_vae(n_sites: int, latent_dim: int, seed: int, gain: float = 2.0) -> VAE:
    """Random, its q narrower than the prior, as trained ones are: Gauss–Hermite rules ask for that."""
    model = in_double(random_vae(n_sites, latent_dim, seed, gain=gain))
    with torch.no_grad():
        model.encoder[-1].weight /= max(gain, 1.0)
        model.encoder[-1].bias /= max(gain, 1.0)
        model.encoder[-1].bias[latent_dim:] -= 1
    return model


def steep_vae(n_sites: int, latent_dim: int, slope: float = 0.6) -> tuple[VAE, torch.Tensor]:
    """Fields η = ξ·tanh-like(z) of random patterns ξ, q near the posterior, and its own draws."""
    rng = np.random.default_rng([2026, n_sites, latent_dim])
    patterns = torch.from_numpy(rng.choice([-1.0, 1.0], size=(n_sites, latent_dim)))
    model = VAE(random_vae(2, 1, seed=0).family, n_sites, VAEConfig(latent_dim)).double()
    width = 1 / (1 + n_sites * slope**2 * 0.7)  # of the posterior: 1/σ² = 1 + N·slope²·⟨1 − tanh² η⟩
    with torch.no_grad():
        for layer in (*model.encoder, *model.decoder):
            if isinstance(layer, torch.nn.Linear):
                layer.weight.zero_()
                layer.bias.zero_()
        axis = torch.arange(latent_dim)
        model.decoder[0].weight[axis, axis] = 0.5
        model.decoder[2].weight[:, :latent_dim] = 2 * slope * patterns
        model.encoder[0].weight[:latent_dim] = 0.5 * width * slope * patterns.T
        model.encoder[2].weight[axis, axis] = 2.0
        model.encoder[2].bias[latent_dim:] = 0.5 * np.log(width)
        x = torch.from_numpy(model.float().sample(64, rng)).double()
    return model.double(), x


def spins(n_sites: int) -> torch.Tensor:
    """All 2^N configurations as float64 statistics."""
    return torch.from_numpy(all_configurations(n_sites)).double()


def cells_of(x: np.ndarray) -> np.ndarray:
    """Row of ``all_configurations`` that every configuration equals."""
    return (x > 0) @ (1 << np.arange(x.shape[1])[::-1])


def perceptron_by_hand(layers: torch.nn.Sequential, inputs: np.ndarray) -> np.ndarray:
    """Affine maps with tanh between them, written out in NumPy."""
    linear = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
    for depth, layer in enumerate(linear):
        inputs = inputs @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        if depth < len(linear) - 1:
            inputs = np.tanh(inputs)
    return inputs
