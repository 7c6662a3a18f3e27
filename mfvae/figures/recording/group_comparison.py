"""Models against the pairwise one in random groups of sites, on the same words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.recording.population import population_series
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("group", "model", "value", "stderr")
LINE_HEIGHT, REST = 0.34, 0.9  # inches
BAND = 0.5  # of a line: over which groups are spread

GROUP: dict[str, Any] = {"marker": "o", "markersize": 2, "linestyle": "none"}
MEAN: dict[str, Any] = {"marker": "D", "markersize": 3.5, "linestyle": "none", "color": style.BLACK}


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Held-out nats per word relative to the pairwise model: groups as points, their mean ± s.e. below.

    Columns: group (from 1), model, value (held-out −log p per word minus that of the pairwise model on
    the same words, nats: below zero is better) and stderr (of the paired difference). The standard error
    of the mean is that over groups. Models are in order of their mean. Raises InputError for missing
    columns.
    """
    require(table, COLUMNS)
    table, series = population_series(table)
    mean = table.groupby("model")["value"].mean()
    models = sorted(series, key=lambda model: mean[model])
    figure = Figure(
        figsize=(style.SINGLE_COLUMN, LINE_HEIGHT * len(models) + REST), layout="constrained"
    )
    ax = figure.subplots()
    ax.axvline(0, color=style.BLACK, linewidth=0.8, zorder=0)
    for line, model in enumerate(models):
        look = series[model].look
        rows = table[table["model"] == model].sort_values("group")
        spread = line - 0.15 + BAND * (np.linspace(0, 1, len(rows) + 2)[1:-1] - 0.5)
        small = GROUP | {"color": look["color"], "elinewidth": 0.5, "capsize": 0, "alpha": 0.8}
        style.bars_across(ax, rows["value"], spread, rows["stderr"], **small)
        style.bars_across(ax, [rows["value"].mean()], [line + 0.3], [rows["value"].sem()], **MEAN)
    ax.set_yticks(range(len(models)), [series[model].label for model in models])
    ax.set_ylim(len(models) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    figure.supxlabel(f"held-out nats per {words.row}, relative to\nthe pairwise model (below 0: better)")
    handles = [
        style.key("a group", color="0.4", **GROUP),
        style.key("mean ± s.e.", **MEAN),
        style.key("pairwise", color=style.BLACK, linewidth=0.8),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, columnspacing=1)
    return figure
