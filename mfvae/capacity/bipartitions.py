"""Bipartitions of the sites that ask the most of a latent channel: a search by pair correlations.

The information between two sites of correlation ρ is about ½ρ². Cutting the sites so that the sum over
cut pairs is large is the maximum-cut problem, met by its spectral relaxation (Delorme & Poljak, Math.
Program. 62, 557, 1993), by exchange of single sites, and by random starts. The sum is but a guide, as it
counts twice what several pairs share: an estimate of I(A;B) has to say which candidate is the worst.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfvae.errors import InputError

STARTS = 4  # random ones


@dataclass(frozen=True, eq=False)
class Bipartition:
    """Sites A, bool (N,), and all others, with a name in words."""

    name: str
    first: np.ndarray

    def __post_init__(self) -> None:
        if self.first.ndim != 1 or self.first.all() or not self.first.any():
            raise InputError(
                f"sites of {self.name}", self.first.shape, "some sites, not all, are needed"
            )


def halves(n_sites: int) -> Bipartition:
    """First half of the sites against the second."""
    return Bipartition("halves", np.arange(n_sites) < n_sites // 2)


def pair_information(statistic: ArrayLike, n_sites: int) -> np.ndarray:
    """½ Σ ρ² over the components of every two sites, (N, N), zero on the diagonal.

    Of statistics T(x) (B, N·dim). What never changes is correlated with nothing.
    """
    x = np.asarray(statistic, dtype=np.float64)
    if x.ndim != 2 or not n_sites or x.shape[1] % n_sites:
        raise InputError("statistic", x.shape, f"shape (rows, dim · {n_sites}) is needed")
    deviation = x - x.mean(0)
    width = np.sqrt((deviation**2).mean(0))
    deviation /= np.where(width > 0, width, 1)
    squares = (deviation.T @ deviation / len(x)) ** 2 / 2
    dim = x.shape[1] // n_sites
    by_site = squares.reshape(n_sites, dim, n_sites, dim).sum((1, 3))
    np.fill_diagonal(by_site, 0)
    return by_site


def improved_cut(weights: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The cut, bool (N,), after moving single sites as long as that adds to the cut weights (N, N).

    Both sides keep one site at least.
    """
    sign = np.where(first, 1.0, -1.0)
    while True:
        gain = sign * (weights @ sign)  # of moving each site
        for side in (1.0, -1.0):
            if (sign == side).sum() == 1:
                gain[sign == side] = 0
        best = int(gain.argmax())
        if gain[best] <= 1e-12 * max(1.0, float(np.abs(weights).sum())):
            return sign > 0
        sign[best] *= -1


def candidate_bipartitions(
    statistic: ArrayLike, n_sites: int, rng: np.random.Generator, starts: int = STARTS
) -> list[Bipartition]:
    """Halves, the spectral cut and cuts from random starts, each improved by exchange.

    Parameters
    ----------
    statistic : array, shape (B, N·dim)
        T(x) of rows that no estimate will use.
    n_sites : int
        N, two at least.
    rng : Generator
        Of the random starts.
    starts : int
        How many of them.

    Returns
    -------
    list of Bipartition
        Different ones; halves come first.

    Raises
    ------
    InputError
        For fewer than two sites, or statistics of other sites.

    Examples
    --------
    Four sites in two pairs: a worst cut parts both pairs.

    >>> rng = np.random.default_rng(0)
    >>> x = np.repeat(rng.choice([-1, 1], size=(1000, 2)), 2, axis=1)
    >>> cut = candidate_bipartitions(x, 4, rng)[1].first
    >>> bool(cut[0] != cut[1] and cut[2] != cut[3])
    True
    """
    if n_sites < 2:
        raise InputError("sites", n_sites, "two at least are needed")
    weights = pair_information(statistic, n_sites)
    laplacian = np.diag(weights.sum(0)) - weights
    highest = np.linalg.eigh(laplacian)[1][:, -1]
    found = [halves(n_sites)]
    begun = [("spectral cut", highest > np.median(highest))]
    for number in range(starts):
        begun.append((f"cut from random start {number + 1}", rng.permutation(found[0].first)))
    for name, first in begun:
        if first.all() or not first.any():
            first = found[0].first
        cut = improved_cut(weights, first)
        if not any((cut == one.first).all() or (cut != one.first).all() for one in found):
            found.append(Bipartition(name, cut))
    return found
