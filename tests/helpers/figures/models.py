"""What the models of these tables are, as the configuration would say: their names say nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mfvae.figures.models import SETTINGS, with_models


def vae(objective: str, latent_dim: int = 1, field_rank: int = 0, **more: Any) -> dict[str, Any]:
    known = {"objective": objective, "latent_dim": latent_dim, "field_rank": field_rank}
    return {"model_kind": "vae", **known, **more}


MODELS: dict[str, dict[str, Any]] = {
    "vae": {"model_kind": "vae"},
    "exact": vae("exact"),
    "exact_large": vae("exact", variant="large"),
    "exact_d3": vae("exact", 3),
    "elbo": vae("elbo"),
    "iwae": vae("iwae"),
    "d1": vae("elbo", 1),
    "d2": vae("elbo", 2),
    "d4": vae("elbo", 4),
    "d4_long": vae("elbo", 4, variant="long"),
    "d8": vae("elbo", 8),
    "hopfield_k3": vae("exact", 3, 3),
    "hamiltonian": {"model_kind": "hamiltonian"},
    "data": {"model_kind": "data"},
    "independent": {"model_kind": "independent"},
    "population_count": {"model_kind": "population_count"},
    "pairwise": {"model_kind": "pairwise"},
    "mixture": {"model_kind": "mixture", "size": 20},
    "rbm": {"model_kind": "rbm", "size": 10},
}


def configured(table: pd.DataFrame) -> pd.DataFrame:
    """A table with the settings of its models, unless it has some already, as figures are given it."""
    if "model" not in table or "model_kind" in table:
        return table
    named = table if "dataset" in table else table.assign(dataset="")
    found = with_models(named, dict.fromkeys(named["dataset"].unique(), MODELS))
    return found[[*table.columns, *(name for name in SETTINGS if name in found)]]
