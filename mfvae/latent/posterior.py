"""Where in the latent space configurations lie: means of the decoder's own posterior p_θ(z|x).

Not of the encoder's q(z|x), which is one Gaussian and may lag behind a decoder trained without it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.latent.nodes import shifted_nodes
from mfvae.model.vae import VAE

NODES = 2**13  # of the prior; their distance is well below what a figure shows
BLOCK_ENTRIES = 2**25  # (configuration, node) pairs held at once: 128 MB


@torch.no_grad()
def posterior_means(model: VAE, statistic: Tensor, generator: torch.Generator) -> Tensor:
    """E[z|x] of statistics (B, N·dim), (B, d), float32; beyond three latents the encoder's means."""
    d = model.config.latent_dim
    if d > MAX_LATENT_DIM:
        return model.encode(statistic)[0]
    z = shifted_nodes(NODES, d, generator)
    fields = model.fields(z)
    offset = -model.family.log_partition(fields).sum(1)
    blocks = torch.split(statistic, BLOCK_ENTRIES // NODES)
    return torch.cat([torch.addmm(offset, x, fields.T).softmax(1) @ z for x in blocks])
