"""How rules say what depends on a job: functions of its wildcards and of its attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def any_of(names: Iterable[str]) -> str:
    """A constraint of wildcards: one of these names, or nothing at all where there are none."""
    return "|".join(sorted(names)) or "(?!)"


def of_system(function: Callable[..., Any], *first: Any) -> Callable[[Any], Any]:
    """A function of a data set, which is its last argument, as one of a job's wildcards."""
    return lambda wildcards: function(*first, wildcards.system)


def of_job(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function of all wildcards of a job, by their names."""
    return lambda wildcards: function(**wildcards)


def growing(amount: int) -> Callable[[Any, int], int]:
    """A resource that doubles with every attempt: a job killed for memory or time asks for more.

    What rules do not say grows alike, from the amounts in profiles/.
    """
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)
