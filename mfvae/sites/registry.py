"""Names of site families, some of which carry a number: ``potts3`` is Potts(3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from mfvae.errors import InputError
from mfvae.registry import Registry
from mfvae.sites.base import SiteFamily

Numbered = Mapping[str, tuple[str, range, int]]  # name → "module:class", its numbers, an example


class SiteFamilies(Registry[SiteFamily]):
    """Name → family. Iterating gives every family once, a numbered one with the number of its example.

    The number of states or components is part of the name, because one string is what a table of
    samples, a trained model's file and a data set of one's own already keep of their family: none of
    them needs a second field, and two families that differ in their number are never taken for another.

    Parameters
    ----------
    built_in : mapping of str to str
        Name → ``"module:class"``.
    numbered : mapping of str to tuple
        Name without its number → ``"module:class"``, a class that is called with the number; the
        numbers that it takes; and the number of its example.

    Examples
    --------
    >>> from mfvae.sites import SITE_FAMILIES
    >>> SITE_FAMILIES["potts21"].dim, "potts1" in SITE_FAMILIES, "potts021" in SITE_FAMILIES
    (20, False, False)
    """

    def __init__(self, built_in: Mapping[str, Any], numbered: Numbered) -> None:
        super().__init__("site family", "SITE_FAMILIES", built_in, make=lambda family: family())
        self._numbered = dict(numbered)

    def __iter__(self) -> Iterator[str]:
        yield from super().__iter__()
        yield from (f"{name}{example}" for name, (_, _, example) in self._numbered.items())

    def __contains__(self, name: object) -> bool:
        return self._parts(name) is not None or super().__contains__(name)

    def get_or_refuse(self, name: str) -> SiteFamily:
        """The family; raises InputError with all names for one that is not registered."""
        if name in self:
            return self[name]
        ranges = [f"{base}{of[0]} to {base}{of[-1]}" for base, (_, of, _) in self._numbered.items()]
        raise InputError(self.kind, name, f"one of {', '.join([*super().__iter__(), *ranges])}")

    def source_of(self, name: str) -> Path | str:
        parts = self._parts(name)
        return super().source_of(name) if parts is None else parts[0].partition(":")[0]

    def _find(self, name: str) -> Any:
        parts = self._parts(name)
        if parts is None:
            return super()._find(name)
        module, _, attribute = parts[0].partition(":")
        return partial(getattr(import_module(module), attribute), parts[1])

    def _in_files(self) -> dict[str, Path]:
        found = super()._in_files()
        for name in filter(self._parts, found):
            allowed = f"{self.kind} {name!r} is registered already"
            raise InputError("extensions", str(found[name]), allowed)
        return found

    def _parts(self, name: object) -> tuple[str, int] | None:
        """Class and number of a numbered family; None for every other name."""
        match = re.fullmatch(r"([a-z_]+)([1-9][0-9]{0,3})", str(name))
        if match is None or match[1] not in self._numbered:
            return None
        reference, numbers, _ = self._numbered[match[1]]
        return (reference, int(match[2])) if int(match[2]) in numbers else None
