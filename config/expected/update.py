"""Write the expected metrics of a preset from one run of it, and say what changed.

What is judged holds on any machine: exact arithmetic to rounding, samples within their standard errors,
numbers of trained models as the preset's claims say. All other numbers are recorded, to be shown beside
those of another run. `make expected` calls this.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from mfvae.errors import InputError
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_json, write_json
from mfvae.workflow.metrics import Metric, read_metrics
from mfvae.workflow.reproduce.changelog import changes, check_expected
from mfvae.workflow.settings.points import parse

EXACT_RELATIVE = 1e-9
STANDARD_ERRORS = 5.0  # of samples: one of a million is further off than so many, and there are hundreds
TOLERANCES = ("absolute_tolerance", "relative_tolerance", "standard_errors")
RECORDED = "recorded, not claimed: it depends on a training, and so on the processor"

Claim = Mapping[str, Any]


def parameters_of(name: str) -> dict[str, float]:
    """The point's parameters in a metric's name."""
    return parse("/".join(part.replace("=", "~") for part in name.split("/") if "=" in part))


def covers(claim: Claim, name: str) -> bool:
    """Whether a claim is about a metric: by its name, and where every parameter is in its range."""
    if not fnmatchcase(name, claim["match"]):
        return False
    parameters = parameters_of(name) if claim["where"] else {}
    return all(low <= parameters[key] <= high for key, (low, high) in claim["where"].items())


def claimed(metric: Metric, claim: Claim) -> dict[str, Any]:
    """The entry of a metric that a claim covers: around its exact value or the claim's own ``value``."""
    value = claim.get("value", metric.reference)
    if value is None:
        raise InputError("claim", claim["match"], f"{metric.name} has no exact value: a value is needed")
    sizes = {"absolute_tolerance": 1.0, "relative_tolerance": abs(value)}
    sizes["standard_errors"] = metric.stderr or 0.0
    tolerance = sum(claim.get(kind, 0.0) * sizes[kind] for kind in TOLERANCES)
    return {"value": value, "tolerance": tolerance, "reason": f"claim: {claim['reason']}"}


def unclaimed(metric: Metric) -> dict[str, Any]:
    """The entry of a metric that no claim covers."""
    if metric.kind == "exact":
        tolerance = EXACT_RELATIVE * abs(metric.value)
        return {"value": metric.value, "tolerance": tolerance, "reason": "exact arithmetic, to rounding"}
    if metric.kind == "trained" or not metric.stderr:
        return {"value": metric.value, "tolerance": None, "reason": RECORDED}
    tolerance = STANDARD_ERRORS * math.sqrt(2) * metric.stderr
    reason = f"samples: {STANDARD_ERRORS:g} standard errors of the difference of two runs"
    return {"value": metric.value, "tolerance": tolerance, "reason": reason}


def expectations(metrics: Iterable[Metric], claims: Sequence[Claim]) -> dict[str, dict[str, Any]]:
    """The entry of every metric. InputError for a claim that is about nothing or that does not hold."""
    entries, held = {}, set()
    for metric in metrics:
        number = next((k for k, claim in enumerate(claims) if covers(claim, metric.name)), None)
        held.add(number)
        entry = unclaimed(metric) if number is None else claimed(metric, claims[number])
        tolerance = entry["tolerance"]
        if tolerance is not None and not math.fabs(metric.value - entry["value"]) <= tolerance:
            allowed = f"{entry['value']:.6g} ± {tolerance:.2g} is expected ({entry['reason']})"
            raise InputError(metric.name, metric.value, allowed)
        entries[metric.name] = entry
    for number, claim in enumerate(claims):
        if number not in held:
            allowed = f"a metric of this preset is needed, where {dict(claim['where'])}"
            raise InputError("claim", claim["match"], allowed)
    return entries


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, help="metrics.json of a run of the preset")
    parser.add_argument("--claims", required=True, help="YAML list of claims that the preset must meet")
    parser.add_argument("--output", required=True, help="JSON: name → value, tolerance, reason")
    arguments = parser.parse_args()
    claims = yaml.safe_load(Path(arguments.claims).read_text())
    expected = expectations(read_metrics([arguments.metrics]), claims)
    output = Path(arguments.output)
    before = check_expected(str(output), read_json(output, renewed=True)) if output.exists() else {}
    lines = changes(before, expected)
    write_json(output, expected)
    judged = sum(entry["tolerance"] is not None for entry in expected.values())
    print(f"{output}: {len(expected)} metrics, {judged} of them judged, {len(lines)} changes")
    print(*lines, sep="\n")


if __name__ == "__main__":
    run(main)
