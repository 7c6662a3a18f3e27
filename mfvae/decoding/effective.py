"""Effective couplings of the law of a decoder of any form: what it is as a model of interacting spins.

The logarithm of a law of spins is a polynomial that is linear in every spin. Its coefficients where the
other spins are as they typically are,

    J_ij(x) = ¼ Σ_{s,t = ±1} s t log p(s, t | x without i, j),

are couplings that a model with pairs alone would have everywhere, and third differences are the
couplings of triplets (of restricted Boltzmann machines: Decelle et al., Phys. Rev. Lett. 135, 207301).
Turning a spin around multiplies p(x) by R_i = E[e^(−2 x_i η_i(z)) | x], two of them by R_ij, the mean
of a product. So J_ij = ¼ x_i x_j log(R_ij / R_i R_j), and no sum over configurations is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.latent.choose import LatentIntegral

Triplet = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class EffectiveCouplings:
    """Couplings at typical configurations: mean, its standard error, and the spread between them.

    Errors are those of configurations at the given decoder; they omit the training's own spread.

    Attributes
    ----------
    pairs, pairs_stderr, pairs_spread : array, shape (N, N)
        J_ij, symmetric, zero on the diagonal. The spread is a standard deviation: 0 where pairs are all.
    triplets : tuple of (int, int, int)
        Sites of the triplets that were asked for.
    triplet_values, triplet_stderr : array, shape (T,)
        J_ijk.
    """

    pairs: np.ndarray
    pairs_stderr: np.ndarray
    pairs_spread: np.ndarray
    triplets: tuple[Triplet, ...]
    triplet_values: np.ndarray
    triplet_stderr: np.ndarray

    def summary(self) -> str:
        """The size of the couplings, a line each."""
        upper = np.triu_indices(len(self.pairs), 1)
        found, spread = self.pairs[upper], self.pairs_spread[upper]
        lines = [
            f"{len(found)} effective couplings: root mean square {np.sqrt((found**2).mean()):.3g}, "
            f"of one pair between configurations {np.sqrt((spread**2).mean()):.2g}"
        ]
        if self.triplets:
            size = np.sqrt((self.triplet_values**2).mean())
            lines.append(f"{len(self.triplets)} of triplets: root mean square {size:.3g}")
        return "\n".join(lines)


@torch.no_grad()
def effective_couplings(
    integral: LatentIntegral, statistic: Tensor, triplets: Sequence[Triplet] = ()
) -> EffectiveCouplings:
    """Effective couplings of the marginal law of spins at configurations.

    Parameters
    ----------
    integral : LatentQuadrature or ImportanceSampler
        The sum over the latent space of a model of spins.
    statistic : Tensor, shape (B, N)
        Typical configurations −1/+1, two at least: rows of the data or draws from the model.
    triplets : sequence of (int, int, int)
        Different sites i, j, k whose J_ijk are asked for.

    Returns
    -------
    EffectiveCouplings
        Dimensionless, in units of temperature: p(x) ∝ exp(Σ_{i<j} J_ij x_i x_j + …).

    Raises
    ------
    InputError
        For what are no spins, fewer than two rows, or a triplet that is none.

    Examples
    --------
    Of a model as drawn, whose pairs are hardly coupled.

    >>> from mfvae.latent.lattice import LatentLattice
    >>> from mfvae.model.vae import VAE, VAEConfig
    >>> from mfvae.sites.spin import Spin
    >>> model = VAE(Spin(), 4, VAEConfig(latent_dim=1), seed=0)
    >>> rows = torch.tensor([[1.0, 1, -1, 1], [-1, 1, 1, -1]])
    >>> found = effective_couplings(LatentLattice(model, 1), rows, [(0, 1, 2)])
    >>> found.pairs.shape, found.triplet_values.shape
    ((4, 4), (1,))
    """
    if statistic.ndim != 2 or len(statistic) < 2:
        raise InputError("statistic", tuple(statistic.shape), "two configurations at least are needed")
    if not bool((statistic.abs() == 1).all()):
        raise InputError("statistic", "other values", "spins −1 and +1 are needed")
    n_sites = statistic.shape[1]
    for triplet in triplets:
        if len(set(triplet)) != 3 or not all(0 <= site < n_sites for site in triplet):
            allowed = f"three different sites from 0 to {n_sites - 1} are needed"
            raise InputError("triplets", triplet, allowed)
    pairs = _Moments((n_sites, n_sites))
    thirds = _Moments((len(triplets),))
    row = 0
    for log_posterior, fields in integral.posteriors(statistic):
        for log_weight, own in zip(
            log_posterior, fields.expand(len(log_posterior), -1, -1), strict=True
        ):
            x = statistic[row].to(own).double()
            one, two, three = _log_ratios(log_weight.double(), -2 * x * own, triplets)
            pairs.add(_pairs_at(x, one, two))
            thirds.add(_triplets_at(x, one, two, three, triplets))
            row += 1
    return EffectiveCouplings(
        pairs.mean, pairs.stderr, pairs.spread, tuple(triplets), thirds.mean, thirds.stderr
    )


def _log_ratios(
    log_weight: Tensor, exponents: Tensor, triplets: Sequence[Triplet]
) -> tuple[Tensor, Tensor, Tensor]:
    """log R_i (N,), R_ij (N, N), R_ijk (T,) from log p(z|x) (G,) and −2 x_i η_i there (G, N)."""
    one = (log_weight[:, None] + exponents).logsumexp(0)
    highest = exponents.amax(0)  # taken out, so that no factor overflows
    factors = (exponents - highest).exp()
    two = (factors.T @ (log_weight.exp()[:, None] * factors)).log() + highest[:, None] + highest
    sums = [log_weight + exponents[:, list(sites)].sum(1) for sites in triplets]
    three = torch.stack(sums, 1).logsumexp(0) if sums else one.new_zeros(0)
    return one, two, three


def _pairs_at(x: Tensor, one: Tensor, two: Tensor) -> np.ndarray:
    """J_ij at one configuration, (N, N)."""
    found = torch.outer(x, x) * (two - one[:, None] - one) / 4
    return found.fill_diagonal_(0).cpu().numpy()


def _triplets_at(
    x: Tensor, one: Tensor, two: Tensor, three: Tensor, triplets: Sequence[Triplet]
) -> np.ndarray:
    """J_ijk at one configuration, (T,)."""
    found = np.empty(len(triplets))
    for place, sites in enumerate(triplets):
        of_pairs = sum(float(two[pair]) for pair in combinations(sites, 2))
        difference = of_pairs - float(one[list(sites)].sum()) - float(three[place])
        found[place] = float(x[list(sites)].prod()) * difference / 8
    return found


class _Moments:
    """Mean and spread of arrays that come one by one (Welford, Technometrics 4, 419, 1962)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.number, self.mean, self._squares = 0, np.zeros(shape), np.zeros(shape)

    def add(self, value: np.ndarray) -> None:
        self.number += 1
        before = value - self.mean
        self.mean = self.mean + before / self.number
        self._squares += before * (value - self.mean)

    @property
    def spread(self) -> np.ndarray:
        return np.sqrt(self._squares / (self.number - 1))

    @property
    def stderr(self) -> np.ndarray:
        return np.asarray(self.spread / np.sqrt(self.number))
