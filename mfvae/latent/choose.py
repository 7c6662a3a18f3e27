"""Which sum over latents suits a model: of log p_θ(x) = −F_p(x) and averages over its posterior."""

from __future__ import annotations

import torch

from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import (
    LATTICE_SPACING,
    SOBOL_NODES,
    LatentLattice,
    LatentQuadrature,
    SobolNodes,
)
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE
from mfvae.sites.masks import mask_argument, rows_of

LatentIntegral = LatentQuadrature | ImportanceSampler


FEWEST = 2**13  # Sobol nodes
FIELD_ENTRIES = 2**27  # fields of all nodes, which with as many log-partitions take 2 GB at most
LATTICE_NODES = {1: 4_400, 2: 10_000, 3: 170_000}  # about
ACCURACY = 1e-3  # nats, of fitted nodes
JUDGED = 500  # configurations


def latent_integral(
    model: VAE,
    generator: torch.Generator,
    *,
    fitted_to: torch.Tensor | None = None,
    observed: torch.Tensor | None = None,
) -> LatentIntegral:
    """The sum that suits a model: quadrature up to three latents, importance sampling beyond.

    The lattice where the decoder's features are wider than its cells, Sobol nodes otherwise. With
    ``fitted_to``, statistics (B, N·dim) like those to come, of sites ``observed``, bool (B, N), if not
    of all, Sobol nodes in the least number, doubled from 8192 to 131,072, that states an error of at
    most 0.001 nats on some spread over them. There are fewer nodes where the fields of so many sites
    would take more than a gigabyte.
    Data have words that a model's tails alone explain, where no width of its features tells the error.
    """
    d = model.config.latent_dim
    if d > MAX_LATENT_DIM:
        return ImportanceSampler(model, generator)
    room = FIELD_ENTRIES // (model.n_sites * model.family.dim)  # nodes
    most = min(SOBOL_NODES, 2 ** max(FEWEST.bit_length() - 1, room.bit_length() - 1))
    if fitted_to is None:
        smooth = model.latent_gain.max().item() * LATTICE_SPACING[d] <= 1
        if smooth and LATTICE_NODES[d] <= room:
            return LatentLattice(model, d)
        return SobolNodes(model, d, generator, most)
    spread = slice(None, None, max(1, len(fitted_to) // JUDGED))
    judged = fitted_to[spread], *mask_argument(rows_of(observed, spread))
    number = FEWEST
    while True:
        nodes = SobolNodes(model, d, generator, number)
        if number >= most or nodes.log_marginal_with_error(*judged)[1] <= ACCURACY:
            return nodes
        number *= 2
