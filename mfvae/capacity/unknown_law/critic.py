"""A critic that tells data from a model's own draws, and the bound on KL(p_data‖p_θ) that it proves.

For any function f of a configuration

    KL(p_data‖p_θ) ≥ E_data f − E_θ e^f + 1

(Nguyen, Wainwright & Jordan, IEEE Trans. Inf. Theory 56, 5847, 2010), with equality for the logarithm of
the ratio of both laws. Means on rows that had no part in the choice of f estimate the right side without
bias, so that a bad critic gives a weak bound and never a wrong one.

Critics are fitted by logistic regression, whose best function is that logarithm. Their scale, constant
and range are chosen on validation rows. The range |f| ≤ log M is what makes a limit possible: n draws
say nothing of a set that they do not meet, and it could hold any weight e^f. A set that is missed with
probability α has a probability of at most log(1/α)/n: it adds at most M log(1/α)/n to E_θ e^f, which is
taken off.
No bound from n draws exceeds log n by much (McAllester & Stratos, arXiv:1811.04251).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfvae.capacity.unknown_law.confidence import (
    CONFIDENCE,
    LowerBound,
    check_confidence,
    mean_over_members,
    members_of,
    student_quantile,
)
from mfvae.capacity.unknown_law.critic_forms import Rows, fitted_forms
from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.stats import Estimate

VALIDATION = 0.25  # of rows and draws, which choose among critics
FEWEST_ROWS = 40  # of data and of draws: some tens for the choice alone
SCALES = (1.0, 0.8, 0.6, 0.4, 0.25, 0.12)  # of f: a fit to few rows exaggerates
RANGES = tuple(float(2**k) for k in range(1, 21))  # M, of weights e^f


@dataclass(frozen=True, eq=False)
class Critic:
    """A function of configurations with |f| ≤ log M: scale · form + offset, cut at ± ``ceiling``.

    Attributes
    ----------
    name : str
        What the form is made of.
    form : callable
        Statistics (B, F) → (B,).
    scale, offset, ceiling : float
        The last is log M.
    """

    name: str
    form: Callable[[Rows], np.ndarray]
    scale: float
    offset: float
    ceiling: float

    def __call__(self, rows: Rows) -> np.ndarray:
        """f of statistics (B, F): (B,)."""
        return np.clip(self.scale * self.form(rows) + self.offset, -self.ceiling, self.ceiling)


def check_rows(field: str, rows: ArrayLike, n_columns: int | None = None) -> Rows:
    """Statistics as float32 (B, F); raises InputError for other shapes, few rows, gaps."""
    found = np.asarray(rows)
    if found.ndim != 2 or found.shape[1] < 2:
        raise InputError(field, found.shape, "statistics of shape (rows, at least 2) are needed")
    if n_columns is not None and found.shape[1] != n_columns:
        raise InputError(field, found.shape, f"{n_columns} columns are needed, as of the data")
    if len(found) < FEWEST_ROWS:
        raise InputError(field, len(found), f"at least {FEWEST_ROWS} rows are needed")
    if not np.isfinite(found).all():
        raise InputError(field, "not finite", "numbers without gaps are needed")
    return found.astype(np.float32)


def bound_of_values(
    name: str,
    on_data: np.ndarray,
    on_draws: np.ndarray,
    members: np.ndarray,
    ceiling: float,
    confidence: float,
) -> LowerBound:
    """The bound from values |f| ≤ ``ceiling`` of data rows (B,) in groups and of draws (D,)."""
    of_data, degrees = mean_over_members(on_data, members)
    weights = np.exp(on_draws)
    variances = np.array([of_data.stderr**2, weights.var(ddof=1) / len(weights)])
    total = float(variances.sum())
    # Degrees of freedom of a sum of two errors: Welch, Biometrika 34, 28 (1947).
    shares = variances**2 / np.array([degrees, len(weights) - 1])
    freedom = total**2 / float(shares.sum()) if total else float(degrees)
    found = Estimate(of_data.value - float(weights.mean()) + 1, float(np.sqrt(total)))
    missed = float(np.exp(ceiling)) * -np.log1p(-confidence) / len(weights)
    lower = found.value - student_quantile(confidence, freedom) * found.stderr - missed
    return LowerBound(name, found, float(lower), confidence)


def kl_lower_bound(
    critic: Critic,
    data: ArrayLike,
    draws: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> LowerBound:
    """KL(p_data‖p_θ) from below by a critic, on rows and draws that chose nothing.

    Parameters
    ----------
    critic : Critic
        Of ``train_critics``, or any other function with a range.
    data : array, shape (B, F)
        Statistics T(x) of held-out rows, such as spins −1/+1.
    draws : array, shape (D, F)
        Those of independent draws from the model. They cost little: with ten times as many as rows,
        their share of the error is small.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without it every row is.
    confidence : float
        One-sided.

    Returns
    -------
    LowerBound
        In nats per configuration. The limit is by Student's t, less what draws may have missed.

    Raises
    ------
    InputError
        For other shapes, fewer than 40 rows, gaps, fewer than two groups.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> copied = np.repeat(rng.choice([-1, 1], size=(4000, 1)), 2, axis=1)
    >>> free = rng.choice([-1, 1], size=(4000, 2))
    >>> critic = Critic("by hand", lambda x: 0.6 * x[:, 0] * x[:, 1] - 0.2, 1.0, 0.0, 1.0)
    >>> found = kl_lower_bound(critic, copied, free)
    >>> bool(0 < found.lower < np.log(2))
    True
    """
    check_confidence(confidence)
    rows = check_rows("data", data)
    drawn = check_rows("draws", draws, rows.shape[1])
    members = members_of(groups, len(rows))
    values = critic(rows), critic(drawn)
    return bound_of_values(critic.name, *values, members, critic.ceiling, confidence)


def train_critics(
    data: ArrayLike,
    draws: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Critic:
    """The best of several critics: pairs, counts, both, and both with a perceptron.

    A quarter of the groups and of the draws has no part in the fits. It chooses when a fit stops, scale,
    constant and range of every critic, and the critic: those with the highest limit.

    Parameters
    ----------
    data : array, shape (B, F)
        Statistics T(x) of rows, such as spins −1/+1. Rows that the model was fitted to will do, as the
        bound is estimated on others; gaps will not.
    draws : array, shape (D, F)
        Those of independent draws from the model.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without it every row is.
    seed : int
        Of the division and of the perceptron's weights.
    confidence : float
        At which the limits are compared.

    Returns
    -------
    Critic
        To be given to ``kl_lower_bound`` with other rows and other draws.

    Raises
    ------
    InputError
        For other shapes, fewer than 40 rows, gaps, fewer than two groups on either side.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> free = rng.choice([-1, 1], size=(4000, 4))
    >>> coupled = free.copy()
    >>> coupled[:1000, 1] = coupled[:1000, 0]
    >>> data = rng.permutation(coupled)
    >>> critic = train_critics(data[:2000], free[:2000], seed=0)
    >>> kl_lower_bound(critic, data[2000:], rng.choice([-1, 1], size=(20000, 4))).found
    True
    """
    check_confidence(confidence)
    rows = check_rows("data", data)
    drawn = check_rows("draws", draws, rows.shape[1])
    members = members_of(groups, len(rows))
    rng = generator(seed, "capacity/critic")
    chosen = _some_groups(members, rng)
    aside = np.zeros(len(drawn), dtype=bool)
    aside[rng.permutation(len(drawn))[: round(VALIDATION * len(drawn))]] = True
    train, test = (rows[~chosen], drawn[~aside]), (rows[chosen], drawn[aside])
    judges = np.unique(members[chosen], return_inverse=True)[1]

    def bound(on_data: np.ndarray, on_draws: np.ndarray, ceiling: float) -> LowerBound:
        return bound_of_values("", on_data, on_draws, judges, ceiling, confidence)

    found = [
        calibrate(name, form, form(test[0]), form(test[1]), bound)
        for name, form in fitted_forms(train, test, rng)
    ]
    return max(found, key=lambda pair: pair[0])[1]


def _some_groups(members: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which rows are put aside, (B,): those of whole groups, at least two of them, two left."""
    n_groups = int(members.max()) + 1
    if n_groups < 4:
        raise InputError("groups", n_groups, "four at least are needed, two of them to choose a critic")
    number = min(max(2, round(VALIDATION * n_groups)), n_groups - 2)
    taken = np.zeros(n_groups, dtype=bool)
    taken[rng.permutation(n_groups)[:number]] = True
    return taken[members]


def calibrate(
    name: str,
    form: Callable[[Rows], np.ndarray],
    on_data: np.ndarray,
    on_draws: np.ndarray,
    bound: Callable[[np.ndarray, np.ndarray, float], LowerBound],
) -> tuple[float, Critic]:
    """Scale, constant and range of a function with the highest limit on its values (B,) and (D,).

    ``bound`` takes values, cut at a ceiling, and that ceiling. The constant makes the mean weight of
    the draws 1 before the range is cut, which is best for the bound at any scale.
    """
    best: tuple[float, Critic] | None = None
    for scale in SCALES:
        scaled = scale * on_draws
        highest = scaled.max()
        offset = -float(highest + np.log(np.exp(scaled - highest).mean()))
        both = scale * on_data + offset, scaled + offset
        top = max(float(np.abs(part).max()) for part in both)
        for most in RANGES:
            ceiling = float(np.log(most))
            of_data, of_draws = (np.clip(part, -ceiling, ceiling) for part in both)
            lower = bound(of_data, of_draws, ceiling).lower
            if best is None or lower > best[0]:
                best = lower, Critic(name, form, scale, offset, ceiling)
            if ceiling > top:
                break
    assert best is not None  # there are scales
    return best
