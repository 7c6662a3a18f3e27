"""The expected metrics of the default run, as rows that a page can ask for."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "config" / "expected" / "default.csv"


@dataclass(frozen=True)
class Row:
    """One line of the table: the value, and how far another run may be off (None: recorded only)."""

    dataset: str
    point: dict[str, float]
    model: str
    objective: str
    latent_dim: str
    quantity: str
    value: float
    tolerance: float | None
    reason: str


@cache
def table() -> tuple[Row, ...]:
    """All rows of ``config/expected/default.csv``."""
    with open(EXPECTED, newline="", encoding="utf-8") as handle:
        return tuple(_row(line) for line in csv.DictReader(handle))


def _row(line: dict[str, str]) -> Row:
    pairs = (part.split("~") for part in line["point"].split("/") if "~" in part)  # none in "whole"
    return Row(
        line["dataset"],
        {name: float(value) for name, value in pairs},
        line["model"],
        line["objective"],
        line["latent_dim"],
        line["quantity"],
        float(line["value"]),
        float(line["tolerance"]) if line["tolerance"] else None,
        line["reason"],
    )


def select(
    dataset: str,
    quantity: str,
    models: Sequence[str] | None = None,
    judged: bool | None = None,
    **where: float,
) -> list[Row]:
    """Rows of a quantity, of some models and at some values of parameters; an empty answer is an error.

    Raises
    ------
    LookupError
        If there is no such row, so that a page cannot lose a number in silence.
    """
    found = [
        row
        for row in table()
        if (row.dataset, row.quantity) == (dataset, quantity)
        and (models is None or row.model in models)
        and (judged is None or (row.tolerance is not None) == judged)
        and all(row.point.get(name) == value for name, value in where.items())
    ]
    if not found:
        raise LookupError(f"{dataset}, {quantity}, {models}, {where}: config/expected has no such row")
    return found


def only(*about: object, **where: object) -> Row:
    """The one row that ``select`` finds; raises LookupError for several."""
    found = select(*about, **where)  # type: ignore[arg-type]
    if len(found) != 1:
        raise LookupError(f"{about}, {where}: {len(found)} rows instead of one")
    return found[0]


def span(values: Iterable[float], form: str = "g") -> str:
    """The smallest and the largest of some numbers, ``0.5 to 2``, or the one that all are."""
    values = list(values)
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def relative_tolerance(rows: Iterable[Row]) -> float:
    """The largest tolerance of some rows, relative to their values, in percent."""
    return max(100 * row.tolerance / abs(row.value) for row in rows if row.tolerance is not None)
