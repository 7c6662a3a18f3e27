"""Eigenvalues of the covariance of binary sites, of data and models."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.recording.population import (
    ENTRIES,
    data_points,
    entries,
    explain,
    line_of,
    ratios_to_data,
)
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ENTRIES
SHOWN = 50  # at most, of the data's points, evenly on the logarithmic axis
COMPARED = 20  # leading modes, of which ratios are shown


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Eigenvalue against rank, both axes logarithmic, and ratios to the data of the leading ones.

    Columns: model, kind (that of the data is ``data``), quantity (covariance_eigenvalue; other rows are
    ignored), index (from 0, the largest first; drawn as a rank from 1), value (of the covariance of
    sites s = 0 or 1 in a row, dimensionless) and stderr. Data are points with bars of one standard
    error, models lines. Raises InputError for missing columns, without data or without a model.
    """
    data, models, series = entries(table, "covariance_eigenvalue")
    data = data[data["value"] > 0].assign(index=lambda rows: rows["index"] + 1)
    models = {model: rows.assign(index=rows["index"] + 1) for model, rows in models.items()}
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.0), layout="constrained")
    ax, ratio = figure.subplots(1, 2)
    ax.set(xscale="log", yscale="log")
    for model, rows in models.items():
        ax.plot(rows["index"], rows["value"].where(rows["value"] > 0), **line_of(series[model].look))
    shown = data[data["index"].isin(np.geomspace(1, data["index"].max(), SHOWN).round())]
    data_points(ax, shown["index"], shown["value"], shown["stderr"])
    ratios_to_data(ratio, data[data["index"] <= COMPARED], models, series)
    for axis in (ax, ratio):
        axis.set_xlabel("rank of the eigenvalue")
        axis.xaxis.set_major_formatter("{x:g}")
    ratio.set_xticks([1, 5, 10, 15, 20])
    ax.set_ylabel(f"eigenvalue, covariance of {words.actives}")
    ratio.set_ylabel("eigenvalue, model / data")
    ax.set_title("(a) spectrum", loc="left")
    ratio.set_title("(b) collective modes, ratio to the data", loc="left")
    explain(figure, series, columns=4)
    return figure
