"""What a model lacks: couplings between pairs that its latents leave out.

The logarithm of the ratio of the data's law to the model's is fitted by single spins and pairs,

    log p_data(x) − log p_θ(x) ≈ c + Σ_i h_i x_i + Σ_{i<j} J_ij x_i x_j,

by logistic regression of data against draws (as in Gutmann & Hyvärinen, J. Mach. Learn. Res. 13, 307,
2012). J_ij is what would have to be added to the model, and no difference of correlations: two spins
that are correlated through a third have none. Among so many pairs some look coupled by chance; of those
that are reported only a stated share is (Benjamini & Hochberg, J. R. Stat. Soc. B 57, 289, 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfvae.capacity.unknown_law.confidence import members_of
from mfvae.capacity.unknown_law.critic import check_rows
from mfvae.errors import InputError

FALSE_DISCOVERIES = 0.05  # share among the pairs reported
MOST_SITES = 64  # 2081 parameters, whose joint covariance takes 35 MB and a minute per million rows
NEWTON_STEPS = 50
CONVERGED = 1e-8  # of a step, in units of the parameters
BLOCK = 4096  # rows whose features are held at once
SHOWN = 10  # pairs of a summary


@dataclass(frozen=True, eq=False)
class ResidualCouplings:
    """Couplings that the model lacks, with their errors and which of them are found.

    Attributes
    ----------
    values, stderr : array, shape (N, N)
        J_ij in units of temperature, symmetric, zero on the diagonal.
    p_values : array, shape (N, N)
        Two-sided, of J_ij = 0; 1 on the diagonal.
    found : array, bool, shape (N, N)
        Pairs reported at the rate of false discoveries.
    rate : float
        That rate.
    """

    values: np.ndarray
    stderr: np.ndarray
    p_values: np.ndarray
    found: np.ndarray
    rate: float

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs found, the most certain first."""
        rows, columns = np.nonzero(np.triu(self.found, 1))
        order = np.argsort(self.p_values[rows, columns], kind="stable")
        return [(int(rows[k]), int(columns[k])) for k in order]

    def summary(self) -> str:
        """How many pairs are found and the most certain of them, a line each."""
        number = len(self.values) * (len(self.values) - 1) // 2
        lines = [
            f"{len(self.pairs)} of {number} pairs are coupled beyond what the model explains "
            f"(rate of false discoveries {self.rate:g})."
        ]
        for i, j in self.pairs[:SHOWN]:
            lines.append(f"  sites {i} and {j}: {self.values[i, j]:+.3f} ± {self.stderr[i, j]:.3f}")
        return "\n".join(lines)


def discoveries(p_values: ArrayLike, rate: float = FALSE_DISCOVERIES) -> np.ndarray:
    """Which of M hypotheses are rejected, bool (M,), by the rule of Benjamini and Hochberg.

    The k smallest p-values, k the largest number for which the k-th is at most k·rate/M.

    Examples
    --------
    >>> discoveries([0.001, 0.2, 0.02, 0.9], rate=0.05).tolist()
    [True, False, True, False]
    """
    if not 0 < rate < 1:
        raise InputError("rate", rate, "a number between 0 and 1 is needed")
    p = np.asarray(p_values, dtype=np.float64)
    ordered = np.sort(p)
    below = np.nonzero(ordered <= rate * np.arange(1, len(p) + 1) / len(p))[0]
    return p <= ordered[below[-1]] if len(below) else np.zeros(len(p), dtype=bool)


def residual_couplings(
    data: ArrayLike,
    draws: ArrayLike,
    groups: ArrayLike | None = None,
    rate: float = FALSE_DISCOVERIES,
) -> ResidualCouplings:
    """Couplings by which the data's law differs from the model's.

    Parameters
    ----------
    data : array, shape (B, N)
        Spins −1/+1 of held-out rows, or other sites with one statistic each; at most 64 sites.
    draws : array, shape (D, N)
        Independent draws from the model.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without it every row is.
    rate : float
        Of false discoveries.

    Returns
    -------
    ResidualCouplings
        Errors hold whatever the true law is (the sandwich of White, Econometrica 50, 1, 1982), summed
        over groups.

    Raises
    ------
    InputError
        For other shapes, few rows, gaps, more than 64 sites, fewer than two groups.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.choice([-1, 1], size=(4000, 4))
    >>> x[:1000, 3] = x[:1000, 1]
    >>> residual_couplings(x, rng.choice([-1, 1], size=(8000, 4))).pairs
    [(1, 3)]
    """
    from scipy.stats import t

    rows = check_rows("data", data)
    drawn = check_rows("draws", draws, rows.shape[1])
    n_sites = rows.shape[1]
    if n_sites > MOST_SITES:
        raise InputError("sites", n_sites, f"at most {MOST_SITES} are allowed: choose some of them")
    members = members_of(groups, len(rows))
    regression = _Regression(rows, drawn)
    theta = regression.fit()
    errors = np.sqrt(regression.covariance(theta, members).diagonal())
    known = errors > 0  # not so for pairs of sites that never change
    score = np.abs(theta) / np.where(known, errors, np.inf)
    p_values = 2 * t.sf(score, members.max())
    first = 1 + n_sites
    accepted = discoveries(p_values[first:], rate)
    square = (_square(part[first:], n_sites) for part in (theta, errors, p_values))
    values, stderr, p = square
    np.fill_diagonal(p, 1)
    return ResidualCouplings(values, stderr, p, _square(accepted, n_sites), rate)


