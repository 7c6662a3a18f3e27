"""What a fit does before it trains: which rows are for what, and whether the data can be fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from mfvae.analysis.ladder import Ladder, Store
from mfvae.analysis.law import statistic_of
from mfvae.data.configurations import Configurations
from mfvae.data.dependence import dependence_of
from mfvae.data.holdout import GAP, TEST, TRAIN, hold_out
from mfvae.data.loader import load
from mfvae.decoding.evidence import stretches
from mfvae.errors import InputError
from mfvae.model.device import chosen_device
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.masks import filled
from mfvae.stats import effective_number

SHARE = 0.2  # of the rows, held out
SCORED = 10_000  # held-out rows that are scored, at most, spread over all of them
FEWEST_ROWS = 40  # for training, and held out: with less there is no error bar
ROWS_PER_SITE = 10  # for training, below which a fit is said to have few data


class Begun(NamedTuple):
    """Data and all that models of it share."""

    data: Configurations
    parts: np.ndarray  # what every row is for, (B,)
    ladder: Ladder
    together: np.ndarray | None  # which rows depend on each other, (B,)
    groups: np.ndarray | None  # the same of those that are scored, (S,)


def begin(
    data: Any,
    holdout: str | None,
    share: float,
    seed: int,
    epochs: int,
    hidden: tuple[int, ...],
    store: Store | None,
    device: str = "cpu",
) -> Begun:
    """What a fit does before it trains; raises InputError for data that cannot be fitted."""
    if not isinstance(data, Configurations):
        data = load(data)
    parts = _parts(data, holdout, share, seed)
    ladder, together = _ladder(data, parts, seed, epochs, hidden, store)
    ladder = replace(ladder, device=chosen_device(device))
    groups = None if together is None else stretches(together[scored_rows(parts)])
    return Begun(data, parts, ladder, together, groups)


def check_settings(threads: int | None, device: str) -> None:
    """Raise InputError for settings that no fit can have."""
    if threads is not None and threads < 1:
        raise InputError("threads", threads, "1 or more are needed")
    chosen_device(device)


def _parts(data: Configurations, holdout: str | None, share: float, seed: int) -> np.ndarray:
    """What every row is for; nothing, where nothing of it was observed."""
    parts = hold_out(data, holdout, share=share, seed=seed)
    if data.observed is not None:
        parts[~data.observed.any(1)] = GAP
    for name, part in (("training", TRAIN), ("held-out", TEST)):
        if (size := int((parts == part).sum())) < FEWEST_ROWS:
            raise InputError(f"{name} rows", size, f"{FEWEST_ROWS} or more are needed")
    return parts


def scored_rows(parts: np.ndarray) -> np.ndarray:
    """Indices of the held-out rows that are scored, spread over all of them."""
    test = np.flatnonzero(parts == TEST)
    size = min(len(test), SCORED)
    return test[np.arange(size) * len(test) // size]


def _ladder(
    data: Configurations,
    parts: np.ndarray,
    seed: int,
    epochs: int,
    hidden: tuple[int, ...],
    store: Store | None,
) -> tuple[Ladder, np.ndarray | None]:
    """What all models share, and which rows depend on each other (B,)."""
    family = SITE_FAMILIES[data.site]
    training, scored = np.flatnonzero(parts == TRAIN), scored_rows(parts)
    masks = {
        name: None if data.observed is None else data.observed[rows]
        for name, rows in (("training", training), ("scored", scored))
    }
    x = data.array[training]
    if masks["training"] is not None:
        x = filled(x, masks["training"])
    statistic, observed = statistic_of(family, x, masks["training"])
    of_scored, seen = statistic_of(family, data.array[scored], masks["scored"])
    weights = (None, None) if data.weights is None else (data.weights[training], data.weights[scored])
    ladder = Ladder(
        family, x, statistic, of_scored, seed, epochs, tuple(hidden), store, observed, seen, *weights
    )
    return ladder, groups_of(data)


def n_effective(data: Configurations, rows: np.ndarray) -> int:
    """How many rows of equal weight would have the errors of these rows, bool (B,)."""
    if data.weights is None:
        return int(rows.sum())
    return int(effective_number(data.weights[rows]))


def groups_of(data: Configurations) -> np.ndarray | None:
    """Which rows depend on each other, int (B,): of a group, or all if neighbours are alike; or None."""
    if data.groups is not None:
        return data.groups
    if dependence_of(data)["dependent"]:
        return np.zeros(data.n_rows, dtype=np.int64)
    return None
