"""All groups of neurons in one table, and the mean over groups of every model's nats above pairwise."""

from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.stats import estimate
from mfvae.workflow.cli import MetricsOutput, Output, System, run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.metrics import Scope, write_metrics


def main(
    system: System,
    point: Annotated[str, "neurons~NUMBER"],
    groups: Annotated[list[Path], "CSV of compare/group.py"],
    table: Annotated[Output, "CSV of all"],
    output: MetricsOutput,
) -> None:
    columns = ("group", "model", "value", "stderr")
    joined = pd.concat([read_csv(path, columns) for path in groups], ignore_index=True)
    metrics = [
        Scope(system, point, str(model)).measured(
            "mean_nats_above_pairwise", estimate(rows["value"].to_numpy())
        )
        for model, rows in joined.groupby("model")
    ]
    write_csv(table, joined)
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
