"""Checking a configuration before any job starts: the schema, then what a schema cannot say."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from mfvae.errors import InputError
from mfvae.figures import FIGURES
from mfvae.figures.kind import FigureKind
from mfvae.systems import system_class
from mfvae.systems.base import MeanFieldSystem
from mfvae.systems.hopfield import Hopfield
from mfvae.workflow.files.fetch import LOCAL_FILE_VARIABLE, check_local_file
from mfvae.workflow.selection import Selection
from mfvae.workflow.settings.folders import check_folder
from mfvae.workflow.settings.models import check_beside, check_models, check_population, trained
from mfvae.workflow.settings.points import grid_points, one_kind, one_spelling


def _is_integer(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)  # 40.0 is none on a command line


def _is_number(_: object, value: object) -> bool:
    return _is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))


STRICT = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number})
Validator = extend(Draft202012Validator, type_checker=STRICT)  # type: ignore[no-untyped-call]

LEDGER_FIGURES = {"ledger": 3, "thermodynamics": 2}  # kinds that need one: the most latents it may have

ALLOWED = {  # JSON-schema keyword → what is allowed, in words
    "minimum": "a number ≥ {} is needed",
    "exclusiveMinimum": "a number > {} is needed",
    "exclusiveMaximum": "a number < {} is needed",
    "maximum": "a number ≤ {} is needed",
    "minLength": "text of at least {} character is needed",
    "minItems": "a list of at least {} is needed",
    "minProperties": "at least {} entry is needed",
    "uniqueItems": "each value once is allowed",
    "enum": "one of {} is needed",
    "pattern": "text that matches {} is needed",
    "type": "{} is needed",
}


def _explain(error: ValidationError) -> InputError:
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)[1:]
    prefix = f"{field}." if field else ""
    instance: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        known = schema["properties"]
        unknown = min(set(instance) - set(known), key=str)
        allowed = f"unknown key, known are {', '.join(known)}"
        return InputError(prefix + str(unknown), instance[unknown], allowed)
    if error.validator == "required":
        missing = next(key for key in wanted if key not in instance)
        return InputError(prefix + missing, None, "this key is required")
    words = ALLOWED.get(str(error.validator))
    if words is None:
        return InputError(field, instance, error.message)
    listed = " or ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return InputError(field or "configuration", instance, words.format(listed))


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


def _check_grid(field: str, name: str, grid: Mapping[str, list[int | float]], seed: int) -> None:
    cls = system_class(name)
    for parameter in set(grid) ^ set(cls.parameters):
        allowed = f"the parameters of {name} are {', '.join(cls.parameters)}"
        raise InputError(f"{field}.{parameter}", grid.get(parameter), allowed)
    for parameters in grid_points(grid):
        try:
            cls.check(parameters, seed)
        except InputError as bad:
            raise InputError(f"{field}.{bad.field}", bad.value, bad.allowed) from bad


def _check_stages(field: str, name: str, block: Mapping[str, Any]) -> None:
    """What is decoded and drawn of a system must exist there."""
    cls = system_class(name)
    mean_field = issubclass(cls, MeanFieldSystem)
    if mean_field != (block["patterns"] is not None):
        allowed = "binary or orthonormal" if mean_field else "null (it stores no patterns)"
        raise InputError(f"{field}.patterns", block["patterns"], f"{allowed} is needed for {name}")
    if "replicated" in block and not mean_field:
        allowed = f"a system with patterns to be decoded is needed, which {name} has not"
        raise InputError(f"{field}.replicated", block["replicated"], allowed)
    if block["patterns"] == "binary" and cls.site_family.dim != 1:
        raise InputError(f"{field}.patterns", "binary", f"orthonormal is needed for {name}")
    for observable in block["observables"]:
        if observable not in cls.observable_labels:
            allowed = f"one of {', '.join(cls.observable_labels)} is needed"
            raise InputError(f"{field}.observables", observable, allowed)
    recorded = [m["latent_dim"] for m in trained(block) if m.get("checkpoints", 0)]
    for kind, most in LEDGER_FIGURES.items():
        if kind in block["figures"] and not any(dim <= most for dim in recorded):
            allowed = f"checkpoints of a model with latent_dim ≤ {most} are needed for this figure"
            raise InputError(f"{field}.figures", kind, allowed)
    for kind in block["figures"]:
        if FIGURES.get_or_refuse(kind).of not in cls.capabilities():
            raise InputError(f"{field}.figures", kind, f"this figure cannot be drawn of {name}")


def _check_joined(kind: str, figure: FigureKind, systems: list[str]) -> None:
    """Raise InputError unless a figure joins systems and has one of every sort that it needs."""
    if figure.of != "several":
        raise InputError("figures", kind, "a figure that joins systems is needed")
    for sort in figure.joins:
        if not systems_that_are(sort, systems):
            raise InputError("figures", kind, f"a system with {sort} would be needed for this figure")


def systems_that_are(sort: str, systems: Iterable[str]) -> list[str]:
    """Those with a capability, or without one that follows ``no``."""
    without, capability = sort.startswith("no "), sort.removeprefix("no ")
    return [s for s in systems if (capability in system_class(s).capabilities()) != without]


def check_configuration(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise InputError (one line: field, value, what is allowed) for the first thing that is wrong.

    Light enough for every start of the workflow: no sampling, no PyTorch.
    """
    _check_keys(config)
    error = best_match(Validator(schema).iter_errors(config))
    if error is not None:
        raise _explain(error)
    for name, block in config["systems"].items():
        _check_grid(f"systems.{name}.grid", name, block["grid"], config["seed"])
        check_models(f"systems.{name}", block)
        _check_stages(f"systems.{name}", name, block)
    check_models("recording", config["recording"])
    check_population(config["recording"])
    check_beside(config)
    for name, grid in config["scaling"].items():
        if name not in config["systems"]:
            raise InputError(f"scaling.{name}", grid, f"one of {', '.join(config['systems'])} is needed")
        _check_grid(f"scaling.{name}", name, grid, config["seed"])
    for beta in config["recovery"]["beta"]:
        try:
            Hopfield.check({"N": config["recovery"]["N"], "p": 1, "beta": beta}, config["seed"])
        except InputError as bad:
            raise InputError(f"recovery.{bad.field}", bad.value, bad.allowed) from bad
    for kind in config["figures"]:
        available = config["scaling"] if kind == "scaling" else config["systems"]
        _check_joined(kind, FIGURES.get_or_refuse(kind), list(available))
    for number, entry in enumerate(config["headlines"]):
        Selection.of(f"headlines[{number}]", entry)
    if config["recording"]["name"] in config["systems"]:
        name = config["recording"]["name"]
        raise InputError("recording.name", name, "a name that no system has is needed")
    local = os.environ.get(LOCAL_FILE_VARIABLE) or config["recording"]["file"]
    if local:
        source = LOCAL_FILE_VARIABLE if os.environ.get(LOCAL_FILE_VARIABLE) else "recording.file"
        check_local_file(source, local, config["recording"]["sha256"])
    for name, folder in config["pathvars"].items():
        check_folder(f"pathvars.{name}", folder)


def unify_numbers(config: Mapping[str, Any]) -> None:
    """Write numbers of grids as parameters have them, in place: 64.0 sites are 64, β = 1 is 1.0.

    The configuration is a checked one. Paths and random streams are named by these numbers, so that a
    point that two parts of the configuration spell differently would be two.
    """
    for name, block in config["systems"].items():
        whole = system_class(name).whole_numbers()
        block["grid"] = one_spelling(block["grid"], whole)
        for settings in [*block["models"].values(), block.get("replicated", {})]:
            if "only" in settings:
                settings["only"] = one_spelling(settings["only"], whole)
    for name, grid in config["scaling"].items():
        config["scaling"][name] = one_spelling(grid, system_class(name).whole_numbers())
    recovery, heat_capacity = config["recovery"], config["recording"]["theory"]["heat_capacity"]
    for part, key in ((recovery, "beta"), (heat_capacity, "temperatures")):
        part[key] = [one_kind(value, False) for value in part[key]]
