"""Population statistics of models of a recording against its own, as metrics.

Moments are compared entry by entry: Pearson's correlation and the slope of the regression of model on
data, over the entries that both have.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.population.words import total_variation
from mfvae.workflow.cli import MetricsOutput, Point, System, run
from mfvae.workflow.files.atomic import read_csv
from mfvae.workflow.metrics import Metric, Scope, write_metrics

COLUMNS = ("model", "quantity", "index", "value", "stderr")
ENTRIES = {"correlations": "correlation", "triplets": "triplet_covariance", "rates": "rate"}

SCALARS = {"p_silence": "count_probability", "coincidence_probability": "coincidence_probability"}
SHUFFLED = "trial_shuffled_silence"


def of(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Values and errors of one quantity, by index."""
    return table[table["quantity"] == quantity].set_index("index")[["value", "stderr"]]


def first(table: pd.DataFrame, quantity: str) -> tuple[float, float]:
    """Value and error at index 0: of P(K) that of silence."""
    value, stderr = of(table, quantity).loc[0]
    return float(value), float(stderr)


def facts(data: pd.DataFrame, scope: Scope) -> list[Metric]:
    """What the recording itself is like."""
    correlations = of(data, "correlation")["value"]
    exact = {
        "mean_spike_probability": of(data, "rate")["value"].mean(),
        "mean_pairwise_correlation": np.nanmean(correlations),
        "sd_pairwise_correlation": np.nanstd(correlations),
        "distinct_words": first(data, "distinct_words")[0],
    }
    metrics = [scope.metric(quantity, value, "exact") for quantity, value in exact.items()]
    named = dict(SCALARS)
    if (data["quantity"] == SHUFFLED).any():  # rows of groups have places in them, others have none
        named["p_silence_trial_shuffled"] = SHUFFLED
    for name, quantity in named.items():
        value, stderr = first(data, quantity)
        metrics.append(scope.metric(name, value, "exact", stderr=stderr))
    return metrics


def compared(model: pd.DataFrame, data: pd.DataFrame, scope: Scope) -> list[Metric]:
    """A model beside the recording."""
    metrics = []
    for name, quantity in SCALARS.items():
        value, stderr = first(model, quantity)
        reference = {"reference": first(data, quantity)[0], "reference_source": "the recording"}
        metrics.append(scope.metric(name, value, "trained", stderr=stderr, **reference))
    laws = (of(table, "count_probability")["value"].to_numpy() for table in (model, data))
    metrics.append(scope.metric("p_k_total_variation", total_variation(*laws), "trained"))
    for name, quantity in ENTRIES.items():
        columns = (of(table, quantity)["value"] for table in (data, model))
        x, y = pd.concat(columns, axis=1, join="inner").dropna().to_numpy().T
        if min(np.ptp(x), np.ptp(y)) > 0:  # a model whose entries are all equal correlates with nothing
            metrics.append(scope.metric(f"correlation_of_{name}", np.corrcoef(x, y)[0, 1], "trained"))
            metrics.append(scope.metric(f"slope_of_{name}", np.polyfit(x, y, 1)[0], "trained"))
    return metrics


def main(
    system: System,
    point: Point,
    data: Annotated[Path, "CSV of measure/population.py, of the recording"],
    models: Annotated[list[Path], "the same, of every model"],
    output: MetricsOutput,
) -> None:
    of_data = read_csv(data, COLUMNS)
    metrics = facts(of_data, Scope(system, point))
    for path in models:
        table = read_csv(path, COLUMNS)
        scope = Scope(system, point, str(table["model"].iloc[0]))
        metrics += compared(table, of_data, scope)
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
