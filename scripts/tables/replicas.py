"""Mean and spread over replicas of every metric of a trained model, and how many trainings failed."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.stats import Estimate
from mfvae.training.failures import failed
from mfvae.workflow.cli import Output, run
from mfvae.workflow.files.atomic import write_csv, write_text
from mfvae.workflow.metrics import Metric, read_metrics
from mfvae.workflow.reproduce.against_expected import markdown as in_markdown

# −log p_θ(x), less log p(x) where that is known, which changes no difference
FREE_ENERGIES = ("kl", "negative_log_likelihood")


def main(
    metrics: Annotated[list[Path], "JSON lists of metrics"],
    models: Annotated[str, "JSON: data set → model → settings"],
    output: Annotated[Output, "CSV"],
    markdown: Annotated[Output, "the same for reading"],
) -> None:
    known = json.loads(models)
    groups: dict[tuple[str, str, str], dict[str, list[Metric]]] = defaultdict(lambda: defaultdict(list))
    for metric in read_metrics(metrics):
        if metric.kind == "trained" and metric.model in known.get(metric.dataset, {}):
            first = known[metric.dataset][metric.model]["replica_of"]
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
    write_csv(output, table)
    cells = [
        [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in table.to_numpy()
    ]
    write_text(markdown, in_markdown(list(table), cells) + "\n")


if __name__ == "__main__":
    run(main)
