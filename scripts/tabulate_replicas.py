"""Mean and spread over replicas of every metric of a trained model, and how many trainings failed."""

import json
from argparse import ArgumentParser
from collections import defaultdict

import numpy as np
import pandas as pd

from mfvae.stats import Estimate
from mfvae.training.restarts import failed
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import write_csv, write_text
from mfvae.workflow.metrics import Metric, read_metrics
from mfvae.workflow.reproduce.against_expected import markdown

# −log p_θ(x), less log p(x) where that is known, which changes no difference
FREE_ENERGIES = ("kl", "negative_log_likelihood")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, nargs="+", help="JSON lists of metrics")
    parser.add_argument("--models", required=True, help="JSON: data set → model → settings")
    parser.add_argument("--output", required=True, help="CSV")
    parser.add_argument("--markdown", required=True, help="the same for reading")
    arguments = parser.parse_args()
    models = json.loads(arguments.models)
    groups: dict[tuple[str, str, str], dict[str, list[Metric]]] = defaultdict(lambda: defaultdict(list))
    for metric in read_metrics(arguments.metrics):
        if metric.kind == "trained" and metric.model in models.get(metric.dataset, {}):
            first = models[metric.dataset][metric.model]["replica_of"]
            groups[metric.dataset, metric.scope.point, first][metric.quantity].append(metric)
    rows = []
    for (dataset, point, model), quantities in groups.items():
        known = next((quantities[name] for name in FREE_ENERGIES if name in quantities), [])
        energies = [Estimate(metric.value, metric.stderr or 0.0) for metric in known]
        failures = failed(energies) if len(energies) > 1 else np.zeros(0, dtype=bool)
        for quantity, found in quantities.items():
            if len(found) < 2:
                continue
            values = np.array([metric.value for metric in found])
            rows.append(
                {
                    "dataset": dataset,
                    "point": point,
                    "model": model,
                    "quantity": quantity,
                    "replicas": len(values),
                    "failed": int(failures.sum()),
                    "mean": values.mean(),
                    "standard deviation": values.std(ddof=1),
                    "lowest": values.min(),
                    "highest": values.max(),
                    "reference": found[0].reference,
                }
            )
    columns = [
        "dataset",
        "point",
        "model",
        "quantity",
        "replicas",
        "failed",
        "mean",
        "standard deviation",
    ]
    table = pd.DataFrame(rows, columns=[*columns, "lowest", "highest", "reference"])
    write_csv(arguments.output, table)
    cells = [
        [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in table.to_numpy()
    ]
    write_text(arguments.markdown, markdown(list(table), cells) + "\n")


run(main)
