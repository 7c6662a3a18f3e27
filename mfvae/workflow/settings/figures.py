"""Kinds of figures that a configuration may ask for, and what each of them needs."""

from __future__ import annotations

from typing import NamedTuple

from mfvae.systems import SYSTEMS
from mfvae.systems.base import MeanFieldSystem, System
from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.curie_weiss import CurieWeissField

FIGURES_OF_SYSTEMS: dict[str, type] = {  # kind → what a system has to be
    "order_parameter_law": BinaryPatternModel,
    "observables": System,
    "training_curve": System,
    "coupling": MeanFieldSystem,
    "field": CurieWeissField,
    "gap": MeanFieldSystem,
    "ledger": MeanFieldSystem,
    "thermodynamics": MeanFieldSystem,
    "capacity": System,
    "capacity_by_dimension": System,
    "singular_spectrum": MeanFieldSystem,
    "patterns": MeanFieldSystem,
    "overlaps": MeanFieldSystem,
}

LEDGER_FIGURES = {"ledger": 3, "thermodynamics": 2}  # kinds that need one: the most latents it may have

OF_GROUPS = "group_comparison"  # of the recording's figures, the one that is drawn of its groups

FIGURES_OF_RECORDINGS = (
    "count_law",
    "pair_correlations",
    "triplets",
    "zipf",
    "covariance_spectrum",
    "model_comparison",
    "latent_dimension",
    "price_of_theory",
    "potential_surface",
    "heat_capacity",
    OF_GROUPS,
    "latent_plane",
    "latent_raster",
    "stored_patterns",
)


class Across(NamedTuple):
    """A figure that joins data sets: with which part of a run it is drawn, and of which systems."""

    part: str
    systems: frozenset[str] = frozenset()  # those that it cannot do without


FIGURES_ACROSS = {
    "bound": Across("figures"),
    "crossing": Across("figures", frozenset({"curie_weiss", "ising_2d"})),
    "scaling": Across("scaling", frozenset({"curie_weiss", "ising_2d"})),
    "recovery": Across("recovery"),
    "degeneracy": Across("degeneracy"),
    "box_spectrum": Across("degeneracy"),
    "replicas": Across("figures"),
}


def can_be_drawn(kind: str, system: str) -> bool:
    """Whether a system has what a figure shows."""
    return issubclass(SYSTEMS[system], FIGURES_OF_SYSTEMS[kind])
