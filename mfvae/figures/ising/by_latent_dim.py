"""What latent dimension buys: KL and rate against temperature."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

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
    size_of,
    temperature_of,
    transitions_along,
    without_source,
)

COLUMNS = ("model", "quantity", "value", "stderr")
NEEDED = ("kl_per_site", "rate", "bipartite_mi_half")  # not all systems have a checkerboard
QUANTITIES = (*NEEDED, "bipartite_mi_checkerboard")
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
    """One column of panels per size: above KL(p_data‖p_θ)/N, below R and I(A;B), against temperature.

    Columns: model (none: of the point), quantity, value, stderr, source, parameters. Drawn are
    kl_per_site (nats per site) and rate of every model, bipartite_mi_half and, where it is known,
    bipartite_mi_checkerboard (nats) of the point, the system's transitions at values of its temperature,
    if there are any, as vertical lines, and kl_per_site of the source limit, whatever its size, as a
    thin curve; other rows and curves are ignored. Raises InputError for missing columns or quantities.
    """
    require(table, COLUMNS, quantity=NEEDED)
    table, at, size = without_source(table), temperature_of(table), size_of(table)
    known, others = parameters_of(table), [n for n in all_but_temperature(table) if n != size]
    transitions = transitions_along(table, at)
    critical = table.loc[table["quantity"].isin(list(transitions)), "value"].unique()
    words = [found.label for name, found in transitions.items() if (table["quantity"] == name).any()]
    limit = table[(table["quantity"] == "kl_per_site") & (table["source"] == "limit")]
    table = table[table["quantity"].isin(QUANTITIES) & table["source"].isna() & table[size].notna()]
    table, models = as_series(table, known)
    sizes = by_size(table)
    width = style.SINGLE_COLUMN if len(sizes) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 4.4), layout="constrained")
    axes = figure.subplots(2, len(sizes), sharex=True, sharey="row", squeeze=False)
    for (upper, lower), (label, rows) in zip(axes.T, sizes, strict=True):
        upper.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        curve = belonging_to(limit, rows.iloc[0], others).drop_duplicates(at).sort_values(at)
        upper.plot(curve[at], curve["value"], **LIMIT)
        for quantity, (_, line) in SPLITS.items():
            split = of_points(rows[rows["quantity"] == quantity]).sort_values(at)
            if not split.empty:
                style.points(lower, split[at], split["value"], split["stderr"], **line | THIN)
        for model, (_, series, _) in models.items():
            for ax, quantity in ((upper, "kl_per_site"), (lower, "rate")):
                own = rows[(rows["model"] == model) & (rows["quantity"] == quantity)].sort_values(at)
                look = series | THIN | {"zorder": 3}
                if not own.empty:
                    style.points(ax, own[at], own["value"], own["stderr"], **look)
        for ax in (upper, lower):
            for temperature in critical:
                style.mark(ax, temperature)
        upper.set_title(label)
        lower.set_xlabel(axis_label(known[at]))
    information = table.loc[table["quantity"] != "kl_per_site", "value"]
    style.log_if_wide(axes[1, 0], information[information > 0])
    axes[0, 0].set_ylabel("KL$(p_\\mathrm{data}\\,\\Vert\\,p_\\theta)/N$\n(nats per site)")
    axes[1, 0].set_ylabel("information (nats)")

    handles = [style.key(label, **look | THIN) for label, look, _ in models.values()]
    present = set(table["quantity"])
    handles += [style.key(label, **line | THIN) for q, (label, line) in SPLITS.items() if q in present]
    if not limit.empty:
        handles.append(style.key(r"$L\to\infty$, latents that know the phase alone", **LIMIT))
    handles += [style.key(label, **style.MARK) for label in words]
    per_row = 2 if len(sizes) == 1 else 4
    figure.legend(handles=handles, loc="outside upper center", ncols=per_row)
    return figure
