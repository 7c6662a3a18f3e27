"""How far training has come: the gap above the entropy, and where the capacity bound ends it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import by_parameters, parameters_of, require

COLUMNS = ("dataset", "model", "step", "gap_per_site", "stderr", "floor_per_site")
FEW, PER_ROW, PER_ROW_OF_MANY = 6, 3, 4  # panels
BELOW = 0.5  # of the smallest gap: where logarithmic axes end, and floors are drawn no more
TALLEST, PAGE = 2.2, 8.4  # inches: of a row of panels, of all of them
CURVE: dict[str, Any] = {"linestyle": "-", "markevery": [-1]}  # dots are the floor's
FLOOR: dict[str, Any] = {"linestyle": ":", "linewidth": 1.0}


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """The gap (−ELBO − H(x))/N against the training step, one panel per point, one line per model.

    Columns: dataset, model, step (drawn from 1 on), gap_per_site (nats per site) with its stderr (a
    band), floor_per_site ((I(A;B) − R)/N of the trained model: a dotted line where positive and at least
    half of the smallest gap; the last step's counts), and parameters. Raises InputError for missing
    columns.
    """
    require(table, COLUMNS)
    table = table[table["step"] >= 1]
    require(table, COLUMNS)
    known = parameters_of(table)
    table, models = as_series(table, known)
    points = by_parameters(table, list(known))
    rows = -(-len(points) // (PER_ROW if len(points) <= FEW else PER_ROW_OF_MANY))
    columns = -(-len(points) // rows)
    width = style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, min(TALLEST * rows, PAGE) + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    panels = list(axes.flat)
    gaps = table["gap_per_site"]
    least = max(BELOW * float(gaps.min()), 0.0)
    bounded = False
    for ax, (label, of_point) in zip(panels, points, strict=False):
        for model, (_, series, _) in models.items():
            own = of_point[of_point["model"] == model].sort_values("step")
            if own.empty:
                continue
            look = series | CURVE
            ax.plot(own["step"], own["gap_per_site"], **look)
            error = own["stderr"].fillna(0)
            band = own["gap_per_site"] - error, own["gap_per_site"] + error
            ax.fill_between(own["step"], *band, color=look["color"], alpha=0.25, linewidth=0)
            floor = float(own["floor_per_site"].iloc[-1])
            if floor > least:
                ax.axhline(floor, color=look["color"], **FLOOR)
                bounded = True
        ax.set_title(label)
    panels[0].set_xscale("log")
    panels[0].xaxis.set_minor_formatter(NullFormatter())
    style.log_if_wide(panels[0], gaps)
    if panels[0].get_yscale() == "log":
        panels[0].set_ylim(bottom=least)
    for ax in panels[len(points) - columns : len(points)]:
        ax.tick_params(labelbottom=True)  # also above an empty place
    for ax in panels[len(points) :]:
        ax.set_axis_off()
    figure.supxlabel("training step")
    figure.supylabel(r"$(-\mathrm{ELBO}-H(x))/N$ (nats per site)")
    handles = [style.key(label, **look | CURVE) for label, look, _ in models.values()]
    if bounded:
        handles.append(style.key(r"capacity bound $(I(A;B)-R)/N$", color="0.35", **FLOOR))
    per_row = 2 if columns == 1 else 6
    figure.legend(handles=handles, loc="outside upper center", ncols=min(per_row, len(handles)))
    return figure
