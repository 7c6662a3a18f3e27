"""The rows that a model finds least likely, beside its own draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mfvae.errors import InputError

SHOWN = 10  # rows


@dataclass(frozen=True, eq=False)
class LeastLikely:
    """Rows that the model finds least likely.

    Attributes
    ----------
    rows : array of int, shape (k,)
        Their numbers, the least likely first.
    log_prob : array, shape (k,)
        log p_θ of them, in nats.
    expected : array, shape (k,)
        How many of so many draws from the model would be at most as likely; the first row should have
        about 1, the second about 2, and so on. Far fewer say that the model lacks such rows.
    """

    rows: np.ndarray
    log_prob: np.ndarray
    expected: np.ndarray

    def summary(self) -> str:
        """A line for every row."""
        lines = ["Rows that the model finds least likely, and how many of its own draws would be so:"]
        for place in range(len(self.rows)):
            lines.append(
                f"  row {self.rows[place]}: {self.log_prob[place]:.2f} nats; {place + 1} of the data, "
                f"{self.expected[place]:.2g} expected"
            )
        return "\n".join(lines)


def least_likely(of_rows: ArrayLike, of_draws: ArrayLike, number: int = SHOWN) -> LeastLikely:
    """The rows with the lowest log p_θ(x), beside the model's own draws.

    Parameters
    ----------
    of_rows, of_draws : array, shape (B,) and (D,)
        log p_θ of held-out rows and of independent draws from the model, in nats.
    number : int
        Of rows to report, at least 1 and at most B.

    Returns
    -------
    LeastLikely

    Raises
    ------
    InputError
        For other shapes, or a number that is not allowed.

    Examples
    --------
    >>> found = least_likely([-3.0, -9.0, -2.0], [-2.0, -3.0, -4.0, -2.5, -2.0, -3.5], number=1)
    >>> found.rows.tolist(), found.expected.tolist()
    ([1], [0.0])
    """
    own, drawn = np.asarray(of_rows, dtype=np.float64), np.asarray(of_draws, dtype=np.float64)
    for field, values in (("of_rows", own), ("of_draws", drawn)):
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise InputError(field, values.shape, "finite numbers of shape (rows,) are needed")
    if not 1 <= number <= len(own):
        raise InputError("number", number, f"an integer from 1 to {len(own)} is needed")
    rows = np.argsort(own, kind="stable")[:number]
    below = np.searchsorted(np.sort(drawn), own[rows], side="right")
    return LeastLikely(rows, own[rows], below / len(drawn) * len(own))
