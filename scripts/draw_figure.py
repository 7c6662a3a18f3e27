"""Draw one figure: its table (CSV), PDF and PNG. The table is all that the figure shows.

Of a model with replicas the first is shown.
"""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.figures import FIGURES
from mfvae.figures.style import save_figure
from mfvae.figures.table import COUNT, nothing_decoded
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.metrics import read_metrics, to_table
from mfvae.workflow.settings.replica_names import original


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=sorted(FIGURES), required=True, help="of figure")
    parser.add_argument("--inputs", nargs="+", required=True, help="CSV tables and JSON metrics, joined")
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
    if "model" in table:  # in some tables a column of numbers
        names = [str(name) for name in table["model"]]
        table = table[np.array([original(name) == name for name in names], dtype=bool)]
    figure = FIGURES[arguments.kind](table)
    write_csv(f"{arguments.prefix}.csv", table)
    save_figure(figure, arguments.prefix)


run(main)
