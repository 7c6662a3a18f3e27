"""Singular values of the decoder's fields: how many collective variables there are."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.figures import style
from mfvae.figures.models import by_size_and_series
from mfvae.figures.table import by_parameters, require, temperature_of

COLUMNS = ("model", "index", "singular_value")
SHOWN = 12  # leading singular values


def _panel(ax: Axes, table: pd.DataFrame, at: str) -> None:
    """The spectra of one size, and their numbers of collective variables."""
    for i, (label, rows) in enumerate(by_parameters(table[table["index"] <= SHOWN], [at])):
        spectrum = rows.sort_values("index")
        look = style.series(i) | {"linewidth": 0.8, "label": label}
        ax.plot(spectrum["index"], spectrum["singular_value"], **look)
    if "count" in table:
        for count in sorted(set(table["count"]) - {0}):
            ax.axvline(float(count) + 0.5, color="0.4", linestyle="--", linewidth=0.8)
            ax.annotate(
                rf"$K = {count:g}$",
                (float(count) + 0.5, 0),
                xycoords=("data", "axes fraction"),
                xytext=(-2, 4),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="bottom",
            )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("index of the singular value")


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Singular values of the fields against their index, a line for every temperature.

    Columns: model, index (from 1), singular_value (root mean square of the field along one
    direction, nats), parameters, and possibly count, the decoded number K, marked by a dashed
    line after index K. A panel for every size and model. Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    at = temperature_of(table)
    sizes = by_size_and_series(table)
    width = style.SINGLE_COLUMN if len(sizes) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 2.6), layout="constrained")
    axes = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    for ax, (label, rows) in zip(axes, sizes, strict=True):
        _panel(ax, rows, at)
        ax.set_title(label)
    axes[0].set_yscale("log")
    axes[0].set_ylabel("singular value (nats, r.m.s.)")
    axes[-1].legend(loc="upper right")
    return figure
