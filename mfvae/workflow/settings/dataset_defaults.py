"""What is done with a data set of which a configuration says little more than its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FREE: dict[str, Any] = {
    "encoder_hidden": [64, 64],
    "decoder_hidden": [128, 128],
    "objective": "exact",
    "latent_draws": 512,
    "start": "data",
    "epochs": 20,
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
    "chow_liu": {"kind": "chow_liu"},
    "mixture_c10": {"kind": "mixture", "components": 10},
}
OF_DATA_WITH_GAPS = {name: law for name, law in BASELINES.items() if law["kind"] == "independent"}
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
    "missing_couplings",
]
PLAIN: dict[str, Any] = {
    "file": None,
    "population": None,
    "source": {},
    "site": "spin",
    "patterns": "real",
    "draws": {},
    "studies": {},
}
OF_WHOLE_ROWS = {
    "count_law",
    "pair_correlations",
    "triplets",
    "zipf",
    "covariance_spectrum",
    "missing_couplings",
}
OF_SPINS = {"latent_plane", "latent_raster", "stored_patterns", "missing_couplings"}
OF_DEFAULT_MODELS = {"latent_dimension", "price_of_theory", "latent_plane", "stored_patterns"}


def with_defaults(block: Mapping[str, Any]) -> dict[str, Any]:
    """A data set's block with models, baselines, statistics and figures where it names none.

    With models of its own there are only the figures that any models have; of data with gaps there are
    no statistics of whole rows, and of other laws only that of independent sites. Sites that are no
    spins have these alone, too, and no figure that is about numbers of +1 or shows a number a site.
    """
    own_models, spins = "models" in block, block.get("site", "spin") == "spin"
    gaps = block.get("missing") is not None or not spins
    models = block.get("models", MODELS)
    baselines = block.get("baselines", OF_DATA_WITH_GAPS if gaps else BASELINES)
    left_out = (OF_DEFAULT_MODELS if own_models else set()) | (OF_WHOLE_ROWS if gaps else set())
    left_out |= set() if spins else OF_SPINS
    if "verdict" in block and block["verdict"] is None:
        left_out |= {"missing_couplings"}
    figures = [kind for kind in FIGURES if kind not in left_out]
    known = {"models": models, "baselines": baselines, "figures": figures}
    if not spins:
        known["verdict"] = None
    filled = {**PLAIN, **known, **block}
    if (
        "population" not in block
        and not gaps
        and isinstance(models, Mapping)
        and isinstance(baselines, Mapping)
    ):
        first = [name for name in ("independent", "mixture_c10") if name in baselines]
        filled["population"] = {"triplets": 10_000, "shown": [*first, *list(models)[:1]]}
    return filled
