"""Repeated timings, taken in turns, and the Markdown table that they end in."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

HEADER = ("benchmark", "quantity", "median", "lowest", "highest", "repeats")


@dataclass(frozen=True)
class Measurement:
    """One row of the table: what was measured, in which unit, and every repeat of it."""

    benchmark: str
    quantity: str  # with its unit
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call; garbage of earlier calls is collected before it, at nobody's cost."""
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def alternate(
    contenders: Mapping[str, Callable[[], object]], repeats: int
) -> dict[str, tuple[float, ...]]:
    """Seconds of every contender, in turns (A, B, A, B, …) after one call of each to warm up.

    Turns, so that whatever else the machine does falls on all contenders alike.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(repeats + 1):
        for name, call in contenders.items():
            elapsed = seconds(call)
            if repeat > 0:
                times[name].append(elapsed)
    return {name: tuple(values) for name, values in times.items()}


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> tuple[float, ...]:
    """Ratios of neighbouring turns."""
    return tuple(a / b for a, b in zip(numerator, denominator, strict=True))


def markdown(measurements: Sequence[Measurement]) -> str:
    """The table, numbers to three significant digits."""
    rows = [
        (
            row.benchmark,
            row.quantity,
            *(f"{value:.3g}" for value in (row.median, min(row.values), max(row.values))),
            str(len(row.values)),
        )
        for row in measurements
    ]
    lines = [HEADER, ("---",) * len(HEADER), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
