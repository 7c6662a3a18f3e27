"""Restricted Boltzmann machine with few hidden units, by exact maximum likelihood.

p(s) ∝ Σ_h exp(a·s + b·h + s·W h), s ∈ {0, 1}^N, h ∈ {0, 1}^H: Hinton, Neural Comput. 14, 1771 (2002).
Up to H = 16 all 2^H hidden states are summed over: log Z, its gradient and the samples are exact, where
contrastive divergence has chains that may not have mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from mfvae.errors import InputError
from mfvae.population.baselines.base import check_words, distinct_words, smoothed_rates, to_spins

MAX_HIDDEN = 16  # 65,536 states, a quarter of a second per gradient at N = 160
START_SD = 0.05  # of the weights that the search starts from, over the spread of their neuron's spikes
WEIGHT_SD = 3.0  # of the Gaussian prior of a weight, worth one word: neurons that never join stay finite
MAX_STEPS = 1000  # of L-BFGS
MEMORY = 20  # steps that it infers curvature from
TOLERANCE = 2e-7  # relative gain of the last step, above the rounding of float32 products over the data
STATES_AT_ONCE = 4096
WORDS_AT_ONCE = 2048  # 1.3 MB at N = 160: both passes over a block find it in the cache


@dataclass(frozen=True)
class RestrictedBoltzmannMachine:
    """Visible bias (N,), hidden bias (H,), weights (N, H), of units 0/1."""

    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    weights: np.ndarray
    log_partition_error: ClassVar[float] = 0.0

    @property
    def n_parameters(self) -> int:
        return self.visible_bias.size + self.hidden_bias.size + self.weights.size

    @cached_property
    def _hidden_log_weights(self) -> np.ndarray:
        """log Σ_s exp(…) of every hidden state (2^H,)."""
        states = hidden_states(len(self.hidden_bias))
        blocks = range(0, len(states), STATES_AT_ONCE)
        return np.concatenate([self._log_weights(states[i : i + STATES_AT_ONCE]) for i in blocks])

    def _log_weights(self, states: np.ndarray) -> np.ndarray:
        fields = states @ self.weights.T + self.visible_bias
        return states @ self.hidden_bias + _softplus(fields).sum(1)

    @property
    def log_partition(self) -> float:
        """log Z in nats, exact."""
        return float(logsumexp(self._hidden_log_weights))

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) in nats, (B, N) → (B,); raises InputError for other than spins."""
        check_words("words", words, len(self.visible_bias))
        s = (words > 0).astype(np.float64)
        free = s @ self.visible_bias + _softplus(s @ self.weights + self.hidden_bias).sum(1)
        return free - self.log_partition

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n exact and independent words, int8 spins (n, N): a hidden state, then s given it."""
        states = hidden_states(len(self.hidden_bias))
        law = np.exp(self._hidden_log_weights - self.log_partition)
        chosen = states[rng.choice(len(states), size=n, p=law / law.sum())]
        return to_spins(
            rng.random((n, len(self.weights))) < expit(chosen @ self.weights.T + self.visible_bias)
        )


def _softplus(fields: np.ndarray) -> np.ndarray:
    """log(1 + e^f) in the precision of f, thrice as fast as ``np.logaddexp``."""
    return np.maximum(fields, 0) + np.log1p(np.exp(-np.abs(fields)))


def hidden_states(n_hidden: int) -> np.ndarray:
    """All states of H units 0/1, float64 (2^H, H)."""
    return (np.arange(2**n_hidden)[:, None] >> np.arange(n_hidden) & 1).astype(np.float64)


def _expectations(model: RestrictedBoltzmannMachine) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """log Z and its gradient: ⟨s⟩ (N,), ⟨h⟩ (H,), ⟨s h⟩ (N, H), exact."""
    states = hidden_states(len(model.hidden_bias))
    law = np.exp(model._hidden_log_weights - model.log_partition)
    visible, both = np.zeros_like(model.visible_bias), np.zeros_like(model.weights)
    for start in range(0, len(states), STATES_AT_ONCE):
        block = slice(start, start + STATES_AT_ONCE)
        mean = expit(states[block] @ model.weights.T + model.visible_bias)
        visible += law[block] @ mean
        both += mean.T @ (states[block] * law[block, None])
    return model.log_partition, visible, law @ states, both


def _data_terms(
    model: RestrictedBoltzmannMachine, spikes: np.ndarray, share: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean over words of Σ_j log(1 + e^{b_j + s·W_j}), and its gradient by b and W."""
    weights, bias = model.weights.astype(np.float32), model.hidden_bias.astype(np.float32)
    value, hidden, both = 0.0, np.zeros_like(model.hidden_bias), np.zeros_like(model.weights)
    for start in range(0, len(spikes), WORDS_AT_ONCE):
        block, part = spikes[start : start + WORDS_AT_ONCE], share[start : start + WORDS_AT_ONCE]
        fields = block @ weights + bias  # (b, H)
        value += float(part @ _softplus(fields).sum(1, dtype=np.float64))
        mean = expit(fields) * part[:, None].astype(np.float32)
        hidden += mean.sum(0, dtype=np.float64)
        both += block.T @ mean
    return value, hidden, both


def fit(
    train: np.ndarray, rng: np.random.Generator, *, hidden: int, weight_sd: float = WEIGHT_SD
) -> RestrictedBoltzmannMachine:
    """Maximum likelihood on ``train`` (B, N) by L-BFGS from random weights, with their Gaussian prior.

    Raises InputError for other than spins, or unless 1 ≤ ``hidden`` ≤ 16.
    """
    check_words("train", train)
    if not 1 <= hidden <= MAX_HIDDEN:
        raise InputError(
            "hidden", hidden, f"an integer from 1 to {MAX_HIDDEN}: all states are summed over"
        )
    (spikes, counts), rates = distinct_words(train), smoothed_rates(train)
    n, share, penalty = len(rates), counts / counts.sum(), 1 / (len(train) * weight_sd**2)
    scale = 1 / np.sqrt(rates * (1 - rates))[:, None]  # evens the curvature of rare and frequent neurons

    def unpack(x: np.ndarray) -> RestrictedBoltzmannMachine:
        table = x.reshape(n + 1, hidden + 1)
        scaled = scale * table[:n]
        return RestrictedBoltzmannMachine(scaled[:, 0], table[n, 1:], scaled[:, 1:])

    def cost(x: np.ndarray) -> tuple[float, np.ndarray]:
        model = unpack(x)
        value, data_hidden, data_both = _data_terms(model, spikes, share)
        log_z, visible, mean_hidden, both = _expectations(model)
        value += float(model.visible_bias @ rates) - log_z
        gradient = np.zeros((n + 1, hidden + 1))
        gradient[:n, 0] = visible - rates
        gradient[:n, 1:] = both - data_both + penalty * model.weights
        gradient[:n] *= scale
        gradient[n, 1:] = mean_hidden - data_hidden
        return penalty / 2 * float((model.weights**2).sum()) - value, gradient.ravel()

    start = np.zeros((n + 1, hidden + 1))
    start[:n, 0] = np.log(rates / (1 - rates)) / scale[:, 0]
    start[:n, 1:] = rng.normal(scale=START_SD, size=(n, hidden))
    return unpack(
        minimize(
            cost,
            start.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": MAX_STEPS, "ftol": TOLERANCE, "maxcor": MEMORY},
        ).x
    )
