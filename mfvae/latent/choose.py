"""Which sum over latents suits a model: of log p_θ(x) = −F_p(x) and averages over its posterior."""

from __future__ import annotations

import math

import numpy as np
import torch

from mfvae.latent.balanced_sums import BalancedSums
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import (
    LATTICE_SPACING,
    SOBOL_NODES,
    LatentLattice,
    LatentQuadrature,
    ManyLatentNodes,
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
ACCURACY_OF_MANY = 5e-3  # the same beyond three latents, of the mean over rows
MOST_OF_MANY = 2**16  # nodes there: 2000 rows of 640 fields take half a minute
JUDGED = 500  # configurations


def latent_integral(
    model: VAE,
    generator: torch.Generator,
    *,
    fitted_to: torch.Tensor | None = None,
    observed: torch.Tensor | None = None,
) -> LatentIntegral:
    """The sum that suits a model: up to three latents quadrature, beyond them Sobol nodes if these do.

    Up to three latents the lattice where the decoder's features are wider than its cells, Sobol nodes
    otherwise. With ``fitted_to``, statistics (B, N·dim) like those to come, of sites ``observed``, bool
    (B, N), if not of all, Sobol nodes in the least number, doubled from 8192 to 131,072, that states an
    error of at most 0.001 nats on some spread over them. There are fewer nodes where the fields of so
    many sites would take more than a gigabyte.
    Data have words that a model's tails alone explain, where no width of its features tells the error.

    Beyond three latents the number is doubled until it states an error of 0.005 nats, on draws of the
    model where nothing is fitted to. What nodes can resolve is a rate of some eight nats, whatever the
    number of latents: if more than a tenth of the posteriors have fewer than a dozen effective ones
    among the most, draws of every row's own join them (``BalancedSums``); and if that is not enough,
    take their place (``ImportanceSampler``).
    """
    d = model.config.latent_dim
    room = FIELD_ENTRIES // (model.n_sites * model.family.dim)  # nodes
    most = min(SOBOL_NODES, 2 ** max(FEWEST.bit_length() - 1, room.bit_length() - 1))
    if d > MAX_LATENT_DIM:
        judged = _judged(model, generator, fitted_to, observed)
        nodes = _fitted(model, generator, min(most, MOST_OF_MANY), judged, ACCURACY_OF_MANY)
        joined = BalancedSums(model, generator)
        for integral in (nodes, joined):
            if math.isfinite(integral.log_marginal_with_error(*judged)[1]):
                return integral
        return ImportanceSampler(model, generator)
    if fitted_to is None:
        smooth = model.latent_gain.max().item() * LATTICE_SPACING[d] <= 1
        if smooth and LATTICE_NODES[d] <= room:
            return LatentLattice(model, d)
        return SobolNodes(model, d, generator, most)
    judged = _judged(model, generator, fitted_to, observed)
    return _fitted(model, generator, most, judged, ACCURACY)


Judged = tuple[torch.Tensor] | tuple[torch.Tensor, torch.Tensor]  # statistics and, with gaps, their mask


def _judged(
    model: VAE,
    generator: torch.Generator,
    fitted_to: torch.Tensor | None,
    observed: torch.Tensor | None,
) -> Judged:
    """Statistics on which nodes are judged: some of those given, or of the model's own draws."""
    if fitted_to is None:
        seed = int(torch.randint(2**62, (1,), generator=generator))
        drawn = model.family.statistic(model.sample(JUDGED, np.random.default_rng(seed)))
        return (torch.from_numpy(drawn),)
    spread = slice(None, None, max(1, len(fitted_to) // JUDGED))
    return fitted_to[spread], *mask_argument(rows_of(observed, spread))


def _fitted(
    model: VAE, generator: torch.Generator, most: int, judged: Judged, accuracy: float
) -> SobolNodes:
    """The least number of nodes that states this accuracy, or ``most`` of them."""
    kind = ManyLatentNodes if model.config.latent_dim > MAX_LATENT_DIM else SobolNodes
    number = FEWEST
    while True:
        nodes = kind(model, model.config.latent_dim, generator, number)
        if number >= most or nodes.log_marginal_with_error(*judged)[1] <= accuracy:
            return nodes
        number *= 2
