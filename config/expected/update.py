"""Write the expected metrics of a preset from one run of it, and say what changed.

What is judged holds on any machine: exact arithmetic to rounding, samples within their standard errors,
numbers of trained models as the preset's claims say. All other numbers are recorded, to be shown beside
those of another run. `make expected` calls this.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import yaml

from mfvae.errors import InputError
from mfvae.workflow.cli import Output, run
from mfvae.workflow.metrics import Metric, read_metrics
from mfvae.workflow.reproduce.changelog import changes
from mfvae.workflow.reproduce.expected import Expected, read_expected, write_expected
from mfvae.workflow.selection import Selection

EXACT_RELATIVE = 1e-9
STANDARD_ERRORS = 5.0  # of samples: one of a million is further off than so many, and there are hundreds
TOLERANCES = ("absolute_tolerance", "relative_tolerance", "standard_errors")


@dataclass(frozen=True)
class Claim:
    """What metrics should show: around their exact value, or the claim's own."""

    about: Selection
    reason: str
    value: float | None
    tolerances: Mapping[str, float]

    @classmethod
    def of(cls, number: int, entry: Mapping[str, Any]) -> Claim:
        """From an entry of the file of claims; raises InputError for one that is not complete."""
        place = f"claim[{number}]"
        for key in ("about", "reason"):
            if key not in entry:
                raise InputError(f"{place}.{key}", None, "this key is required")
        if unknown := set(entry) - {"about", "reason", "value", *TOLERANCES}:
            allowed = f"unknown key, known are about, reason, value, {', '.join(TOLERANCES)}"
            raise InputError(f"{place}.{min(unknown)}", entry[min(unknown)], allowed)
        tolerances = {kind: float(entry[kind]) for kind in TOLERANCES if kind in entry}
        return cls(
            Selection.of(f"{place}.about", entry["about"]),
            entry["reason"],
            entry.get("value"),
            tolerances,
        )

    def expects(self, metric: Metric) -> Expected:
        """Of a metric that it is about."""
        value = metric.reference if self.value is None else self.value
        if value is None:
            raise InputError(
                "claim", str(self.about), f"{metric.label} has no exact value: a value is needed"
            )
        sizes = {"absolute_tolerance": 1.0, "relative_tolerance": abs(value)}
        sizes["standard_errors"] = metric.stderr or 0.0
        tolerance = sum(self.tolerances.get(kind, 0.0) * sizes[kind] for kind in TOLERANCES)
        return Expected(replace(metric, value=float(value)), tolerance, self.reason)


def unclaimed(metric: Metric) -> Expected:
    """Of a metric that no claim is about."""
    if metric.kind == "exact":
        return Expected(metric, EXACT_RELATIVE * abs(metric.value), "exact")
    if metric.kind == "trained" or not metric.stderr:
        return Expected(metric, None, "recorded")
    return Expected(metric, STANDARD_ERRORS * math.sqrt(2) * metric.stderr, "samples")


def expectations(metrics: Iterable[Metric], claims: Sequence[Claim]) -> list[Expected]:
    """What is expected of every metric. InputError for a claim about nothing, or that does not hold."""
    entries, held = [], set()
    for metric in metrics:
        number = next((k for k, claim in enumerate(claims) if claim.about.covers(metric)), None)
        held.add(number)
        entry = unclaimed(metric) if number is None else claims[number].expects(metric)
        if entry.tolerance is not None and not math.fabs(metric.value - entry.value) <= entry.tolerance:
            allowed = f"{entry.value:.6g} ± {entry.tolerance:.2g} is expected ({entry.words})"
            raise InputError(metric.label, metric.value, allowed)
        entries.append(entry)
    for number, claim in enumerate(claims):
        if number not in held:
            raise InputError("claim", str(claim.about), "a metric of this preset is needed")
    return entries


def main(
    metrics: Annotated[Path, "metrics.json of a run of the preset"],
    claims: Annotated[Path, "YAML list of claims that the preset must meet"],
    output: Annotated[Output, "CSV: what metrics should be"],
) -> None:
    content = yaml.safe_load(claims.read_text())
    known = [Claim.of(number, entry) for number, entry in enumerate(content)]
    expected = expectations(read_metrics([metrics]), known)
    before = read_expected(output) if output.exists() else []
    lines = changes(before, expected)
    write_expected(output, expected)
    judged = sum(entry.tolerance is not None for entry in expected)
    print(f"{output}: {len(expected)} metrics, {judged} of them judged, {len(lines)} changes")
    print(*lines, sep="\n")


if __name__ == "__main__":
    run(main)
