"""The verdict on a law of which nothing is had but draws: others' models, or another program's samples.

A critic learns from one half of the draws and is tested on the other, as on rows of the data that had
no part in it. Draws are taken for independent of each other: of a Markov chain, give those that are far
apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from mfvae.capacity.unknown_law.confidence import CONFIDENCE, LowerBound, check_confidence
from mfvae.capacity.unknown_law.critic import FEWEST_ROWS, check_rows, kl_lower_bound, train_critics
from mfvae.capacity.unknown_law.examination import (
    MOST_ROWS,
    PLANTED,
    RowSet,
    effective_rows,
    too_few,
)
from mfvae.capacity.unknown_law.judgement import UnknownLawVerdict, judge_unknown_law
from mfvae.capacity.unknown_law.power import Power, power
from mfvae.information import FAITHFUL_KL
from mfvae.random import generator

FEWEST_DRAWS = 2 * FEWEST_ROWS
MOST_DRAWS = 100_000  # in each half


def examine_draws(
    draws: np.ndarray,
    selection: RowSet,
    estimation: RowSet,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    tolerance: float = FAITHFUL_KL,
    planted: Sequence[float] = PLANTED,
    most_rows: int = MOST_ROWS,
    notes: Iterable[str] = (),
) -> UnknownLawVerdict:
    """The verdict on a law from a table of its draws, by a critic and its power.

    Entries of rows that were not observed are hidden in as many draws, so that the critic has nothing of
    them to look at. Power is measured on draws that are taken again and again from the table.

    Parameters
    ----------
    draws : array, shape (D, N·dim)
        Statistics T(x) of independent draws from the law, such as spins −1/+1; one half of them trains
        the critic, the other tests it.
    selection : RowSet
        Rows of the data from which a critic learns.
    estimation : RowSet
        Rows that chose nothing, independent of the others.
    seed : int
        Of the halves and of all fits.
    confidence : float
        One-sided.
    tolerance : float
        Nats that may be missing of what is called faithful.
    planted : sequence of float
        Sizes of departures, in nats, whose discovery is tried; none, to spare the time.
    most_rows : int
        Rows that a critic learns from, and on which it is tested.
    notes : iterable of str
        Sentences that are reasons, too.

    Returns
    -------
    UnknownLawVerdict
        Undecided, with a reason that says how many are needed, for rows or draws that are too few.

    Raises
    ------
    InputError
        For values that are not finite and other shapes.

    Examples
    --------
    Spins that are all the same, and draws in which they are independent.

    >>> rng = np.random.default_rng(0)
    >>> rows = np.repeat(rng.choice([-1, 1], size=(400, 1)), 4, axis=1)
    >>> free = rng.choice([-1, 1], size=(4000, 4))
    >>> found = examine_draws(free, RowSet(rows[:200]), RowSet(rows[200:]), seed=0)
    >>> print(found.sentence.partition(":")[0])
    Not faithful
    """
    check_confidence(confidence)
    said = list(notes)
    if few := too_few(selection, estimation):
        return judge_unknown_law((), tolerance=tolerance, notes=[*said, few])
    if len(draws) < FEWEST_DRAWS:
        few = f"There are {len(draws)} draws, where {FEWEST_DRAWS} at least are needed."
        return judge_unknown_law((), tolerance=tolerance, notes=[*said, few])
    rows, others = (part.spread(most_rows) for part in (selection, estimation))
    columns = check_rows("selection", rows.given).shape[1]
    drawn = check_rows("draws", draws, columns)
    rng = generator(seed, "capacity/given draws")
    half = min(MOST_DRAWS, len(drawn) // 2)
    mixed = drawn[rng.permutation(len(drawn))]
    critic = train_critics(
        rows.given,
        _hidden(mixed[:half], rows, rng),
        rows.groups,
        seed=seed,
        confidence=confidence,
    )
    hidden = _hidden(mixed[half : 2 * half], others, rng)
    found = kl_lower_bound(critic, others.given, hidden, others.groups, confidence)
    certificate = LowerBound(f"critic of {found.name}", found.estimate, found.lower, found.confidence)
    measured = None
    if planted and certificate.lower <= tolerance:
        independent = max(FEWEST_ROWS, effective_rows(others.given.sum(1), others.groups))
        again = _taken_again(drawn, rows)
        measured = power(again, len(rows), independent, half, seed, sizes=planted, confidence=confidence)
        said += _needed(measured, max(tolerance, FAITHFUL_KL))
    return judge_unknown_law([certificate], power=measured, tolerance=tolerance, notes=said)


def _hidden(draws: np.ndarray, rows: RowSet, rng: np.random.Generator) -> np.ndarray:
    """Draws (D, F) with the gaps of random rows."""
    if rows.observed is None:
        return draws
    return RowSet(draws, None, rows.observed[rng.integers(len(rows), size=len(draws))]).given


def _taken_again(drawn: np.ndarray, rows: RowSet) -> Callable[[int, np.random.Generator], np.ndarray]:
    """What draws from the table as from a law, with the gaps of the rows."""

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        return _hidden(drawn[rng.integers(len(drawn), size=n)], rows, rng)

    return draw


def _needed(found: Power, fine: float) -> list[str]:
    """How many rows would show ``fine`` nats, if these do not.

    The smallest KL that a test of the likelihood ratio finds falls as one over the number of rows: the
    ratio has the mean KL and, near it, the variance 2 KL.
    """
    resolution = found.resolution
    if resolution is not None and resolution <= fine:
        return []
    if resolution is None:
        return [f"Many more than {found.n_rows} held-out rows would be needed to see {fine:g} nats."]
    needed = found.n_rows * resolution / fine
    unit = 10.0 ** (math.floor(math.log10(needed)) - 1)
    number = round(math.ceil(needed / unit) * unit)
    return [
        f"About {number} independent held-out rows, and as many for training, would show {fine:g} nats."
    ]
