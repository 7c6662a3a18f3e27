"""Nodes of one sum over latents that a batch shares: of the prior, and of every row's own proposal.

A sum over nodes of the prior resolves posteriors where there are more nodes than e^R of them, R the
rate: whatever the number of latents, but a narrow posterior falls between them. Draws of a proposal of
its own resolve the posterior of one row and are useless where the proposal is wrong. Joined by the
balance heuristic (Veach & Guibas, SIGGRAPH 1995, p. 419), G nodes of a density r and K draws of every
q_b of B rows are J = G + KB nodes of one stratified sample, each with the weight

    w_j = p(z_j) / [(G r(z_j) + K Σ_b q_b(z_j)) / J],       p̂(x) = (1/J) Σ_j w_j p(x | z_j).

The estimate is unbiased for every row, whatever the proposals are, as all terms of the denominator are
densities that were drawn from. Its weights are bounded by those of either part alone: w_j ≤ J/G · p/r
and, of row b, w_j ≤ J/K · p/q_b. The weights do not depend on the row, so that the decoder is evaluated
once at every node and all rows use all of them: the draws of one row are nodes for its neighbours.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfvae.latent.lattice import Decoder
from mfvae.latent.nodes import EDGE, WIDENING, Nodes, PriorNodes, sobol
from mfvae.sites.masks import without_missing

LOG_2PI = math.log(2 * math.pi)
OWN_WIDENING = 1.2  # of q(z|x) as a proposal: one too narrow misses what only its tails would see


def own_nodes(mean: Tensor, log_std: Tensor, number: int, generator: torch.Generator) -> Tensor:
    """``number`` quasi-random draws of each Gaussian q_b, mean and log std (B, d) → (number · B, d).

    In the proposal's own coordinates they are the first Sobol points, shifted at random modulo 1 for
    every row by itself (Cranley & Patterson, SIAM J. Numer. Anal. 13, 904, 1976).
    """
    rows, d = mean.shape
    shift = torch.rand((rows, d), generator=generator, dtype=torch.float64)
    unit = (sobol(number, d)[:, None] + shift) % 1  # (K, B, d)
    noise = torch.special.ndtri(unit.clamp(min=EDGE, max=1 - EDGE)).to(mean)
    return (mean + log_std.exp() * noise).flatten(0, 1)


def log_mixture(z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """log Σ_b q_b(z) of Gaussians (B, d) at nodes (J, d), in nats: (J,)."""
    precision = (-2 * log_std).exp()
    offset = log_std.sum(1) + 0.5 * (mean**2 * precision).sum(1) + z.shape[1] / 2 * LOG_2PI  # (B,)
    log_density = torch.addmm(-offset, z, (mean * precision).T)  # (J, B)
    log_density.addmm_(z**2, precision.T, alpha=-0.5)
    return log_density.logsumexp(1)


@torch.no_grad()
def balanced_nodes(
    mean: Tensor, log_std: Tensor, shared: int, own: int, generator: torch.Generator
) -> Nodes:
    """Nodes of a batch whose rows propose Gaussians, weighted by the balance heuristic.

    Parameters
    ----------
    mean, log_std : Tensor
        Of the proposals q_b(z), both (B, d).
    shared : int
        G ≥ 1, nodes of the prior, made a quarter wider so that its tails are seen.
    own : int
        K ≥ 0, draws of every proposal.
    generator : torch.Generator
        Of the random shifts.

    Returns
    -------
    Nodes
        z (G + KB, d) and log weights (G + KB,), over which a plain mean of w p(x|z) is taken.

    Examples
    --------
    The weights average to one, the mass of the prior, wherever the proposals lie:

    >>> mean = torch.tensor([[3.0, 0.0], [-1.0, 1.0]])
    >>> nodes = balanced_nodes(mean, torch.full((2, 2), -2.0), 256, 16, torch.Generator().manual_seed(0))
    >>> tuple(nodes.z.shape), bool(abs(nodes.log_weight.exp().mean() - 1) < 0.05)
    ((288, 2), True)
    """
    d = mean.shape[1]
    z = PriorNodes(d, WIDENING)(shared, generator).z.to(mean)
    if own:
        z = torch.cat([z, own_nodes(mean, log_std, own, generator)])
    square = (z**2).sum(1)
    density = math.log(shared / len(z)) - square / (2 * WIDENING**2)
    density -= d * (math.log(WIDENING) + LOG_2PI / 2)
    if own:
        others = log_mixture(z, mean, log_std) + math.log(own / len(z))
        density = torch.logaddexp(density, others)
    return Nodes(z, -(square + d * LOG_2PI) / 2 - density)


def log_joint(
    model: Decoder, statistic: Tensor, fields: Tensor, log_weight: Tensor, observed: Tensor | None
) -> Tensor:
    """log w_j p(x|z_j) but for the base measure, of every row at every node, in nats: (B, J).

    Of statistics (B, N·dim), fields at the nodes (J, N·dim) and log weights (J,); of the sites that were
    ``observed``, bool (B, N), if not all.
    """
    partition = model.family.log_partition(fields)  # (J, N)
    if observed is None:
        return torch.addmm(log_weight - partition.sum(1), statistic, fields.T)
    statistic = without_missing(statistic, observed, model.family.dim)
    linear = torch.addmm(log_weight, statistic, fields.T)
    return linear - observed.to(statistic) @ partition.T
