"""The configuration as the rules use it: checked, and of what runs alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from mfvae.workflow.files.places import can_be_had, places_of, places_of_draws
from mfvae.workflow.settings.blocks import Configuration
from mfvae.workflow.settings.configuration import check_configuration
from mfvae.workflow.settings.dataset import Verdict
from mfvae.workflow.settings.dataset_defaults import with_defaults
from mfvae.workflow.settings.figures import is_of_groups
from mfvae.workflow.settings.parts import figures_across, what_runs
from mfvae.workflow.settings.points import one_kind, one_spelling
from mfvae.workflow.settings.replica_names import replicated
from mfvae.workflow.settings.systems import whole_parameters_of

Block = Mapping[str, Any]


def settle(config: Block, folder_of: Callable[[str], str] | None = None) -> dict[str, Any]:
    """A new configuration, in which every point and every training has its one name.

    Numbers of grids are written as their parameters have them, since paths and random streams are named
    by them: 64.0 sites are 64, β = 1 is 1.0, so that a point that two parts spell differently is one. A
    model with replicas stands as often as it is trained, each time under a name of its own. ``run`` has
    the name of everything that runs; of what does not, no figures are asked for, and no scaling. Where
    results have a folder, optional data sets whose files cannot be had do not run and join ``skip``.

    Parameters and errors are those of ``check_configuration``; what is given is not changed.
    """
    settings = check_configuration(config, folder_of)
    running = what_runs(settings)
    away = _away(settings, running, folder_of) if folder_of else []
    running = [name for name in running if name not in away]
    sizes = config["scaling"] if "scaling" in running else {}
    return {
        **config,
        "run": running,
        "skip": [*settings.skip, *away],
        "systems": {name: _system(name, block, running) for name, block in config["systems"].items()},
        "scaling": {name: one_spelling(grid, whole_parameters_of(name)) for name, grid in sizes.items()},
        "figures": figures_across(settings, running),
        "recovery": config["recovery"] | {"beta": _reals(config["recovery"]["beta"])},
        "datasets": {name: _dataset(name, block, running) for name, block in config["datasets"].items()},
        "surrogate": _expanded(config["surrogate"]),
    }


def _away(
    settings: Configuration, running: Collection[str], folder_of: Callable[[str], str]
) -> list[str]:
    """Optional data sets that would run, of which a file is neither here nor to be fetched now."""
    raw = Path(folder_of("results")) / "raw"
    away = []
    for name, block in settings.datasets.items():
        given = block.model_dump(include={"file", "source", "draws"})
        places = [*places_of(name, given), *places_of_draws(name, given).values()]
        if block.optional and name in running and not can_be_had(places, raw / name):
            away.append(name)
    return away


def _reals(values: list[int | float]) -> list[int | float]:
    return [one_kind(value, whole=False) for value in values]


def _expanded(block: Block) -> dict[str, Any]:
    return {**block, "models": replicated(block["models"])}


def _system(name: str, block: Block, running: Collection[str]) -> dict[str, Any]:
    whole = whole_parameters_of(name)

    def spelled(settings: Block) -> dict[str, Any]:
        return {k: one_spelling(v, whole) if k == "only" else v for k, v in settings.items()}

    changed: dict[str, Any] = {
        "grid": one_spelling(block["grid"], whole),
        "models": {model: spelled(settings) for model, settings in block["models"].items()},
        "figures": block["figures"] if name in running else [],
    }
    if block.get("replicated"):
        changed["replicated"] = spelled(block["replicated"])
    return _expanded({**block, **changed})


def _dataset(name: str, given: Block, running: Collection[str]) -> dict[str, Any]:
    block = with_defaults(given)
    settled = _expanded(block)
    if theory := block.get("theory"):
        heat_capacity = theory["heat_capacity"]
        temperatures = {"temperatures": _reals(heat_capacity["temperatures"])}
        settled["theory"] = theory | {"heat_capacity": heat_capacity | temperatures}
    verdict = block.get("verdict", {})
    settled["verdict"] = None if verdict is None else Verdict.model_validate(verdict).model_dump()
    part_of = {kind: "groups" if is_of_groups(kind) else name for kind in block["figures"]}
    settled["figures"] = [kind for kind, part in part_of.items() if part in running]
    studies = block.get("studies") or {}
    settled["studies"] = {part: _expanded(study) for part, study in studies.items() if study}
    return settled
