"""What an objective leaves open: the variational gap, KL(p_data‖p_θ), and the error of decoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import (
    axis_label,
    most_compared,
    nothing_decoded,
    parameters_of,
    require,
    temperature_of,
)

COLUMNS = ("model", "quantity", "value", "stderr", "reference")
PANELS = {  # quantity → title and label
    "variational_gap": (
        "variational gap",
        r"$\langle\mathrm{KL}(q(z|x)\,\Vert\,p_\theta(z|x))\rangle$ (nats)",
    ),
    "kl": (
        "distance of the decoder",
        r"$\mathrm{KL}(p_\mathrm{data}\,\Vert\,p_\theta)$ (nats)",
    ),
    "coupling_from_mean": ("decoding, way a", r"error of $\beta J$ from the mean (%)"),
    "coupling_from_spread": ("decoding, way b", r"error of $\beta J$ from the spread (%)"),
}
COUPLINGS = ("coupling_from_mean", "coupling_from_spread")
BAR_STOPS = 0.3  # of a value: how far down its bar reaches at most, on a logarithmic axis
LINE: dict[str, Any] = {"linewidth": 0.7, "markersize": 4}


def _points(ax: Axes, rows: pd.DataFrame, at: str, quantity: str, look: dict[str, Any]) -> None:
    """Sizes on a logarithmic axis: a value below its standard error is an open symbol at that error."""
    value, error = rows["value"].to_numpy(dtype=float), rows["stderr"].fillna(0).to_numpy(dtype=float)
    if quantity in COUPLINGS:
        reference = rows["reference"].to_numpy(dtype=float)
        value, error = 100 * np.abs(value / reference - 1), 100 * error / reference
    x, drowned = rows[at].to_numpy(), value <= error
    height = np.where(drowned, error, value)
    ax.plot(x, height, color=look["color"], linestyle=look["linestyle"], linewidth=0.7)
    bars = np.stack([np.minimum(error, (1 - BAR_STOPS) * value), error])[:, ~drowned]
    seen: dict[str, Any] = {
        "elinewidth": 0.8,
        "capsize": 1.5,
        "capthick": 0.8,
        "linestyle": "none",
        "zorder": 3,
    }
    marker: dict[str, Any] = {
        "color": look["color"],
        "marker": look["marker"],
        "markersize": LINE["markersize"],
    }
    ax.errorbar(x[~drowned], value[~drowned], yerr=bars, **marker, **seen)
    ax.plot(x[drowned], error[drowned], **marker, linestyle="none", markerfacecolor="white", zorder=3)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Variational gap, KL(p_data‖p_θ) and the errors of βJ by ways a and b, against temperature.

    Columns: model, quantity, value, stderr, reference (the true coupling), parameters. Drawn are
    variational_gap, kl, and |βJ/β − 1| in per cent of coupling_from_mean and coupling_from_spread, at
    the largest of the sizes with the most models; other rows are ignored. All axes are logarithmic: what
    is below its standard error is an open symbol at that error. Raises InputError for missing columns or
    quantities.
    """
    needed = set(PANELS) - (set(COUPLINGS) if nothing_decoded(table) else set())
    require(table, COLUMNS, quantity=sorted(needed))
    at = temperature_of(table)
    known = parameters_of(table)
    table, models = as_series(table[table["quantity"].isin(list(PANELS))], known)
    label, rows = most_compared(table)
    models = {model: series for model, series in models.items() if (rows["model"] == model).any()}
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 4.6), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True)
    for letter, ax, (quantity, (title, name)) in zip("abcd", axes.flat, PANELS.items(), strict=True):
        ax.set_yscale("log")
        for model, (_, look, _) in models.items():
            own = rows[(rows["quantity"] == quantity) & (rows["model"] == model)]
            if not own.empty:
                _points(ax, own.sort_values(at), at, quantity, look)
        ax.set_title(f"({letter}) {title}", loc="left")
        ax.set_ylabel(name)
        ax.tick_params(labelbottom=True)
    for ax in axes[1]:
        ax.set_xlabel(axis_label(known[at]))
    axes[1, 1].sharey(axes[1, 0])
    axes[1, 0].autoscale_view()
    handles = [style.key(name, **look | LINE) for name, look, _ in models.values()]
    open_symbol = {"color": "0.35", "marker": "o", "markerfacecolor": "white", "linestyle": "none"}
    handles.append(style.key("below its standard error", **open_symbol))
    figure.legend(handles=handles, loc="outside upper center", ncols=4, title=label)
    return figure
