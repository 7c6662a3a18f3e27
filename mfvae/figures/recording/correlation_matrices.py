"""Matrices of pairwise correlations, of data and models, sites that are alike beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mfvae.errors import InputError
from mfvae.figures import style
from mfvae.figures.clusters import order_of, tree_of
from mfvae.figures.recording.against_data import title_of
from mfvae.figures.recording.population import ENTRIES, entries
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ENTRIES
WIDTHS = {1: 2.7, 2: 2.8, 3: 1.8}  # of a panel in inches, by the number of columns
LINE_HEIGHT, REST = 0.16, 0.4  # inches
SHOWN = 0.005  # share of the data's correlations beyond either end of the colours


def _matrix(rows: pd.DataFrame) -> np.ndarray:
    """Symmetric (N, N), NaN on the diagonal; InputError unless all pairs are there, row by row."""
    index = rows["index"].to_numpy()
    n = round((1 + np.sqrt(1 + 8 * len(index))) / 2)
    if len(index) != n * (n - 1) // 2 or not np.array_equal(index, np.arange(len(index))):
        raise InputError("index", len(index), "all N(N−1)/2 pairs are needed, numbered from 0")
    matrix = np.full((n, n), np.nan)
    matrix[np.triu_indices(n, k=1)] = rows["value"]
    return np.where(np.isnan(matrix), matrix.T, matrix)


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Heat maps, one for every model: below the diagonal the data's correlations, above it the model's.

    Columns: model, kind (that of the data is ``data``), quantity (correlation; other rows are ignored),
    index (of the pair: all of them, row by row), value (Pearson correlation; NaN, for a site that is
    never on, is left grey) and stderr. Sites have one order in all panels, that of a tree of the rows of
    the data's matrix (see ``mfvae.figures.clusters``). Raises InputError for missing columns, without
    data, a model or some of the pairs.
    """
    import seaborn  # it loads pyplot, which figures do without

    data, models, series = entries(table, "correlation")
    of_data = _matrix(data)
    order = order_of(tree_of(np.nan_to_num(of_data)))
    of_data = of_data[np.ix_(order, order)]
    n = len(order)
    above = np.triu(np.ones((n, n), dtype=bool), k=1)
    low, high = np.nanquantile(of_data, [SHOWN, 1 - SHOWN])
    columns = min(max(WIDTHS), len(models))
    rows = -(-len(models) // columns)
    titles = {model: title_of(series[model].label) for model in models}
    lines = 1 + max(title.count("\n") for title in titles.values())
    height = (WIDTHS[columns] + LINE_HEIGHT * lines) * rows + REST
    page = style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(page, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax, (model, own) in zip(axes.flat, models.items(), strict=False):
        matrix = np.where(above, _matrix(own)[np.ix_(order, order)], of_data)
        colours = {"cmap": style.COLOUR_MAP, "vmin": low, "vmax": high}
        labels = {"xticklabels": False, "yticklabels": False, "cbar": False}
        seaborn.heatmap(matrix, ax=ax, square=True, rasterized=True, **colours, **labels)
        ax.set_facecolor("0.85")
        ax.set_title(titles[model], fontsize=8)
    for ax in axes.flat[len(models) :]:
        ax.remove()
    shown = list(axes.flat[: len(models)])
    figure.supxlabel(f"{n} {words.sites}, alike beside each other; data below the diagonal, model above")
    bar: dict[str, Any] = {"shrink": 0.8, "aspect": 25, "extend": "both"}
    figure.colorbar(shown[0].collections[0], ax=shown, label="correlation of a pair", **bar)
    return figure
