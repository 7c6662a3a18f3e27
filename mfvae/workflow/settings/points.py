"""Points of a parameter grid and how paths spell them: ``N~64/beta~1.0``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product

from mfvae.errors import InputError
from mfvae.systems import build
from mfvae.systems.base import System

Value = int | float
WHOLE = "whole"  # the only point of a data set without parameters


def grid_points(grid: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    """All combinations of a grid, in the order in which it is written."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def spell(parameters: Mapping[str, Value]) -> str:
    """``{"N": 64, "beta": 1.0}`` → ``"N~64/beta~1.0"``; without parameters ``"whole"``."""
    return WHOLE if not parameters else "/".join(f"{name}~{value}" for name, value in parameters.items())


def one_kind(value: Value, whole: bool) -> Value:
    """A number as its parameter has it: 64.0 sites are 64, β = 1 is 1.0, and −0.0 is 0.0.

    What cannot be of that kind is returned as it is, for those who check it.
    """
    if not whole:
        return float(value) + 0.0
    return int(value) if value % 1 == 0 else value


def one_spelling(grid: Mapping[str, Sequence[Value]], whole: Collection[str]) -> dict[str, list[Value]]:
    """A grid with all numbers of the kind of their parameters, so that a point has one name."""
    return {name: [one_kind(value, name in whole) for value in values] for name, values in grid.items()}


def _number(text: str) -> Value:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def parse(point: str) -> dict[str, Value]:
    """The inverse of ``spell``; raises InputError for anything else."""
    parameters: dict[str, Value] = {}
    if point == WHOLE:
        return parameters
    for part in point.split("/"):
        name, separator, text = part.partition("~")
        try:
            value = _number(text)
        except ValueError as error:
            raise InputError("point", point, "name~number/name~number… is needed") from error
        if not separator or not name:
            raise InputError("point", point, "name~number/name~number… is needed")
        if text != str(value):
            raise InputError("point", point, f"the spelling {name}~{value} is needed, of no other name")
        parameters[name] = value
    return parameters


def parse_grid(entries: Sequence[str]) -> dict[str, list[Value]]:
    """``["N=64,128", "beta=1.0"]``, as on a command line, → the values of every parameter."""
    return {
        name: [_listed(name, value) for value in values.split(",")]
        for name, _, values in (entry.partition("=") for entry in entries)
    }


def _listed(name: str, text: str) -> Value:
    try:
        return _number(text)
    except ValueError as error:
        raise InputError(name, text, "a number is needed") from error


def build_at(name: str, point: str, seed: int) -> System:
    """The system at a point such as ``N~64/beta~1.0``; raises InputError for another spelling of it."""
    parameters = parse(point)
    system = build(name, parameters, seed)
    whole = system.whole_numbers()
    spelled = spell({key: one_kind(value, key in whole) for key, value in parameters.items()})
    if spelled != point:
        raise InputError("point", point, f"the spelling {spelled} is needed, the only one of this point")
    return system


def whole_number_at(point: str, name: str) -> int:
    """The value of one parameter of a point; raises InputError where it has none or no whole one."""
    value = parse(point).get(name)
    if not isinstance(value, int):
        raise InputError("point", point, f"{name}~NUMBER is needed in it, of a whole number")
    return value
