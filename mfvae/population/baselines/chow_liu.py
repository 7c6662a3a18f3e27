"""Chow–Liu tree: p(x) = p(x_r) Π_i p(x_i | x_parent(i)), the tree of highest likelihood.

Chow & Liu, IEEE Trans. Inf. Theory 14, 462 (1968): a tree's training log-likelihood per word is the sum
of its edges' mutual information less the entropies of its sites, so that the best tree is the one of
greatest total mutual information. Tree, log Z and samples are exact, at a cost of N² in memory and time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

from mfvae.errors import InputError
from mfvae.population.baselines.base import (
    blocks_of,
    check_words,
    smoothed_rates,
    spikes_together,
    to_spins,
)

PSEUDO_WORDS = 2.0  # added to the words, spread evenly over the four states of every pair
MAX_NEURONS = 10_000  # five tables of N² numbers: 4 GB; at 2,000 they are 160 MB


@dataclass(frozen=True)
class ChowLiuTree:
    """A tree of N sites and what every site does given its parent.

    Parameters
    ----------
    order : ndarray of int, shape (N,)
        Sites, each behind its parent; the root is the first.
    parents : ndarray of int, shape (N,)
        Parent of every site; the root is its own.
    rates : ndarray of float, shape (N, 2)
        Probability that a site spikes while its parent is silent, and while it spikes; two equal ones of
        the root.
    """

    order: np.ndarray
    parents: np.ndarray
    rates: np.ndarray
    log_partition_error: ClassVar[float] = 0.0

    @property
    def n_parameters(self) -> int:
        """A rate of every site and a coupling of every edge, 2N − 1."""
        return 2 * len(self.parents) - 1

    @property
    def edges(self) -> np.ndarray:
        """Pairs i < j of neighbours in the tree, int (N − 1, 2), in ascending order."""
        children = self.order[1:]
        pairs = np.sort(np.stack([children, self.parents[children]], axis=1), axis=1)
        return pairs[np.lexsort(pairs.T[::-1])]

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) of whole words.

        Parameters
        ----------
        words : ndarray, shape (B, N)
            Spins −1 and +1.

        Returns
        -------
        ndarray of float64, shape (B,)
            Nats, normalised exactly.

        Raises
        ------
        InputError
            For other than spins, or another number of sites.
        """
        check_words("words", words, len(self.parents))
        silence = np.log1p(-self.rates)
        odds = np.log(self.rates) - silence  # (N, 2): of a spike, by the parent's state
        own, parents, both = odds[:, 0], silence[:, 1] - silence[:, 0], odds[:, 1] - odds[:, 0]
        found = np.empty(len(words))
        for rows, s in blocks_of(words, np.float64):
            found[rows] = s @ own + (s[:, self.parents] * (parents + both * s)).sum(1)
        return found + silence[:, 0].sum()

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n exact and independent words, int8 spins (n, N), from the root to the leaves."""
        spikes = np.zeros((len(self.parents), n), dtype=bool)
        for i in self.order:
            silent, spiking = self.rates[i]
            spikes[i] = rng.random(n) < np.where(spikes[self.parents[i]], spiking, silent)
        return np.ascontiguousarray(to_spins(spikes.T))


def mutual_information(together: np.ndarray) -> np.ndarray:
    """Mutual information of all pairs of binary sites.

    Parameters
    ----------
    together : ndarray of float, shape (N, N)
        Probabilities that two sites spike together, above 0 and below both rates; on the diagonal the
        rates.

    Returns
    -------
    ndarray of float64, shape (N, N)
        Nats; the diagonal has no meaning.

    Examples
    --------
    >>> mutual_information(np.array([[0.5, 0.25], [0.25, 0.5]]))[0, 1].item()
    0.0
    """
    rates = together.diagonal()
    entropy = -(xlogy(rates, rates) + xlogy(1 - rates, 1 - rates))
    found: np.ndarray = xlogy(together, together)
    for only in (rates[:, None] - together, rates - together):
        np.fill_diagonal(only, 0)
        found += xlogy(only, only)
    neither = together - rates[:, None] - rates + 1
    found += xlogy(neither, neither)
    return found + entropy[:, None] + entropy


def maximum_spanning_tree(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The tree of greatest total weight, by the algorithm of Prim, rooted at site 0.

    Prim, Bell Syst. Tech. J. 36, 1389 (1957); of equal weights the first site is taken.

    Parameters
    ----------
    weights : ndarray of float, shape (N, N)
        Symmetric, of any sign; the diagonal is not looked at.

    Returns
    -------
    order, parents : ndarray of int, shape (N,)
        As those of ``ChowLiuTree``.

    Examples
    --------
    >>> order, parents = maximum_spanning_tree(np.array([[0, 1, 5], [1, 0, 2], [5, 2, 0]]))
    >>> order.tolist(), parents.tolist()
    ([0, 2, 1], [0, 2, 0])
    """
    n = len(weights)
    order, parents = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    outside = np.ones(n, dtype=bool)
    outside[0] = False
    best = np.where(outside, weights[0], -np.inf)
    for place in range(1, n):
        site = order[place] = int(np.argmax(best))
        outside[site], best[site] = False, -np.inf
        closer = outside & (weights[site] > best)
        parents[closer], best[closer] = site, weights[site, closer]
    return order, parents


def fit(train: np.ndarray, rng: np.random.Generator) -> ChowLiuTree:
    """The tree of highest likelihood on ``train``, exact.

    Parameters
    ----------
    train : ndarray, shape (B, N)
        Spins −1 and +1. Every pair is joined by half a word in each of its four states, so that every
        word has a probability; the rates are then those of the independent baseline.
    rng : numpy.random.Generator
        Is not drawn from.

    Returns
    -------
    ChowLiuTree

    Raises
    ------
    InputError
        For other than spins, or more than 10,000 sites.

    Examples
    --------
    The second site copies the first, and the third knows of neither.

    >>> words = np.array([[1, 1, 1], [1, 1, -1], [-1, -1, 1], [-1, -1, -1]])
    >>> fit(words, np.random.default_rng(0)).edges.tolist()
    [[0, 1], [0, 2]]
    """
    check_words("train", train)
    if train.shape[1] > MAX_NEURONS:
        raise InputError("train", train.shape, f"at most {MAX_NEURONS} neurons are allowed")
    together = (spikes_together(train) + PSEUDO_WORDS / 4) / (len(train) + PSEUDO_WORDS)
    rates = smoothed_rates(train)
    np.fill_diagonal(together, rates)
    order, parents = maximum_spanning_tree(mutual_information(together))
    joint, above = together[np.arange(len(rates)), parents], rates[parents]
    given = np.stack([(rates - joint) / (1 - above), joint / above], axis=1)
    given[order[0]] = rates[order[0]]
    return ChowLiuTree(order, parents, given)
