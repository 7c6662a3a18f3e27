"""How many collective variables or patterns data support: a rule on held-out likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfvae.errors import InputError
from mfvae.shown import Shown
from mfvae.stats import Estimate

if TYPE_CHECKING:
    import pandas as pd

SIGMAS = 3.0  # standard errors by which more must be better
BLOCKS = 20  # contiguous ones of rows that have no groups: 3 standard errors by chance once in 270

Name = int | str  # of a candidate, such as its number of latents


def fewest(numbers: Iterable[int], gain: Callable[[int, int], Estimate]) -> int:
    """The smallest number that no larger one betters by three standard errors of the difference.

    ``gain(k, more)`` is by how many held-out nats ``more`` is better than k. The largest number is only
    a lower bound where it is the result. Raises ValueError for no numbers.
    """
    ordered = sorted(set(numbers))
    for place, k in enumerate(ordered):
        gains = [gain(k, more) for more in ordered[place + 1 :]]
        if all(found.value <= SIGMAS * found.stderr for found in gains):
            return k
    raise ValueError("one number at least is needed")


def fewest_of(nats: Mapping[int, Estimate]) -> int:
    """The same from held-out nats by number, their errors taken as independent.

    Likelihoods of the same words err together, so that this asks for more than the difference needs:
    ``fewest_paired`` does not.
    """

    def gain(k: int, more: int) -> Estimate:
        error = float(np.hypot(nats[k].stderr, nats[more].stderr))
        return Estimate(nats[k].value - nats[more].value, error)

    return fewest(nats, gain)


@dataclass(frozen=True)
class PairedDifference:
    """By how much a larger candidate is better than a smaller one on the same rows.

    Parameters
    ----------
    smaller, larger : int or str
        Names of the two.
    gain : Estimate
        Nats per row, positive where the larger one is better. The error is the two below in quadrature.
    group_stderr : float
        Of the groups of rows, paired: what both candidates share has gone.
    training_stderr : float
        Of the trainings; 0 where no candidate was trained twice.
    """

    smaller: Name
    larger: Name
    gain: Estimate
    group_stderr: float
    training_stderr: float

    @property
    def helps(self) -> bool:
        """Whether the larger one is better by more than three standard errors."""
        return self.gain.value > SIGMAS * self.gain.stderr

    def __str__(self) -> str:
        value, error = self.gain.value, self.gain.stderr
        return f"{self.larger} over {self.smaller}: {value:+.3g} ± {error:.2g} nats"


@dataclass(frozen=True)
class PairedChoice(Shown):
    """The smallest sufficient candidate and why.

    Parameters
    ----------
    choice : int or str
        Name of the candidate.
    offered : tuple of int or str
        All names in order of complexity.
    differences : tuple of PairedDifference
        Of all pairs, in order of the smaller one, then of the larger one.
    reason : str
        One line in words.
    """

    choice: Name
    offered: tuple[Name, ...]
    differences: tuple[PairedDifference, ...]
    reason: str

    @property
    def last_helped(self) -> bool:
        """Whether the last candidate is the choice, which is then only a lower bound."""
        return len(self.offered) > 1 and self.choice == self.offered[-1]

    def summary(self) -> str:
        """The reason, and a line for every pair."""
        return "\n".join([self.reason, *map(str, self.differences)])

    def to_frame(self) -> pd.DataFrame:
        """A line a pair: ``smaller``, ``larger``, ``gain`` and its errors in nats per row, ``helps``."""
        import pandas as pd

        rows = [
            {
                "smaller": one.smaller,
                "larger": one.larger,
                "gain": one.gain.value,
                "stderr": one.gain.stderr,
                "group_stderr": one.group_stderr,
                "training_stderr": one.training_stderr,
                "helps": one.helps,
            }
            for one in self.differences
        ]
        return pd.DataFrame(rows)


def contiguous_blocks(n_rows: int, blocks: int = BLOCKS) -> np.ndarray:
    """Groups (B,) of rows that follow each other, of equal size to one row.

    For rows in an order, such as of time, whose neighbours may depend on each other. Raises InputError
    for fewer than two blocks, or more than rows.

    Examples
    --------
    >>> contiguous_blocks(5, 2).tolist()
    [0, 0, 0, 1, 1]
    """
    if not 2 <= blocks <= n_rows:
        raise InputError(
            "blocks", blocks, f"an integer from 2 to {n_rows}, the number of rows, is needed"
        )
    return np.arange(n_rows) * blocks // n_rows


def _row_means(sums: np.ndarray, sizes: np.ndarray) -> Estimate:
    """Mean per row of groups with these sums and sizes (G,), by the jackknife over groups."""
    left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
    stderr = np.sqrt((len(sums) - 1) * left_out.var())
    return Estimate(float(sums.sum() / sizes.sum()), float(stderr))


def _checked(name: Name, scores: np.ndarray, n_rows: int) -> np.ndarray:
    """Scores as (R, B) of R trainings."""
    found = np.atleast_2d(scores)
    if found.ndim != 2 or found.shape[1] != n_rows or not len(found):
        raise InputError(f"scores.{name}", found.shape, f"(trainings, rows) of {n_rows} rows are needed")
    if not np.isfinite(found).all():
        raise InputError(f"scores.{name}", "not finite", "finite numbers are needed")
    return found


def _training_variances(trained: Sequence[np.ndarray], weights: np.ndarray | None) -> list[float]:
    """Variance of every candidate's mean over its trainings (R, B), from how far these scatter.

    Few trainings may agree by chance, and some candidates have but one. So the scatter is taken to be at
    least that of all candidates together.
    """
    means = [
        scores.mean(1) if weights is None else np.average(scores, axis=1, weights=weights)
        for scores in trained
    ]
    repeated = [mean for mean in means if len(mean) > 1]
    if not repeated:
        return [0.0] * len(means)
    squares = sum(float(((mean - mean.mean()) ** 2).sum()) for mean in repeated)
    pooled = squares / sum(len(mean) - 1 for mean in repeated)
    own = [float(mean.var(ddof=1)) if len(mean) > 1 else 0.0 for mean in means]
    return [max(pooled, one) / len(mean) for one, mean in zip(own, means, strict=True)]


def fewest_paired(
    scores: Mapping[int, ArrayLike] | Mapping[str, ArrayLike],
    groups: ArrayLike | None = None,
    weights: np.ndarray | None = None,
) -> PairedChoice:
    """The smallest candidate that no larger one betters by three standard errors of the difference.

    Likelihoods of the same rows err together, by how hard these rows are for every model. A difference
    row by row is free of that: its error is what the two models make different.

    Parameters
    ----------
    scores : mapping of name to array, shape (B,) or (R, B)
        Held-out log-likelihoods of every row in nats, of R trainings that differ by their seed, whose
        mean counts. From the smallest candidate to the largest; R may differ.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other, such as repeats of a recording; of any sizes.
        Without it rows are cut into 20 contiguous blocks.
    weights : array, shape (B,), optional
        How much every row counts; all alike without it.

    Returns
    -------
    PairedChoice
        The choice, the table of differences, the reason in words.

    Raises
    ------
    InputError
        For no candidate, scores of other rows, numbers that are not finite, or fewer than two groups.

    Notes
    -----
    The error over G groups is that of the jackknife, √((G−1)/G Σ_g (θ_g − θ̄)²), θ_g the difference
    without group g: Tukey, Ann. Math. Stat. 29, 614 (1958). The scatter between trainings is added in
    quadrature: of each candidate the greater of its own and of the pooled variance, over R.

    The errors of few groups are uncertain themselves: by Student's t a difference of nothing exceeds
    three of them with probability 0.1 if there are 2 groups, 0.007 if 10, 0.002 if 50.

    Examples
    --------
    The rows differ by nats, the models by a tenth of one.

    >>> rows = np.random.default_rng(0).normal(-20, 5, size=400)
    >>> found = fewest_paired({1: rows, 2: rows + 0.1, 3: rows + 0.1})
    >>> found.choice, found.last_helped
    (2, False)
    """
    names: tuple[Name, ...] = tuple(scores)
    if not names:
        raise InputError("scores", {}, "one candidate at least is needed")
    given = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in scores.values()]
    n_rows = given[0].shape[-1]
    trained = [_checked(name, one, n_rows) for name, one in zip(names, given, strict=True)]
    labels = contiguous_blocks(n_rows) if groups is None else np.asarray(groups)
    if labels.shape != (n_rows,):
        raise InputError("groups", labels.shape, f"one group of each of {n_rows} rows is needed")
    members = np.unique(labels, return_inverse=True)[1]
    sizes = np.bincount(members, weights=weights)
    if len(sizes) < 2:
        raise InputError("groups", len(sizes), "two at least are needed for an error")
    counted = 1.0 if weights is None else weights
    sums = [np.bincount(members, weights=counted * one.mean(0)) for one in trained]
    variances = _training_variances(trained, weights)

    table: dict[tuple[int, int], PairedDifference] = {}
    for i, j in combinations(range(len(names)), 2):
        paired = _row_means(sums[j] - sums[i], sizes)
        training = float(np.sqrt(variances[i] + variances[j]))
        gain = Estimate(paired.value, float(np.hypot(paired.stderr, training)))
        table[i, j] = PairedDifference(names[i], names[j], gain, paired.stderr, training)
    place = fewest(range(len(names)), lambda i, j: table[i, j].gain)
    differences = tuple(table.values())
    return PairedChoice(names[place], names, differences, _reason(names, place, differences))


def _reason(names: Sequence[Name], place: int, differences: Iterable[PairedDifference]) -> str:
    """Why the choice is not smaller, and why not larger."""
    choice, parts = names[place], []
    for name in names[:place]:
        helping = [found for found in differences if found.smaller == name and found.helps]
        parts.append(f"{name} is not enough ({max(helping, key=lambda found: found.gain.value)})")
    above = [found for found in differences if found.smaller == choice]
    if above:
        best = max(above, key=lambda found: found.gain.value)
        parts.append(f"none larger is better by more than {SIGMAS:g} standard errors (at most {best})")
    else:
        parts.append("none larger was offered")
    return f"{choice}: " + "; ".join(parts)


def next_rung(found: PairedChoice, ladder: Sequence[Name]) -> Name | None:
    """What to offer next: the ladder goes on as long as the last candidate still helped.

    Parameters
    ----------
    found : PairedChoice
        Among the candidates so far, the last of which is on the ladder.
    ladder : sequence of int or str
        Names of all candidates that might be offered, from the smallest to the largest.

    Returns
    -------
    int or str or None
        The name after the last one offered; None where that one did not help, or the ladder ends. Where
        ``found.last_helped`` and None meet, the choice is only a lower bound.

    Raises
    ------
    InputError
        Where the last candidate is not on the ladder.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(-20, 5, size=400)
    >>> next_rung(fewest_paired({1: rows, 2: rows + 0.1}), [1, 2, 3, 5])
    3
    >>> next_rung(fewest_paired({1: rows, 2: rows + 0.1, 3: rows}), [1, 2, 3, 5]) is None
    True
    """
    last = found.offered[-1]
    if last not in ladder:
        raise InputError("ladder", list(ladder), f"{last!r}, the last that was offered, is needed")
    above = list(ladder)[list(ladder).index(last) + 1 :]
    goes_on = found.last_helped or len(found.offered) == 1  # one alone has shown nothing yet
    return above[0] if goes_on and above else None
