"""Write the expected metrics of a preset from runs with several seeds, and say what changed.

`make expected` calls this.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mfvae.cli import run
from mfvae.expected import changes, check_expected
from mfvae.metrics import Metric, read_metrics
from mfvae.points import parse
from mfvae.storage import read_json, write_json

EXACT_RELATIVE = 1e-9
SPREADS = 4.0


def quantity_of(name: str) -> tuple[str, str]:
    """(system, quantity) of a metric's name."""
    parts = name.split("/")
    return parts[0], parts[-1]


def parameters_of(name: str) -> dict[str, float]:
    """The point's parameters in a metric's name."""
    return parse("/".join(part.replace("=", "~") for part in name.split("/") if "=" in part))


def claimed(metric: Metric, claims: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The entry of a metric that a claim covers."""
    for claim in claims:
        if not fnmatchcase(metric.name, claim["match"]):
            continue
        parameters = parameters_of(metric.name) if claim["where"] else {}
        if all(low <= parameters[name] <= high for name, (low, high) in claim["where"].items()):
            assert metric.reference is not None, f"{metric.name} has no exact value"
            tolerance = claim.get("absolute_tolerance", 0.0)
            tolerance += claim.get("relative_tolerance", 0.0) * abs(metric.reference)
            reason = f"claim: {claim['reason']}"
            return {"value": metric.reference, "tolerance": tolerance, "reason": reason}
    return None


def measured(metric: Metric, spread: float, typical: float, origin: str) -> dict[str, Any]:
    """The entry of a metric that is compared with our own value."""
    if metric.kind == "exact":
        reason = "exact arithmetic: only rounding may differ between machines"
        tolerance = EXACT_RELATIVE * abs(metric.value)
    else:
        tolerance = SPREADS * max(spread, typical)
        reason = (
            f"{SPREADS:g} × the larger of its standard deviation over {origin} (data and training) and "
            "its median over this quantity's points; equal seeds differ between machines only"
        )
    return {"value": metric.value, "tolerance": tolerance, "reason": reason}


def spreads(paths: list[str]) -> dict[str, float]:
    """Standard deviation over runs of every metric that all of them have."""
    runs = [{metric.name: metric.value for metric in read_metrics([path])} for path in paths]
    if len(runs) < 2:
        return {}
    return {
        name: float(np.std([run[name] for run in runs], ddof=1))
        for name in runs[0]
        if all(name in run for run in runs)
    }


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", nargs="+", required=True, help="of the preset, then other seeds")
    parser.add_argument("--spread", nargs="*", default=[], help="of a smaller preset, several seeds")
    parser.add_argument("--claims", help="YAML list of claims that the preset must meet")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    claims = yaml.safe_load(Path(arguments.claims).read_text()) if arguments.claims else []
    own, smaller = spreads(arguments.metrics), spreads(arguments.spread)
    groups = defaultdict(list)
    for name, value in (own or smaller).items():
        groups[quantity_of(name)].append(value)
    origin = f"{len(arguments.metrics)} seeds"
    if not own:
        origin = f"{len(arguments.spread)} seeds of a smaller preset"
    expected = {}
    for metric in read_metrics(arguments.metrics[:1]):
        typical = float(np.median(groups[quantity_of(metric.name)] or [0.0]))
        single = own.get(metric.name, smaller.get(metric.name, 0.0))
        expected[metric.name] = claimed(metric, claims) or measured(metric, single, typical, origin)
    output = Path(arguments.output)
    before = check_expected(str(output), read_json(output)) if output.exists() else {}
    lines = changes(before, expected)
    write_json(output, expected)
    print(f"{output}: {len(expected)} metrics, {len(lines)} changes", *lines, sep="\n")


run(main)
