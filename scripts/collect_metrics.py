"""Gather the metrics of all stages, each once: a JSON list and a tidy table, with models' settings."""

import json
from argparse import ArgumentParser

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.metrics import read_metrics, to_table, with_settings, write_metrics


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", nargs="+", required=True, help="JSON lists of metrics")
    parser.add_argument("--models", required=True, help="JSON: data set → model → settings")
    parser.add_argument("--table", required=True, help="CSV, a row a metric")
    parser.add_argument("--output", required=True, help="JSON list of all metrics")
    arguments = parser.parse_args()
    metrics = with_settings(read_metrics(arguments.inputs), json.loads(arguments.models))
    write_csv(arguments.table, to_table(metrics))
    write_metrics(arguments.output, metrics)


run(main)
