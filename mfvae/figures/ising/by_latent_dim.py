"""What latent dimension buys in the 2D Ising model: KL and rate against temperature."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import (
    TEMPERATURE,
    by_size,
    model_label,
    models_of,
    of_points,
    require,
    with_parameters,
)

COLUMNS = ("L", "T", "model", "quantity", "value", "stderr")
QUANTITIES = ("kl_per_site", "rate", "bipartite_mi_half", "bipartite_mi_checkerboard")
SPLITS: dict[str, tuple[str, dict[str, Any]]] = {
    "bipartite_mi_half": (
        r"$I(A;B)$, half against half",
        {"color": style.BLACK, "linestyle": "--", "marker": "o", "markerfacecolor": "white"},
    ),
    "bipartite_mi_checkerboard": (
        r"$I(A;B)$, checkerboard",
        {"color": style.BLACK, "linestyle": "-", "marker": "o"},
    ),
}
LIMIT: dict[str, Any] = {"color": "0.45", "linestyle": (0, (4, 2)), "linewidth": 0.9, "zorder": 1}
THIN: dict[str, Any] = {"linewidth": 0.8, "markersize": 3.5}


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """One column of panels per L: above KL(p_data‖p_θ)/N, below the rate R and I(A;B), against T.

    Columns: L, T, model (none: of the point), quantity, value, stderr. Drawn are kl_per_site (nats per
    site) and rate of every model, bipartite_mi_half and bipartite_mi_checkerboard (nats) of the point,
    the value of critical_temperature, if there is one, as a vertical line, and kl_per_site of source
    limit as a thin curve; other rows and curves are ignored. Raises InputError for missing columns or
    quantities.
    """
    require(table, COLUMNS, quantity=QUANTITIES)
    table = with_parameters(table)
    critical = table.loc[table["quantity"] == "critical_temperature", "value"].unique()
    limit = table[(table["quantity"] == "kl_per_site") & (table["source"] == "limit")]
    limit = limit.drop_duplicates("T").sort_values("T")
    table = table[table["quantity"].isin(QUANTITIES) & table["source"].isna() & table["L"].notna()]
    sizes, models = by_size(table, ["L"]), models_of(table)
    width = style.SINGLE_COLUMN if len(sizes) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 4.4), layout="constrained")
    axes = figure.subplots(2, len(sizes), sharex=True, sharey="row", squeeze=False)
    for (upper, lower), (label, rows) in zip(axes.T, sizes, strict=True):
        upper.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        upper.plot(limit["T"], limit["value"], **LIMIT)
        for quantity, (_, line) in SPLITS.items():
            split = of_points(rows[rows["quantity"] == quantity]).sort_values("T")
            style.points(lower, split["T"], split["value"], split["stderr"], **line | THIN)
        for i, model in enumerate(models):
            for ax, quantity in ((upper, "kl_per_site"), (lower, "rate")):
                own = rows[(rows["model"] == model) & (rows["quantity"] == quantity)].sort_values("T")
                look = style.coloured(i) | THIN | {"zorder": 3}
                style.points(ax, own["T"], own["value"], own["stderr"], **look)
        for ax in (upper, lower):
            for temperature in critical:
                style.mark(ax, temperature)
        upper.set_title(label)
        lower.set_xlabel(TEMPERATURE)
    information = table.loc[table["quantity"] != "kl_per_site", "value"]
    style.log_if_wide(axes[1, 0], information[information > 0])
    axes[0, 0].set_ylabel("KL$(p_\\mathrm{data}\\,\\Vert\\,p_\\theta)/N$\n(nats per site)")
    axes[1, 0].set_ylabel("information (nats)")

    handles = [style.key(model_label(m), **style.coloured(i) | THIN) for i, m in enumerate(models)]
    handles += [style.key(label, **line | THIN) for label, line in SPLITS.values()]
    if not limit.empty:
        handles.append(style.key(r"$L\to\infty$, latents that know the phase alone", **LIMIT))
    if len(critical):
        handles.append(style.key(r"$T_\mathrm{c}$", **style.MARK))
    per_row = 2 if len(sizes) == 1 else 4
    figure.legend(handles=handles, loc="outside upper center", ncols=per_row)
    return figure
