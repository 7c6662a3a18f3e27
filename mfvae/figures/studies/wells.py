"""Energies of latent spaces whose gap counts clusters, and the states that tell them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = ("k", "d", "quantity", "index", "value", "cluster", "psi_1", "psi_2", "tsne_1", "tsne_2")
LOWEST = 1e-4  # energies that are smaller lie on the lower end of the axis
APART = 0.18  # of markers of different d, in units of the index
DOTS: dict[str, Any] = {"s": 5, "linewidths": 0}


def _energies(ax: Axes, rows: pd.DataFrame, k: int) -> None:
    """Energies by index, a marker and a colour for every number of latents, a point a replica."""
    dims = sorted(rows["d"].unique())
    for place, d in enumerate(dims):
        own = rows[rows["d"] == d]
        x = own["index"] + APART * (place - (len(dims) - 1) / 2)
        look = style.coloured(place) | {"linestyle": "none", "markersize": 2.5}
        shown = own["value"].clip(lower=LOWEST)
        ax.plot(x, shown, clip_on=False, label=f"$d = {d:g}$", **look)
    style.mark(ax, k - 0.5)
    ax.set_yscale("log")
    ax.set_ylim(bottom=LOWEST)
    ax.xaxis.set_major_locator(FixedLocator(range(0, int(rows["index"].max()) + 1, 2)))
    ax.set_xlabel("state $n$")
    ax.set_title(f"{k} clusters")


def _states(ax: Axes, rows: pd.DataFrame) -> None:
    """ψ₁ and ψ₂, a colour and a marker for every cluster."""
    for cluster in np.unique(rows["cluster"]):
        own, look = rows[rows["cluster"] == cluster], style.coloured(int(cluster))
        ax.scatter(own["psi_1"], own["psi_2"], color=look["color"], marker=look["marker"], **DOTS)
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.set_xlabel(r"$\psi_1$")


def _plane(ax: Axes, rows: pd.DataFrame) -> PathCollection:
    """The t-SNE of decoded points, coloured by ψ₁."""
    ax.set(xticks=[], yticks=[], xlabel="t-SNE 1")
    return ax.scatter(rows["tsne_1"], rows["tsne_2"], c=rows["psi_1"], cmap=style.COLOUR_MAP, **DOTS)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """A column for every number of clusters k: energies, states of one replica, and where they are.

    Columns: k, d (latents), quantity: "energy" with index and value, a row a replica and state, in
    inverse squared units of Fisher length; "state" with cluster, psi_1, psi_2, tsne_1, tsne_2, a row a
    point. Raises InputError for missing columns and quantities.
    """
    require(table, COLUMNS, quantity=["energy", "state"])
    groups = [(k, table[table["k"] == k]) for k in sorted(map(int, table["k"].unique()))]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 5.6), layout="constrained")
    axes = figure.subplots(3, len(groups), squeeze=False)
    for (k, rows), (above, middle, below) in zip(groups, axes.T, strict=True):
        states = rows[rows["quantity"] == "state"]
        _energies(above, rows[rows["quantity"] == "energy"], k)
        _states(middle, states)
        bar = figure.colorbar(_plane(below, states), ax=below, location="bottom", label=r"$\psi_1$")
        bar.ax.xaxis.set_major_locator(MaxNLocator(3))
    axes[0, 0].set_ylabel("energy")
    axes[1, 0].set_ylabel(r"$\psi_2$")
    axes[2, 0].set_ylabel("t-SNE 2")
    axes[0, 0].legend(loc="lower right", handletextpad=0.1)
    looks = [style.coloured(i) | {"linestyle": "none"} for i in range(int(table["cluster"].max()) + 1)]
    handles = [style.key(f"cluster {i + 1}", **look) for i, look in enumerate(looks)]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 6))
    return figure
