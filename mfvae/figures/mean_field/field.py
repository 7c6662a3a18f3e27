"""The external field read off the trained decoder, against the true one."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

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
QUANTITY = "field_from_mean"
MARGIN = 0.25  # of the true field: how much of the axis lies around the points at least


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """The field read off, in units of k_B T, against temperature, beside the true one (a line).

    Columns: model, quantity, value, stderr, reference (the true field), parameters. Drawn is the
    quantity field_from_mean; other rows are ignored. Raises InputError for missing columns or rows.
    """
    if nothing_decoded(table):
        return style.notice(NOTHING_DECODED)
    require(table, COLUMNS, quantity=(QUANTITY,))
    table, at = table[table["quantity"] == QUANTITY], temperature_of(table)
    known = parameters_of(table)
    table, models = as_series(table, known)
    sizes = by_size(table)
    width = style.SINGLE_COLUMN if len(sizes) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 2.6), layout="constrained")
    axes = figure.subplots(1, len(sizes), squeeze=False)[0]
    for ax, (label, rows) in zip(axes, sizes, strict=True):
        truth = float(rows["reference"].iloc[0])
        ax.axhline(truth, color=style.BLACK, linewidth=0.9, zorder=1)
        for model, (_, look, _) in models.items():
            own = rows[rows["model"] == model].sort_values(at)
            if not own.empty:
                style.points(ax, own[at], own["value"], own["stderr"], **look | {"linestyle": "none"})
        low, high = ax.get_ylim()
        margin = MARGIN * abs(truth)
        ax.set_ylim(min(low, truth - margin), max(high, truth + margin))
        ax.set_xlabel(axis_label(known[at]))
        ax.set_title(label)
    axes[0].set_ylabel(r"field (units of $k_\mathrm{B}T$)")
    handles = [style.key("exact", color=style.BLACK, linewidth=0.9)]
    for label, look, _ in models.values():
        handles.append(style.key(label, **look | {"linestyle": "none"}))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure
