"""How well one pattern is recovered from few samples: a VAE, PCA and the exact limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = (
    "N",
    "beta",
    "B",
    "reading",
    "method",
    "overlap_squared",
    "stderr",
    "difference",
    "difference_stderr",
)
LOOKS: dict[str, dict[str, Any]] = {
    "pca": {
        "marker": "o",
        "color": style.BLACK,
        "markersize": 5,
        "markerfacecolor": "white",
        "label": "PCA",
    },
    "vae": {"marker": "s", "color": style.VERMILION, "markersize": 3, "label": "VAE"},
}
LIMIT: dict[str, Any] = {"color": style.BLUE, "zorder": 1, "label": r"PCA, exact limit $N \to \infty$"}
DODGE = 1.02  # factor in B/N between the methods, which else would cover each other


def _overlaps(ax: Axes, rows: pd.DataFrame) -> None:
    """Overlap² of one reading at one β: the limit as a line, both methods as points."""
    limit = rows[rows["method"] == "limit"].sort_values("B")
    ax.plot(limit["B"] / limit["N"], limit["overlap_squared"], **LIMIT)
    for (method, look), shift in zip(LOOKS.items(), (1 / DODGE, DODGE), strict=True):
        own = rows[rows["method"] == method]
        style.points(ax, shift * own["B"] / own["N"], own["overlap_squared"], own["stderr"], **look)
    ax.set_ylim(-0.03, 1.05)


def _difference(ax: Axes, rows: pd.DataFrame) -> None:
    """VAE − PCA, paired by replicates."""
    own = rows[rows["method"] == "vae"]
    ax.axhline(0, **style.MARK)
    style.points(ax, own["B"] / own["N"], own["difference"], own["difference_stderr"], **LOOKS["vae"])


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Squared overlap with the true pattern against B/N, samples per site; a column for every β.

    Columns: N, beta, B, reading (real, sign), method (vae, pca, limit), overlap_squared, stderr,
    difference (VAE − PCA, mean over replicates) and difference_stderr; all overlaps dimensionless. Rows
    from above: the decoded direction as it is; by how much the VAE's is better than PCA's on the same
    samples; the signs of both. A vertical line marks the threshold B/N = (1/β − 1)². Error bars are one
    standard error over replicates. Raises InputError for missing columns, methods or readings.
    """
    require(table, COLUMNS, method=("vae", "pca", "limit"), reading=("real", "sign"))
    groups = [(beta, table[table["beta"] == beta]) for beta in np.unique(table["beta"])]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 5.8), layout="constrained")
    axes = np.atleast_2d(figure.subplots(3, len(groups), sharex=True, sharey="row", squeeze=False))
    for (beta, rows), column in zip(groups, axes.T, strict=True):
        real, sign = (rows[rows["reading"] == reading] for reading in ("real", "sign"))
        _overlaps(column[0], real)
        _difference(column[1], real)
        _overlaps(column[2], sign)
        for ax in column:
            style.mark(ax, (1 / beta - 1) ** 2)
            ax.set_xscale("log", base=2)
            ax.xaxis.set_minor_locator(NullLocator())
            ax.xaxis.set_major_locator(LogLocator(base=2, numticks=12))
            ax.xaxis.set_major_formatter("{x:g}")
        column[0].set_title(rf"$\beta = {beta:g}$, $N = {rows['N'].iloc[0]:g}$")
        column[2].set_xlabel(r"samples per site $B/N$")
    axes[0, 0].set_ylabel("overlap² of direction")
    axes[1, 0].set_ylabel("overlap², VAE − PCA")
    axes[2, 0].set_ylabel("overlap² of signs")
    handles = [style.key(**LIMIT), *(style.key(**look, linestyle="none") for look in LOOKS.values())]
    handles.append(style.key("threshold", **style.MARK))
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure
