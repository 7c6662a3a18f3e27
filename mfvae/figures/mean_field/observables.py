"""Macroscopic observables against temperature: exact curves, data and models, size by size."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.errors import InputError
from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import (
    all_but_temperature,
    axis_label,
    belonging_to,
    by_size,
    of_points,
    parameters_of,
    require,
    systems_in,
    temperature_of,
    transitions_along,
    without_source,
)

COLUMNS = ("dataset", "model", "quantity", "value", "stderr")
CURVES: dict[str, tuple[str, dict[str, Any]]] = {  # label and look of each source
    "limit": (
        "thermodynamic limit",
        {"color": "0.5", "linestyle": "--", "linewidth": 0.8, "zorder": 1},
    ),
    "exact": ("exact", {"color": style.BLACK, "linestyle": "-", "linewidth": 0.9, "zorder": 1.5}),
}
MODEL: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "zorder": 3}
WIDE = {"specific_heat"}  # of a model that puts weight between two phases: orders of magnitude too high
DATA: dict[str, Any] = style.OPEN | {"markersize": 5, "zorder": 2}  # models lie inside
TALLEST, PAGE = 1.7, 8.4  # inches: of a row of panels, of all of them


def _panel(
    ax: Axes, metrics: pd.DataFrame, curves: pd.DataFrame, x: str, looks: dict[str, dict[str, Any]]
) -> None:
    """One quantity at one size."""
    for source, (_, line) in CURVES.items():
        curve = curves[curves["source"] == source].sort_values(x)
        if not curve.empty:
            ax.plot(curve[x], curve["value"], **line)
    data = of_points(metrics).sort_values(x)
    if not data.empty:
        style.points(ax, data[x], data["value"], data["stderr"], **DATA)
    for model, look in looks.items():
        rows = metrics[metrics["model"] == model].sort_values(x)
        if not rows.empty:
            style.points(ax, rows[x], rows["value"], rows["stderr"], **look | MODEL)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Every quantity (a row of panels) at every size (a column) against the system's temperature.

    Columns: dataset, model (none: the data), quantity, value, stderr, source and parameters. The axis is
    the parameter that the system declares as its temperature or as the inverse of it; a size is a
    combination of all others. Rows with a source (exact or limit) are curves; those of no size belong
    to all sizes. The system's transitions at values of that parameter are vertical lines. Raises
    InputError for missing columns, rows that are all curves, and rows without any temperature.
    """
    require(table, COLUMNS)
    table = without_source(table)
    x, sides = temperature_of(table), all_but_temperature(table)
    known, systems = parameters_of(table), systems_in(table)
    labels = {name: label for cls in systems for name, label in cls.observable_labels.items()}
    transitions = transitions_along(table, x)
    is_mark = table["quantity"].isin([name for cls in systems for name in cls.transitions])
    marks = table[table["quantity"].isin(list(transitions))]
    metrics = table[~is_mark & table["source"].isna() & table[x].notna()]
    if metrics.empty:
        raise InputError("table", "no metrics", "rows without source at some temperature are needed")
    curves = table[~is_mark & table["quantity"].isin(metrics["quantity"]) & table[x].notna()]
    curves = curves[curves["source"].notna()]
    metrics, models = as_series(metrics, known)
    looks = {model: series.look for model, series in models.items()}
    quantities, sizes = list(metrics["quantity"].unique()), by_size(metrics)

    rows, columns = len(quantities), len(sizes)
    width = style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, min(TALLEST * rows, PAGE) + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, sharey="row", squeeze=False)
    for column, (label, of_size) in zip(axes.T, sizes, strict=True):
        of_curves = belonging_to(curves, of_size.iloc[0], sides)
        for ax, quantity in zip(column, quantities, strict=True):
            own, exact = (t[t["quantity"] == quantity] for t in (of_size, of_curves))
            _panel(ax, own, exact, x, looks)
            for value in belonging_to(marks, of_size.iloc[0], sides)["value"].unique():
                style.mark(ax, value)
        column[0].set_title(label)
        column[-1].set_xlabel(axis_label(known[x]))
    for ax, quantity in zip(axes[:, 0], quantities, strict=True):
        ax.set_ylabel(labels.get(quantity, quantity))
        if quantity in WIDE:
            shown = pd.concat([metrics, curves])
            style.log_if_wide(ax, shown.loc[shown["quantity"] == quantity, "value"])
        if ax.get_yscale() == "linear":
            ax.yaxis.set_major_locator(MaxNLocator(4))
    figure.align_ylabels(axes[:, 0])

    handles = []
    for source in ("exact", "limit"):
        if (curves["source"] == source).any():
            handles.append(style.key(CURVES[source][0], **CURVES[source][1]))
    if not of_points(metrics).empty:
        handles.append(style.key("data", linestyle="none", **DATA))
    for model, look in looks.items():
        handles.append(style.key(models[model].label, **look | MODEL))
    for quantity in marks["quantity"].unique():
        handles.append(style.key(transitions[quantity].label, **style.MARK))
    per_row = 2 if columns == 1 else 6
    figure.legend(handles=handles, loc="outside upper center", ncols=min(per_row, len(handles)))
    return figure
