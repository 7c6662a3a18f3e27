"""Monte-Carlo means with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error."""

    value: float
    stderr: float


def estimate(per_sample: np.ndarray) -> Estimate:
    """Mean and standard error of independent values (B,)."""
    values = np.asarray(per_sample, dtype=np.float64)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))
