"""Checking a configuration before any job starts: its blocks, then what they ask of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mfvae.errors import InputError
from mfvae.figures import FIGURES
from mfvae.sites import SITE_FAMILIES
from mfvae.systems import SYSTEMS
from mfvae.workflow.files.places import places_of, places_of_draws
from mfvae.workflow.selection import Selection
from mfvae.workflow.settings import systems
from mfvae.workflow.settings.base import one_error
from mfvae.workflow.settings.blocks import Configuration, SystemSettings
from mfvae.workflow.settings.dataset import DatasetSettings
from mfvae.workflow.settings.figures import can_be_drawn, part_of, sorts_missing
from mfvae.workflow.settings.folders import check_folder
from mfvae.workflow.settings.parts import OF_DATASETS, compared, files_needed, names_of, what_runs
from mfvae.workflow.settings.points import Value, grid_points

OTHER_DATA = ("clusters",)  # names of data that are neither systems nor in files


def check_configuration(
    config: Mapping[str, Any], folder_of: Callable[[str], str] | None = None
) -> Configuration:
    """The settings in a configuration; InputError (field, value, what is allowed) for what is wrong.

    Light enough for every start of the workflow: no sampling, no PyTorch.

    Parameters
    ----------
    config : mapping
        As read from files. It is not changed.
    folder_of : callable, optional
        The folder that a path variable stands for, where one is written in terms of another.
    """
    _check_keys(config)
    for registry in (SYSTEMS, SITE_FAMILIES, FIGURES):
        registry.check_extensions()
    try:
        settings = Configuration.model_validate(config)
    except ValidationError as error:
        raise one_error(error) from None
    for name, block in settings.systems.items():
        if name not in SYSTEMS:
            raise InputError("systems", name, f"one of {', '.join(SYSTEMS)} is needed")
        _check_grid(f"systems.{name}.grid", name, block.grid, settings.seed)
        block.check_parts(f"systems.{name}")
        _check_system(f"systems.{name}", name, block)
    for name, data in settings.datasets.items():
        field = f"datasets.{name}"
        data.check_parts(field)
        for part, study in data.studies:
            if study is not None:
                study.check_parts(f"{field}.studies.{part}")
    settings.surrogate.check_parts("surrogate")
    for name, grid in settings.scaling.items():
        if name not in settings.systems:
            raise InputError(f"scaling.{name}", grid, f"one of {', '.join(settings.systems)} is needed")
        _check_grid(f"scaling.{name}", name, grid, settings.seed)
    for beta in settings.recovery.beta:
        _check_point(
            "recovery", "hopfield", {"N": settings.recovery.N, "p": 1, "beta": beta}, settings.seed
        )
    _check_across(settings)
    _check_names(settings)
    for number, entry in enumerate(settings.headlines):
        Selection.of(f"headlines[{number}]", entry)
    for name in files_needed(settings, what_runs(settings)):
        _check_file(name, settings.datasets[name])
    for name, written in settings.pathvars:
        check_folder(f"pathvars.{name}", folder_of(name) if folder_of else written)
    return settings


def _check_keys(content: object, place: str = "") -> None:
    """Every key is text: YAML reads names such as ``no``, ``1`` or ``~`` as something else."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if not isinstance(key, str):
                allowed = (
                    "text is needed as a key, which YAML reads as something else: write it in quotes"
                )
                raise InputError(f"{place}{key}", key, allowed)
            _check_keys(value, f"{place}{key}.")
    elif isinstance(content, list):
        for number, item in enumerate(content):
            _check_keys(item, f"{place.removesuffix('.')}[{number}].")


def _check_grid(field: str, name: str, grid: Mapping[str, Sequence[Value]], seed: int) -> None:
    known = systems.parameters_of(name)
    for parameter in sorted(set(grid) ^ set(known)):
        allowed = f"the parameters of {name} are {', '.join(known)}"
        raise InputError(f"{field}.{parameter}", grid.get(parameter), allowed)
    for point in grid_points(grid):
        _check_point(field, name, point, seed)


def _check_point(field: str, name: str, point: Mapping[str, Value], seed: int) -> None:
    try:
        systems.check_point(name, point, seed)
    except InputError as bad:
        raise InputError(f"{field}.{bad.field}", bad.value, bad.allowed) from bad


def _check_system(field: str, name: str, block: SystemSettings) -> None:
    """What is decoded and drawn of a system must exist there."""
    mean_field = systems.is_mean_field(name)
    if mean_field != (block.patterns is not None):
        allowed = "binary or orthonormal" if mean_field else "null (it stores no patterns)"
        raise InputError(f"{field}.patterns", block.patterns, f"{allowed} is needed for {name}")
    if block.replicated is not None and not mean_field:
        allowed = f"a system with patterns to be decoded is needed, which {name} has not"
        raise InputError(f"{field}.replicated", block.replicated.model_dump(exclude_unset=True), allowed)
    if block.patterns == "binary" and not systems.has_binary_sites(name):
        raise InputError(f"{field}.patterns", "binary", f"orthonormal is needed for {name}")
    observables = systems.observables_of(name)
    for observable in block.observables:
        if observable not in observables:
            allowed = f"one of {', '.join(observables)} is needed"
            raise InputError(f"{field}.observables", observable, allowed)
    for kind in block.figures:
        if not can_be_drawn(kind, name):
            raise InputError(f"{field}.figures", kind, f"this figure cannot be drawn of {name}")


def _check_across(settings: Configuration) -> None:
    """What joins data sets has all that it needs."""
    for kind in settings.figures:
        available = settings.scaling if part_of(kind) == "scaling" else settings.systems
        for sort in sorts_missing(kind, available):
            raise InputError("figures", kind, f"a system with {sort} would be needed for this figure")
    if "replicas" in settings.figures and not compared(settings):
        raise InputError("figures", "replicas", "a replicated model is needed for this figure")


def _check_names(settings: Configuration) -> None:
    """Nothing has the name of another thing."""
    names = [*names_of(settings), *OTHER_DATA]
    names += [f"{name}_{part}" for name in settings.datasets for part in OF_DATASETS]
    for kind in ("datasets", "systems"):
        for name in getattr(settings, kind):
            if names.count(name) > 1:
                raise InputError(kind, name, "a name that nothing else has is needed")


def _check_file(name: str, block: DatasetSettings) -> None:
    """Its files exist, with the right content where that is known, or can be fetched."""
    given = block.model_dump(include={"file", "source", "draws"})
    for place in (*places_of(name, given), *places_of_draws(name, given).values()):
        place.check()
