"""Functions of a particle in a box per cluster, and where in the latent space which energy lies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = ("k", "cluster", "psi_1", "psi_2", "energy", "tsne_1", "tsne_2")
TAIL = 2.0  # percent of energies at either end that take the end's colour


def _functions(ax: Axes, rows: pd.DataFrame) -> None:
    """ψ of the first two latents, a colour and a marker for every cluster."""
    for cluster in np.unique(rows["cluster"]):
        own, look = rows[rows["cluster"] == cluster], style.coloured(int(cluster))
        ax.scatter(
            own["psi_1"], own["psi_2"], color=look["color"], marker=look["marker"], s=5, linewidths=0
        )
    ax.set(xlim=(-1.55, 1.55), ylim=(-1.55, 1.55), xlabel=r"$\psi_1$")
    ax.set_aspect("equal")
    ax.set_title(f"{rows['k'].iloc[0]} clusters")


def _energies(ax: Axes, rows: pd.DataFrame) -> PathCollection:
    """The t-SNE of the latents, coloured by energy; markers are the clusters' as above."""
    low, high = np.percentile(rows["energy"], [TAIL, 100 - TAIL])
    for cluster in np.unique(rows["cluster"]):
        own = rows[rows["cluster"] == cluster]
        dots = ax.scatter(
            own["tsne_1"],
            own["tsne_2"],
            c=own["energy"],
            marker=style.MARKERS[int(cluster) % len(style.MARKERS)],
            vmin=low,
            vmax=high,
            cmap=style.COLOUR_MAP,
            s=5,
            linewidths=0,
        )
    ax.set(xticks=[], yticks=[], xlabel="t-SNE 1")
    return dots


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """A column for every number of clusters k; both rows show the same held-out points of one replica.

    Columns: k, cluster, psi_1 and psi_2 (ψ of the first two latents, to which training without labels
    led), energy (of all latents, in units of the potential's strength), tsne_1 and tsne_2 (of the
    latents). Above ψ, coloured by cluster; below the t-SNE, coloured by energy, its extreme two percent
    by the last colour. Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    groups = [rows for _, rows in table.groupby("k")]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.9), layout="constrained")
    axes = figure.subplots(2, len(groups), squeeze=False)
    for rows, (above, below) in zip(groups, axes.T, strict=True):
        _functions(above, rows)
        bar = figure.colorbar(_energies(below, rows), ax=below, location="bottom", label="energy $E$")
        bar.ax.xaxis.set_major_locator(MaxNLocator(2))
    axes[0, 0].set_ylabel(r"$\psi_2$")
    axes[1, 0].set_ylabel("t-SNE 2")
    most = max(int(rows["cluster"].max()) for rows in groups)
    looks = [style.coloured(i) for i in range(most + 1)]
    handles = [
        style.key(f"cluster {i + 1}", color=look["color"], marker=look["marker"], linestyle="none")
        for i, look in enumerate(looks)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(most + 1, 6))
    return figure
