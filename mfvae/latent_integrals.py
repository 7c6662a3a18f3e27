"""Which sum over latents suits a model: of log p_θ(x) = −F_p(x) and averages over its posterior."""

from __future__ import annotations

import torch

from mfvae.importance import ImportanceSampler
from mfvae.quadrature import LATTICE_SPACING, MAX_LATENT_DIM, LatentLattice, LatentQuadrature, SobolNodes
from mfvae.vae import VAE

LatentIntegral = LatentQuadrature | ImportanceSampler


def latent_integral(model: VAE, generator: torch.Generator) -> LatentIntegral:
    """The sum that suits a model: quadrature up to three latents, importance sampling beyond.

    The lattice where the decoder's features are wider than its cells, Sobol nodes otherwise.
    """
    d = model.config.latent_dim
    if d > MAX_LATENT_DIM:
        return ImportanceSampler(model, generator)
    if model.latent_gain.max().item() * LATTICE_SPACING[d] > 1:
        return SobolNodes(model, d, generator)
    return LatentLattice(model, d)
