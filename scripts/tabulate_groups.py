"""All groups of neurons in one table, and the mean over groups of every model's nats above pairwise."""

from argparse import ArgumentParser

import pandas as pd

from mfvae.stats import estimate
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.metrics import Scope, write_metrics


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="neurons~NUMBER")
    parser.add_argument("--groups", nargs="+", required=True, help="CSV of compare_group.py")
    parser.add_argument("--table", required=True, help="CSV of all")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    columns = ("group", "model", "value", "stderr")
    table = pd.concat([read_csv(path, columns) for path in arguments.groups], ignore_index=True)
    metrics = [
        Scope(arguments.system, arguments.point, str(model)).measured(
            "mean_nats_above_pairwise", estimate(rows["value"].to_numpy())
        )
        for model, rows in table.groupby("model")
    ]
    write_csv(arguments.table, table)
    write_metrics(arguments.output, metrics)


run(main)
