"""Figures: a table in, a ``Figure`` out. A new kind is one file here and one entry below."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures.across import bound, crossing, scaling
from mfvae.figures.ising import by_latent_dim as capacity_by_dimension
from mfvae.figures.ising import training_curve
from mfvae.figures.mean_field import (
    capacity,
    coupling,
    field,
    gap,
    ledger,
    observables,
    order_parameter_law,
    overlaps,
    patterns,
    singular_spectrum,
    thermodynamics,
)
from mfvae.figures.recording import (
    count_law,
    covariance_spectrum,
    group_comparison,
    heat_capacity,
    latent_dimension,
    latent_plane,
    latent_raster,
    model_comparison,
    pair_correlations,
    potential_surface,
    price_of_theory,
    stored_patterns,
    triplets,
    zipf,
)
from mfvae.figures.studies import box_spectrum, degeneracy, recovery, replicas
from mfvae.figures.style import save_figure

__all__ = ["FIGURES", "save_figure"]

FIGURES: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "bound": bound.draw,
    "box_spectrum": box_spectrum.draw,
    "capacity": capacity.draw,
    "capacity_by_dimension": capacity_by_dimension.draw,
    "count_law": count_law.draw,
    "coupling": coupling.draw,
    "covariance_spectrum": covariance_spectrum.draw,
    "crossing": crossing.draw,
    "degeneracy": degeneracy.draw,
    "field": field.draw,
    "gap": gap.draw,
    "group_comparison": group_comparison.draw,
    "heat_capacity": heat_capacity.draw,
    "latent_dimension": latent_dimension.draw,
    "latent_plane": latent_plane.draw,
    "latent_raster": latent_raster.draw,
    "ledger": ledger.draw,
    "model_comparison": model_comparison.draw,
    "observables": observables.draw,
    "order_parameter_law": order_parameter_law.draw,
    "overlaps": overlaps.draw,
    "pair_correlations": pair_correlations.draw,
    "patterns": patterns.draw,
    "potential_surface": potential_surface.draw,
    "price_of_theory": price_of_theory.draw,
    "recovery": recovery.draw,
    "replicas": replicas.draw,
    "scaling": scaling.draw,
    "singular_spectrum": singular_spectrum.draw,
    "stored_patterns": stored_patterns.draw,
    "thermodynamics": thermodynamics.draw,
    "training_curve": training_curve.draw,
    "triplets": triplets.draw,
    "zipf": zipf.draw,
}
