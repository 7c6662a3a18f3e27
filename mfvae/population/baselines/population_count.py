"""Neurons that are independent given how many of them spike: the population tracking model.

p(x) = P(K) Π_i p_i(K)^{s_i} (1 − p_i(K))^{1 − s_i} / Z_K, s_i ∈ {0, 1}, K = Σ_i s_i, with Z_K the
Poisson-binomial probability of K under p_1(K) … p_N(K): O'Donnell, Gonçalves, Whiteley,
Portera-Cailliau & Sejnowski, Neural Comput. 29, 50 (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mfvae.population.baselines.base import check_words, smoothed_rates, to_spins
from mfvae.population.words import independent_count_distribution, spike_counts

PRIOR_WORDS = 100  # words that the rates expected at a count weigh as much as
TILT_STEPS = 80  # bisections of a log odds ratio within ±TILT_BOUND, to 1e-15 relative
TILT_BOUND = 700.0  # where the exponential is still finite


@dataclass(frozen=True)
class PopulationCount:
    """P(K) (N + 1,) and rates p_i(K) (N + 1, N), of which rows 0 and N are not used."""

    count_law: np.ndarray
    rates: np.ndarray
    log_partition_error: ClassVar[float] = 0.0

    @property
    def n_parameters(self) -> int:
        """N for P(K) and N − 1 ratios of odds at every K from 1 to N − 1."""
        n = self.rates.shape[1]
        return n + (n - 1) ** 2

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) in nats, (B, N) → (B,); raises InputError for other than spins."""
        n = self.rates.shape[1]
        check_words("words", words, n)
        counts = spike_counts(words)
        found = np.log(self.count_law[counts])
        for k in np.unique(counts[(counts > 0) & (counts < n)]):
            rates, here = self.rates[k], counts == k
            log_z = np.log(independent_count_distribution(rates)[k])
            found[here] += np.where(words[here] > 0, np.log(rates), np.log1p(-rates)).sum(1) - log_z
        return found

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n exact and independent words, int8 spins (n, N)."""
        n_neurons = self.rates.shape[1]
        counts = rng.choice(n_neurons + 1, size=n, p=self.count_law)
        spikes = np.zeros((n, n_neurons), dtype=np.int8)
        spikes[counts == n_neurons] = 1
        for k in np.unique(counts[(counts > 0) & (counts < n_neurons)]):
            here = np.flatnonzero(counts == k)
            spikes[here] = _conditional_bernoulli(self.rates[k], int(k), len(here), rng)
        return to_spins(spikes)


def _conditional_bernoulli(
    rates: np.ndarray, count: int, n: int, rng: np.random.Generator
) -> np.ndarray:
    """n words 0/1 (n, N) of independent neurons, given that ``count`` of them spike.

    Neuron after neuron, P(s_i = 1 | m spikes to come) = p_i T_{i+1}(m − 1) / T_i(m), where T_i(m) is the
    probability of m spikes among neurons i … N: Chen & Liu, Stat. Sin. 7, 875 (1997), section 2.
    """
    later = np.zeros((len(rates) + 1, count + 1))
    later[-1, 0] = 1
    for i in range(len(rates) - 1, -1, -1):
        later[i] = (1 - rates[i]) * later[i + 1]
        later[i, 1:] += rates[i] * later[i + 1, :-1]
    words = np.zeros((n, len(rates)), dtype=np.int8)
    to_come = np.full(n, count)
    for i, rate in enumerate(rates):
        spike = np.zeros(count + 1)
        spike[1:] = rate * later[i + 1, :-1] / np.where(later[i, 1:] > 0, later[i, 1:], 1)
        words[:, i] = rng.random(n) < spike[to_come]
        to_come -= words[:, i]
    return words


def tilted(rates: np.ndarray, total: float) -> np.ndarray:
    """Rates (N,) whose odds are those of ``rates`` times one factor, and whose sum is ``total``."""
    log_odds = np.log(rates) - np.log1p(-rates)
    low, high = -TILT_BOUND, TILT_BOUND
    for _ in range(TILT_STEPS):
        middle = (low + high) / 2
        expected = (1 / (1 + np.exp(-np.clip(log_odds + middle, -TILT_BOUND, TILT_BOUND)))).sum()
        low, high = (middle, high) if expected < total else (low, middle)
    return 1 / (1 + np.exp(-np.clip(log_odds + low, -TILT_BOUND, TILT_BOUND)))


def fit(
    train: np.ndarray, rng: np.random.Generator, *, prior_words: float = PRIOR_WORDS
) -> PopulationCount:
    """P(K) and p_i(K) of ``train`` (B, N); ``rng`` is not drawn from.

    P(K) is smoothed by one word of every count. Rates at K are those of the words of K spikes joined by
    ``prior_words`` words of the rates at K − 1 (at K = 1: of all words), tilted to K spikes: a count
    that is rare or never seen takes its shares of the spikes from the nearest smaller count that is not.
    Raises InputError for other than spins.
    """
    check_words("train", train)
    n = train.shape[1]
    counts = spike_counts(train)
    of_count = np.bincount(counts, minlength=n + 1)
    rates = np.full((n + 1, n), 0.5)
    expected = smoothed_rates(train)
    for k in range(1, n):
        expected = tilted(expected, k)
        spikes = (train[counts == k] > 0).sum(0)
        expected = (spikes + prior_words * expected) / (of_count[k] + prior_words)
        rates[k] = expected
    return PopulationCount((of_count + 1) / (len(train) + n + 1), rates)
