"""The capacity bound: how far the model is from the data, and its rate against I(A;B)."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import axis_label, by_size, parameters_of, require, temperature_of

COLUMNS = ("model", "quantity", "value", "stderr")
NEEDED = ("kl_per_site", "rate", "bipartite_mi_half")  # not all systems have an exact channel
QUANTITIES = (*NEEDED, "exact_channel_rate")
CURVES: dict[str, tuple[str, dict[str, Any]]] = {  # exact quantities: label and look
    "exact_channel_rate": ("rate of the exact channel", {"linestyle": "-"}),
    "bipartite_mi_half": (r"$I(A;B)$, half against half", {"linestyle": ":"}),
}
CURVE: dict[str, Any] = {"color": style.BLACK, "linewidth": 0.9, "zorder": 1}
MARKERS = {"elbo": 5.0}  # points that often lie beneath others are larger
MARKER, WIDEST = 3.5, 3  # panels, below which there is room for a long label


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Above KL(p_data‖p_θ)/N against temperature, below the trained rate R, the exact rate and I(A;B).

    Columns: model, quantity, value, stderr, parameters. Drawn are the quantities kl_per_site (nats per
    site), rate and bipartite_mi_half (nats), and exact_channel_rate (nats) where there is one; other
    rows are ignored. A column of panels per size; colour and marker stand for the model. Raises
    InputError for missing columns or quantities.
    """
    require(table, COLUMNS, quantity=NEEDED)
    table, at = table[table["quantity"].isin(QUANTITIES)], temperature_of(table)
    known = parameters_of(table)
    table, models = as_series(table, known)
    sizes = by_size(table)
    looks = {
        model: series.look
        | {"markersize": MARKERS.get(series.objective or "", MARKER), "linestyle": "none"}
        for model, series in models.items()
    }
    width = style.SINGLE_COLUMN if len(sizes) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 4.4), layout="constrained")
    axes = figure.subplots(2, len(sizes), sharex=True, sharey="row", squeeze=False)
    for (upper, lower), (label, rows) in zip(axes.T, sizes, strict=True):
        upper.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        for quantity, (_, line) in CURVES.items():
            # exact quantities are the same for all models
            curve = rows[rows["quantity"] == quantity].drop_duplicates(at).sort_values(at)
            lower.plot(curve[at], curve["value"], **CURVE | line)
        for i, (model, look) in enumerate(looks.items()):
            for ax, quantity in ((upper, "kl_per_site"), (lower, "rate")):
                own = rows[(rows["model"] == model) & (rows["quantity"] == quantity)]
                own = own.sort_values(at)
                if not own.empty:
                    order = {"zorder": 3 - 0.1 * i}
                    style.points(ax, own[at], own["value"], own["stderr"], **look | order)
        upper.set_title(label)
        lower.set_xlabel(axis_label(known[at], short=len(sizes) >= WIDEST))
    axes[0, 0].set_ylabel("KL$(p_\\mathrm{data}\\,\\Vert\\,p_\\theta)/N$\n(nats per site)")
    axes[1, 0].set_ylabel("information (nats)")
    axes[1, 0].set_ylim(bottom=0)
    handles = [style.key(f"trained rate $R$, {models[m].label}", **look) for m, look in looks.items()]
    present = set(table["quantity"])
    handles += [style.key(label, **CURVE | line) for q, (label, line) in CURVES.items() if q in present]
    per_row = 1 if len(sizes) == 1 else 3
    figure.legend(handles=handles, loc="outside upper center", ncols=per_row)
    return figure
