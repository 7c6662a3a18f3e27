"""Hopfield models of more patterns than can be counted: block Gibbs in φ, tempered by replica exchange.

With the collective fields φ (K,) of the Hubbard–Stratonovich transformation both conditional laws of
p(x) ∝ exp(βN|m|²/2), m = ξᵀx/N, are independent (Barra, Bernacchia, Santucci & Contucci, Neural Networks
34, 1, 2012):

    φ | x ~ N(βm, β/N),   x_i | φ = ±1 with log-odds 2 ξ_i·φ.

Below the transition a chain leaves a well within a time that grows exponentially with N. Copies at lower
β, which do leave, change places with their neighbours (Hukushima & Nemoto, J. Phys. Soc. Jpn. 65, 1604,
1996). What comes out is drawn by a Markov chain, and says how well that mixed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mfvae.errors import InputError
from mfvae.stats import split_r_hat

HOTTEST = 0.6  # β of the first copy: above the transition of every pattern chains forget at once
SPACING = 2.5  # of neighbouring β in units of the energy's width: about every third exchange is accepted
CHAINS = 64
WARM_UP = 300  # sweeps that are thrown away
R_HAT, EXCHANGED = 1.05, 0.05  # the largest and the least that are accepted


@dataclass(frozen=True)
class TemperedDraws:
    """Configurations, and whether their chains mixed.

    Attributes
    ----------
    x : ndarray
        ±1, (n, N), from ``CHAINS`` chains after each other, in the order of their time.
    betas : ndarray
        Inverse temperatures of the copies, the asked one last, (T,).
    exchanged : ndarray
        The share of accepted exchanges between neighbours, (T−1,).
    r_hat : float
        The largest split R̂ of the energy and of the squares of all overlaps; 1 where chains agree.
    """

    x: np.ndarray
    betas: np.ndarray
    exchanged: np.ndarray
    r_hat: float


def ladder_to(beta: float, n_sites: int, n_patterns: int) -> np.ndarray:
    """Inverse temperatures from ``HOTTEST`` to ``beta`` (T,), so close that neighbours exchange places.

    Energies −N|m|²/2 of neighbours overlap where Δβ times their width is about one. The width is that of
    K free overlaps where it is hot, √(K/2)/(1−β), and of a condensed one, √N, where it is cold.
    """
    if beta <= HOTTEST:
        return np.array([beta])
    hot = math.sqrt(n_patterns / 2) / (1 - HOTTEST)
    step = SPACING / (hot + math.sqrt(n_sites))
    return np.linspace(HOTTEST, beta, 1 + math.ceil((beta - HOTTEST) / step))


def draw(
    patterns: np.ndarray, beta: float, n: int, rng: np.random.Generator, *, thin: int = 10
) -> TemperedDraws:
    """Draw n configurations of the Hopfield model with these patterns.

    Parameters
    ----------
    patterns : ndarray
        ξ, ±1, (N, K).
    beta : float
        Inverse temperature, with J = 1; the transition is at 1.
    n : int
        Configurations. They are correlated within a chain, the less the larger ``thin``.
    rng : Generator
    thin : int
        Sweeps between two that are kept; a sweep is a draw of φ, one of x, and half of the exchanges.

    Returns
    -------
    TemperedDraws

    Raises
    ------
    InputError
        For other values than ±1, and a β or a number that is not positive.
    ArithmeticError
        Where chains did not mix: R̂ above 1.05, or neighbours that hardly ever exchange places.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = draw(rng.choice([-1.0, 1.0], size=(60, 5)), 0.9, 3200, rng)
    >>> found.x.shape, bool(found.r_hat < 1.05)
    ((3200, 60), True)
    """
    _check(patterns, beta, n, thin)
    n_sites, k = patterns.shape
    xi = patterns.astype(np.float32)
    betas = ladder_to(beta, n_sites, k)
    kept = max(4, -(-n // CHAINS))
    x = rng.choice(np.array([-1, 1], dtype=np.float32), size=(CHAINS, len(betas), n_sites))
    draws = np.empty((CHAINS, kept, n_sites), dtype=np.int8)
    overlaps = np.empty((CHAINS, kept * thin, k))  # of all sweeps: R̂ knows more than what is kept
    tried, accepted = np.zeros(len(betas) - 1), np.zeros(len(betas) - 1)
    for sweep in range(1, WARM_UP + kept * thin + 1):
        m = _sweep(x, xi, betas, rng)
        first = sweep % 2
        accepted[first::2] += _exchange(x, m, betas, first, rng)
        tried[first::2] += CHAINS
        after = sweep - WARM_UP
        if after > 0:
            overlaps[:, after - 1] = m[:, -1]
            if after % thin == 0:
                draws[:, after // thin - 1] = x[:, -1]
    squares = overlaps**2
    r_hat = max(split_r_hat(one) for one in [squares.sum(2), *np.moveaxis(squares, 2, 0)])
    rates = accepted / np.maximum(tried, 1)
    if not r_hat <= R_HAT or (rates < EXCHANGED).any():
        least = f", exchanges from {rates.min():.2g}" if len(rates) else ""
        raise ArithmeticError(
            f"chains at β = {beta:g} did not mix: R̂ {r_hat:.3f} (at most {R_HAT} is accepted){least} "
            f"(at least {EXCHANGED}): more configurations or a larger thin are needed"
        )
    return TemperedDraws(draws.reshape(-1, n_sites)[:n], betas, rates, r_hat)


def _check(patterns: np.ndarray, beta: float, n: int, thin: int) -> None:
    if patterns.ndim != 2 or not np.isin(patterns, (-1, 1)).all():
        raise InputError("patterns", patterns.shape, "±1 in the shape (sites, patterns) is needed")
    if not (math.isfinite(beta) and beta > 0):
        raise InputError("beta", beta, "a finite number > 0 is needed")
    for name, value in (("n", n), ("thin", thin)):
        if value < 1:
            raise InputError(name, value, "an integer ≥ 1 is needed")


def _sweep(x: np.ndarray, xi: np.ndarray, betas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw φ and then x (chains, T, N) in place; returns the overlaps m (chains, T, K)."""
    n_sites = len(xi)
    beta = betas[:, None].astype(np.float32)
    phi = beta * (x @ xi) / n_sites
    phi += np.sqrt(beta / n_sites) * rng.standard_normal(phi.shape, dtype=np.float32)
    fields = phi @ xi.T
    # P(x = +1) = 1/(1 + e^(−2η)) is P(η > logistic noise/2)
    uniform = rng.random(x.shape, dtype=np.float32)
    np.copyto(x, np.where(uniform * (1 + np.exp(-2 * fields)) < 1, np.float32(1), np.float32(-1)))
    return np.asarray((x @ xi) / n_sites, dtype=np.float64)


def _exchange(
    x: np.ndarray, m: np.ndarray, betas: np.ndarray, first: int, rng: np.random.Generator
) -> np.ndarray:
    """Exchange configurations, and their overlaps, of neighbouring copies from ``first`` on, in place.

    Returns how many chains accepted, for every second pair of neighbours.
    """
    n_sites, counts = x.shape[2], []
    for low in range(first, len(betas) - 1, 2):
        gain = (m[:, low] ** 2).sum(1) - (m[:, low + 1] ** 2).sum(1)  # of the colder copy, by −2E/N
        log_ratio = (betas[low + 1] - betas[low]) * n_sites / 2 * gain
        taken = np.log(rng.random(len(x))) < log_ratio
        for array in (x, m):
            array[taken, low], array[taken, low + 1] = array[taken, low + 1], array[taken, low]
        counts.append(taken.sum())
    return np.array(counts, dtype=np.float64)
