"""The capacity bound on every trained model of every system."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from mfvae.errors import InputError
from mfvae.figures import style
from mfvae.figures.table import datasets_of, joined, parameter_names, require, system_label

COLUMNS = ("dataset", "model", "quantity", "value", "stderr")
QUANTITIES = ("elbo_gap", "capacity_deficit")
LINEAR = (0.1, 1.0)  # nats: limits of the linear range of the logarithmic axes
BEYOND = 1.8  # axes end at this times the largest value
BELOW = 0.5  # of the linear range: how much of negative gaps is shown
MARGIN = 0.08  # of the range, in the zoom


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    """One row per trained model: value and stderr of its gap and of its deficit."""
    keys = ["dataset", *parameter_names(table), "model"]
    gap, deficit = (table.loc[table["quantity"] == q, [*keys, "value", "stderr"]] for q in QUANTITIES)
    pairs = joined(gap, deficit, keys, ("_gap", "_deficit"))
    alone = pairs[pairs[["value_gap", "value_deficit"]].isna().any(axis=1)]
    if not alone.empty:
        first = alone[["dataset", "model"]].iloc[0].tolist()
        raise InputError("model", first, "one elbo_gap and one capacity_deficit are needed of each")
    return pairs


def _look(i: int) -> dict[str, Any]:
    return style.coloured(i) | {"linestyle": "none", "markersize": 4, "markeredgewidth": 0.4}


def _points(ax: Axes, pairs: pd.DataFrame, systems: list[str]) -> None:
    for i, system in enumerate(systems):
        own = pairs[pairs["dataset"] == system]
        if not own.empty:
            look = _look(i) | {"xerr": own["stderr_deficit"].fillna(0), "elinewidth": 0.6, "capsize": 0}
            style.points(ax, own["value_deficit"], own["value_gap"], own["stderr_gap"], **look)


def _forbid(ax: Axes, x_limits: tuple[float, float], y_limits: tuple[float, float]) -> None:
    """Shade a gap below zero and one below I(A;B) − R; draw the edge."""
    # on symmetric-log axes of one linear range the identity is straight, too
    x = np.array([x_limits[0], 0.0, max(x_limits[1], 0.0)])
    ax.fill_between(x, y_limits[0], np.maximum(x, 0), **style.SHADE)
    ax.plot(x, np.maximum(x, 0), color=style.BLACK, linewidth=0.8, zorder=1)
    ax.set(xlim=x_limits, ylim=y_limits)
    ax.set_xlabel(r"$I(A;B)-R$ (nats)")


def _all(ax: Axes, pairs: pd.DataFrame, systems: list[str], linear: float) -> None:
    """Every model on symmetric-log axes."""
    ax.set_xscale("symlog", linthresh=linear)
    ax.set_yscale("symlog", linthresh=linear)
    _points(ax, pairs, systems)
    x, y = pairs["value_deficit"], pairs["value_gap"]
    high = BEYOND * max(x.max(), y.max(), linear)
    x_low, y_low = BEYOND * min(x.min(), -linear), min(BEYOND * y.min(), -BELOW * linear)
    _forbid(ax, (x_low, high), (y_low, high))
    ax.text(0.96, 0.06, "forbidden", ha="right", va="bottom", color="0.3", transform=ax.transAxes)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    ax.set_ylabel(r"$-\mathrm{ELBO}-H(x)$ (nats)")


def _zoom(ax: Axes, pairs: pd.DataFrame, systems: list[str]) -> None:
    """Models with capacity to spare on linear axes."""
    _points(ax, pairs, systems)
    x, y = pairs["value_deficit"], pairs["value_gap"]
    step = MARGIN * float(-x.min())
    top = float((y + pairs["stderr_gap"].fillna(0)).max())
    _forbid(ax, (float(x.min()) - step, step), (-2 * MARGIN * top, (1 + MARGIN) * top))


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """The gap −ELBO − H(x) against I(A;B) − R: (a) of all models, (b) of those with capacity to spare.

    Columns: dataset, model, quantity, value, stderr, and the parameters of the points, which tell models
    apart. Drawn are elbo_gap and capacity_deficit (I(A;B) − R of the worst split), both in
    nats; other rows are ignored. A gap below zero or below the deficit is forbidden, and shaded. (b)
    has the negative deficits with a gap inside the linear range of (a), and is left out if there is
    none. Raises InputError for missing columns or quantities, for a model with only one of the two, and
    for one that is there twice.
    """
    require(table, COLUMNS, quantity=QUANTITIES)
    pairs = _pairs(table)
    systems = datasets_of(pairs)
    positive = pairs.loc[pairs["value_gap"] > 0, "value_gap"]
    typical = float(positive.median()) if len(positive) else LINEAR[0]
    linear = float(np.clip(10.0 ** np.round(np.log10(typical)), *LINEAR))
    spare = pairs[(pairs["value_deficit"] < 0) & (pairs["value_gap"] <= linear)]

    width = style.SINGLE_COLUMN if spare.empty else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 3.2), layout="constrained")
    axes = figure.subplots(1, 1 if spare.empty else 2, squeeze=False)[0]
    _all(axes[0], pairs, systems, linear)
    if not spare.empty:
        _zoom(axes[1], spare, systems)
        for letter, ax in zip("ab", axes, strict=True):
            ax.set_title(f"({letter})", loc="left")
    handles = [style.key(system_label(s), **_look(i)) for i, s in enumerate(systems)]
    handles.append(style.key("bound", color=style.BLACK, linewidth=0.8))
    per_row = 2 if spare.empty else 5
    figure.legend(handles=handles, loc="outside upper center", ncols=per_row)
    return figure
