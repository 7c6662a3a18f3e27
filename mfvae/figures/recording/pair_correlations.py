"""Pairwise correlations of every model against those of the data."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.recording.against_data import draw_against_data
from mfvae.figures.recording.population import ENTRIES

COLUMNS = ENTRIES


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Correlation of every pair, model against data: pairs per cell, a panel for every model.

    Columns: model, kind (that of the data is ``data``), quantity (correlation; other rows are ignored),
    index (of the pair), value (Pearson correlation, dimensionless; NaN for a site that is never on) and
    stderr. The black line is the identity; r is Pearson's, the slope that of the regression of model on
    data; the cross in the corner shows root mean square errors of data (across) and model (up). Raises
    InputError for missing columns, without data or without a model.
    """
    return draw_against_data(table, "correlation", "correlation of a pair", entry="pairs")
