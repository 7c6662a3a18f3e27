"""Nodes of the latent sum in a training: where they lie, so that no posterior falls between them.

A mean over few nodes underestimates log p_θ(x) wherever the posterior of x is narrower than their
distance (Jensen), and a decoder trained with it makes posteriors wide there: it puts prior mass in the
walls between modes and overestimates couplings of which the tails know. So nodes follow the decoder.
They may lie anywhere, each having the weight p(z)/q(z) of the prior over their density.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from mfvae.model.vae import VAE
from mfvae.portable import logarithm, square_root

EDGE = 1e-9  # of the unit cube, where the normal quantile diverges
WIDENING = 1.25  # of the prior, as the density of nodes for more than one latent (measured at d = 3)
REACH = 5.2  # standard deviations of the prior over which an arc is measured
CELL = 0.01  # of that measurement
SCRAMBLINGS = 8  # of one rule for averages over the prior; how far they differ states its error
SCRAMBLED_NODES = 4096  # in each
SOBOL_RESOLUTION = 2.0**-30  # of a coordinate
RENEWED = 20  # draws between two measurements: Adam moves little in so many steps
TAIL = 3.0  # standard deviations of the Gaussian by which arcs in the tails count for less


class Nodes(NamedTuple):
    """Nodes z (G, d) and the logarithm of their weights p(z)/q(z), (G,), float32."""

    z: Tensor
    log_weight: Tensor


Placement = Callable[[int, torch.Generator], Nodes]


@lru_cache(maxsize=4)
def sobol(n: int, latent_dim: int) -> Tensor:
    return torch.quasirandom.SobolEngine(latent_dim).draw(n, dtype=torch.float64)  # type: ignore[no-untyped-call]


def shifted_nodes(n: int, latent_dim: int, generator: torch.Generator) -> Tensor:
    """n nodes of equal weight over the prior (n, d), float32, under a random shift of their own.

    Sobol points in the unit cube, best where n is a power of 2 (equally spaced at d = 1), shifted modulo
    1 (Cranley & Patterson, SIAM J. Numer. Anal. 13, 904, 1976) and taken through the normal quantile. A
    mean over them is unbiased.
    """
    shift = torch.rand(latent_dim, generator=generator, dtype=torch.float64)
    unit = (sobol(n, latent_dim) + shift) % 1
    return torch.special.ndtri(unit.clamp(min=EDGE, max=1 - EDGE)).float()


class PriorNodes:
    """Shifted nodes whose density is the prior, made wider by a factor."""

    def __init__(self, latent_dim: int, widening: float = 1.0) -> None:
        self.latent_dim, self.widening = latent_dim, widening

    def __call__(self, n: int, generator: torch.Generator) -> Nodes:
        z = shifted_nodes(n, self.latent_dim, generator)
        exponent = (1 - self.widening**2) / 2 * (z**2).sum(1)
        return Nodes(self.widening * z, exponent + self.latent_dim * math.log(self.widening))


class ArcLength:
    """Shifted nodes of one latent, equally spaced in arc length along the decoder's laws.

    The length of a cell is √Σ_i Δη_i·Δμ_i, the root of the symmetric Kullback–Leibler divergence between
    the laws at its ends: in this (Fisher) metric every posterior is about 1 wide, so that as many nodes
    as the arc is long resolve all of them. The prior's own arc is added, and the whole is damped in the
    tails. Measured anew every ``RENEWED`` calls; in between the weights remain right.
    """

    def __init__(self, model: VAE) -> None:
        self.model, self.calls = model, 0
        steps = round(REACH / CELL)
        self.ends = torch.arange(-steps, steps + 1, dtype=torch.float64) * CELL

    @torch.no_grad()
    def _measure(self) -> None:
        fields = self.model.fields(self.ends.float()[:, None])
        mean = self.model.family.mean_statistic(fields)
        arc = square_root(
            ((fields[1:] - fields[:-1]) * (mean[1:] - mean[:-1])).sum(1).clamp(min=0)
        ).cpu()
        middle = (self.ends[1:] + self.ends[:-1]) / 2
        mass = (arc.double() + CELL) * (-((middle / TAIL) ** 2) / 2).exp()
        mass /= mass.sum()
        self.log_density = logarithm(mass / CELL)
        self.cumulative = torch.cat([torch.zeros(1, dtype=torch.float64), mass.cumsum(0)])

    def __call__(self, n: int, generator: torch.Generator) -> Nodes:
        if self.calls % RENEWED == 0:
            self._measure()
        self.calls += 1
        unit = (torch.arange(n) + torch.rand(1, generator=generator, dtype=torch.float64)) / n
        cell = (torch.searchsorted(self.cumulative, unit) - 1).clamp(0, len(self.ends) - 2)
        share = (unit - self.cumulative[cell]) / self.cumulative.diff()[cell]
        z = self.ends[cell] + share * CELL
        log_weight = -(z**2 + math.log(2 * math.pi)) / 2 - self.log_density[cell]
        return Nodes(z.float()[:, None], log_weight.float())


def placement(model: VAE) -> Placement:
    """What suits a training of this model."""
    d = model.config.latent_dim
    return ArcLength(model) if d == 1 else PriorNodes(d, WIDENING)


def prior_nodes(latent_dim: int, rng: np.random.Generator) -> torch.Tensor:
    """Independently scrambled Sobol' points of the prior, float64 (SCRAMBLINGS · SCRAMBLED_NODES, d)."""
    uniform = []
    for seed in rng.integers(2**31, size=SCRAMBLINGS).tolist():
        engine = SobolEngine(latent_dim, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
        uniform.append(engine.draw(SCRAMBLED_NODES, dtype=torch.float64))
    return torch.special.ndtri(torch.cat(uniform) + SOBOL_RESOLUTION / 2)  # 0 may be among them
