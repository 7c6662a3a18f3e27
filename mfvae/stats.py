"""Monte-Carlo means with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW = 6  # Sokal's c: the sum stops at c autocorrelation times


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error."""

    value: float
    stderr: float


def estimate_over_groups(per_sample: np.ndarray, groups: np.ndarray) -> Estimate:
    """Mean of values (B,) that are independent only between groups (B,) of equal size.

    For a recording: words of one repeat follow each other in time, so repeats are what is resampled.
    """
    names, members = np.unique(groups, return_inverse=True)
    sums = np.bincount(members, weights=per_sample, minlength=len(names))
    return estimate(sums / np.bincount(members, minlength=len(names)))


def estimate(per_sample: np.ndarray) -> Estimate:
    """Mean and standard error of independent values (B,)."""
    values = np.asarray(per_sample, dtype=np.float64)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def split_r_hat(series: np.ndarray) -> float:
    """R̂ of chains (C, kept) whose halves count as chains of their own."""
    half = series.shape[1] // 2
    halves = np.concatenate([series[:, :half], series[:, -half:]]).astype(np.float64)
    within, between = halves.var(1, ddof=1).mean(), halves.mean(1).var(ddof=1)
    return float(np.sqrt((half - 1) / half + between / within)) if within else 1.0


def integrated_autocorrelation_time(series: np.ndarray) -> float:
    """τ = ½ + Σ_t ρ(t) in steps of ``series`` (B,), ½ where steps are independent (or constant).

    The sum is cut at the first t ≥ 6 τ(t): Sokal, Monte Carlo Methods in Statistical Mechanics,
    in Functional Integration (Plenum, 1997), section 3. The mean of B steps has 2τ times the variance
    of a mean of B independent ones.
    """
    deviation = series - series.mean()
    power = np.abs(np.fft.rfft(deviation, 2 * len(series))) ** 2
    covariance = np.fft.irfft(power)[: len(series)]
    if covariance[0] <= 1e-20 * len(series) * max(1.0, float(np.abs(series).max())) ** 2:
        return 0.5
    tau = np.cumsum(covariance / covariance[0]) - 0.5
    enough = np.arange(len(series)) >= WINDOW * tau
    return float(max(0.5, tau[np.argmax(enough)]))
