"""Monte-Carlo means with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
