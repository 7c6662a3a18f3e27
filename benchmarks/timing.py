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
    values: tuple[float, ...]  # none where it could not be measured

    @property
    def summary(self) -> tuple[str, str, str]:
        """Median, lowest and highest, to three significant digits."""
        if not self.values:
            return ("–", "–", "–")
        low, middle, high = (f(self.values) for f in (min, median, max))
        return (f"{middle:.3g}", f"{low:.3g}", f"{high:.3g}")


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Wall time of one call, or of another clock; earlier garbage is collected before, at no cost."""
    gc.collect()
    start = clock()
    call()
    return clock() - start


def alternate(
    contenders: Mapping[str, Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, tuple[float, ...]]:
    """Seconds of every contender, in turns (A, B, A, B, …) after one call of each to warm up.

    Turns, so that whatever else the machine does falls on all contenders alike.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(repeats + 1):
        for name, call in contenders.items():
            elapsed = seconds(call, clock)
            if repeat > 0:
                times[name].append(elapsed)
    return {name: tuple(values) for name, values in times.items()}


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> tuple[float, ...]:
    """Ratios of neighbouring turns."""
    return tuple(a / b for a, b in zip(numerator, denominator, strict=True))


def markdown(measurements: Sequence[Measurement]) -> str:
    """The table, numbers to three significant digits."""
    rows = [(row.benchmark, row.quantity, *row.summary, str(len(row.values))) for row in measurements]
    lines = [HEADER, ("---",) * len(HEADER), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
