"""The capacity bound: how far the model is from the data, and its rate against I(A;B)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.plotting import style
from mfvae.plotting.table import by_system, require

COLUMNS = ("N", "beta", "model", "quantity", "value", "stderr")
QUANTITIES = ("kl_per_site", "rate", "exact_channel_rate", "bipartite_mi_half")
CURVES = {  # exact quantities: label and line style
    "exact_channel_rate": ("rate of the exact channel", "-"),
    "bipartite_mi_half": (r"$I(A;B)$, half against half", "--"),
}
FILLS = ("full", "none", "left", "top")  # of the markers, by model


def _models(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """(model, fill style) in the order of the table; exact rows need not name a model."""
    return zip(table["model"].dropna().unique(), cycle(FILLS), strict=False)


def _measured(ax: Axes, rows: pd.DataFrame, quantity: str, fill: str, look: dict[str, Any]) -> None:
    chosen = rows[rows["quantity"] == quantity].sort_values("beta")
    look = look | {"linestyle": "none", "fillstyle": fill, "zorder": 3}
    style.points(ax, chosen["beta"], chosen["value"], chosen["stderr"], **look)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """(a) KL(p_data‖p_θ)/N against β; (b) the trained rate R, the exact rate and I(A;B) against β.

    Columns: N, beta, model, quantity, value, stderr and possibly p. Drawn are the quantities kl_per_site
    (nats per site), rate, exact_channel_rate and bipartite_mi_half (nats); other rows are ignored.
    Colour and marker stand for N, the marker's filling for the model. Raises InputError for missing
    columns or quantities.
    """
    require(table, COLUMNS, quantity=QUANTITIES)
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    systems = []
    for i, (label, rows) in enumerate(by_system(table)):
        look = style.series(i)
        for model, fill in _models(table):
            _measured(left, rows[rows["model"] == model], "kl_per_site", fill, look)
            _measured(right, rows[rows["model"] == model], "rate", fill, look)
        for quantity, (_, line) in CURVES.items():
            # exact quantities are the same for all models
            curve = rows[rows["quantity"] == quantity].drop_duplicates("beta").sort_values("beta")
            right.plot(curve["beta"], curve["value"], line, color=look["color"])
        systems.append(style.key(label, **look | {"linestyle": "-", "linewidth": 2}))
    kinds = []
    for model, fill in _models(table):
        name = rf"trained rate $R$, {model}" if table["model"].nunique() > 1 else "trained rate $R$"
        kinds.append(style.key(name, color="0.35", marker="o", fillstyle=fill, linestyle="none"))
    kinds += [style.key(label, linestyle=line, color="0.35") for label, line in CURVES.values()]
    for letter, ax in zip("ab", (left, right), strict=True):
        ax.set_title(f"({letter})", loc="left")
        ax.set_xlabel(r"inverse temperature $\beta$")
    left.set_ylabel(r"KL$(p_\mathrm{data}\,\Vert\,p_\theta)/N$ (nats per site)")
    right.set_ylabel("information (nats)")
    right.set_ylim(bottom=0)
    figure.legend(handles=systems, loc="outside upper left", ncols=2)
    figure.legend(handles=kinds, loc="outside upper right", ncols=2)
    return figure
