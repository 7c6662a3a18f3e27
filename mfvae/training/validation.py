"""Scores of rows that a training does not learn from, by which the epoch is chosen that is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mfvae.latent.nodes import placement
from mfvae.model.vae import VAE
from mfvae.sites.masks import in_blocks, mask_argument
from mfvae.training.objectives import OBJECTIVES, Draws

BLOCK = 512  # configurations scored at once, so that a block stays in the cache
# Nodes of the exact sum in a score, at least: a choice among epochs needs no more than that the error of
# the sum changes little from one epoch to the next.
NODES = 2048
DRAWS = 16  # of z in a score of an objective with an encoder, at least, so that epochs differ by more


@torch.no_grad()
def free_energy(
    model: VAE,
    objective: str,
    statistic: Tensor,
    draws: int,
    seed: int,
    observed: Tensor | None = None,
    own: int = 0,
) -> float:
    """Mean −log p_θ(x) of statistics (B, N·dim), in nats, as an objective estimates or bounds it.

    Nodes, or the noise of the draws, are those of the seed, at least so many ``draws``: two scores of
    the same data differ by the weights alone, and no random stream of a training moves. To the nodes of
    ``exact`` join ``own`` draws of every row. Of the sites
    that were ``observed``, bool (B, N), if not all. Raises InputError for an unknown objective.
    """
    least = NODES if objective == "exact" else DRAWS
    generator = torch.Generator().manual_seed(seed)
    settings = Draws(max(draws, least), 1.0, generator, placement(model), own)
    total = 0.0
    for block, mask in in_blocks(statistic, observed, BLOCK, model.device):
        loss = OBJECTIVES[objective](model, block, settings, *mask_argument(mask))
        total += loss.free_energy.item() * len(block)
    return total / len(statistic)


@dataclass
class BestEpoch:
    """The weights (P,) of the epoch with the least validation score, and how long ago it was.

    Examples
    --------
    >>> best = BestEpoch(torch.zeros(2))
    >>> for epoch, score in enumerate([3.0, 2.0, 2.5, 2.1], start=1):
    ...     best.note(epoch, score, torch.full((2,), float(epoch)))
    >>> best.epoch, best.waited, best.weights.tolist()
    (2, 2, [2.0, 2.0])
    """

    weights: Tensor
    epoch: int = 0
    waited: int = field(default=0, init=False)  # epochs since then
    score: float = field(default=math.inf, init=False)  # nats per configuration

    def note(self, epoch: int, score: float, weights: Tensor) -> None:
        """Keep a copy of an epoch's weights if its score is the least so far."""
        self.waited += 1
        if score < self.score:
            self.epoch, self.score, self.waited = epoch, score, 0
            self.weights = weights.clone()
