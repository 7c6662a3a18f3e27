"""How the information that a latent channel must carry grows with the size of the system."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from mfvae.figures import style
from mfvae.figures.table import (
    axis_label,
    by_parameters,
    datasets_of,
    of_points,
    parameters_of,
    require,
    size_of,
    system_label,
    without_source,
)

COLUMNS = ("dataset", "model", "quantity", "value", "stderr")
SIZE = "size"  # the column that is made of a size, whatever it is called
HALF, CHECKERBOARD, EXACT = "bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate"
GROWTH = "information_growth"
SPLITS: dict[str, tuple[str, int, dict[str, Any]]] = {  # label, power of L in its law, look
    HALF: ("half against half", 1, {"marker": "o", "linestyle": "-"}),
    CHECKERBOARD: ("checkerboard", 2, {"marker": "s", "linestyle": "--"}),
}
POWERS = {1: r"$\propto L$", 2: r"$\propto L^2$"}
THIN: dict[str, Any] = {"linewidth": 0.8, "markersize": 3.5}
GUIDE: dict[str, Any] = {"color": "0.6", "linestyle": "-", "linewidth": 0.7, "zorder": 1}
FINEST = 16  # denominator of a slope written as a fraction
SPACING = 0.07  # of an axis, between the labels of guides
TICKS = 5  # at most, on an axis of sizes


def _points(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(data set, label, rows) of every combination of the parameters that are no size."""
    found = []
    for dataset in datasets_of(table):
        rows = table[table["dataset"] == dataset]
        others = [name for name in parameters_of(rows) if name != size_of(rows)]
        found += [(dataset, label, own) for label, own in by_parameters(rows, others)]
    return found


def _series(table: pd.DataFrame) -> list[tuple[str, dict[str, Any], pd.DataFrame]]:
    """(label, look, rows) of every system and point: colour by system, marker and line by point."""
    datasets, before, found = datasets_of(table), Counter[str](), []
    for dataset, label, own in _points(table):
        colour = style.COLOURS[datasets.index(dataset) % len(style.COLOURS)]
        look = style.series(before[dataset]) | THIN | {"color": colour}
        found.append((f"{system_label(dataset)}, {label}", look, own))
        before[dataset] += 1
    return found


def _sizes(ax: Axes, sizes: pd.Series, name: str) -> None:
    """A logarithmic axis with ticks at sizes that the table has."""
    ax.set_xscale("log")
    present = np.unique(sizes)
    every = -(-len(present) // TICKS)
    ax.xaxis.set_major_locator(FixedLocator(present[::-1][::every].tolist()))
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(name)


def _axis(table: pd.DataFrame) -> str:
    """What the axis of sizes says: ``size`` where data sets have different ones."""
    groups = [rows for _, rows in table.groupby("dataset")]
    names = {axis_label(parameters_of(rows)[size_of(rows)]) for rows in groups}
    return names.pop() if len(names) == 1 else SIZE


def _against_n(ax: Axes, series: list[tuple[str, dict[str, Any], pd.DataFrame]], quantity: str) -> None:
    """Nats against ln N; the predicted slope is anchored at the largest N."""
    ends: list[tuple[float, float, str]] = []
    for _, look, rows in series:
        own = rows[rows["quantity"] == quantity].sort_values(SIZE)
        if own.empty:
            continue
        style.points(ax, own[SIZE], own["value"], own["stderr"], **look | {"zorder": 3})
        growth = rows[rows["quantity"] == GROWTH].sort_values(SIZE)["value"].tail(1)
        for slope in growth[growth > 0]:
            change = slope * np.log(own[SIZE] / own[SIZE].iloc[-1])
            ax.plot(own[SIZE], own["value"].iloc[-1] + change, **GUIDE)
            law = rf"${Fraction(slope).limit_denominator(FINEST)}\,\ln N$"
            ends.append((own[SIZE].iloc[-1], own["value"].iloc[-1], law))
    step, height = SPACING * np.ptp(ax.get_ylim()), -np.inf
    for size, value, law in sorted(ends, key=lambda end: end[1]):
        height = max(value, height + step)
        look = {"xytext": (5, 0), "textcoords": "offset points", "va": "center", "color": "0.35"}
        ax.annotate(law, (size, height), **look)


def _against_l(ax: Axes, table: pd.DataFrame) -> list[Line2D]:
    """Both splits of lattices on logarithmic axes, with the powers of L; returns the legend."""
    handles, several = [], table["dataset"].nunique() > 1
    for quantity, (label, power, line) in SPLITS.items():
        of_quantity = table[table["quantity"] == quantity]
        for i, (dataset, point, rows) in enumerate(_points(of_quantity)):
            if several:
                point = f"{system_label(dataset)}, {point}"
            own = rows.sort_values(SIZE)
            look = style.series(i) | THIN | line
            style.points(ax, own[SIZE], own["value"], own["stderr"], **look | {"zorder": 3})
            guide = own["value"].iloc[-1] * (own[SIZE] / own[SIZE].iloc[-1]) ** power
            ax.plot(own[SIZE], guide, **GUIDE)
            handles.append(style.key(f"{label}, {point}; {POWERS[power]}", **look))
    ax.set_yscale("log")
    return handles


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """How I(A;B) and the exact channel's rate grow with size: as ln N, or as a power of L.

    Columns: dataset, model, quantity, value, stderr, parameters. Drawn are the rows without model: (a)
    bipartite_mi_half and (b) exact_channel_rate against size of the systems that have such a channel,
    (c) bipartite_mi_half and bipartite_mi_checkerboard of the others, which are lattices in the plane,
    against their linear size; all in nats. Grey lines have the predicted slope: in (a) and (b) the
    coefficient of ln N in rows of the quantity information_growth, in (c) the powers L and L², through
    the largest size. Raises InputError for missing columns, quantities or lattices.
    """
    require(table, COLUMNS, quantity=(HALF, CHECKERBOARD, EXACT))
    table = without_source(table)
    table = of_points(table[table["source"].isna()])
    table = table[table["quantity"].isin([HALF, CHECKERBOARD, EXACT, GROWTH])]
    sized = [
        rows.assign(**{SIZE: rows[size_of(rows)]}) for _, rows in table.groupby("dataset", sort=False)
    ]
    table = pd.concat(sized)
    channels = set(table.loc[table["quantity"] == EXACT, "dataset"])
    lattice = ~table["dataset"].isin(channels)
    against_n, on_lattice = table[~lattice & (table["quantity"] != CHECKERBOARD)], table[lattice]
    require(against_n, COLUMNS, quantity=(HALF, EXACT))
    require(on_lattice, COLUMNS, quantity=(HALF, CHECKERBOARD))
    series = _series(against_n)

    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for ax, quantity in ((left, HALF), (middle, EXACT)):
        _against_n(ax, series, quantity)
        _sizes(ax, against_n[SIZE], _axis(against_n))
    left.set_ylabel(r"$I(A;B)$, half against half (nats)")
    middle.set_ylabel("rate of the exact channel (nats)")
    splits = _against_l(right, on_lattice)
    _sizes(right, on_lattice[SIZE], _axis(on_lattice))
    right.set_ylabel(r"$I(A;B)$ (nats)")
    for letter, ax in zip("abc", (left, middle, right), strict=True):
        ax.set_title(f"({letter})", loc="left")
    handles = [style.key(label, **look) for label, look, _ in series]
    handles.append(style.key("predicted growth", **GUIDE))
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    figure.legend(handles=splits, loc="outside upper right")
    return figure
