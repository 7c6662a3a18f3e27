"""Singular values of the decoder's fields: how many collective variables there are."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.plotting import style
from mfvae.plotting.table import require

COLUMNS = ("beta", "index", "singular_value")
SHOWN = 12  # leading singular values


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Singular values of the fields against their index, one line for every β.

    Columns: beta, index (from 1), singular_value (root mean square of the field along one direction,
    nats) and possibly count, the decoded number K, marked by a dashed line after index K.
    Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.6), layout="constrained")
    ax = figure.subplots()
    for i, (beta, rows) in enumerate(table[table["index"] <= SHOWN].groupby("beta")):
        spectrum = rows.sort_values("index")
        ax.plot(
            spectrum["index"],
            spectrum["singular_value"],
            **style.series(i),
            linewidth=0.8,
            label=rf"$\beta = {beta:g}$",
        )
    if "count" in table:
        for count, rows in table.groupby("count"):
            ax.axvline(float(rows["count"].iloc[0]) + 0.5, color="0.4", linestyle="--", linewidth=0.8)
            ax.annotate(
                rf"$K = {count:g}$",
                (float(rows["count"].iloc[0]) + 0.5, 0),
                xycoords=("data", "axes fraction"),
                xytext=(-2, 4),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="bottom",
            )
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("index of the singular value")
    ax.set_ylabel("singular value (nats, r.m.s.)")
    ax.legend(loc="upper right")
    return figure
