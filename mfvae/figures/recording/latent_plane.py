"""Where words lie in the plane of two latent variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import FuncNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from mfvae.figures import style
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("z_1", "z_2", "spike_count")
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
FEWEST_TICKS = 4  # of these, below which others are found
FEW = 0.01  # of the words have fewer active sites than the darkest colour says


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Posterior means of words, coloured by their number of active sites, those with many on top.

    Columns: z_1, z_2 (posterior mean, in standard deviations of the prior), spike_count (of active
    sites). Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    drawn = table.sort_values("spike_count", kind="stable")
    least, most = int(drawn["spike_count"].quantile(FEW)), int(drawn["spike_count"].max())
    most = max(least + 1, most)
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.7), layout="constrained")
    ax = figure.subplots()
    dots = ax.scatter(
        drawn["z_1"],
        drawn["z_2"],
        c=drawn["spike_count"],
        norm=FuncNorm((np.log1p, np.expm1), vmin=least, vmax=most),  # a logarithm that knows silence
        cmap=style.COLOUR_MAP,
        s=3,
        linewidths=0,
        rasterized=True,
    )
    extend = "min" if drawn["spike_count"].min() < least else "neither"
    bar = figure.colorbar(dots, ax=ax, label=f"{words.actives} in the {words.row}", extend=extend)
    ticks: Sequence[float] = [tick for tick in TICKS if least <= tick <= most]
    if len(ticks) < FEWEST_TICKS:
        ticks = MaxNLocator(5, integer=True).tick_values(least, most)
    bar.ax.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if least <= tick <= most]))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel(r"posterior mean of $z_1$ (prior s.d.)")
    ax.set_ylabel(r"posterior mean of $z_2$ (prior s.d.)")
    return figure
