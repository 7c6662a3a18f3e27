"""What metrics are expected to be: a CSV, a row a metric, whose difference a reviewer can read."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfvae.errors import InputError
from mfvae.workflow.files.atomic import atomic_path
from mfvae.workflow.metrics import SETTINGS, Metric
from mfvae.workflow.settings.points import parse, spell

COLUMNS = ("dataset", "point", "model", *SETTINGS, "quantity", "value", "tolerance", "reason")
REASONS = {  # what is written for one in the file, and what it means
    "exact": "exact arithmetic, to rounding",
    "samples": "samples: 5 standard errors of the difference of two runs",
    "recorded": "recorded, not claimed: it depends on a training, and so on the processor",
}


@dataclass(frozen=True)
class Expected:
    """The value that a metric should have, and how far it may be off."""

    metric: Metric  # what it is about; its value is what is expected
    tolerance: float | None  # None: shown, not judged
    reason: str  # one of ``REASONS``, or the words of a claim

    @property
    def value(self) -> float:
        return self.metric.value

    @property
    def key(self) -> tuple[Any, ...]:
        return self.metric.key

    @property
    def label(self) -> str:
        return self.metric.label

    @property
    def words(self) -> str:
        """The reason in full."""
        return REASONS.get(self.reason, f"claim: {self.reason}")


def write_expected(path: str | Path, entries: Iterable[Expected]) -> None:
    """Write the rows in the order given, numbers in as many digits as they have."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in entries:
            metric = entry.metric
            settings = ["" if metric.model else _cell(getattr(metric, name)) for name in SETTINGS]
            about = [metric.dataset, spell(metric.point), metric.model or "", *settings, metric.quantity]
            tolerance = "" if entry.tolerance is None else f"{entry.tolerance:.6g}"
            writer.writerow([*about, repr(metric.value), tolerance, entry.reason])


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def read_expected(path: str | Path) -> list[Expected]:
    """The rows of a file; raises InputError naming the file, the line and what is wrong."""
    try:
        text = Path(path).read_text()
    except (OSError, ValueError) as error:
        raise InputError("file", str(path), f"a CSV of expected metrics is needed ({error})") from error
    if not text.endswith("\n"):
        raise InputError("file", str(path), "an end of its last line is needed: it is cut short")
    rows = list(csv.DictReader(text.splitlines()))
    if rows and tuple(rows[0]) != COLUMNS:
        raise InputError("file", str(path), f"the columns {', '.join(COLUMNS)} are needed")
    found = [_entry(path, number, row) for number, row in enumerate(rows, 2)]
    seen: set[tuple[Any, ...]] = set()
    for entry in found:
        if entry.key in seen:
            raise InputError("file", str(path), f"each metric once is allowed, twice is {entry.label}")
        seen.add(entry.key)
    return found


def _entry(path: str | Path, line: int, row: dict[str, str]) -> Expected:
    try:
        numbers: dict[str, Any] = {
            name: int(row[name]) for name in SETTINGS if name != "objective" and row[name]
        }
        metric = Metric(
            row["dataset"],
            parse(row["point"]) if row["point"] else {},
            row["quantity"],
            float(row["value"]),
            "exact",
            row["model"] or None,
            objective=row["objective"] or None,
            **numbers,
        )
        tolerance = float(row["tolerance"]) if row["tolerance"] else None
        if tolerance is not None and not (math.isfinite(tolerance) and tolerance >= 0):
            raise ValueError(f"a tolerance of {tolerance}")
        if not (row["dataset"] and row["quantity"] and row["reason"]):
            raise ValueError("dataset, quantity and reason are needed")
    except (ValueError, TypeError, KeyError) as error:
        raise InputError("file", str(path), f"line {line}: {error}") from error
    return Expected(metric, tolerance, row["reason"])
