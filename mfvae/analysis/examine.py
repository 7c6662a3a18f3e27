"""What is in data, and what is odd about them, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mfvae.analysis.begin import ROWS_PER_SITE, SHARE, n_effective
from mfvae.data.configurations import Configurations
from mfvae.data.dependence import dependence_of
from mfvae.data.holdout import TEST, TRAIN, hold_out
from mfvae.errors import InputError

RARE = 1e-3  # share of +1, or of −1, below which a site hardly tells anything
NAMED = 5  # sites in a line
CLIPPED = 0.01  # share of counts that clipping may lose without a word
FEW_GROUPS = 20  # below which their scatter is hardly an error


def oddities(data: Configurations) -> list[str]:
    """What a user should know of configurations before they are fitted, a sentence each.

    Parameters
    ----------
    data : Configurations

    Returns
    -------
    list of str
        Empty where nothing is odd.

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(500, 3))
    >>> oddities(mfvae.load(np.column_stack([x, x[:, 0]])))
    ['Sites that are equal in all rows: 0 and 3.']
    """
    return list(_oddities(data))


def _oddities(data: Configurations) -> Iterator[str]:
    n_rows = n_effective(data, np.ones(data.n_rows, bool))
    n_train = round((1 - SHARE) * n_rows)
    if n_train < ROWS_PER_SITE * data.n_sites:
        yield (
            f"There are few rows: {n_rows}, where {ROWS_PER_SITE} for training for each of the "
            f"{data.n_sites} sites would be better."
        )
    if data.observed is not None:
        yield (
            f"{1 - data.observed.mean():.2g} of the entries were not observed. They take no part, and "
            "are assumed to be missing at random."
        )
        yield from _unseen(data)
    yield from _recoded(data)
    if data.site == "spin":
        seen = data.n_rows if data.observed is None else np.maximum(1, data.observed.sum(0))
        share = (data.array > 0).sum(0) / seen
        if rare := np.flatnonzero(np.minimum(share, 1 - share) < RARE).tolist():
            yield f"Sites that change in less than {RARE:.1%} of the rows: {_named(data, rare)}."
        if alike := _equal_sites(data):
            pairs = ", ".join(
                f"{data.name_of(one)} and {data.name_of(other)}" for one, other in alike[:NAMED]
            )
            yield f"Sites that are equal in all rows: {pairs}{', …' * (len(alike) > NAMED)}."
    depends = dependence_of(data)
    if depends["dependent"]:
        yield (
            "Neighbouring rows depend on each other (overlap "
            f"{depends['neighbour_overlap']:.2g} ± {depends['neighbour_stderr']:.1g}): whole blocks or "
            "groups are held out, and errors are from the scatter of long stretches."
        )
    if data.groups is not None and (n := len(np.unique(data.groups))) < FEW_GROUPS:
        yield f"There are few groups ({n}): errors are from stretches of their rows."


def _recoded(data: Configurations) -> Iterator[str]:
    """What became of values that are not the usual ones of two, and of counts above 1."""
    if clipped := data.record.get("clipped"):
        ones = int(np.count_nonzero(data.array > 0))
        share = clipped["counts"] / (ones + clipped["counts"])
        if share > CLIPPED:
            whole = ones + clipped["counts"]
            yield (
                f"Clipping loses {clipped['counts']} of {whole} counts ({share:.2g} of all): shorter "
                "bins keep more, a threshold tells many from few."
            )
    values = data.record.get("values", {})
    if values.get("guessed"):
        yield (
            f"Of the values {values['found']}, {values['plus']} was taken for +1, as the larger one: "
            "say values where it means the other, or missing where one of them stands for nothing."
        )


def _unseen(data: Configurations) -> Iterator[str]:
    """Rows and sites of which nothing was observed."""
    assert data.observed is not None
    if empty := int((~data.observed.any(1)).sum()):
        yield f"Nothing was observed of {empty} rows, which take no part."
    if never := np.flatnonzero(~data.observed.any(0)).tolist():
        yield f"Sites that were never observed, and cannot be fitted: {_named(data, never)}."


def how_held_out(data: Configurations) -> str:
    """How rows would be held out, in words."""
    rule = "given" if data.split is not None else "group" if data.groups is not None else "block"
    try:
        parts = hold_out(data, share=SHARE)
    except InputError as error:
        return f"rows cannot be held out: {error}"
    counts = {name: int((parts == name).sum()) for name in (TRAIN, TEST)}
    left = data.n_rows - sum(counts.values())
    text = f"held out by {rule}: {counts[TEST]} rows for the test, {counts[TRAIN]} for training"
    return f"{text}, {left} left out between them" if left else text


def _named(data: Configurations, sites: list[int]) -> str:
    names = ", ".join(map(data.name_of, sites[:NAMED]))
    return f"{names}, …" if len(sites) > NAMED else names


def _equal_sites(data: Configurations) -> list[tuple[int, int]]:
    """Pairs of sites with the same column, gaps and all, each with the first of its kind."""
    packed = np.packbits(data.array.T > 0, axis=1)
    if data.observed is not None:
        packed = np.hstack([packed, np.packbits(data.observed.T, axis=1)])
    first: dict[bytes, int] = {}
    pairs = []
    for site, row in enumerate(packed):
        one = first.setdefault(row.tobytes(), site)
        if one != site:
            pairs.append((one, site))
    return pairs
