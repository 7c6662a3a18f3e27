"""Bernoulli mixture: p(x) = Σ_c w_c Π_i p_ci^{s_i} (1 − p_ci)^{1 − s_i}, s_i ∈ {0, 1}, fitted by EM.

EM: Dempster, Laird & Rubin, J. R. Stat. Soc. B 39, 1 (1977). The starts are tried in short runs of which
the best goes on: Biernacki, Celeux & Govaert, Comput. Stat. Data Anal. 41, 561 (2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mfvae.errors import InputError
from mfvae.population.baselines.base import check_words, distinct_words, smoothed_rates, to_spins

STARTS = 4
SHORT_RUN = 10  # EM steps of every start
START_WORDS = 100  # random words whose mean a component starts from, half and half with all words
TOLERANCE = 1e-5  # nats per word that a step must gain, or it is the last
MAX_STEPS = 1000


@dataclass(frozen=True)
class BernoulliMixture:
    """Weights (C,) and spike probabilities (C, N); the training log-likelihood after every EM step."""

    weights: np.ndarray
    rates: np.ndarray
    history: tuple[float, ...] = ()  # nats per word
    log_partition_error: ClassVar[float] = 0.0

    @property
    def n_parameters(self) -> int:
        return self.rates.size + len(self.weights) - 1

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) in nats, (B, N) → (B,); raises InputError for other than spins."""
        check_words("words", words, self.rates.shape[1])
        return _normalise(_log_joint(self, (words > 0).astype(np.float64)))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n words, int8 spins (n, N)."""
        component = rng.choice(len(self.weights), size=n, p=self.weights)
        return to_spins(rng.random((n, self.rates.shape[1])) < self.rates[component])


def _log_joint(model: BernoulliMixture, spikes: np.ndarray) -> np.ndarray:
    """log w_c p_c(x), float64 (B, C); the product is taken in the precision of ``spikes``."""
    silence = np.log1p(-model.rates)
    log_odds = (np.log(model.rates) - silence).astype(spikes.dtype)
    return (spikes @ log_odds.T).astype(np.float64) + (silence.sum(1) + np.log(model.weights))


def _normalise(log_joint: np.ndarray) -> np.ndarray:
    """Turn ``log_joint`` (B, C) into responsibilities, in place; returns log p(x) (B,)."""
    highest = log_joint.max(1)
    log_joint -= highest[:, None]
    np.exp(log_joint, out=log_joint)
    total = log_joint.sum(1)
    log_joint /= total[:, None]
    return highest + np.log(total)


def _start(
    spikes: np.ndarray,
    counts: np.ndarray,
    overall: np.ndarray,
    components: int,
    rng: np.random.Generator,
) -> BernoulliMixture:
    chosen = rng.choice(len(spikes), size=(components, START_WORDS), p=counts / counts.sum())
    local = np.array([spikes[rows].mean(0, dtype=np.float64) for rows in chosen])
    return BernoulliMixture(np.full(components, 1 / components), (local + overall) / 2)


def _run(
    model: BernoulliMixture,
    spikes: np.ndarray,
    counts: np.ndarray,
    overall: np.ndarray,
    tolerance: float,
    max_steps: int,
) -> BernoulliMixture:
    """EM on distinct words (D, N) and their counts, until a step gains less than ``tolerance``."""
    total, history = counts.sum(), list(model.history)
    for _ in range(max_steps):
        responsibilities = _log_joint(model, spikes)
        history.append(float(counts @ _normalise(responsibilities) / total))
        if len(history) > 1 and history[-1] - history[-2] < tolerance:
            break
        responsibilities *= counts[:, None]
        words = responsibilities.sum(0)  # of every component
        sums = (responsibilities.T.astype(np.float32) @ spikes).astype(np.float64)
        rates = (sums + overall) / (words + 1)[:, None]
        model = BernoulliMixture((words + 1) / (total + len(words)), rates)
    return BernoulliMixture(model.weights, model.rates, tuple(history))


def fit(
    train: np.ndarray,
    rng: np.random.Generator,
    *,
    components: int,
    starts: int = STARTS,
    tolerance: float = TOLERANCE,
) -> BernoulliMixture:
    """Maximum likelihood by EM on ``train`` (B, N), from the best of ``starts`` random starts.

    Every component is joined by one word of the overall rates, so that no rate is 0 or 1. Raises
    InputError for other than spins, fewer than one component or start.
    """
    check_words("train", train)
    for field, value in (("components", components), ("starts", starts)):
        if value < 1:
            raise InputError(field, value, "at least one is needed")
    (spikes, counts), overall = distinct_words(train), smoothed_rates(train)
    short = [
        _run(_start(spikes, counts, overall, components, rng), spikes, counts, overall, 0.0, SHORT_RUN)
        for _ in range(starts)
    ]
    best = max(short, key=lambda model: model.history[-1])
    return _run(best, spikes, counts, overall, tolerance, MAX_STEPS)
