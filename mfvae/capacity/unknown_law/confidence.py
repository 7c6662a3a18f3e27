"""Means over groups of rows, and how far below them the truth may lie: lower confidence limits.

Rows of one group, such as the words of one repeat, may depend on each other; groups do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfvae.errors import InputError
from mfvae.stats import Estimate

CONFIDENCE = 0.99  # one-sided


@dataclass(frozen=True)
class LowerBound:
    """A quantity from below, in nats per configuration.

    Parameters
    ----------
    name : str
        Of the law, critic or bipartition that gives the bound.
    estimate : Estimate
        An unbiased estimate of a number that the quantity is never below, with its standard error.
    lower : float
        The lower confidence limit of that number.
    confidence : float
        One-sided: at most a share 1 − ``confidence`` of such limits lie above the truth.
    """

    name: str
    estimate: Estimate
    lower: float
    confidence: float

    @property
    def found(self) -> bool:
        """Whether the quantity is above zero at this confidence."""
        return bool(self.lower > 0)

    def __str__(self) -> str:
        value, error = self.estimate.value, self.estimate.stderr
        return (
            f"{self.name}: {value:.3g} ± {error:.2g} nats, above {self.lower:.3g} at "
            f"{100 * self.confidence:g} % confidence"
        )


def check_confidence(confidence: float) -> None:
    """Raise InputError unless a one-sided confidence is from one half to one."""
    if not 0.5 <= confidence < 1:
        raise InputError("confidence", confidence, "a number from 0.5 to below 1 is needed")


def members_of(groups: ArrayLike | None, n_rows: int) -> np.ndarray:
    """The number of the group of every row, 0 … G − 1, shape (B,); every row its own for None.

    Raises InputError for labels of other rows, or fewer than two groups.
    """
    labels = np.arange(n_rows) if groups is None else np.asarray(groups)
    if labels.shape != (n_rows,):
        raise InputError("groups", labels.shape, f"one group of each of {n_rows} rows is needed")
    members = np.unique(labels, return_inverse=True)[1].reshape(-1)
    if n_rows < 2 or members.max() < 1:
        raise InputError("groups", int(members.max()) + 1 if n_rows else 0, "two at least are needed")
    return members


def mean_over_members(per_row: np.ndarray, members: np.ndarray) -> tuple[Estimate, int]:
    """Mean per row (B,) with the jackknife's error over groups, and its degrees of freedom G − 1."""
    sizes = np.bincount(members)
    sums = np.bincount(members, weights=per_row)
    left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
    stderr = float(np.sqrt((len(sums) - 1) * left_out.var()))
    return Estimate(float(sums.sum() / sizes.sum()), stderr), len(sums) - 1


def student_quantile(confidence: float, degrees: float) -> float:
    """How many standard errors below an estimate a one-sided limit lies."""
    from scipy.stats import t

    return float(t.ppf(confidence, degrees))


def lower_limit(found: Estimate, degrees: float, confidence: float) -> float:
    """The one-sided limit of a mean by Student's t."""
    return found.value - student_quantile(confidence, degrees) * found.stderr


def paired_bound(
    name: str,
    better: ArrayLike,
    model: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> LowerBound:
    """KL(p_data‖p_θ) from below by another law r of the same rows: E_data[log r − log p_θ].

    KL(p_data‖p_θ) = E_data[log r − log p_θ] + KL(p_data‖r), and the last term is not negative. The
    rows have to be new to both laws.

    Parameters
    ----------
    name : str
        Of the law r.
    better, model : array, shape (B,)
        log r(x) and log p_θ(x) of the same held-out rows, in nats.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without it every row is.
    confidence : float
        One-sided.

    Returns
    -------
    LowerBound
        Its limit is by Student's t over groups.

    Raises
    ------
    InputError
        For arrays of other shapes, numbers that are not finite, fewer than two groups.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(-20, 5, size=400)
    >>> found = paired_bound("a tree", rows + 0.1, rows)
    >>> round(found.lower, 6), found.found
    (0.1, True)
    """
    check_confidence(confidence)
    own = np.asarray(model, dtype=np.float64)
    other = np.asarray(better, dtype=np.float64)
    if own.ndim != 1 or other.shape != own.shape:
        allowed = f"one number for each of {len(own)} rows is needed"
        raise InputError(f"log-likelihoods of {name}", other.shape, allowed)
    difference = other - own
    if not np.isfinite(difference).all():
        raise InputError(f"log-likelihoods of {name}", "not finite", "finite numbers are needed")
    found, degrees = mean_over_members(difference, members_of(groups, len(own)))
    return LowerBound(name, found, lower_limit(found, degrees, confidence), confidence)
