"""How well every stored pattern is decoded, against temperature."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.plotting import style
from mfvae.plotting.table import require

COLUMNS = ("beta", "pattern", "overlap")
MARGIN = 0.08  # of the range of overlaps, below and above
SMALLEST_RANGE = 0.02  # so that perfect overlaps are not magnified to noise
DODGE = 0.012  # of the range of β between patterns, which else would cover each other


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Overlap |ξ·ξ_decoded|/N of every true pattern against β; perfect recovery is the line at 1.

    Columns: beta, pattern (from 1), overlap (dimensionless, 0 to 1).
    Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.4), layout="constrained")
    ax = figure.subplots()
    ax.axhline(1, color=style.BLACK, linewidth=0.9, zorder=1, label="perfect")
    patterns = list(table.groupby("pattern"))
    step = DODGE * float(table["beta"].max() - table["beta"].min())
    for i, (pattern, rows) in enumerate(patterns):
        ax.plot(
            rows["beta"] + (i - (len(patterns) - 1) / 2) * step,
            rows["overlap"],
            **style.series(i) | {"linestyle": "none"},
            markerfacecolor="white" if i % 2 else None,
            label=f"pattern {pattern:g}",
        )
    reach = max(1 - float(table["overlap"].min()), SMALLEST_RANGE)
    ax.set_ylim(1 - (1 + MARGIN) * reach, 1 + MARGIN * reach)
    ax.set_xlabel(r"inverse temperature $\beta$")
    ax.set_ylabel(r"overlap $|\xi\cdot\xi_\mathrm{decoded}|/N$")
    figure.legend(loc="outside upper center", ncols=2)
    return figure
