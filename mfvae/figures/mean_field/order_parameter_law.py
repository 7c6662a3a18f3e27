"""P(m) of the order parameter: exact law, data and model, one panel per point of the grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import by_parameters, parameters_of, require

COLUMNS = ("m", "source", "probability", "stderr")
SOURCES = ("exact", "data", "model")
PANELS_PER_ROW = 4
POINTS = 20  # of each kind in a panel; more would hide each other
SUPPORT = 1e-3  # of the largest exact probability: where a panel shows the law


def _panel(ax: Axes, rows: pd.DataFrame) -> tuple[float, float]:
    """Draw one law; returns the range of m in which it matters."""
    exact, data, model = (rows[rows["source"] == name].sort_values("m") for name in SOURCES)
    ax.plot(exact["m"], exact["probability"], color=style.BLACK, linewidth=0.9, label="exact")
    support = exact["m"][exact["probability"] > SUPPORT * exact["probability"].max()]
    low, high = float(support.min()), float(support.max())
    every = int(np.ceil(len(support) / POINTS))
    # data and model take turns along m, so that neither covers the other
    for table, start, look in (
        (data, 0, {"marker": "o", "color": style.BLUE, "label": "data"}),
        (
            model,
            every // 2,
            {"marker": "s", "color": style.VERMILION, "markerfacecolor": "white", "label": "model"},
        ),
    ):
        shown = table[table["m"].between(low, high)].iloc[start::every]
        style.points(ax, shown["m"], shown["probability"], shown["stderr"], markersize=3, **look)
    return low, high


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """P(m) against m, one panel for every point.

    Columns: those of the points' parameters, m, source (exact, data or model), probability (per value of
    m, dimensionless) and stderr. Data and model points are thinned for legibility; the exact law is a
    line through all of it. Raises InputError for missing columns or sources.
    """
    require(table, COLUMNS, source=SOURCES)
    laws = by_parameters(table, list(parameters_of(table)))
    columns = min(len(laws), PANELS_PER_ROW)
    rows = -(-len(laws) // columns)
    width = style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 2.1 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    panels = list(axes.flat)
    edges = []
    for ax, (label, law) in zip(panels, laws, strict=False):
        edges.append(_panel(ax, law))
        ax.set_title(label)
    reach = 1.04 * np.abs(edges).max()
    panels[0].set_xlim(-reach, reach)
    for ax in panels[len(laws) - columns : len(laws)]:
        ax.tick_params(labelbottom=True)  # also above an empty place
    for ax in panels[len(laws) :]:
        ax.set_axis_off()
    figure.supxlabel(r"order parameter $m = M/N$ (magnetisation per spin)")
    figure.supylabel(r"probability $P(m)$")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
