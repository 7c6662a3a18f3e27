"""Figures: a table in, a ``Figure`` out. A new kind is one file here and one entry below."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from mfvae.plotting import (
    bound,
    capacity,
    capacity_by_dimension,
    correlations,
    count_distribution,
    coupling,
    crossing,
    field,
    gap,
    latent_plane,
    ledger,
    observables,
    order_parameter_law,
    overlaps,
    patterns,
    recovery,
    scaling,
    singular_spectrum,
    stored_patterns,
    thermodynamics,
    training_curve,
)
from mfvae.plotting.style import save_figure

__all__ = ["FIGURES", "save_figure"]

FIGURES: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "bound": bound.draw,
    "capacity": capacity.draw,
    "capacity_by_dimension": capacity_by_dimension.draw,
    "correlations": correlations.draw,
    "count_distribution": count_distribution.draw,
    "coupling": coupling.draw,
    "crossing": crossing.draw,
    "field": field.draw,
    "gap": gap.draw,
    "latent_plane": latent_plane.draw,
    "ledger": ledger.draw,
    "observables": observables.draw,
    "order_parameter_law": order_parameter_law.draw,
    "overlaps": overlaps.draw,
    "patterns": patterns.draw,
    "recovery": recovery.draw,
    "scaling": scaling.draw,
    "singular_spectrum": singular_spectrum.draw,
    "stored_patterns": stored_patterns.draw,
    "thermodynamics": thermodynamics.draw,
    "training_curve": training_curve.draw,
}
