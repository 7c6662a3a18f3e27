"""Covariances of three sites of every model against those of the data."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.recording.against_data import draw_against_data
from mfvae.figures.recording.population import ENTRIES

COLUMNS = ENTRIES
NAME = r"$\langle\delta s_i\,\delta s_j\,\delta s_k\rangle$ ($10^{-3}$)"


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """⟨δs_i δs_j δs_k⟩ of triplets, model against data: triplets per cell, a panel for every model.

    Columns: model, kind (that of the data is ``data``), quantity (triplet_covariance; other rows are
    ignored), index (of the triplet), value (of sites s = 0 or 1, drawn in units of 10⁻³) and stderr.
    Axes are linear up to the data's root mean square error and logarithmic beyond. The rest is as in
    ``pair_correlations``. Raises InputError for missing columns, without data or without a model.
    """
    return draw_against_data(table, "triplet_covariance", NAME, entry="triplets", scale=1e3, curved=True)
