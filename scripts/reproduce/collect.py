"""Gather the metrics of all stages, each once: a JSON list and a tidy table, with models' settings."""

import json
from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import Output, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.metrics import read_metrics, to_table, with_settings, write_metrics


def main(
    inputs: Annotated[list[Path], "JSON lists of metrics"],
    models: Annotated[str, "JSON: data set → model → settings"],
    table: Annotated[Output, "CSV, a row a metric"],
    output: Annotated[Output, "JSON list of all metrics"],
) -> None:
    metrics = with_settings(read_metrics(inputs), json.loads(models))
    write_csv(table, to_table(metrics))
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
