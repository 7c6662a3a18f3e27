"""Pairwise maximum-entropy (Ising) model: p(s) ∝ exp(Σ_i h_i s_i + Σ_{i<j} J_ij s_i s_j), s_i ∈ {0, 1}.

Schneidman, Berry, Segev & Bialek, Nature 440, 1007 (2006). Maximum likelihood is equality of all ⟨s_i⟩
and ⟨s_i s_j⟩ with the data's. It is sought by stochastic gradients from persistent Gibbs chains (Younes,
Stoch. Stoch. Rep. 65, 177, 1999) in centred variables s_i − μ_i, μ the data's rates, where neurons that
are nearly independent make the Fisher information nearly diagonal: its diagonal scales the steps. The
result is the mean over the last steps (Polyak & Juditsky, SIAM J. Control Optim. 30, 838, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfvae.errors import InputError
from mfvae.population.baselines import gibbs
from mfvae.population.baselines.base import (
    blocks_of,
    check_words,
    smoothed_rates,
    spikes_together,
    to_spins,
)

COUPLING_SD = 1.0  # of the Gaussian prior of a coupling, worth one word: it decides where no pair spikes
CHAINS = 1000
STEPS = 2500
SWEEPS = 5  # of every chain in a step
GAIN = 0.012  # of a step, relative to Newton's with a diagonal Fisher information
LAST_GAIN = 0.02  # of the first; it falls geometrically over the second half of the steps
AVERAGED = 0.25  # last part of the steps, averaged over; at large gains the mean itself is biased
NOISE_FLOOR = 5e-5  # added to the diagonal: about 1 / (CHAINS·SWEEPS), the least that a step can see
CHECK_SWEEPS = 1000  # of every chain, for the moments of the fitted model
BURN_IN = 100
THINNING = 30  # sweeps between two samples of a chain: the number of spikes is slow
ANNEALED_CHAINS, TEMPERATURES = 2000, 1000


@dataclass(frozen=True)
class Pairwise:
    """Bias h (N,), couplings J (N, N) symmetric with an empty diagonal, log Z with its standard error.

    Residuals are the root mean squares over neurons and over pairs of (model − data) / standard error of
    the data's moment, words taken as independent. ``check_noise_rms`` is what the Monte-Carlo error of
    the model's moments adds to them in squares.
    """

    bias: np.ndarray
    couplings: np.ndarray
    log_partition: float
    log_partition_error: float
    effective_chains: float  # of annealed importance sampling: (Σ w)² / Σ w²
    rate_residual_rms: float
    pair_residual_rms: float
    check_noise_rms: float

    @property
    def n_parameters(self) -> int:
        n = len(self.bias)
        return n * (n + 1) // 2

    @property
    def moment_residual_rms(self) -> float:
        """Over all moments, neurons and pairs."""
        n = len(self.bias)
        squares = 2 * self.rate_residual_rms**2 + (n - 1) * self.pair_residual_rms**2
        return float(np.sqrt(squares / (n + 1)))

    def log_prob(self, words: np.ndarray) -> np.ndarray:
        """log p(x) in nats, (B, N) → (B,); raises InputError for other than spins."""
        check_words("words", words, len(self.bias))
        found = np.empty(len(words))
        for rows, s in blocks_of(words, np.float64):
            found[rows] = s @ self.bias + ((s @ self.couplings) * s).sum(1) / 2
        return found - self.log_partition

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n nearly independent words, int8 spins (n, N), of Gibbs chains started from annealed draws."""
        chains = _independent(self.bias, min(n, CHAINS), rng)
        gibbs.annealed_log_weights(chains, self.bias, self.couplings, self.bias, BURN_IN, rng)
        gibbs.advance(chains, self.bias, self.couplings, BURN_IN, rng)
        return to_spins(gibbs.draw(chains, self.bias, self.couplings, THINNING, n, rng))


