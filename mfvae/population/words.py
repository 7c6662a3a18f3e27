"""Population statistics of binary words: what a model of a population is asked to reproduce.

Words are spins −1/+1, shape (B, N); a spike is +1. Probabilities are per word (time bin).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mfvae.errors import InputError
from mfvae.stats import jackknife

JACKKNIFE = 10  # groups of repeats left out in turn
BLOCK_ENTRIES = 4_000_000  # numbers held at once beside the words


def spike_counts(spins: np.ndarray) -> np.ndarray:
    """K, the number of spikes in every word, shape (B,)."""
    return (spins > 0).sum(1)


def count_distribution(spins: np.ndarray) -> np.ndarray:
    """P(K), shape (N + 1,)."""
    return np.bincount(spike_counts(spins), minlength=spins.shape[1] + 1) / len(spins)


def spike_probabilities(spins: np.ndarray) -> np.ndarray:
    """Probability of a spike in a bin, per neuron, shape (N,)."""
    return (spins > 0).mean(0)


def joint_spike_counts(spins: np.ndarray) -> np.ndarray:
    """In how many words each two neurons spike together, float64 (N, N), exact; N_i on the diagonal.

    Blocks of words keep every float32 count below 2^24, where it is exact.
    """
    n = spins.shape[1]
    together = np.zeros((n, n))
    size = max(1, BLOCK_ENTRIES // n)
    for start in range(0, len(spins), size):
        active = (spins[start : start + size] > 0).astype(np.float32)
        together += active.T @ active
    return together


def pairwise_correlations(spins: np.ndarray) -> np.ndarray:
    """Pearson correlations of all N(N−1)/2 pairs (upper triangle by rows); NaN for silent neurons."""
    together = joint_spike_counts(spins) / len(spins)
    p = together.diagonal()
    covariance = together - np.outer(p, p)
    spread = np.sqrt(p * (1 - p))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(spread, spread)
    return correlation[np.triu_indices(spins.shape[1], k=1)]


def independent_count_distribution(probabilities: np.ndarray) -> np.ndarray:
    """P(K) of independent neurons with these spike probabilities (Poisson binomial), shape (N + 1,)."""
    law = np.array([1.0])
    for p in probabilities:
        law = np.convolve(law, [1 - p, p])
    return law


def coincidence_by_repeat(spins: np.ndarray, repeats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coincidence probability of words (B, N) and its error from a jackknife over repeats, (1,) each.

    Two words of the same bin of a movie coincide more often: whole repeats are left out in turn.
    """
    word = _word_ids(spins)
    names, group = np.unique(repeats, return_inverse=True)
    whole = np.bincount(word).astype(np.float64)
    pairs = (whole * (whole - 1)).sum()

    def coincidence(left_out: int | None) -> float:
        own, n = np.unique(word[group == left_out], return_counts=True)
        # Σ (c − n)(c − n − 1) over words, from the change at those of this repeat
        change = ((whole[own] - n) * (whole[own] - n - 1) - whole[own] * (whole[own] - 1)).sum()
        rest = len(spins) - n.sum()
        return float((pairs + change) / (rest * (rest - 1)))

    found = jackknife(range(len(names)), coincidence)
    return found.value[None], found.stderr[None]


def covariance_spectrum(spins: np.ndarray, repeats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the covariance of spikes (0 or 1), descending, (N,), and their errors.

    Errors are from a jackknife over ten groups of repeats.
    """
    names, group = np.unique(repeats, return_inverse=True)
    part = group * min(JACKKNIFE, len(names)) // len(names)
    sizes = np.bincount(part).tolist()
    kept = np.min_scalar_type(max(sizes))  # of counts: a tenth of a large population's pairs each
    sums = [joint_spike_counts(spins[part == k]).astype(kept) for k in range(len(sizes))]
    whole = np.zeros(sums[0].shape)
    for own in sums:
        whole += own

    def spectrum(left_out: int | None) -> np.ndarray:
        second, n = whole, len(spins)
        if left_out is not None:
            second, n = whole - sums[left_out], n - sizes[left_out]
        first = second.diagonal()
        return np.linalg.eigvalsh(second / n - np.outer(first, first) / n**2)[::-1]

    found = jackknife(range(len(sums)), spectrum)
    return found.value, found.stderr


def trial_shuffled_silence(
    spins: np.ndarray, repeats: np.ndarray, bins: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """P(K = 0) of repeats shuffled, neuron by neuron, within every bin of a movie, and its error, (1,).

    The expectation over all shuffles, which are independent between neurons: the mean over bins t of
    Π_i (1 − rate_i(t)). Only the correlation that the movie brings is left; arXiv:1407.5946 has it
    beside P(0). The error is from a jackknife over ten groups of repeats. Raises InputError for a bin
    below 0.
    """
    if bins.min() < 0:
        raise InputError("bin", int(bins.min()), "bins of a movie are numbered from 0")
    names, group = np.unique(repeats, return_inverse=True)
    part = group * min(JACKKNIFE, len(names)) // len(names)
    n_bins = int(bins.max()) + 1
    parts = int(part.max()) + 1
    silence = {left_out: np.empty(n_bins) for left_out in (None, *range(parts))}
    size = max(1, BLOCK_ENTRIES // (parts * spins.shape[1]))
    order = np.argsort(bins, kind="stable")
    edges = np.searchsorted(bins[order], np.arange(0, n_bins + size, size))
    for block, (low, high) in enumerate(pairwise(edges)):
        rows, start = order[low:high], block * size
        width = min(size, n_bins - start)
        spikes = np.zeros((parts, width, spins.shape[1]))
        words = np.zeros((parts, width))
        for repeat in np.unique(group[rows]):
            own = rows[group[rows] == repeat]
            spikes[part[own[0]], bins[own] - start] += spins[own] > 0
            words[part[own[0]], bins[own] - start] += 1
        whole_words, whole_spikes = words.sum(0), spikes.sum(0)
        here = slice(start, start + width)
        for k in range(parts):
            rate = (whole_spikes - spikes[k]) / (whole_words - words[k])[:, None]
            silence[k][here] = np.prod(1 - rate, axis=1)
        silence[None][here] = np.prod(1 - whole_spikes / whole_words[:, None], axis=1)
    found = jackknife(range(parts), lambda left_out: silence[left_out].mean())
    return found.value[None], found.stderr[None]


def _word_ids(spins: np.ndarray) -> np.ndarray:
    """A number for every word (B,), the same for equal words."""
    packed = np.ascontiguousarray(np.packbits(spins > 0, axis=1))
    return np.unique(packed.view(f"V{packed.shape[1]}"), return_inverse=True)[1].reshape(-1)


def word_counts(spins: np.ndarray) -> np.ndarray:
    """How often every distinct word occurs, in no particular order."""
    return np.bincount(_word_ids(spins))


def total_variation(p: np.ndarray, q: np.ndarray) -> float:
    """½ Σ |p − q| of two distributions on the same support."""
    return float(0.5 * np.abs(p - q).sum())
