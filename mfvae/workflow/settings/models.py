"""Checking the models of a configuration: what is trained where, and what is asked of a population's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mfvae.errors import InputError
from mfvae.workflow.settings.replica_names import FEWEST, REPLICATED, original

BASELINE_NEEDS = {"mixture": "components", "rbm": "hidden"}  # kind → what it cannot do without
BASELINE_OPTIONS = {"pairwise": {"steps"}}  # kind → what it may have
OTHER_DATA = {"surrogate", "clusters"}  # names of data that are neither systems nor a recording
GENERATORS = {"data", "hamiltonian"}  # names of words that are of no model of their own


def trained(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Settings of the models that are."""
    return [settings for settings in block["models"].values() if settings.get("replicas", 1)]


def check_models(field: str, block: Mapping[str, Any]) -> None:
    """Every model's part of the grid lies in the grid, and one at least is trained."""
    if not trained(block):
        raise InputError(f"{field}.models", list(block["models"]), "replicas ≥ 1 of one are needed")
    for model, settings in block["models"].items():
        if original(model) != model or model == REPLICATED:
            allowed = f"a name that is not a replica's, such as any_r2 or {REPLICATED}, is needed"
            raise InputError(f"{field}.models", model, allowed)
        _check_part(f"{field}.models.{model}", settings, block["grid"])
    if settings := block.get("replicated"):
        _check_part(f"{field}.replicated", settings, block["grid"])
        if 0 < (number := settings.get("replicas", 1)) < FEWEST:
            allowed = f"0 for none, or a number ≥ {FEWEST} for an error, is needed"
            raise InputError(f"{field}.replicated.replicas", number, allowed)
        if settings["latent_dim"] > 3:
            allowed = "a number ≤ 3 is needed, for sums over the latent space"
            raise InputError(f"{field}.replicated.latent_dim", settings["latent_dim"], allowed)


def _check_part(field: str, settings: Mapping[str, Any], grid: Mapping[str, list[Any]]) -> None:
    for parameter, values in settings.get("only", {}).items():
        if not set(values) <= set(grid.get(parameter, [])):
            there = grid.get(parameter)
            allowed = "a part of the grid is needed: "
            allowed += "no such parameter" if there is None else f"{there} (change it with the grid)"
            raise InputError(f"{field}.only.{parameter}", values, allowed)


def check_population(block: Mapping[str, Any]) -> None:
    """Baselines have what their kind needs and names of their own; what is shown is there."""
    for name in GENERATORS & set(block["models"]):
        raise InputError("recording.models", name, "a name that nothing else has is needed")
    names = {name for name, settings in block["models"].items() if settings.get("replicas", 1)}
    for name, settings in block["baselines"].items():
        field, kind = f"recording.baselines.{name}", settings["kind"]
        if name in {*block["models"], *GENERATORS} or original(name) != name:
            raise InputError("recording.baselines", name, "a name that nothing else has is needed")
        if (needed := BASELINE_NEEDS.get(kind)) and needed not in settings:
            raise InputError(f"{field}.{needed}", None, f"this key is required for {kind}")
        for option in set(settings) - {"kind", needed, *BASELINE_OPTIONS.get(kind, ())}:
            raise InputError(f"{field}.{option}", settings[option], f"{kind} has no such option")
    theory = block["theory"]
    model = block["models"].get(theory["model"], {}) if theory["model"] in names else {}
    if model.get("field_rank") != 2 or model["latent_dim"] > 3 or model.get("only"):
        allowed = "a model with field_rank 2 and latent_dim ≤ 3 that is trained everywhere is needed"
        raise InputError("recording.theory.model", theory["model"], allowed)
    if 1 not in (temperatures := theory["heat_capacity"]["temperatures"]):
        raise InputError("recording.theory.heat_capacity.temperatures", temperatures, "1 is needed")
    exact = [m for m in trained(block) if m["objective"] == "exact"]
    rank = {m["latent_dim"] for m in exact if m.get("field_rank", 0)}
    free = {m["latent_dim"] for m in exact if not m.get("field_rank", 0)}
    if "price_of_theory" in block["figures"] and not rank & free:
        allowed = "models of objective exact, of one latent_dim, with and without field_rank are needed"
        raise InputError("recording.figures", "price_of_theory", allowed)
    if "latent_dimension" in block["figures"] and not any(
        m["latent_dim"] <= 3 and not m.get("field_rank", 0) for m in trained(block)
    ):
        allowed = "a model with free fields and latent_dim ≤ 3 is needed for this figure"
        raise InputError("recording.figures", "latent_dimension", allowed)
    first = trained(block)[0]["latent_dim"]
    if {"latent_plane", "latent_raster"} & set(block["figures"]) and first < 2:
        allowed = "latent_dim ≥ 2 of the first model is needed, of which a plane is drawn"
        raise InputError("recording.figures", block["figures"], allowed)
    known = names | set(block["baselines"]) | {"hamiltonian"}
    for name in block["population"]["shown"]:
        if name not in known:
            allowed = f"one of {', '.join(sorted(known))} is needed"
            raise InputError("recording.population.shown", name, allowed)


def check_beside(config: Mapping[str, Any]) -> None:
    """Models of parts and of the surrogate are trained everywhere; those decoded have its form."""
    for part in ("groups", "halves", "surrogate"):
        check_models(part, {"grid": {}, **config[part]})
    for part in ("halves", "surrogate"):
        for name, settings in config[part]["models"].items():
            if not settings.get("field_rank", 0) or settings["latent_dim"] > 3:
                allowed = "an integer ≥ 1 is needed, with latent_dim ≤ 3"
                value = settings.get("field_rank", 0)
                raise InputError(f"{part}.models.{name}.field_rank", value, allowed)
    if (name := config["recording"]["name"]) in OTHER_DATA:
        raise InputError("recording.name", name, "a name that nothing else has is needed")
    most = 2 ** config["degeneracy"]["features"]["informative"]
    for clusters in config["degeneracy"]["clusters"]:
        if clusters > most:
            allowed = f"a number ≤ {most} is needed, that of vertices for so few informative features"
            raise InputError("degeneracy.clusters", clusters, allowed)
    if "replicas" in config["figures"] and not any(
        block.get("replicated", {}).get("replicas", 0)
        for block in [*config["systems"].values(), config["recording"]]
    ):
        raise InputError("figures", "replicas", "a replicated model is needed for this figure")
