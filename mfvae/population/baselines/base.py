"""What every baseline offers, and what all of them do with words.

A baseline is a fitted law of spike words that a VAE is compared with on held-out repeats. Each module
has ``fit(train, rng, ...)``, which returns a frozen model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from mfvae.errors import InputError
from mfvae.sites.checks import check_sites, is_spin

BLOCK_ENTRIES = 10_000_000  # (word, neuron) pairs held at once: 40 MB of float32, 80 MB of float64


class Baseline(Protocol):
    """A fitted law of words of N spins."""

    @property
    def n_parameters(self) -> int:
        """Numbers that were fitted."""
        ...

    @property
    def log_partition_error(self) -> float:
        """Standard error of log Z in nats, which all log probabilities share; 0 where Z is exact."""
        ...

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) in nats, (B, N) → (B,) float64."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n words, int8 spins (n, N)."""
        ...


def check_words(field: str, words: np.ndarray, n_neurons: int | None = None) -> None:
    """Raise InputError unless ``words`` are spins −1/+1 (B, N), B ≥ 1, N = ``n_neurons`` if given."""
    if words.ndim != 2 or not words.size:
        raise InputError(field, words.shape, "at least one word is needed, in an array (B, N)")
    if n_neurons is not None and words.shape[1] != n_neurons:
        raise InputError(field, words.shape, f"words of {n_neurons} neurons are needed")
    check_sites(words, is_spin, "only spins −1 and +1 are allowed", field)


def to_spins(spikes: np.ndarray) -> np.ndarray:
    """0/1 or bool to −1/+1, int8."""
    return 2 * spikes.astype(np.int8) - 1


def smoothed_rates(words: np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
    """Spike probability per neuron (N,), smoothed by one spike and one silence.

    Of the entries that were ``observed``, bool (B, N), if not all.
    """
    if observed is None:
        return ((words > 0).sum(0) + 1) / (len(words) + 2)
    return (((words > 0) & observed).sum(0) + 1) / (observed.sum(0) + 2)


def blocks_of(words: np.ndarray, dtype: type[np.floating]) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows and their spikes 0/1 (b, N) of ``words`` (B, N), few enough at a time for the memory."""
    rows = max(1, BLOCK_ENTRIES // words.shape[1])
    for start in range(0, len(words), rows):
        block = slice(start, start + rows)
        yield block, (words[block] > 0).astype(dtype)


def spikes_together(words: np.ndarray) -> np.ndarray:
    """In how many words (B, N) two neurons spike together, float64 (N, N); on the diagonal one does."""
    together = np.zeros((words.shape[1], words.shape[1]))
    for _, spikes in blocks_of(words, np.float32):
        together += spikes.T @ spikes  # counts below 2^24 are exact in float32
    return together


def distinct_words(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct words as 0/1, float32 (D, N), and how often each occurs, float64 (D,).

    In a sparse recording half of the words are repetitions, which cost time in every pass over the data.
    """
    packed = np.ascontiguousarray(np.packbits(words > 0, axis=1))
    rows = packed.view(f"V{packed.shape[1]}")[:, 0]
    _, first, counts = np.unique(rows, return_index=True, return_counts=True)
    return (words[first] > 0).astype(np.float32), counts.astype(np.float64)
