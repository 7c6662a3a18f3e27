"""Where the data need more information than the latent channel carries."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import (
    all_but_temperature,
    axis_label,
    belonging_to,
    datasets_of,
    most_compared,
    of_points,
    parameters_of,
    require,
    system_label,
    temperature_of,
    transitions_along,
    without_source,
)

COLUMNS = ("dataset", "model", "quantity", "value", "stderr")
HALF, CHECKERBOARD, EXACT = "bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate"
QUANTITIES = ("rate", HALF, CHECKERBOARD, EXACT)
NEEDED = ("rate", HALF)
SPLITS = (HALF, CHECKERBOARD)  # of which a rate has to carry the largest
T = "temperature"  # the column that is made of a temperature or its inverse
CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    HALF: (r"$I(A;B)$, half against half", {"color": style.BLACK, "linestyle": "--"}),
    CHECKERBOARD: (r"$I(A;B)$, checkerboard", {"color": style.BLACK, "linestyle": "-"}),
    EXACT: ("rate of the exact channel", {"color": "0.45", "linestyle": "-."}),
}
PER_ROW = 3  # panels
LEAST = 1e-9  # nats: as good as nothing, and has a logarithm
TEMPERATURE = r"temperature $T$ ($J/k_\mathrm{B}$)"
RATE: dict[str, Any] = {"linewidth": 0.7, "markersize": 3.5, "zorder": 3}


def _largest(rows: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Label and rows of the largest of those sizes at which the most models have a rate."""
    label, largest = most_compared(rows[rows["quantity"] == "rate"])
    return label, belonging_to(rows, largest.iloc[0], all_but_temperature(rows))


def _short_of_rate(rate: pd.Series, needed: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Temperatures of both curves and of their crossings, and whether the rate falls short there.

    Both are indexed by temperature; between their points they are straight.
    """
    low, high = max(rate.index.min(), needed.index.min()), min(rate.index.max(), needed.index.max())
    x = np.union1d(rate.index, needed.index)
    x = x[(x >= low) & (x <= high)]
    lack = np.interp(x, needed.index, needed) - np.interp(x, rate.index, rate)
    turn = np.flatnonzero(lack[:-1] * lack[1:] < 0)
    roots = x[turn] - lack[turn] * np.diff(x)[turn] / np.diff(lack)[turn]
    edges = np.concatenate([x, roots])
    short = np.concatenate([lack >= 0, np.full(len(roots), True)])
    return np.sort(edges), short[np.argsort(edges)]


def _panel(ax: Axes, rows: pd.DataFrame, looks: dict[str, dict[str, Any]]) -> bool:
    """One data set; returns whether there are temperatures to shade."""
    point = of_points(rows)
    for quantity, (_, line) in CURVES.items():
        curve = point[point["quantity"] == quantity].drop_duplicates(T).sort_values(T)
        if not curve.empty:
            ax.plot(curve[T], curve["value"], **line)
    rates = rows[(rows["quantity"] == "rate") & rows["model"].notna()]
    for model, look in looks.items():
        own = rates[rates["model"] == model].sort_values(T)
        if not own.empty:
            style.points(ax, own[T], own["value"], own["stderr"], **look)
    information = point[point["quantity"].isin(SPLITS)]
    values = pd.concat([information["value"], rates["value"]])
    style.log_if_wide(ax, values[values > 0])
    best, worst = (t.groupby(T)["value"].max() for t in (rates, information))
    if ax.get_yscale() == "log":  # the lines are straight on the axes that are drawn
        best, worst = (np.log(curve.clip(lower=LEAST)) for curve in (best, worst))
    x, short = _short_of_rate(best, worst)
    ax.fill_between(x, 0, 1, where=short, transform=ax.get_xaxis_transform(), **style.SHADE)
    return bool((short[1:] & short[:-1]).any())


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """I(A;B) and the trained rates R against temperature, a panel for every data set.

    Columns: dataset, model (none: of the point), quantity, value, stderr, source, parameters. Drawn are,
    in nats, rate and bipartite_mi_half, and bipartite_mi_checkerboard or exact_channel_rate where they
    are known, at the largest of the sizes that have the most trained models; rows of the source limit
    are not. An inverse temperature is drawn as its inverse. The systems' transitions at some temperature
    are vertical lines. Shaded is where the largest trained rate is below the largest I(A;B). Raises
    InputError for missing columns or quantities.
    """
    require(table, COLUMNS)
    table = without_source(table)
    datasets = datasets_of(table)
    panels, labels, names, marks = [], [], [], []
    for dataset in datasets:
        rows = table[table["dataset"] == dataset]
        require(rows, COLUMNS, quantity=NEEDED)
        at = temperature_of(rows)
        parameter, transitions = parameters_of(rows)[at], transitions_along(rows, at)
        found = rows.loc[rows["quantity"].isin(list(transitions)), "value"].unique()
        inverse = parameter.role == "inverse temperature"
        marks.append([1 / value if inverse else value for value in found])
        names.append(TEMPERATURE if inverse else axis_label(parameter))
        label, own = _largest(rows[rows["quantity"].isin(QUANTITIES) & (rows["source"] != "limit")])
        panels.append(own.assign(**{T: 1 / own[at] if inverse else own[at]}))
        labels.append((system_label(dataset), label))
    drawn, models = as_series(pd.concat(panels), ["dataset", T])
    trained = set(drawn.loc[drawn["quantity"] == "rate", "model"])
    looks = {model: series.look | RATE for model, series in models.items() if model in trained}

    lines = -(-len(datasets) // PER_ROW)
    columns = -(-len(datasets) // lines)
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 2.3 * lines + 0.7), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False)
    shaded = False
    for i, (ax, dataset) in enumerate(zip(axes.flat, datasets, strict=False)):
        shaded |= _panel(ax, drawn[drawn["dataset"] == dataset], looks)
        for temperature in marks[i]:
            style.mark(ax, temperature)
        ax.set_xlabel(names[i])
        title = (", " if columns <= 2 else "\n").join(labels[i])
        ax.set_title(f"({ascii_lowercase[i]}) {title}", loc="left")
    for ax in axes.flat[len(datasets) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("information (nats)")

    handles: list[Artist] = [
        style.key(label, **line) for q, (label, line) in CURVES.items() if (drawn["quantity"] == q).any()
    ]
    handles += [style.key(f"trained rate $R$, {models[m].label}", **look) for m, look in looks.items()]
    if any(marks):
        handles.append(style.key("transition", **style.MARK))
    if shaded:
        handles.append(Patch(label="no faithful VAE of these rates", **style.SHADE))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure
