"""Population statistics of binary words: what a model of a population is asked to reproduce.

Words are spins −1/+1, shape (B, N); a spike is +1. Probabilities are per word (time bin).
"""

from __future__ import annotations

import numpy as np


def spike_counts(spins: np.ndarray) -> np.ndarray:
    """K, the number of spikes in every word, shape (B,)."""
    return (spins > 0).sum(1)


def count_distribution(spins: np.ndarray) -> np.ndarray:
    """P(K), shape (N + 1,)."""
    return np.bincount(spike_counts(spins), minlength=spins.shape[1] + 1) / len(spins)


def spike_probabilities(spins: np.ndarray) -> np.ndarray:
    """Probability of a spike in a bin, per neuron, shape (N,)."""
    return (spins > 0).mean(0)


def pairwise_correlations(spins: np.ndarray) -> np.ndarray:
    """Pearson correlations of all N(N−1)/2 pairs (upper triangle by rows); NaN for silent neurons."""
    active = (spins > 0).astype(np.float32)  # counts below 2^24 are exact in float32
    p = active.mean(0, dtype=np.float64)
    together = (active.T @ active).astype(np.float64) / len(spins)
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


def independent_log_likelihood(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """log p of every test word (B,) in nats under independent neurons fitted to ``train``.

    Rates are smoothed by one spike and one silence per neuron, so that every word has a probability.
    """
    p = ((train > 0).sum(0) + 1) / (len(train) + 2)
    return np.where(test > 0, np.log(p), np.log1p(-p)).sum(1)


def coincidence_probability(spins: np.ndarray) -> float:
    """Probability that two words drawn from the data are equal: Σ_w n_w(n_w − 1) / B(B − 1)."""
    counts = word_counts(spins).astype(np.float64)
    return float((counts * (counts - 1)).sum() / (len(spins) * (len(spins) - 1)))


def word_counts(spins: np.ndarray) -> np.ndarray:
    """How often every distinct word occurs, in no particular order."""
    packed = np.ascontiguousarray(np.packbits(spins > 0, axis=1))
    return np.unique(packed.view(f"V{packed.shape[1]}"), return_counts=True)[1]


def total_variation(p: np.ndarray, q: np.ndarray) -> float:
    """½ Σ |p − q| of two distributions on the same support."""
    return float(0.5 * np.abs(p - q).sum())