def _independent(bias: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n words int8 0/1 (n, N) of units without couplings."""
    return (rng.random((n, len(bias))) < 1 / (1 + np.exp(-bias))).astype(np.int8)


def log_partition(
    bias: np.ndarray,
    couplings: np.ndarray,
    rates: np.ndarray,
    rng: np.random.Generator,
    *,
    chains: int = ANNEALED_CHAINS,
    temperatures: int = TEMPERATURES,
) -> tuple[float, float, float]:
    """log Z in nats by annealed importance sampling, its standard error, effective number of chains.

    The annealing starts from independent neurons of these ``rates``.
    """
    start = np.log(rates / (1 - rates))
    words = _independent(start, chains, rng)
    log_weights = gibbs.annealed_log_weights(words, bias, couplings, start, temperatures, rng)
    highest = log_weights.max()
    weights = np.exp(log_weights - highest)
    value = float(np.logaddexp(0, start).sum() + highest + np.log(weights.mean()))
    error = float(weights.std(ddof=1) / weights.mean() / np.sqrt(chains))
    return value, error, float(weights.sum() ** 2 / (weights**2).sum())


def data_moments(words: np.ndarray) -> np.ndarray:
    """⟨s_i s_j⟩ (N, N) of spikes 0/1; on the diagonal the rates, smoothed by a spike and a silence."""
    found = spikes_together(words) / len(words)
    np.fill_diagonal(found, smoothed_rates(words))
    return found


def _centred(moments: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Differences of moments ⟨s_i s_j⟩ as those of ⟨(s_i − μ_i)(s_j − μ_j)⟩; the diagonal is kept."""
    cross = np.outer(rates, moments.diagonal())
    found: np.ndarray = moments - (cross + cross.T)  # in this order symmetric to the bit
    np.fill_diagonal(found, moments.diagonal())
    return found


def _natural(parameters: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """h (N,) and J (N, N) of parameters of centred variables: J off the diagonal, h + Jμ on it."""
    couplings = parameters.copy()
    np.fill_diagonal(couplings, 0)
    return parameters.diagonal() - couplings @ rates, couplings


def _information(moments: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Diagonal of the Fisher information per word of all parameters, (N, N), from the data's moments.

    Of a coupling ⟨(s_i − μ_i)²(s_j − μ_j)²⟩, with (s − μ)² = (1 − 2μ) s + μ², at least that of
    independent neurons.
    """
    variance, asymmetry = rates * (1 - rates), 1 - 2 * rates
    cross = np.outer(asymmetry * rates, rates**2)
    found = moments * np.outer(asymmetry, asymmetry) + (cross + cross.T) + np.outer(rates**2, rates**2)
    found = np.maximum(found, np.outer(variance, variance))
    np.fill_diagonal(found, variance)
    return found


def _residuals(halves: list[np.ndarray], data: np.ndarray, n_words: int) -> tuple[float, float, float]:
    """Rate and pair residuals and the noise in them, from the moments of two halves of the chains."""
    smoothed = (data * n_words + 1) / (n_words + 2)
    error = np.sqrt(smoothed * (1 - smoothed) / n_words)
    off = np.triu_indices(len(data), 1)
    deviation = ((halves[0] + halves[1]) / 2 - data) / error
    noise = ((halves[0] - halves[1]) / 2 / error)[np.triu_indices(len(data))]
    parts = (deviation.diagonal(), deviation[off], noise)
    rate, pair, monte_carlo = (float(np.sqrt((part**2).mean())) for part in parts)
    return rate, pair, monte_carlo


def fit(
    train: np.ndarray,
    rng: np.random.Generator,
    *,
    coupling_sd: float = COUPLING_SD,
    steps: int = STEPS,
) -> Pairwise:
    """Fit to all rates and pair moments of ``train`` (B, N), N ≥ 2, under a Gaussian prior of couplings.

    Starts from independent neurons. Raises InputError for other than spins.
    """
    check_words("train", train)
    n = train.shape[1]
    if n < 2:
        raise InputError("train", train.shape, "at least two neurons are needed")
    data = data_moments(train)
    rates = data.diagonal().copy()
    penalty = (1 - np.eye(n)) / (len(train) * coupling_sd**2)
    scale = 1 / (_information(data, rates) + NOISE_FLOOR)

    parameters = np.diag(np.log(rates / (1 - rates)))
    mean = np.zeros_like(parameters)
    chains = _independent(parameters.diagonal(), CHAINS, rng)
    first_averaged = steps - max(1, round(AVERAGED * steps))
    for step in range(steps):
        moments = gibbs.advance(chains, *_natural(parameters, rates), SWEEPS, rng)
        late = max(0.0, 2 * step / steps - 1)
        gain = GAIN * LAST_GAIN**late
        parameters += gain * scale * (_centred(data - moments, rates) - penalty * parameters)
        if step >= first_averaged:
            mean += parameters / (steps - first_averaged)

    bias, couplings = _natural(mean, rates)
    gibbs.advance(chains, bias, couplings, BURN_IN, rng)
    halves = [gibbs.advance(part, bias, couplings, CHECK_SWEEPS, rng) for part in np.split(chains, 2)]
    return Pairwise(
        bias,
        couplings,
        *log_partition(bias, couplings, rates, rng),
        *_residuals(halves, data, len(train)),
    )
