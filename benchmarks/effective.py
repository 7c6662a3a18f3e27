"""Effective samples: what a Markov chain is worth in independent configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mfvae.stats import integrated_autocorrelation_time


def slowest(series: np.ndarray) -> float:
    """Integrated autocorrelation time, in steps, of the slowest of observables (O, B)."""
    return max(map(integrated_autocorrelation_time, series))


def keeping(call: Callable[[], np.ndarray], results: list[np.ndarray]) -> Callable[[], None]:
    """A contender that lays what it computes into ``results``."""
    return lambda: results.append(call())


def effective_rate(steps: int, memory: float, seconds: float) -> float:
    """Effective samples B/2τ per second of a chain of B steps with memory τ."""
    return steps / (2 * memory) / seconds


def effective_rates(results: Sequence[np.ndarray], times: Sequence[float]) -> tuple[float, ...]:
    """Effective samples per second of every timed turn; the first result was to warm up."""
    turns = zip(results[1:], times, strict=True)
    return tuple(effective_rate(series.shape[1], slowest(series), t) for series, t in turns)
