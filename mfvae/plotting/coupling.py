"""The coupling read off the trained decoder in two ways, against the true one."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, ScalarFormatter

from mfvae.plotting import style
from mfvae.plotting.table import by_system, require

COLUMNS = ("N", "beta", "model", "quantity", "value", "stderr", "reference")
READINGS: dict[str, tuple[str, dict[str, Any]]] = {  # label and marker; open squares around full circles
    "coupling_from_mean": (
        r"slope of $E[\varphi|x]$ against $m(x)$",
        {"marker": "o", "markersize": 3.2, "fillstyle": "full", "zorder": 3},
    ),
    "coupling_from_spread": (
        r"$N\cdot\mathrm{Cov}(\varphi|x)$",
        {"marker": "s", "markersize": 5.5, "fillstyle": "none"},
    ),
}
BAND = 2.0  # per cent; the residual axis is linear inside, logarithmic outside
HEADROOM = 0.4  # of the range of true couplings: further off, the upper panel has only triangles
SMALLEST_RANGE = 0.25  # of the largest true coupling
STEP = 0.05  # of the upper panel's height, between the triangles of two systems


def _window(reference: pd.Series) -> tuple[float, float]:
    """Couplings that the upper panel shows at their place."""
    low, high = float(reference.min()), float(reference.max())
    margin = HEADROOM * max(high - low, SMALLEST_RANGE * high)
    return low - margin, high + margin


def _column(upper: Axes, lower: Axes, table: pd.DataFrame, window: tuple[float, float]) -> None:
    """Values and relative errors of one model."""
    truth = table.drop_duplicates("beta").sort_values("beta")
    upper.plot(truth["beta"], truth["reference"], color=style.BLACK, linewidth=0.9, zorder=1)
    lower.axhspan(-BAND, BAND, color="0.9", linewidth=0, zorder=0)
    lower.axhline(0, color=style.BLACK, linewidth=0.9, zorder=1)
    for i, (_, rows) in enumerate(by_system(table)):
        for quantity, (_, shape) in READINGS.items():
            look = style.series(i) | shape
            reading = rows[rows["quantity"] == quantity].sort_values("beta")
            percent = 100 * (reading["value"] / reading["reference"] - 1)
            error = 100 * reading["stderr"] / reading["reference"]
            style.points(lower, reading["beta"], percent, error, linewidth=0.6, **look)
            look["linestyle"] = "none"
            bottom, top = window
            step = STEP * i * (top - bottom)
            inside = reading[reading["value"].between(bottom, top)]
            style.points(upper, inside["beta"], inside["value"], inside["stderr"], **look)
            for beyond, edge, marker in (
                (reading["value"] > top, top + step, "^"),
                (reading["value"] < bottom, bottom - step, "v"),
            ):
                beta = reading["beta"][beyond]
                upper.plot(beta, [edge] * len(beta), **look | {"marker": marker})


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """The coupling read off, in units of k_B T, against β; beneath, the relative error in per cent.

    Columns: N, beta, model, quantity, value, stderr, reference (the true coupling, which is β in units
    where J = 1; a line) and possibly p. Drawn are the quantities coupling_from_mean and
    coupling_from_spread; other rows are ignored. One column of panels per model. A value further from
    the true ones than 0.4 of their range is a triangle at the upper panel's edge; the lower panel
    shows all. Raises InputError for missing columns or quantities.
    """
    require(table, COLUMNS, quantity=tuple(READINGS))
    table = table[table["quantity"].isin(list(READINGS))]
    models = list(table.groupby("model", sort=False))
    width = style.SINGLE_COLUMN if len(models) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 4.2), layout="constrained")
    grid: dict[str, Any] = {"squeeze": False, "sharex": True, "sharey": "row", "height_ratios": (3, 2)}
    axes = figure.subplots(2, len(models), **grid)
    axes[1, 0].set_yscale("symlog", linthresh=BAND)
    window = _window(table["reference"])
    for (upper, lower), (model, rows) in zip(axes.T, models, strict=True):
        _column(upper, lower, rows, window)
        lower.set_xlabel(r"inverse temperature $\beta$")
        upper.set_title(str(model) if len(models) > 1 else "")
    axes[0, 0].set_ylabel(r"coupling (units of $k_\mathrm{B}T$)")
    axes[1, 0].set_ylabel("relative error (%)")
    axes[1, 0].yaxis.set_major_locator(FixedLocator([-100, -10, -BAND, 0, BAND, 10, 100, 1000]))
    axes[1, 0].yaxis.set_major_formatter(ScalarFormatter())
    handles = [style.key(r"exact: $\beta$", color=style.BLACK, linewidth=0.9)]
    for label, marker in READINGS.values():
        handles.append(style.key(label, color="0.35", linestyle="none", **marker))
    for i, (label, _) in enumerate(by_system(table)):
        handles.append(style.key(label, **style.series(i) | {"marker": ""}))
    figure.legend(handles=handles, loc="outside upper center", ncols=2 if len(models) == 1 else 3)
    return figure
