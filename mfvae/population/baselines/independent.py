"""Independent neurons: p(x) = Π_i p_i^{s_i} (1 − p_i)^{1 − s_i}, s_i ∈ {0, 1}.

Rates are smoothed by one spike and one silence per neuron (Laplace's rule of succession), so that every
word has a probability. Neurons that were not observed in a word have no part in its probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mfvae.population.baselines.base import check_words, smoothed_rates, to_spins
from mfvae.sites.masks import over_observed


@dataclass(frozen=True)
class Independent:
    """Spike probabilities (N,)."""

    rates: np.ndarray
    log_partition_error: ClassVar[float] = 0.0

    @property
    def n_parameters(self) -> int:
        return len(self.rates)

    def log_prob(self, words: np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
        """log p(x) in nats, (B, N) → (B,); raises InputError for other than spins.

        Of the entries that were ``observed``, bool (B, N), if not all.
        """
        check_words("words", words, len(self.rates))
        return over_observed(np.where(words > 0, np.log(self.rates), np.log1p(-self.rates)), observed)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n words, int8 spins (n, N)."""
        return to_spins(rng.random((n, len(self.rates))) < self.rates)


def fit(train: np.ndarray, rng: np.random.Generator, observed: np.ndarray | None = None) -> Independent:
    """Rates of ``train`` (B, N), of the entries that were ``observed``, bool (B, N), if not all.

    ``rng`` is not drawn from. Raises InputError for other than spins.
    """
    check_words("train", train)
    return Independent(smoothed_rates(train, observed))
