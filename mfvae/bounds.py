"""Which values the fields of a dataclass may have: declared in their metadata, said in one line.

The metadata of a field are ``help``, what it is, and where they apply

    minimum, maximum  between which a number, or every number of a tuple, lies
    most              beyond which a configuration is refused, as a slip of the pen; code may go further
    choices           the values among which it chooses
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from mfvae.errors import InputError


def at_least(bound: float) -> str:
    """What is allowed above a bound, in words."""
    return f"a number ≥ {_shown(bound)} is needed"


def at_most(bound: float) -> str:
    """What is allowed below a bound, in words."""
    return f"a number ≤ {_shown(bound)} is needed"


def one_of(names: Iterable[str]) -> str:
    """What is allowed of a choice, in words."""
    return f"one of {', '.join(names)} is needed"


def _shown(bound: float) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def check_fields(config: Any) -> None:
    """Raise InputError for the first field of a dataclass whose value its metadata do not allow."""
    for field in fields(config):
        given = getattr(config, field.name)
        if given == ():
            raise InputError(field.name, given, "a list of at least 1 is needed")
        for value in given if isinstance(given, tuple) else (given,):
            if allowed := _needed(value, field.metadata):
                raise InputError(field.name, given, allowed)


def _needed(value: Any, about: Mapping[str, Any]) -> str | None:
    """What is allowed instead of a value, if it is not."""
    if "choices" in about and value not in about["choices"]:
        return one_of(about["choices"])
    if "minimum" in about and not value >= about["minimum"]:  # NaN is not either
        return at_least(about["minimum"])
    if "maximum" in about and not value <= about["maximum"]:
        return at_most(about["maximum"])
    return None
