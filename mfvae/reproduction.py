"""Comparing metrics with what is expected, and the tables that people read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from mfvae.metrics import Metric

Verdict = Literal["ok", "OUTSIDE", "MISSING", "NEW"]


@dataclass(frozen=True)
class Comparison:
    """One line of the reproduction table; ``metric`` or ``expected`` is None where a side lacks it."""

    name: str
    verdict: Verdict
    metric: Metric | None
    expected: dict[str, Any] | None


def compare(metrics: Iterable[Metric], expected: dict[str, dict[str, Any]]) -> list[Comparison]:
    """Every metric against {"value", "tolerance", "reason"}; a name on one side alone is no match."""
    ours = {metric.name: metric for metric in metrics}
    lines = []
    for name in [*ours, *(name for name in expected if name not in ours)]:
        metric, target = ours.get(name), expected.get(name)
        verdict: Verdict
        if metric is None:
            verdict = "MISSING"
        elif target is None:
            verdict = "NEW"
        else:
            close = math.fabs(metric.value - target["value"]) <= target["tolerance"]
            verdict = "ok" if close else "OUTSIDE"
        lines.append(Comparison(name, verdict, metric, target))
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _measured(metric: Metric | None) -> str:
    if metric is None:
        return ""
    return _number(metric.value) + (f" ± {metric.stderr:.1g}" if metric.stderr else "")


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text cells, columns aligned."""
    cells = [list(header), *map(list, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def reproduction_table(comparisons: Iterable[Comparison]) -> str:
    """Markdown: every metric, what is expected, its exact value where one is known, and the verdict."""
    rows = []
    for line in comparisons:
        expected = ""
        if line.expected is not None:
            expected = f"{_number(line.expected['value'])} ± {line.expected['tolerance']:.1g}"
        reference = line.metric.reference if line.metric else None
        source = (line.metric.reference_source if line.metric else None) or ""
        rows.append(
            (line.name, expected, _number(reference), source, _measured(line.metric), line.verdict)
        )
    return markdown(("metric", "expected", "exact", "source of exact", "ours", "verdict"), rows)


def headline_table(metrics: Iterable[Metric], patterns: Sequence[str]) -> str:
    """A short table of the metrics whose name matches one of the patterns, beside their references."""
    rows = [
        (metric.name, _measured(metric), _number(metric.reference))
        for metric in metrics
        if any(fnmatchcase(metric.name, pattern) for pattern in patterns)
    ]
    return markdown(("metric", "ours", "exact"), rows)