def _square(upper: np.ndarray, n_sites: int) -> np.ndarray:
    """A symmetric matrix (N, N) from its upper triangle by rows."""
    found = np.zeros((n_sites, n_sites), dtype=upper.dtype)
    found[np.triu_indices(n_sites, 1)] = upper
    return found | found.T if upper.dtype == bool else found + found.T


class _Regression:
    """Logistic regression of data against draws, of the same weight, on 1, u_i and u_i u_j."""

    def __init__(self, data: np.ndarray, draws: np.ndarray) -> None:
        centre = (data.mean(0, dtype=np.float64) + draws.mean(0, dtype=np.float64)) / 2
        self.sides = data - centre, draws - centre
        self.upper = np.triu_indices(data.shape[1], 1)
        self.prior = 1 / min(map(len, self.sides))  # of width 1, for what rows do not fix

    def features(self, u: np.ndarray) -> np.ndarray:
        """(b, N) → (b, P)."""
        i, j = self.upper
        return np.hstack([np.ones((len(u), 1)), u, u[:, i] * u[:, j]])

    def blocks(self, side: int) -> list[np.ndarray]:
        """Rows of data (0) or draws (1) in blocks."""
        rows = self.sides[side]
        return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]

    def fit(self) -> np.ndarray:
        """The parameters (P,) by Newton's method, halving steps that do not lower the loss."""
        theta = np.zeros(1 + len(self.sides[0].T) + len(self.upper[0]))
        loss = self.loss(theta)
        for _ in range(NEWTON_STEPS):
            gradient, curvature = self.derivatives(theta)
            step = np.linalg.solve(curvature, gradient)
            while (trial := self.loss(theta - step)) > loss and np.abs(step).max() > CONVERGED:
                step = step / 2
            theta, loss = theta - step, trial
            if np.abs(step).max() <= CONVERGED:
                break
        return theta

    def loss(self, theta: np.ndarray) -> float:
        """Mean logistic loss of both sides, and the prior's."""
        total = self.prior * float(theta @ theta) / 2
        for side, sign in enumerate((-1, 1)):
            for u in self.blocks(side):
                losses = np.logaddexp(0, sign * (self.features(u) @ theta))
                total += float(losses.sum()) / len(self.sides[side])
        return total

    def derivatives(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient (P,) and curvature (P, P) of the loss."""
        gradient, curvature = self.prior * theta, self.prior * np.eye(len(theta))
        for side in range(2):
            for u in self.blocks(side):
                phi = self.features(u)
                of_data = 1 / (1 + np.exp(-phi @ theta))  # the probability that a row is of the data
                wrong = of_data - 1 if side == 0 else of_data
                gradient = gradient + wrong @ phi / len(self.sides[side])
                weight = of_data * (1 - of_data) / len(self.sides[side])
                curvature += (phi * weight[:, None]).T @ phi
        return gradient, curvature

    def covariance(self, theta: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Of the parameters, (P, P): the curvature's inverse on both sides of the scores' covariance."""
        inverse = np.linalg.inv(self.derivatives(theta)[1])
        middle = np.zeros(inverse.shape)
        for side, labels in enumerate((members, np.arange(len(self.sides[1])))):
            middle += self.score_covariance(theta, side, labels)
        return inverse @ middle @ inverse

    def score_covariance(self, theta: np.ndarray, side: int, members: np.ndarray) -> np.ndarray:
        """Covariance (P, P) of the mean score of one side, whose rows (B,) are in groups."""
        sizes = np.bincount(members)
        alone = len(sizes) == len(members)
        sums = np.zeros((0 if alone else len(sizes), len(theta)))
        squares, mean, start = np.zeros((len(theta),) * 2), np.zeros(len(theta)), 0
        for u in self.blocks(side):
            phi = self.features(u)
            of_data = 1 / (1 + np.exp(-phi @ theta))
            score = phi * (of_data - 1 if side == 0 else of_data)[:, None]
            mean += score.sum(0) / len(members)
            if alone:
                squares += score.T @ score
            else:
                np.add.at(sums, members[start : start + len(u)], score)
            start += len(u)
        if alone:
            squares -= len(members) * np.outer(mean, mean)
        else:
            deviation = sums - sizes[:, None] * mean
            squares = deviation.T @ deviation
        return squares / len(members) ** 2 * len(sizes) / (len(sizes) - 1)
