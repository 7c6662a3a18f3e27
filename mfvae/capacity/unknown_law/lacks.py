"""What a model lacks, together: pairs of its worst sites, numbers of +1 in a row, odd rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mfvae.capacity.unknown_law.confidence import mean_over_members, members_of
from mfvae.capacity.unknown_law.missing import ResidualCouplings, residual_couplings
from mfvae.capacity.unknown_law.unlikely import LeastLikely, least_likely
from mfvae.random import generator
from mfvae.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

MOST_SITES = 32  # 529 parameters: some seconds
MOST_ROWS = 10_000  # of data; of draws three times as many
DRAWS_PER_ROW = 3
FEWEST_CHANGES = 50  # rows in which a site differs from its usual value: couplings need them
SHOWN = 10  # pairs in words
COLUMNS = ("quantity", "index", "site", "other", "value", "stderr", "found")
NAMES = ("site_name", "other_name")
FEWEST = 10  # rows and draws with a number of +1, for a logarithm with an error


@dataclass(frozen=True, eq=False)
class CountFunction:
    """log P_data(K) − log P_θ(K) of the number K of sites that are +1.

    Attributes
    ----------
    counts : array of int, shape (k,)
        Those with ten rows and ten draws at least.
    values, stderr : array, shape (k,)
        In nats.
    """

    counts: np.ndarray
    values: np.ndarray
    stderr: np.ndarray


@dataclass(frozen=True, eq=False)
class Lacks(Shown):
    """What a model lacks.

    Attributes
    ----------
    sites : array of int, shape (k,)
        Numbers of the sites whose pairs were fitted, those whose covariances are off the most.
    couplings : ResidualCouplings
        Between them, (k, k).
    counts : CountFunction or None
        Of spins alone.
    unlikely : LeastLikely
        Rows, numbered as they were given.
    """

    sites: np.ndarray
    couplings: ResidualCouplings
    counts: CountFunction | None
    unlikely: LeastLikely

    def summary(self, name_of: Callable[[int], str] = str) -> str:
        """The pairs and rows in words, a line each; sites are called by their numbers or names."""
        found, n = self.couplings, len(self.sites)
        lines = [
            f"{len(found.pairs)} of the {n * (n - 1) // 2} pairs of the {n} sites that are fitted worst "
            f"are coupled beyond what the model explains (rate of false discoveries {found.rate:g})."
        ]
        for i, j in found.pairs[:SHOWN]:
            pair = " and ".join(name_of(int(self.sites[k])) for k in (i, j))
            lines.append(f"  {pair}: {found.values[i, j]:+.3f} ± {found.stderr[i, j]:.3f}")
        odd = self.unlikely
        lines.append(
            f"The least likely held-out row has log p = {odd.log_prob[0]:.1f}; of as many draws of the "
            f"model {odd.expected[0]:.2g} would be as unlikely."
        )
        return "\n".join(lines)

    def to_frame(self, name_of: Callable[[int], str] | None = None) -> pd.DataFrame:
        """All numbers, tidy: quantity, index, site and other (from 1), value, stderr, found.

        Where sites have names, ``site_name`` and ``other_name`` stand beside their numbers.
        """
        import pandas as pd

        first, second = np.triu_indices(len(self.sites), 1)
        couplings, odd = self.couplings, self.unlikely
        tables: list[dict[str, Any]] = [
            {
                "quantity": "residual_coupling",
                "site": self.sites[first] + 1,
                "other": self.sites[second] + 1,
                "value": couplings.values[first, second],
                "stderr": couplings.stderr[first, second],
                "found": couplings.found[first, second].astype(int),
            },
            {
                "quantity": "least_likely",
                "index": odd.rows,
                "value": odd.log_prob,
                "found": odd.expected,
            },
        ]
        if self.counts is not None:
            counts = self.counts
            about = {"index": counts.counts, "value": counts.values, "stderr": counts.stderr}
            tables.append({"quantity": "count_function", **about})
        if name_of is not None:
            for column, places in zip(NAMES, (first, second), strict=True):
                tables[0][column] = [name_of(int(site)) for site in self.sites[places]]
        columns = [*COLUMNS, *(NAMES if name_of is not None else ())]
        return pd.concat(map(pd.DataFrame, tables), ignore_index=True).reindex(columns=columns)


def worst_sites(data: np.ndarray, draws: np.ndarray, number: int = MOST_SITES) -> np.ndarray:
    """Numbers, in order, of the sites whose correlations with others differ the most, (k,).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.choice([-1, 1], size=(4000, 5))
    >>> x[:2000, 3] = x[:2000, 1]
    >>> worst_sites(x, rng.choice([-1, 1], size=(4000, 5)), 2).tolist()
    [1, 3]
    """
    width = np.sqrt((data.var(0) + draws.var(0)) / 2)
    scale = np.where(width > 0, width, np.inf)
    difference = np.cov(data.T / scale[:, None]) - np.cov(draws.T / scale[:, None])
    np.fill_diagonal(difference, 0)
    order = np.argsort(-(difference**2).sum(0), kind="stable")
    return np.sort(order[:number])


def _changes(rows: np.ndarray) -> np.ndarray:
    """In how many rows (B, N) every site differs from its most common value, (N,); B of real numbers."""
    if not (np.abs(rows) == 1).all():
        return np.full(rows.shape[1], len(rows))
    ones = (rows > 0).sum(0)
    return np.minimum(ones, len(rows) - ones)


def count_function(
    data: np.ndarray, draws: np.ndarray, groups: np.ndarray | None = None
) -> CountFunction:
    """By which function of the number of +1 the data's law differs from the model's.

    Parameters
    ----------
    data, draws : array, shapes (B, N) and (D, N)
        Spins −1/+1 of held-out rows and of the model's draws.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without it every row is.

    Returns
    -------
    CountFunction

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.choice([-1, 1], size=(1000, 3))
    >>> count_function(x, x).values.tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    members = members_of(groups, len(data))
    of_data, of_draws = ((part > 0).sum(1) for part in (data, draws))
    rows = []
    for count in range(data.shape[1] + 1):
        here, there = of_data == count, int((of_draws == count).sum())
        if here.sum() < FEWEST or there < FEWEST:
            continue
        share, _ = mean_over_members(here.astype(np.float64), members)
        value = np.log(share.value * len(draws) / there)
        rows.append((count, value, np.hypot(share.stderr / share.value, np.sqrt(1 / there))))
    counts, values, stderr = np.array(rows).reshape(-1, 3).T
    return CountFunction(counts.astype(int), values, stderr)


