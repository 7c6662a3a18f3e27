"""Known laws of a few neurons, by enumeration, and what a fit to draws from them must reach."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, norm

from tests.helpers.statistics import FACTOR, all_configurations


def ising_law(bias: np.ndarray, couplings: np.ndarray) -> tuple[np.ndarray, float]:
    """Probabilities of all configurations (2^N,), in the order of ``all_configurations``, and log Z."""
    s = (all_configurations(len(bias)) > 0).astype(float)
    log_weight = s @ bias + ((s @ couplings) * s).sum(1) / 2
    highest = log_weight.max()
    log_z = highest + np.log(np.exp(log_weight - highest).sum())
    return np.exp(log_weight - log_z), log_z


def random_ising(n: int, seed: int, spread: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    """Bias and couplings of n sparse neurons."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.normal(0.2, spread, size=(n, n)), 1)
    return rng.uniform(-2.5, -0.5, n), upper + upper.T


def draws(law: np.ndarray, n: int, seed: int) -> np.ndarray:
    """n words int8 (n, N) of a law over all configurations."""
    words = all_configurations(len(law).bit_length() - 1)
    return words[np.random.default_rng(seed).choice(len(law), size=n, p=law)]


def cells(words: np.ndarray) -> np.ndarray:
    """Index of every word in ``all_configurations``."""
    return (words > 0) @ (1 << np.arange(words.shape[1])[::-1])


def assert_as_good_as_maximum_likelihood(
    law: np.ndarray, model, n_words: int, extra: float = 0.0, factor: float = FACTOR
) -> None:
    """2B·KL(law ‖ fit) is χ² with as many degrees of freedom as parameters for maximum likelihood.

    ``extra`` is the relative variance that a stochastic fit adds. Models with symmetries or parameters
    that the law does not need stay below.
    """
    found = model.log_prob(all_configurations(len(law).bit_length() - 1))
    divergence = float((law * (np.log(law) - found)).sum())
    floors = norm.isf(chi2.sf(2 * n_words * divergence / (1 + extra), model.n_parameters))
    assert floors <= factor, f"KL {divergence:.2g} nats: off by {floors:.1f} floors (allowed {factor})"
