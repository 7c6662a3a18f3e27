"""Render tables (CSV) as pages that a browser shows."""

from argparse import ArgumentParser
from pathlib import Path

import pandas as pd

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, write_text
from mfvae.workflow.render import Table, html
from mfvae.workflow.reproduce.against_expected import number


def cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else number(value)
    return "" if pd.isna(value) else str(value)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", nargs="+", required=True, help="CSV tables")
    parser.add_argument("--outputs", nargs="+", required=True, help="HTML, in the same order")
    arguments = parser.parse_args()
    for source, target in zip(arguments.inputs, arguments.outputs, strict=True):
        table = read_csv(source)
        rows = [tuple(map(cell, row)) for row in table.itertuples(index=False)]
        title = Path(source).stem.replace("_", " ")
        write_text(target, html(title.capitalize(), [Table(tuple(map(str, table)), rows)]))


run(main)
