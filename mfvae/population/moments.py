"""Moments of a population's words up to third order, with errors from resampling whole repeats.

Words of one repeat follow each other in time, so that repeats are the independent units. All moments are
ratios of sums over repeats: a bootstrap (Efron, Ann. Stat. 7, 1, 1979) only weights these sums anew.
Spikes are packed 64 bins to an integer and counted by AND and popcount.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mfvae.errors import InputError
from mfvae.population.words import count_distribution, joint_spike_counts

BITS = 64
BLOCK_ENTRIES = 4_000_000  # packed integers held at once: 32 MB
PAIR_ENTRIES = 4_000_000  # moments of pairs under all weights, held at once


def random_triplets(n_neurons: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Distinct triplets i < j < k, drawn evenly, (number, 3); all of them where there are no more."""
    total = n_neurons * (n_neurons - 1) * (n_neurons - 2) // 6
    if number >= total:
        i, j, k = np.ogrid[:n_neurons, :n_neurons, :n_neurons]
        return np.argwhere((i < j) & (j < k))
    found = np.empty((0, 3), dtype=np.int64)
    while len(found) < number:
        drawn = np.sort(rng.integers(n_neurons, size=(2 * number, 3)), axis=1)
        apart = drawn[(drawn[:, 0] < drawn[:, 1]) & (drawn[:, 1] < drawn[:, 2])]
        found = np.unique(np.concatenate([found, apart]), axis=0)
    return found[np.sort(rng.choice(len(found), number, replace=False))]


@dataclass(frozen=True)
class RepeatSums:
    """Sums over the bins of every repeat: all that moments are made of."""

    bins: np.ndarray  # (R,)
    single: np.ndarray  # spikes of every neuron, (R, N)
    pairs: np.ndarray  # joint spikes of the pairs i < j, row by row, (R, N(N−1)/2), as small integers
    triplets: np.ndarray  # indices, (T, 3)
    triple: np.ndarray  # joint spikes, (R, T)
    counts: np.ndarray  # words with K spikes, (R, N + 1)

    @property
    def n_repeats(self) -> int:
        return len(self.bins)


def repeat_sums(spins: np.ndarray, repeats: np.ndarray, triplets: np.ndarray) -> RepeatSums:
    """Sums of words (B, N) by their repeats (B,); raises InputError for fewer than two repeats."""
    names, sizes = np.unique(repeats, return_counts=True)
    if len(names) < 2:
        raise InputError("repeats", len(names), "at least two are needed for an error")
    n = spins.shape[1]
    first, second = np.triu_indices(n, k=1)
    singles, triples, counts = [], [], []
    pairs = np.empty((len(names), len(first)), dtype=np.min_scalar_type(sizes.max()))
    for row, (name, size) in enumerate(zip(names, sizes, strict=True)):
        words = spins[repeats == name]
        together = joint_spike_counts(words)
        singles.append(together.diagonal().copy())
        pairs[row] = together[first, second]
        triples.append(_together(_packed(words > 0), triplets))
        counts.append(np.rint(count_distribution(words) * size))
    single, triple, count = (np.stack(part).astype(np.float64) for part in (singles, triples, counts))
    return RepeatSums(sizes.astype(np.float64), single, pairs, triplets, triple, count)


def _packed(active: np.ndarray) -> np.ndarray:
    """Spikes (B, N) of each neuron as bits of integers, (N, ⌈B/64⌉)."""
    padded = np.zeros((active.shape[1], -(-len(active) // BITS) * BITS), dtype=bool)
    padded[:, : len(active)] = active.T
    return np.packbits(padded, axis=1).view(np.uint64)


def _together(packed: np.ndarray, triplets: np.ndarray) -> np.ndarray:
    """In how many bins the neurons of each triplet spike together, (T,)."""
    size = max(1, BLOCK_ENTRIES // packed.shape[1])
    found = [
        np.bitwise_count(packed[i] & packed[j] & packed[k]).sum(1, dtype=np.int64)
        for i, j, k in (triplets[s : s + size].T for s in range(0, len(triplets), size))
    ]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Moments:
    """What a model of the population is asked to reproduce."""

    rates: np.ndarray  # spike probability per bin, (N,)
    correlations: np.ndarray  # Pearson, of the pairs, (P,); NaN where a neuron is silent
    triplet_covariances: np.ndarray  # ⟨δs_i δs_j δs_k⟩, s = 0 or 1, (T,)
    count_distribution: np.ndarray  # P(K), (N + 1,)


def moments(sums: RepeatSums, weight: np.ndarray | None = None) -> Moments:
    """Moments with every repeat counted ``weight`` (R,) times, once by default."""
    w = np.ones(sums.n_repeats) if weight is None else weight
    return _over_weights(sums, w[None, :], lambda drawn: drawn[0])


def bootstrap_errors(sums: RepeatSums, resamples: int, rng: np.random.Generator) -> Moments:
    """Standard errors of all moments: their standard deviation over resampled sets of repeats."""
    r = sums.n_repeats
    weights = rng.multinomial(r, np.full(r, 1 / r), size=resamples).astype(np.float64)
    return _over_weights(sums, weights, lambda drawn: np.std(drawn, axis=0, ddof=1))


def _over_weights(
    sums: RepeatSums, weights: np.ndarray, reduce: Callable[[np.ndarray], np.ndarray]
) -> Moments:
    """Every moment under each of the ``weights`` (S, R) of repeats, (S, ...), reduced over them.

    Pairs come in blocks: all of a large population under all weights would take gigabytes.
    """
    total, n = (weights @ sums.bins)[:, None], sums.single.shape[1]
    p, triple = weights @ sums.single / total, weights @ sums.triple / total
    spread = np.sqrt(p * (1 - p))
    first, second = np.triu_indices(n, k=1)
    correlations = np.empty(len(first))
    size = max(1, PAIR_ENTRIES // len(weights))
    for start in range(0, len(first), size):
        block = slice(start, start + size)
        i, j = first[block], second[block]
        joint = weights @ sums.pairs[:, block] / total
        with np.errstate(invalid="ignore", divide="ignore"):
            correlations[block] = reduce((joint - p[:, i] * p[:, j]) / (spread[:, i] * spread[:, j]))

    def together(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        return weights @ sums.pairs[:, i * n - i * (i + 1) // 2 + j - i - 1] / total  # row by row

    i, j, k = sums.triplets.T
    covariances = triple - together(i, j) * p[:, k] - together(i, k) * p[:, j]
    covariances -= together(j, k) * p[:, i]
    covariances += 2 * p[:, i] * p[:, j] * p[:, k]
    counts = weights @ sums.counts / total
    return Moments(reduce(p), correlations, reduce(covariances), reduce(counts))
