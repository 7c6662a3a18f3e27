"""Draw one figure: its table (CSV), PDF and PNG. The table is all that the figure shows.

Of a model with replicas the first is shown.
"""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.figures import FIGURES
from mfvae.figures.models import with_models
from mfvae.figures.table import COUNT, nothing_decoded
from mfvae.figures.vocabulary import SiteWords
from mfvae.workflow.cli import OneOf, run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.drawings import save_figure
from mfvae.workflow.metrics import read_metrics, to_table


def main(
    kind: Annotated[str, OneOf(sorted(FIGURES)), "of figure"],
    inputs: Annotated[list[Path], "CSV tables and JSON metrics, joined"],
    prefix: Annotated[Path, "output path without suffix"],
    system: Annotated[str, "name of the data set that it is of; all: it joins several"] = "all",
    models: Annotated[str, "JSON: data set → model → settings"] = "{}",
    quantities: Annotated[tuple[str, ...], "those that are shown"] = (),
    units: Annotated[str, "JSON: what the data set calls its sites and rows"] = "{}",
) -> None:
    tables = [read_csv(path) for path in inputs if path.suffix == ".csv"]
    metrics = [path for path in inputs if path.suffix == ".json"]
    if metrics:
        tables.append(to_table(read_metrics(metrics)))
    table = pd.concat(tables, ignore_index=True)
    if quantities:
        why = [COUNT] if nothing_decoded(table) else []  # there may be nothing to show
        table = table[table["quantity"].isin([*quantities, *why])]
    if system != "all" and "dataset" not in table:
        table.insert(0, "dataset", system)
    table = with_models(table, json.loads(models))
    figure = FIGURES[kind](table, SiteWords(**json.loads(units)))
    write_csv(f"{prefix}.csv", table)
    save_figure(figure, prefix)


if __name__ == "__main__":
    run(main)
