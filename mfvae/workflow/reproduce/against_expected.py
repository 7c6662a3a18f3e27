"""Comparing metrics with what is expected and what was published, and the tables that people read.

What is claimed is judged, on any machine: claims have tolerances that no processor exceeds. Numbers of
trained models that nobody claims are recorded: their last digits, and where a training may end in one of
several optima also their first, depend on the processor. They are shown beside ours, without a verdict.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mfvae.data.sources import sha256_of
from mfvae.errors import InputError
from mfvae.workflow.metrics import Metric
from mfvae.workflow.render import Block, Table, Text
from mfvae.workflow.render import markdown as markdown_of
from mfvae.workflow.reproduce.expected import Expected
from mfvae.workflow.selection import Selection, selected

Verdict = Literal["ok", "OUTSIDE", "MISSING", "NEW", "shown"]
JUDGED: tuple[Verdict, ...] = ("ok", "OUTSIDE", "MISSING", "NEW")
COLUMNS = ("metric", "paper", "exact", "expected", "ours", "verdict", "notes")


@dataclass(frozen=True)
class Published:
    """A number of the literature, for every metric that it is about."""

    about: Selection
    value: float
    source: str
    stderr: float | None = None


@dataclass(frozen=True)
class Comparison:
    """One line of the reproduction table; ``metric`` or ``expected`` is None where a side lacks it."""

    label: str
    verdict: Verdict
    metric: Metric | None
    expected: Expected | None
    published: Published | None = None


@dataclass(frozen=True)
class RawFile:
    """A file of raw data, by its content: the sha256 that is wanted and the one that it has."""

    path: str
    wanted: str
    found: str

    @classmethod
    def of(cls, path: str, wanted: str) -> RawFile:
        """Raises InputError when the file cannot be read."""
        try:
            return cls(path, wanted, sha256_of(path))
        except OSError as error:
            raise InputError("file", path, f"a readable file is needed ({error})") from error

    @property
    def verdict(self) -> Verdict:
        return "ok" if self.found == self.wanted else "OUTSIDE"


def read_published(path: str, entries: Any) -> list[Published]:
    """Published numbers from a list of entries; raises InputError naming the file."""
    try:
        return [
            Published(Selection.of(f"{path}[{number}].about", entry["about"]), **_others(entry))
            for number, entry in enumerate(entries)
        ]
    except (TypeError, KeyError) as error:
        raise InputError("file", path, f"a list of published numbers is needed ({error})") from error


def _others(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "about"}


def compare(
    metrics: Iterable[Metric], expected: Iterable[Expected], published: Sequence[Published] = ()
) -> list[Comparison]:
    """Every metric against what is expected.

    A tolerance of None stands for a number that is recorded but not claimed: it is shown. A name on one
    side alone is no match, unless the number there is a trained model's and nobody claims it.
    """
    ours = {metric.key: metric for metric in metrics}
    targets = {target.key: target for target in expected}
    lines = []
    for key in [*ours, *(key for key in targets if key not in ours)]:
        metric, target = ours.get(key), targets.get(key)
        paper = None
        if metric is not None:
            paper = next((entry for entry in published if entry.about.covers(metric)), None)
        label = metric.label if metric else targets[key].label
        lines.append(Comparison(label, _verdict(metric, target), metric, target, paper))
    return lines


def _verdict(metric: Metric | None, target: Expected | None) -> Verdict:
    if target is None:
        return "shown" if metric is None or metric.kind == "trained" else "NEW"
    if target.tolerance is None:
        return "shown"
    if metric is None:
        return "MISSING"
    return "ok" if math.fabs(metric.value - target.value) <= target.tolerance else "OUTSIDE"


def number(value: float | None) -> str:
    """Six significant digits, or nothing."""
    return "" if value is None else f"{value:.6g}"


def measured(value: Metric | Published | None) -> str:
    """A value with its standard error."""
    if value is None:
        return ""
    return number(value.value) + (f" ± {value.stderr:.1g}" if value.stderr else "")


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text cells, columns aligned."""
    return markdown_of([Table(header, list(rows))])


class _Notes:
    """Sources and reasons, numbered in the order in which they are first met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def cite(self, *notes: str | None) -> str:
        cited = [self.numbers.setdefault(note, len(self.numbers) + 1) for note in notes if note]
        return ", ".join(map(str, cited))

    @property
    def text(self) -> list[str]:
        return [f"{number}. {note}" for note, number in self.numbers.items()]


def _row(line: Comparison, notes: _Notes) -> tuple[str, ...]:
    exact = line.metric if line.metric and line.metric.reference is not None else None
    expected = ""
    if line.expected is not None:
        tolerance = line.expected.tolerance
        expected = number(line.expected.value) + ("" if tolerance is None else f" ± {tolerance:.1g}")
    cited = notes.cite(
        f"paper: {line.published.source}" if line.published else None,
        f"exact: {exact.reference_source}" if exact and exact.reference_source else None,
        f"expected: {line.expected.words}" if line.expected else None,
    )
    reference = number(exact.reference) if exact else ""
    paper, ours = measured(line.published), measured(line.metric)
    return line.label, paper, reference, expected, ours, line.verdict, cited


def report_blocks(comparisons: Sequence[Comparison], raw: Sequence[RawFile] = ()) -> list[Block]:
    """Raw data, what is not as expected, what was published, every metric, and the notes to all."""
    notes = _Notes()
    rows = [_row(line, notes) for line in comparisons]
    count = Counter(line.verdict for line in comparisons)
    total = ", ".join(f"{count[verdict]} {verdict}" for verdict in JUDGED)
    same = sum(
        line.metric.value == line.expected.value
        for line in comparisons
        if line.verdict == "shown" and line.metric and line.expected
    )
    summary = [
        f"{len(rows)} metrics: {total}; {count['shown']} are shown and not judged.",
        f"Of those, {same} are the recorded ones to the last digit. Numbers of trained models depend on "
        "the processor, so that all of them are only where the processor is of the same kind.",
    ]
    blocks: list[Block] = [Text(summary)]
    if raw:
        sums = [(Path(file.path).name, file.wanted, file.found, file.verdict) for file in raw]
        blocks += [Text(["Raw data"], 2), Table(("file", "sha256 wanted", "found", "verdict"), sums)]
    for title, chosen in {
        "Not as expected": [row for row in rows if row[COLUMNS.index("verdict")] in JUDGED[1:]],
        "Beside published numbers": [row for row in rows if row[COLUMNS.index("paper")]],
        "All": rows,
    }.items():
        if chosen:
            blocks += [Text([title], 2), Table(COLUMNS, chosen)]
    return [*blocks, Text(["Notes"], 2), Text(notes.text)] if notes.text else blocks


def headline_table(metrics: Iterable[Metric], headlines: Sequence[Selection]) -> str:
    """A short table of the metrics that are selected, beside their references."""
    rows = [
        (metric.label, measured(metric), number(metric.reference))
        for metric in selected(metrics, headlines)
    ]
    return markdown(("metric", "ours", "exact"), rows)
