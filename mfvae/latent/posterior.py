"""The decoder's own posterior p_θ(z|x): its means, its energy and entropy.

It is not the encoder's q(z|x), which is one Gaussian and may lag behind a decoder trained without it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfvae.latent.lattice import LatentLattice
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.latent.nodes import shifted_nodes
from mfvae.model.vae import VAE
from mfvae.sites.masks import check_observed, in_blocks, on_device, unless_complete, without_missing

NODES = 2**13  # of the prior; their distance is well below what a figure shows
BLOCK_ENTRIES = 2**25  # (configuration, node) pairs held at once: 128 MB


@torch.no_grad()
def posterior_means(
    model: VAE, statistic: Tensor, generator: torch.Generator, observed: Tensor | None = None
) -> Tensor:
    """E[z|x] of statistics (B, N·dim), (B, d), float32; beyond three latents the encoder's means.

    Given the sites that were ``observed``, bool (B, N), if not all.
    """
    d = model.config.latent_dim
    check_observed(observed, len(statistic), model.n_sites)
    if d > MAX_LATENT_DIM:
        return model.encode(*on_device(statistic, observed, model.device))[0].to(statistic.device)
    z = shifted_nodes(NODES, d, generator).to(model.device)
    fields = model.fields(z)
    partition = model.family.log_partition(fields)
    offset, means = -partition.sum(1), []
    blocks = in_blocks(statistic, unless_complete(observed), BLOCK_ENTRIES // NODES, model.device)
    for x, seen in blocks:
        if seen is None:
            means.append(torch.addmm(offset, x, fields.T).softmax(1) @ z)
            continue
        linear = without_missing(x, seen, model.family.dim) @ fields.T
        means.append(torch.addmm(linear, seen.to(x), partition.T, alpha=-1).softmax(1) @ z)
    return torch.cat(means).to(statistic.device)


def posterior_energy_and_entropy(
    lattice: LatentLattice, statistic: Tensor, observed: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """⟨−log p(x, z)⟩ and h(z|x) under the posterior, in nats: statistics (B, N·dim) → two (B,).

    It is the free-energy ledger of a perfect encoder: F_p(x) = −log p_θ(x) = ⟨−log p_θ(x, z)⟩ − h(z|x),
    as of any Gibbs law at temperature 1. For a decoder that is the exact mean-field channel the average
    entropy is that of ``MeanFieldSystem.latent_entropy``.
    """
    log_volume = lattice.nodes.shape[1] * math.log(lattice.spacing) - math.log(2)  # of a node
    energies, entropies = [], []
    for block in lattice.log_joint(statistic, observed=observed):
        log_posterior = block.log_softmax(1)
        weight = log_posterior.exp()
        energies.append(log_volume - (weight * block).sum(1))
        entropies.append(log_volume - (weight * log_posterior).sum(1))
    return torch.cat(energies).to(statistic.device), torch.cat(entropies).to(statistic.device)
