"""How well every stored pattern is decoded, against temperature."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.models import by_size_and_series
from mfvae.figures.table import axis_label, parameters_of, require, temperature_of

COLUMNS = ("model", "pattern", "pattern_overlap")
MARGIN = 0.08  # of the range of overlaps, below and above
SMALLEST_RANGE = 0.02  # so that perfect overlaps are not magnified to noise
DODGE = 0.012  # of the range of temperatures between patterns, which else would cover each other
WIDEST = 3  # panels, below which there is room for a long label


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Overlap |ξ·ξ_decoded|/N of every true pattern against temperature; the line at 1 is perfect.

    Columns: parameters, model, pattern (from 1), pattern_overlap (dimensionless, 0 to 1). A panel for
    every size and model. Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    at = temperature_of(table)
    known = parameters_of(table)
    panels = by_size_and_series(table)
    width = style.SINGLE_COLUMN if len(panels) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 2.4), layout="constrained")
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    patterns = sorted(table["pattern"].unique())
    step = DODGE * len(panels) * float(table[at].max() - table[at].min())
    looks = [
        style.series(i) | {"linestyle": "none", "markerfacecolor": "white" if i % 2 else None}
        for i in range(len(patterns))
    ]
    for ax, (label, own) in zip(axes, panels, strict=True):
        ax.axhline(1, color=style.BLACK, linewidth=0.9, zorder=1)
        for i, (pattern, look) in enumerate(zip(patterns, looks, strict=True)):
            rows = own[own["pattern"] == pattern].sort_values(at)
            shift = (i - (len(patterns) - 1) / 2) * step
            ax.plot(rows[at] + shift, rows["pattern_overlap"], **look)
        ax.set_xlabel(axis_label(known[at], short=len(panels) >= WIDEST))
        ax.set_title(label)
    reach = max(1 - float(table["pattern_overlap"].min()), SMALLEST_RANGE)
    axes[0].set_ylim(1 - (1 + MARGIN) * reach, 1 + MARGIN * reach)
    axes[0].set_ylabel(r"overlap $|\xi\cdot\xi_\mathrm{decoded}|/N$")
    handles = [style.key("perfect", color=style.BLACK, linewidth=0.9)]
    handles += [
        style.key(f"pattern {pattern:g}", **look) for pattern, look in zip(patterns, looks, strict=True)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2 if len(panels) == 1 else 4)
    return figure
