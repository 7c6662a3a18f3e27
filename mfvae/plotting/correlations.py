"""Pairwise correlations of the model against those of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mfvae.plotting import style
from mfvae.plotting.table import require

COLUMNS = ("neuron_i", "neuron_j", "data", "model")
CELLS = 70  # hexagons along the axis
MARGIN = 0.03  # of the range of correlations


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Correlation of every pair, model against data: pairs per hexagon, and the identity as a line.

    Columns: neuron_i, neuron_j, data, model (Pearson correlations, dimensionless). Pairs without a
    correlation (NaN: a silent neuron) are left out. Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    pairs = table[["data", "model"]].dropna()
    data, model = pairs["data"].to_numpy(), pairs["model"].to_numpy()
    low, high = float(pairs.min().min()), float(pairs.max().max())
    low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.6), layout="constrained")
    ax = figure.subplots()
    cells = ax.hexbin(
        data,
        model,
        gridsize=CELLS,
        extent=(low, high, low, high),
        mincnt=1,
        cmap=style.COLOUR_MAP,
        linewidths=0.1,
        rasterized=True,
    )
    cells.set_norm(LogNorm(1, max(2.0, float(np.max(np.asarray(cells.get_array()))))))
    ax.plot([low, high], [low, high], color=style.BLACK, linewidth=0.8)
    r, slope = np.corrcoef(data, model)[0, 1], np.polyfit(data, model, 1)[0]
    ax.text(0.04, 0.96, f"Pearson $r$ = {r:.3f}\nslope = {slope:.3f}", va="top", transform=ax.transAxes)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set_xlabel("correlation of a pair, data")
    ax.set_ylabel("correlation of a pair, model")
    figure.colorbar(cells, cax=ax.inset_axes((1.04, 0, 0.05, 1)), label="pairs per cell")
    return figure
