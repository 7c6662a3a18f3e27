"""What is done with a data set of which a configuration says little more than its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FREE: dict[str, Any] = {
    "encoder_hidden": [64, 64],
    "decoder_hidden": [64, 64],
    "objective": "exact",
    "latent_draws": 512,
    "start": "data",
    "epochs": 10,
    "batch_size": 256,
    "learning_rate": 0.005,
    "warmup": 0.0,
}
MODELS: dict[str, dict[str, Any]] = {
    "exact_d2": {**_FREE, "latent_dim": 2},  # the first model's latents are drawn
    "exact_d1": {**_FREE, "latent_dim": 1, "latent_draws": 128},
    "exact_d3": {**_FREE, "latent_dim": 3, "latent_draws": 1024},
    **{f"hopfield_k{k}": {**_FREE, "latent_dim": 2, "field_rank": k} for k in (1, 2, 3, 4)},
}
BASELINES: dict[str, dict[str, Any]] = {
    "independent": {"kind": "independent"},
    "population_count": {"kind": "population_count"},
    "mixture_c10": {"kind": "mixture", "components": 10},
}
FIGURES = [
    "count_law",
    "pair_correlations",
    "triplets",
    "zipf",
    "covariance_spectrum",
    "model_comparison",
    "latent_dimension",
    "price_of_theory",
    "latent_plane",
    "stored_patterns",
]
PLAIN: dict[str, Any] = {"file": None, "source": {}, "site": "spin", "patterns": "real", "studies": {}}
OF_DEFAULT_MODELS = {"latent_dimension", "price_of_theory", "latent_plane", "stored_patterns"}


def with_defaults(block: Mapping[str, Any]) -> dict[str, Any]:
    """A data set's block with models, baselines, statistics and figures where it names none.

    With models of its own there are only the figures that any models have.
    """
    own_models = "models" in block
    models = block.get("models", MODELS)
    baselines = block.get("baselines", BASELINES)
    figures = [kind for kind in FIGURES if not (own_models and kind in OF_DEFAULT_MODELS)]
    filled = {**PLAIN, "models": models, "baselines": baselines, "figures": figures, **block}
    if "population" not in block and isinstance(models, Mapping) and isinstance(baselines, Mapping):
        first = [name for name in ("independent", "mixture_c10") if name in baselines]
        filled["population"] = {"triplets": 10_000, "shown": [*first, *list(models)[:1]]}
    return filled
