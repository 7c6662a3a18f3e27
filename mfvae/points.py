"""Points of a parameter grid and how paths spell them: ``N~64/beta~1.0``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from mfvae.errors import InputError

Value = int | float


def grid_points(grid: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    """All combinations of a grid, in the order in which it is written."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def spell(parameters: dict[str, Value]) -> str:
    """``{"N": 64, "beta": 1.0}`` → ``"N~64/beta~1.0"``."""
    return "/".join(f"{name}~{value}" for name, value in parameters.items())


def parse(point: str) -> dict[str, Value]:
    """The inverse of ``spell``; raises InputError for anything else."""
    parameters: dict[str, Value] = {}
    for part in point.split("/"):
        name, separator, text = part.partition("~")
        try:
            value: Value = int(text) if text.lstrip("-").isdigit() else float(text)
        except ValueError as error:
            raise InputError("point", point, "name~number/name~number… is needed") from error
        if not separator or not name:
            raise InputError("point", point, "name~number/name~number… is needed")
        parameters[name] = value
    return parameters


def parse_grid(entries: Sequence[str]) -> dict[str, list[Value]]:
    """``["N=64,128", "beta=1.0"]``, as on a command line, → the values of every parameter."""
    return {
        name: [parse(f"{name}~{value}")[name] for value in values.split(",")]
        for name, _, values in (entry.partition("=") for entry in entries)
    }
