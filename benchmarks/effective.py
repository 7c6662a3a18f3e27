"""Effective samples: what a Markov chain is worth in independent configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mfvae.systems.ising_sampler import integrated_autocorrelation_time


def slowest(series: np.ndarray) -> float:
    """Integrated autocorrelation time, in steps, of the slowest of observables (O, B)."""
    return max(map(integrated_autocorrelation_time, series))


def keeping(call: Callable[[], np.ndarray], results: list[np.ndarray]) -> Callable[[], None]:
    """A contender that lays what it computes into ``results``."""
    return lambda: results.append(call())


def effective_rates(results: Sequence[np.ndarray], times: Sequence[float]) -> tuple[float, ...]:
    """Effective samples B/2τ per second of every timed turn; the first result was to warm up."""
    turns = zip(results[1:], times, strict=True)
    return tuple(series.shape[1] / (2 * slowest(series)) / t for series, t in turns)
