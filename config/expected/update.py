"""Write the expected metrics of a preset from runs with several seeds; `make expected` calls this."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mfvae.cli import run
from mfvae.metrics import Metric, read_metrics
from mfvae.points import parse
from mfvae.storage import write_json

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
        parameters = parameters_of(metric.name)
        if all(low <= parameters[name] <= high for name, (low, high) in claim["where"].items()):
            assert metric.reference is not None, f"{metric.name} has no exact value"
            tolerance = claim["relative_tolerance"] * abs(metric.reference)
            reason = f"claim: {claim['reason']}"
            return {"value": metric.reference, "tolerance": tolerance, "reason": reason}
    return None


def measured(metric: Metric, spread: float, typical: float, seeds: int) -> dict[str, Any]:
    """The entry of a metric that is compared with our own value."""
    if metric.kind == "exact":
        reason = "exact arithmetic: only rounding may differ between machines"
        tolerance = EXACT_RELATIVE * abs(metric.value)
    else:
        tolerance = SPREADS * max(spread, typical)
        reason = (
            f"{SPREADS:g} × the larger of its standard deviation over {seeds} seeds (data and training) "
            "and its median over this quantity's points; equal seeds differ between machines only"
        )
    return {"value": metric.value, "tolerance": tolerance, "reason": reason}


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", nargs="+", required=True, help="of the preset, then other seeds")
    parser.add_argument("--claims", help="YAML list of claims that the preset must meet")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    runs = [{metric.name: metric for metric in read_metrics([path])} for path in arguments.metrics]
    claims = yaml.safe_load(Path(arguments.claims).read_text()) if arguments.claims else []
    spread = {name: float(np.std([run[name].value for run in runs], ddof=1)) for name in runs[0]}
    groups = defaultdict(list)
    for name, value in spread.items():
        groups[quantity_of(name)].append(value)
    expected = {
        name: claimed(metric, claims)
        or measured(metric, spread[name], float(np.median(groups[quantity_of(name)])), len(runs))
        for name, metric in runs[0].items()
    }
    write_json(arguments.output, expected)


run(main)
