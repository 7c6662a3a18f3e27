"""Replicas of models of spins: how far latents are from each other, and decoded invariants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from mfvae.figures import style
from mfvae.figures.table import require, system_label

COLUMNS = ("dataset", "quantity", "value", "stderr", "null")
SHOWN = {  # from above
    "latent_raw": "latents",
    "latent_mean_correlation": "latents, matched",
    "latent_procrustes": "latents, rotated",
    "latent_canonical": "latents, any linear map",
    "span": "span of fields",
    "coupling": r"patterns $\xi\xi^\mathsf{T}$",
    "covariances": "covariances of sites",
    "log_prob": r"$\log p_\theta(x)$",
}
FLOOR = 1e-6  # disagreements below it lie on it, open to the left
SMALLEST, LARGEST = 3e-7, 3.0  # of the axis
INVARIANT = ("span", "coupling", "covariances", "log_prob")


def _panel(ax: Axes, rows: pd.DataFrame) -> None:
    """1 − similarity of every quantity: of latents open, of invariants filled; the null in grey."""
    by_name = rows.set_index("quantity")
    for place, name in enumerate(SHOWN):
        found = by_name.loc[name]
        distance, filled = 1 - found["value"], name in INVARIANT
        colour = style.BLUE if filled else style.VERMILION
        look: dict[str, Any] = {"color": colour, "markerfacecolor": colour if filled else "white"}
        if distance < FLOOR:
            ax.plot([FLOOR], [place], marker="<", linestyle="none", **look)
        else:
            style.bars_across(ax, [distance], [place], [found["stderr"]], marker="o", **look)
        ax.plot([1 - found["null"]], [place], marker="|", color="0.5", linestyle="none")
    ax.set_xscale("log")
    ax.set_xlim(SMALLEST, LARGEST)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("1 − agreement of replicas")


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """1 − mean similarity of pairs of replicas, a panel for every data set, a row for every quantity.

    Columns: dataset, quantity, value (similarity), stderr (over replicas), null (of rows in random
    order). Open points are of latents, filled ones of what no change of latents alters, ticks the null;
    a triangle stands for less than 10⁻⁶. Raises InputError for missing columns and quantities.
    """
    require(table, COLUMNS, quantity=list(SHOWN))
    groups = [(str(name), rows) for name, rows in table.groupby("dataset", sort=False)]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 2.7), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(groups), sharey=True))
    for (name, rows), ax in zip(groups, axes, strict=True):
        _panel(ax, rows)
        ax.set_title(system_label(name))
    axes[0].set_yticks(range(len(SHOWN)), SHOWN.values())
    axes[0].yaxis.set_minor_locator(NullLocator())
    axes[0].invert_yaxis()
    handles = [
        style.key(
            "latents", marker="o", color=style.VERMILION, markerfacecolor="white", linestyle="none"
        ),
        style.key("invariants", marker="o", color=style.BLUE, linestyle="none"),
        style.key("random order", marker="|", color="0.5", linestyle="none"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure
