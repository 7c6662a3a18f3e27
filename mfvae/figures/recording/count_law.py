"""P(K): how often K sites are active in one row, of data and models."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
FLOOR = 0.25  # of the smallest probability seen in the data: the lower end of the axis
BELOW = 1e-3  # of the lower end: dashes of lines that go on for decades below are slow to write
KNOWN = 0.2  # relative error of the data's probability, up to which ratios are shown


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """P(K) of the data (points) and of models (lines), and the models' ratios to the data.

    Columns: model, kind (that of the data is ``data``), quantity (count_probability; other rows are
    ignored), index (K, the number of active sites in a row), value (probability per row) and stderr.
    Error bars are one standard error; on the logarithmic axis their lower ends stop at 0.3 of the value.
    The axis ends where the data end; ratios are shown where the data know P(K) to a fifth. Raises
    InputError for missing columns, without data or without a model.
    """
    data, models, series = entries(table, "count_probability")
    data = data[data["value"] > 0]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.0), layout="constrained")
    ax, ratio = figure.subplots(1, 2)
    ax.set_yscale("log")
    bottom = FLOOR * float(data["value"].min())
    for model, rows in models.items():
        own = rows[rows["value"] > BELOW * bottom]
        ax.plot(own["index"], own["value"], **line_of(series[model].look))
    data_points(ax, data["index"], data["value"], data["stderr"])
    ax.set_xlim(-1, float(data["index"].max()) + 1)
    ax.set_ylim(bottom, 2 * float(data["value"].max()))
    known = data[data["stderr"] <= KNOWN * data["value"]]
    ratios_to_data(ratio, known if len(known) else data, models, series)
    ax.set_ylabel(f"probability $P(K)$ per {words.row}")
    ratio.set_ylabel(r"$P_\mathrm{model}(K)\,/\,P_\mathrm{data}(K)$")
    ax.set_title(f"(a) law of the number of {words.actives}", loc="left")
    ratio.set_title("(b) ratio to the data", loc="left")
    for axis in (ax, ratio):
        axis.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        axis.set_xlabel(f"$K$, {words.actives} in {words.a_row}")
    explain(figure, series, columns=4)
    return figure
