"""What a figure holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from mfvae.figures import FIGURES
from mfvae.figures.vocabulary import SiteWords
from tests.helpers.figures.models import configured
from tests.helpers.figures.tables import TABLES

# of the tables in tests/helpers/figures/recording_tables.py
NEURONS = SiteWords("neuron", "neurons", "spike", "silence", "bin", 0.02, "repeat", "movie")


def figure_of(kind: str, table: pd.DataFrame | None = None) -> tuple[Figure, list[Axes]]:
    """A figure of a table, or of the kind's own, whose models are configured."""
    figure = FIGURES[kind](configured(TABLES[kind]() if table is None else table), NEURONS)
    return figure, figure.axes


def bars(ax: Axes) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(x, y, standard error) of every container of error bars."""
    found = []
    for container in ax.containers:
        line, _, (segments,) = container
        half = [np.ptp(segment[:, 1]) / 2 for segment in segments.get_segments()]
        found.append((*line.get_data(), np.array(half)))
    return found


def texts(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


def legend(figure: Figure) -> list[str]:
    """Entries of the first legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def lines_of_style(ax: Axes, linestyle: str, colour: str) -> list[Line2D]:
    """Lines without markers that look like this."""
    return [
        line
        for line in ax.lines
        if (line.get_linestyle(), line.get_color(), line.get_marker()) == (linestyle, colour, "None")
        and len({*line.get_xdata()}) > 1
    ]


def vertical(ax: Axes) -> list[float]:
    """Where vertical lines are."""
    return [line.get_xdata()[0] for line in ax.lines if len({*line.get_xdata()}) == 1]
