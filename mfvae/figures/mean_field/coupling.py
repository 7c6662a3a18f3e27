"""The coupling read off the trained decoder in three ways, against the true one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, ScalarFormatter

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import (
    NOTHING_DECODED,
    axis_label,
    by_size,
    nothing_decoded,
    parameters_of,
    require,
    temperature_of,
)

COLUMNS = ("model", "quantity", "value", "stderr", "reference")
READINGS: dict[str, tuple[str, dict[str, Any]]] = {  # label and marker
    "coupling_from_mean": (
        r"a: slope of $E[\varphi|x]$ against $m(x)$",
        {"marker": "o", "markersize": 3.6},
    ),
    "coupling_from_spread": (r"b: $N\cdot\mathrm{Cov}(\varphi|x)$", {"marker": "s", "markersize": 3.6}),
    "coupling_from_potential": (r"c: potential of $\varphi$", {"marker": "^", "markersize": 4.2}),
}
NEEDED = ("coupling_from_mean", "coupling_from_spread")  # too few latents leave no potential
LEFT_OUT = "iwae"  # objective: its place is the figure of the variational gap
BAND = 2.0  # per cent; the residual axis is linear inside, logarithmic outside
HEADROOM = 0.3  # of the range of true couplings: further off, the upper panel has only arrows
SMALLEST_RANGE = 0.25  # of the largest true coupling
DODGE = 0.012  # of the range of temperatures, between the readings of one model
EDGE = 0.03  # of the upper panel's height, where its arrows are
WIDEST = 3  # panels, below which the figure is a single column wide


def _window(reference: pd.Series) -> tuple[float, float]:
    """Couplings that the upper panel shows at their place."""
    low, high = float(reference.min()), float(reference.max())
    margin = HEADROOM * max(high - low, SMALLEST_RANGE * high)
    return low - margin, high + margin


def _series(
    upper: Axes, lower: Axes, reading: pd.DataFrame, at: str, shift: float, look: dict[str, Any]
) -> None:
    """One reading of one model: values inside the upper panel or arrows at its edges; errors below."""
    x = reading[at].to_numpy() + shift
    percent = 100 * (reading["value"] / reading["reference"] - 1)
    style.points(lower, x, percent, 100 * reading["stderr"] / reading["reference"], **look)
    bottom, top = upper.get_ylim()
    inside = reading["value"].between(bottom, top).to_numpy()
    shown = reading[inside]
    style.points(upper, x[inside], shown["value"], shown["stderr"], **look)
    for beyond, edge, arrow in (
        (reading["value"] > top, 1 - EDGE, r"$\uparrow$"),
        (reading["value"] < bottom, EDGE, r"$\downarrow$"),
    ):
        places = x[beyond.to_numpy()]
        clear: dict[str, Any] = {"marker": arrow, "markersize": 6, "linestyle": "none"}
        transform = upper.get_xaxis_transform()
        (line,) = upper.plot(
            places, np.full(len(places), edge), color=look["color"], transform=transform, **clear
        )
        line.set_in_layout(False)  # the layout takes a letter for larger than it is drawn


def _column(
    upper: Axes, lower: Axes, table: pd.DataFrame, at: str, looks: dict[str, dict[str, Any]], step: float
) -> None:
    """Values and relative errors at one size."""
    truth = table.drop_duplicates(at).sort_values(at)
    upper.plot(truth[at], truth["reference"], color=style.BLACK, linewidth=0.9, zorder=1)
    lower.axhspan(-BAND, BAND, color="0.9", linewidth=0, zorder=0)
    lower.axhline(0, color=style.BLACK, linewidth=0.9, zorder=1)
    for model, look in looks.items():
        for place, (quantity, (_, shape)) in enumerate(READINGS.items()):
            chosen = (table["model"] == model) & (table["quantity"] == quantity)
            if chosen.any():
                reading = table[chosen].sort_values(at)
                _series(upper, lower, reading, at, (place - 1) * step, look | shape)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """The coupling read off, in units of k_B T, against temperature; beneath, the error in per cent.

    Columns: model, quantity, value, stderr, reference (the true coupling, which is β in units where J =
    1; a line), parameters. Drawn are the quantities coupling_from_mean, coupling_from_spread and
    coupling_from_potential, of all models but those of the objective iwae; other rows are ignored. One
    column of panels per size; the marker stands for the way, moved sideways a little, colour and filling
    for the model (full: the first). A value further from the true ones than 0.3 of their range is an
    arrow at the upper panel's edge; the lower panel, linear within the shaded 2 per cent and logarithmic
    beyond, shows all. Raises InputError for missing columns or quantities.
    """
    if nothing_decoded(table):
        return style.notice(NOTHING_DECODED)
    require(table, COLUMNS, quantity=NEEDED)
    at = temperature_of(table)
    known = parameters_of(table)
    table, series = as_series(table[table["quantity"].isin(list(READINGS))], known)
    models = {m: one for m, one in series.items() if one.objective != LEFT_OUT} or series
    table, looks = table[table["model"].isin(list(models))], {}
    for i, (model, (_, look, _)) in enumerate(models.items()):
        filling = {"zorder": 3} if i == 0 else {"markerfacecolor": "white", "zorder": 2}
        looks[model] = look | {"linestyle": "none"} | filling
    sizes = by_size(table)
    width = style.SINGLE_COLUMN if len(sizes) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 5.0 if len(sizes) == 1 else 4.4), layout="constrained")
    grid: dict[str, Any] = {"squeeze": False, "sharex": True, "sharey": "row", "height_ratios": (3, 2)}
    axes = figure.subplots(2, len(sizes), **grid)
    axes[0, 0].set_ylim(_window(table["reference"]))
    axes[1, 0].set_yscale("symlog", linthresh=BAND)
    step = DODGE * (len(sizes) ** 0.5) * float(np.ptp(table[at]))
    for (upper, lower), (label, rows) in zip(axes.T, sizes, strict=True):
        _column(upper, lower, rows, at, looks, step)
        lower.set_xlabel(axis_label(known[at], short=len(sizes) >= WIDEST))
        upper.set_title(label)
    axes[0, 0].set_ylabel(r"coupling (units of $k_\mathrm{B}T$)")
    axes[1, 0].set_ylabel("relative error (%)")
    axes[1, 0].yaxis.set_major_locator(FixedLocator([-100, -10, -BAND, 0, BAND, 10, 100, 1000]))
    axes[1, 0].yaxis.set_major_formatter(ScalarFormatter())
    shown = set(table["quantity"])
    inverse = known[at].role == "inverse temperature"
    exact = f"exact: ${known[at].symbol}$" if inverse else "exact"
    handles = [style.key(exact, color=style.BLACK, linewidth=0.9)]
    handles += [
        style.key(label, color="0.35", linestyle="none", **marker)
        for quantity, (label, marker) in READINGS.items()
        if quantity in shown
    ]
    handles += [
        style.key(models[model].label, **look | {"marker": "D"}) for model, look in looks.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=1 if len(sizes) == 1 else 3)
    return figure
