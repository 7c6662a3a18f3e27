"""Which sum over latents suits a model: of log p_θ(x) = −F_p(x) and averages over its posterior."""

from __future__ import annotations

import torch

from mfvae.importance import ImportanceSampler
from mfvae.quadrature import (
    LATTICE_SPACING,
    MAX_LATENT_DIM,
    SOBOL_NODES,
    LatentLattice,
    LatentQuadrature,
    SobolNodes,
)
from mfvae.vae import VAE

LatentIntegral = LatentQuadrature | ImportanceSampler


FEWEST = 2**13  # Sobol nodes
ACCURACY = 1e-3  # nats, of fitted nodes
JUDGED = 500  # configurations


def latent_integral(
    model: VAE, generator: torch.Generator, *, fitted_to: torch.Tensor | None = None
) -> LatentIntegral:
    """The sum that suits a model: quadrature up to three latents, importance sampling beyond.

    The lattice where the decoder's features are wider than its cells, Sobol nodes otherwise. With
    ``fitted_to``, statistics (B, N·dim) like those to come, Sobol nodes in the least number, doubled
    from 8192 to 131,072, that states an error of at most 0.001 nats on some spread over them.
    Data have words that a model's tails alone explain, where no width of its features tells the error.
    """
    d = model.config.latent_dim
    if d > MAX_LATENT_DIM:
        return ImportanceSampler(model, generator)
    if fitted_to is None:
        smooth = model.latent_gain.max().item() * LATTICE_SPACING[d] <= 1
        return LatentLattice(model, d) if smooth else SobolNodes(model, d, generator)
    judged = fitted_to[:: max(1, len(fitted_to) // JUDGED)]
    number = FEWEST
    while True:
        nodes = SobolNodes(model, d, generator, number)
        if number >= SOBOL_NODES or nodes.log_marginal_with_error(judged)[1] <= ACCURACY:
            return nodes
        number *= 2
