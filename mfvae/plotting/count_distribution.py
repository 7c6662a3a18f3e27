"""P(K): how often K neurons spike in one time bin."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.plotting import style
from mfvae.plotting.table import require

COLUMNS = ("spike_count", "source", "probability", "stderr")
SOURCES = ("data", "independent", "model")
FLOOR = 0.4  # of the smallest probability seen in the data: the lower end of the axis


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """P(K) of data, independent neurons and model on a logarithmic axis that ends where the data end.

    Columns: spike_count, source (data, independent or model), probability (per bin, dimensionless) and
    stderr. Raises InputError for missing columns or sources.
    """
    require(table, COLUMNS, source=SOURCES)
    data, independent, model = (
        table[table["source"] == name].sort_values("spike_count") for name in SOURCES
    )
    data, model = data[data["probability"] > 0], model[model["probability"] > 0]
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.8), layout="constrained")
    ax = figure.subplots()
    ax.set_yscale("log")
    ax.plot(
        independent["spike_count"],
        independent["probability"],
        "--",
        color=style.BLACK,
        label="independent neurons",
    )
    columns = ["spike_count", "probability", "stderr"]
    look = {
        "color": style.VERMILION,
        "markerfacecolor": "white",
        "markersize": 3.5,
        "markeredgewidth": 0.7,
        "linewidth": 0.6,
    }
    style.points(ax, *(model[c] for c in columns), marker="s", linestyle="-", label="model", **look)
    look = {"color": style.BLUE, "markersize": 2.5, "zorder": 3}
    style.points(ax, *(data[c] for c in columns), marker="o", label="data", **look)
    ax.set_xlim(-1, float(data["spike_count"].max()) + 1)
    ax.set_ylim(FLOOR * float(data["probability"].min()), 2 * float(data["probability"].max()))
    ax.set_xlabel(r"$K$, number of spikes in a 20 ms bin")
    ax.set_ylabel(r"probability $P(K)$ per bin")
    ax.legend(loc="upper right")
    return figure
