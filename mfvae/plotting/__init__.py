"""Figures: a table in, a ``Figure`` out. A new kind is one file here and one entry below."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from mfvae.plotting import (
    capacity,
    correlations,
    count_distribution,
    coupling,
    latent_plane,
    order_parameter_law,
    overlaps,
    patterns,
    singular_spectrum,
    stored_patterns,
)
from mfvae.plotting.style import save_figure

__all__ = ["FIGURES", "save_figure"]

FIGURES: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "capacity": capacity.draw,
    "correlations": correlations.draw,
    "count_distribution": count_distribution.draw,
    "coupling": coupling.draw,
    "latent_plane": latent_plane.draw,
    "order_parameter_law": order_parameter_law.draw,
    "overlaps": overlaps.draw,
    "patterns": patterns.draw,
    "singular_spectrum": singular_spectrum.draw,
    "stored_patterns": stored_patterns.draw,
}
