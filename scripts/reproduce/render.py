"""Render tables (CSV) as pages that a browser shows."""

from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.workflow.cli import Output, run, together
from mfvae.workflow.files.atomic import read_csv, write_text
from mfvae.workflow.render import Table, html
from mfvae.workflow.reproduce.against_expected import number


def cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else number(value)
    return "" if pd.isna(value) else str(value)


def main(
    inputs: Annotated[list[Path], "CSV tables"],
    outputs: Annotated[list[Output], "HTML, in the same order"],
) -> None:
    for source, target in together(inputs=inputs, outputs=outputs):
        table = read_csv(source)
        rows = [tuple(map(cell, row)) for row in table.itertuples(index=False)]
        title = source.stem.replace("_", " ")
        write_text(target, html(title.capitalize(), [Table(tuple(map(str, table)), rows)]))


if __name__ == "__main__":
    run(main)
