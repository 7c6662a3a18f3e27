"""How often the words of a population occur, the most frequent first."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.recording.population import ENTRIES, data_points, entries, explain, line_of

COLUMNS = ENTRIES
KNOWN = 0.5  # relative error below which it is shown: a word seen once has a bar of its own size


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Frequency of words against their rank, both axes logarithmic; data as points, models as lines.

    Columns: model, kind (that of the data is ``data``), quantity (word_frequency; other rows are
    ignored), index (rank, from 1), value (share of all words) and stderr. Data and models should be of
    equally many words, as the least frequency is one over their number. Error bars are one standard
    error, where it is less than half of the value. Raises InputError for missing columns, without data
    or without a model.
    """
    data, models, series = entries(table, "word_frequency")
    figure = Figure(figsize=(style.SINGLE_COLUMN, 3.3), layout="constrained")
    ax = figure.subplots()
    ax.set(xscale="log", yscale="log")
    for model, rows in models.items():
        ax.plot(rows["index"], rows["value"], **line_of(series[model].look))
    known = data["stderr"] < KNOWN * data["value"]
    data_points(ax, data["index"], data["value"], data["stderr"].where(known))
    ax.set_xlim(left=0.8)
    ax.set_xlabel("rank of the word")
    ax.set_ylabel("frequency (share of all words)")
    explain(figure, series, columns=2)
    return figure
