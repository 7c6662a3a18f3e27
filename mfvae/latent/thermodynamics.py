"""Energy and entropy of a decoder's own posterior: the free-energy ledger of a perfect encoder.

F_p(x) = −log p_θ(x) = ⟨−log p_θ(x, z)⟩ − h(z|x) under p_θ(z|x), as of any Gibbs law at temperature 1.
For a decoder that is the exact mean-field channel the average entropy is that of
``MeanFieldSystem.latent_entropy``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfvae.latent.lattice import LatentLattice


def posterior_energy_and_entropy(lattice: LatentLattice, statistic: Tensor) -> tuple[Tensor, Tensor]:
    """⟨−log p(x, z)⟩ and h(z|x) under the posterior, in nats: statistics (B, N·dim) → two (B,)."""
    log_volume = lattice.nodes.shape[1] * math.log(lattice.spacing) - math.log(2)  # of a node
    energies, entropies = [], []
    for block in lattice.log_joint(statistic):
        log_posterior = block.log_softmax(1)
        weight = log_posterior.exp()
        energies.append(log_volume - (weight * block).sum(1))
        entropies.append(log_volume - (weight * log_posterior).sum(1))
    return torch.cat(energies), torch.cat(entropies)
