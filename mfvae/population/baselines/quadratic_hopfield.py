"""Quadratic Hopfield model: log p(x) = b·x + ½|ξᵀx|² − log Z, x ∈ {±1}^N, ξ of K ≤ 3 columns, exact.

The pairwise model of couplings J = ξξᵀ of rank K: Hopfield, PNAS 79, 2554 (1982), of real patterns. It
is the law of greatest entropy that has the data's rates and the covariances of its own K projections:
Di Carlo, Mignacco, Lynn & Bialek, arXiv:2504.15197. A Gaussian field φ in K dimensions parts the sites
(Hubbard, Phys. Rev. Lett. 3, 77, 1959), so that log Z, its gradient and samples are sums over nodes:

    Z = (2π)^(−K/2) ∫ dφ e^(−|φ|²/2) Π_i 2cosh(b_i + ξ_i·φ).

Maximum likelihood looks at the data's rates and covariances alone, and takes the same time for any
number of words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from mfvae.errors import InputError
from mfvae.population.baselines import field_nodes
from mfvae.population.baselines.base import (
    blocks_of,
    check_words,
    smoothed_rates,
    spikes_together,
    to_spins,
)

MAX_PATTERNS = 3  # beyond, the field has too many nodes
PATTERN_SD = 1.0  # of the Gaussian prior of a pattern's site, worth one word: silent sites stay finite
LEAST_START = (
    0.1  # of a pattern, over its greatest value in mean-field theory: at 0 there is no gradient
)
MAX_STEPS = 1000  # of L-BFGS
MEMORY = 20  # steps that it infers curvature from
TOLERANCE = 2e-8  # relative gain of the last step


@dataclass(frozen=True)
class QuadraticHopfield:
    """log p(x) = b·x + ½|ξᵀx|² − log Z.

    Parameters
    ----------
    bias : ndarray of float, shape (N,)
        b, a field in nats.
    patterns : ndarray of float, shape (N, K)
        ξ with the coupling in it, √(βJ/N) times binary patterns of the model of Hopfield. A rotation of
        the K columns among each other leaves the law as it is.
    """

    bias: np.ndarray
    patterns: np.ndarray
    log_partition_error: ClassVar[float] = 0.0  # the sum over nodes is off by 1e-10

    @property
    def n_parameters(self) -> int:
        """N biases and NK numbers of the patterns, less the K(K − 1)/2 rotations among these."""
        n, k = self.patterns.shape
        return n + n * k - k * (k - 1) // 2

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Fields φ_g (G, K) and the logarithms of their parts of Z, (G,)."""
        return field_nodes.nodes(self.bias, self.patterns)

    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, exact to 1e-10."""
        return float(logsumexp(self._nodes[1]))

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) of whole words.

        Parameters
        ----------
        words : ndarray, shape (B, N)
            Spins −1 and +1.

        Returns
        -------
        ndarray of float64, shape (B,)
            Nats, normalised to 1e-10.

        Raises
        ------
        InputError
            For other than spins, or another number of sites.
        """
        check_words("words", words, len(self.bias))
        found = np.empty(len(words))
        for rows, s in blocks_of(words, np.float64):
            x = 2 * s - 1
            found[rows] = x @ self.bias + ((x @ self.patterns) ** 2).sum(1) / 2
        return found - self.log_partition

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n exact and independent words, int8 spins (n, N): a field, then the sites given it."""
        fields, log_weight = self._nodes
        law = np.exp(log_weight - self.log_partition)
        chosen = fields[rng.choice(len(fields), size=n, p=law / law.sum())]
        local = self.bias + chosen @ self.patterns.T
        return to_spins(rng.random(local.shape) < expit(2 * local))


def _moments(model: QuadraticHopfield) -> tuple[np.ndarray, np.ndarray]:
    """Gradient of log Z: ⟨x⟩ (N,) and ⟨x φᵀ⟩ (N, K)."""
    fields, log_weight = model._nodes
    law = np.exp(log_weight - model.log_partition)
    mean, both = np.zeros_like(model.bias), np.zeros_like(model.patterns)
    for rows in field_nodes.blocks(len(fields), len(mean)):
        magnetisation = np.tanh(model.bias + fields[rows] @ model.patterns.T)  # (g, N)
        mean += law[rows] @ magnetisation
        both += magnetisation.T @ (law[rows, None] * fields[rows])
    return mean, both


def _start(covariance: np.ndarray, scale: np.ndarray, patterns: int) -> np.ndarray:
    """Patterns (N, K) of mean-field theory from the covariance (N, N) of sites of width 1/``scale``.

    √(1 − 1/λ) v of the K greatest eigenvalues λ of the correlation matrix: Cocco, Monasson & Sessak,
    Phys. Rev. E 83, 051123 (2011).
    """
    values, vectors = np.linalg.eigh(covariance * np.outer(scale, scale))
    values, vectors = values[::-1][:patterns], vectors[:, ::-1][:, :patterns]
    strength = np.sqrt(np.maximum(1 - 1 / np.maximum(values, 1.0), LEAST_START**2))
    found: np.ndarray = scale[:, None] * vectors * strength
    return found


def fit(train: np.ndarray, rng: np.random.Generator, *, patterns: int) -> QuadraticHopfield:
    """Maximum likelihood on ``train`` by L-BFGS with the exact gradient.

    It starts from the patterns of mean-field theory. The likelihood is not concave in patterns, so that
    this may be one of several maxima; for one and two patterns of 160 neurons, and of three public data
    sets, five random starts ended at the same one.

    Parameters
    ----------
    train : ndarray, shape (B, N)
        Spins −1 and +1. Rates are smoothed by one spike and one silence, as the independent baseline's,
        and patterns have a Gaussian prior of the weight of one word.
    rng : numpy.random.Generator
        Is not drawn from.
    patterns : int
        K, from 1 to 3, and at most N.

    Returns
    -------
    QuadraticHopfield

    Raises
    ------
    InputError
        For other than spins, or another number of patterns.

    Examples
    --------
    >>> words = np.repeat([[1, 1], [-1, -1], [1, -1]], [40, 40, 20], axis=0)
    >>> model = fit(words, np.random.default_rng(0), patterns=1)
    >>> bool(model.log_prob(np.array([[1, 1]]))[0] > model.log_prob(np.array([[-1, 1]]))[0])
    True
    """
    check_words("train", train)
    n, most = train.shape[1], min(MAX_PATTERNS, train.shape[1])
    if not 1 <= patterns <= most:
        raise InputError("patterns", patterns, f"an integer from 1 to {most} is needed")
    mean, spikes = 2 * smoothed_rates(train) - 1, (train > 0).mean(0)
    covariance = 4 * (spikes_together(train) / len(train) - np.outer(spikes, spikes))
    np.fill_diagonal(covariance, 1 - mean**2)
    scale = 1 / np.sqrt(1 - mean**2)  # evens the curvature of rare and frequent neurons
    penalty = 1 / (len(train) * PATTERN_SD**2)

    def unpack(x: np.ndarray) -> QuadraticHopfield:
        """Of the numbers sought, ξ and the field b + ξ ξᵀ⟨x⟩, which depend on each other little."""
        scaled = scale[:, None] * x.reshape(n, patterns + 1)
        xi = scaled[:, 1:]
        return QuadraticHopfield(scaled[:, 0] - xi @ (xi.T @ mean), xi)

    def cost(x: np.ndarray) -> tuple[float, np.ndarray]:
        model = unpack(x)
        xi, projection = model.patterns, model.patterns.T @ mean
        data = covariance @ xi + np.outer(mean, projection)  # ⟨x (ξᵀx)ᵀ⟩
        value = model.bias @ mean + (xi * data).sum() / 2 - model.log_partition
        model_mean, model_both = _moments(model)
        by_bias, by_patterns = mean - model_mean, data - model_both - penalty * xi
        by_patterns -= np.outer(by_bias, projection) + np.outer(mean, xi.T @ by_bias)
        gradient = np.concatenate([by_bias[:, None], by_patterns], axis=1) * scale[:, None]
        return penalty / 2 * float((xi**2).sum()) - float(value), -gradient.ravel()

    start = np.concatenate([np.arctanh(mean)[:, None], _start(covariance, scale, patterns)], axis=1)
    return unpack(
        minimize(
            cost,
            (start / scale[:, None]).ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": MAX_STEPS, "ftol": TOLERANCE, "maxcor": MEMORY},
        ).x
    )
