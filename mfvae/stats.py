"""Monte-Carlo means and other statistics with their standard errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mfvae.errors import InputError

WINDOW = 6  # Sokal's c: the sum stops at c autocorrelation times


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error.

    Examples
    --------
    >>> found = estimate(np.array([1.0, 2.0, 3.0]))
    >>> found.value, round(found.stderr, 3)
    (2.0, 0.577)
    """

    value: float
    stderr: float


def effective_number(weights: np.ndarray) -> float:
    """(Σw)²/Σw², how many independent values of equal weight would have the error of a weighted mean.

    Kish, Survey Sampling (Wiley, 1965), section 11.7. Weights (B,) may have any unit.

    Examples
    --------
    >>> effective_number(np.array([2.0, 2.0, 2.0])), round(effective_number(np.array([1.0, 0.5])), 3)
    (3.0, 1.8)
    """
    return float(np.sum(weights) ** 2 / np.sum(np.square(weights)))


def estimate_over_groups(
    per_sample: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None
) -> Estimate:
    """Mean of values (B,) that are independent only between groups (B,) of equal size.

    For a recording: words of one repeat follow each other in time, so repeats are what is resampled.
    Where values have ``weights`` (B,), groups may be of any size: each counts as the sum of its weights.
    """
    names, members = np.unique(groups, return_inverse=True)
    if weights is not None:
        sizes = np.bincount(members, weights=weights)
        return estimate(np.bincount(members, weights=weights * per_sample) / sizes, sizes)
    sums = np.bincount(members, weights=per_sample, minlength=len(names))
    return estimate(sums / np.bincount(members, minlength=len(names)))


def estimate(per_sample: np.ndarray, weights: np.ndarray | None = None) -> Estimate:
    """Mean and standard error of independent values (B,), with ``weights`` (B,) if not all count alike.

    The error of a weighted mean is that of as many values as ``effective_number`` says.
    """
    values = np.asarray(per_sample, dtype=np.float64)
    if weights is not None:
        mean = float(np.average(values, weights=weights))
        variance = float(np.average((values - mean) ** 2, weights=weights))
        return Estimate(mean, float(np.sqrt(variance / (effective_number(weights) - 1))))
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


@dataclass(frozen=True)
class Jackknife:
    """A statistic of groups of data and what leaving out one after the other tells of it."""

    value: np.ndarray  # of all groups
    stderr: np.ndarray  # of the same shape
    unbiased: np.ndarray  # the value without its bias of order 1/G in the number G of groups


def jackknife(groups: Iterable[Any], statistic: Callable[[Any], ArrayLike]) -> Jackknife:
    """Standard error and bias of any statistic of groups that are independent of each other.

    Parameters
    ----------
    groups : iterable
        Names of the groups, such as repeats of a recording or chains of a Monte Carlo; two at least.
    statistic : callable
        ``statistic(None)`` is the value of all groups, ``statistic(name)`` that of all but one, numbers
        or arrays of one shape. So that a statistic of sums need only subtract the group's own part.

    Returns
    -------
    Jackknife
        Value, standard error √((G−1)/G Σ_g (θ_g − θ̄)²) and the value without bias G θ − (G−1) θ̄, where
        θ_g leaves out group g of G: Quenouille, Biometrika 43, 353 (1956); Tukey, Ann. Math. Stat. 29,
        614 (1958).

    Raises
    ------
    InputError
        For fewer than two groups.

    Examples
    --------
    The error of a mean is the one that ``estimate`` gives.

    >>> values, groups = np.array([1.0, 2.0, 4.0, 5.0]), np.array([0, 1, 2, 3])
    >>> found = jackknife(groups, lambda left_out: values[groups != left_out].mean())
    >>> bool(np.isclose(found.stderr, estimate(values).stderr))
    True
    """
    names = list(groups)
    if len(names) < 2:
        raise InputError("groups", len(names), "two are needed for an error")
    value = np.asarray(statistic(None), dtype=np.float64)
    left_out = np.array([statistic(name) for name in names], dtype=np.float64)
    stderr = np.sqrt((len(names) - 1) * left_out.var(axis=0))
    unbiased = len(names) * value - (len(names) - 1) * left_out.mean(axis=0)
    return Jackknife(value, np.asarray(stderr), np.asarray(unbiased))


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