def what_is_missing(
    draw: Callable[[int, np.random.Generator], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    selection: np.ndarray,
    estimation: np.ndarray,
    groups: np.ndarray | None,
    seed: int,
    most_rows: int = MOST_ROWS,
) -> Lacks | None:
    """Residual couplings, count function and least likely rows of a model.

    Parameters
    ----------
    draw : callable
        (n, rng) → statistics T(x) of n independent draws from the model, one for each site, (n, N).
    score : callable
        log p_θ of statistics (B, N), in nats: (B,).
    selection : array, shape (B, N)
        Statistics of rows that choose the sites, without gaps.
    estimation : array, shape (B', N)
        Those of held-out rows.
    groups : array, shape (B',), or None
        Groups of rows that are independent of each other; None where every row is.
    seed : int
        Of the draws.
    most_rows : int
        Held-out rows that are looked at, spread over all of them.

    Returns
    -------
    Lacks or None
        None for fewer than two sites that change in 50 rows and in as many draws.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.choice([-1, 1], size=(4000, 5))
    >>> x[::2, 3] = x[::2, 1]
    >>> def draw(n, rng):
    ...     return rng.choice([-1, 1], size=(n, 5))
    >>> found = what_is_missing(draw, lambda x: x[:, 0], x[:2000], x[2000:], None, 0)
    >>> found.couplings.pairs
    [(1, 3)]
    """
    number = min(most_rows, len(estimation))
    rows = np.arange(number) * len(estimation) // number
    data, own = estimation[rows], None if groups is None else groups[rows]
    draws = draw(DRAWS_PER_ROW * len(data), generator(seed, "capacity/missing"))
    often = [_changes(part) >= FEWEST_CHANGES for part in (data, draws)]
    eligible = np.flatnonzero(often[0] & often[1])
    if len(eligible) < 2:
        return None
    sites = eligible[worst_sites(selection[:, eligible], draws[:, eligible])]
    couplings = residual_couplings(data[:, sites], draws[:, sites], own)
    spins = bool((np.abs(data) == 1).all())
    counts = count_function(data, draws, own) if spins else None
    odd = least_likely(score(data), score(draws))
    return Lacks(sites, couplings, counts, LeastLikely(rows[odd.rows], odd.log_prob, odd.expected))
