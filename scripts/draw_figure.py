"""Draw one figure: its table (CSV), PDF and PNG. The table is all that the figure shows.

Of a model with replicas the first is shown.
"""

import json
from argparse import ArgumentParser

import pandas as pd

from mfvae.figures import FIGURES
from mfvae.figures.models import with_models
from mfvae.figures.table import COUNT, nothing_decoded
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.drawings import save_figure
from mfvae.workflow.metrics import read_metrics, to_table


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=sorted(FIGURES), required=True, help="of figure")
    parser.add_argument("--inputs", nargs="+", required=True, help="CSV tables and JSON metrics, joined")
    parser.add_argument("--dataset", required=True, help="that it is of; all: several")
    parser.add_argument("--models", required=True, help="JSON: data set → model → settings")
    parser.add_argument("--quantities", nargs="*", default=[], help="those that are shown")
    parser.add_argument("--prefix", required=True, help="output path without suffix")
    arguments = parser.parse_args()
    tables = [read_csv(path) for path in arguments.inputs if path.endswith(".csv")]
    metrics = [path for path in arguments.inputs if path.endswith(".json")]
    if metrics:
        tables.append(to_table(read_metrics(metrics)))
    table = pd.concat(tables, ignore_index=True)
    if arguments.quantities:
        why = [COUNT] if nothing_decoded(table) else []  # there may be nothing to show
        table = table[table["quantity"].isin([*arguments.quantities, *why])]
    if arguments.dataset != "all" and "dataset" not in table:
        table.insert(0, "dataset", arguments.dataset)
    table = with_models(table, json.loads(arguments.models))
    figure = FIGURES[arguments.kind](table)
    write_csv(f"{arguments.prefix}.csv", table)
    save_figure(figure, arguments.prefix)


run(main)
