"""Registries: names of systems, site families and figures, each imported when it is asked for.

What comes with the library is listed where a registry is made, as ``"module:object"``. More comes from
outside, with nothing here edited: from an installed package with an entry point of the registry's group
(``mfvae.systems``, ``mfvae.site_families``, ``mfvae.figures``), or from Python files that the variable
``MFVAE_EXTENSIONS`` of the environment names, each with a dictionary of the registry's name, such as
``SYSTEMS = {"potts": Potts}``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module, util
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from mfvae.errors import InputError

EXTENSIONS_VARIABLE = "MFVAE_EXTENSIONS"  # files, separated as those of PATH are

T = TypeVar("T")


def extension_files() -> tuple[Path, ...]:
    """The files that the environment names, as they are spelled there."""
    return tuple(
        Path(name) for name in os.environ.get(EXTENSIONS_VARIABLE, "").split(os.pathsep) if name
    )


@cache
def load_extension(path: Path) -> ModuleType:
    """The module in a file, run once; raises InputError where there is none or it fails."""
    name = f"mfvae_extension_{path.stem}"
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError("extensions", str(path), "a Python file is needed")
    module = util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        shown = f"{type(error).__name__}: {error}"
        raise InputError("extensions", str(path), f"a file that runs is needed ({shown})") from error
    return module


class Registry(Mapping[str, T], Generic[T]):
    """Name → object. Iterating gives the names, those of the library first.

    Parameters
    ----------
    kind : str
        What is registered, in words, for messages.
    name : str
        The dictionary in an extension's file, such as ``SYSTEMS``; the group of entry points is the same
        in small letters behind ``mfvae.``.
    built_in : mapping of str to str
        Name → ``"module:object"``, or an object that says its ``module`` itself.
    make : callable, optional
        What turns the registered object into an entry, such as a call of a class.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        built_in: Mapping[str, Any],
        make: Callable[[Any], T] = lambda registered: registered,
    ) -> None:
        self.kind, self.name, self.group = kind, name, f"mfvae.{name.lower()}"
        self.make = make
        self._built_in = dict(built_in)
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._made:
            self._made[name] = self.make(self._find(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._built_in, **self._packaged, **self._in_files()})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in set(self)

    def get_or_refuse(self, name: str) -> T:
        """The entry; raises InputError with all names for one that is not registered."""
        if name not in self:
            raise InputError(self.kind, name, f"one of {', '.join(self)}")
        return self[name]

    def source_of(self, name: str) -> Path | str:
        """The module that defines an entry, by name, or the file of the extension that does."""
        if name in self._built_in:
            known = self._built_in[name]
            return str(known.partition(":")[0] if isinstance(known, str) else known.module)
        if name in (packaged := self._packaged):
            return packaged[name].partition(":")[0]
        if name in (files := self._in_files()):
            return files[name]
        raise KeyError(name)

    def check_extensions(self) -> None:
        """Raise InputError for an extension's file that cannot be used: it fails, or a name is taken."""
        self._in_files()

    def _find(self, name: str) -> Any:
        if name in (files := self._in_files()):
            return getattr(load_extension(files[name]), self.name)[name]
        reference = self._built_in.get(name) or self._packaged.get(name)
        if reference is None:
            raise KeyError(name)
        if not isinstance(reference, str):
            return reference
        module, _, attribute = reference.partition(":")
        return getattr(import_module(module), attribute)

    @cached_property
    def _packaged(self) -> dict[str, str]:
        """Read once: it takes the list of all packages that are installed."""
        return {entry.name: entry.value for entry in entry_points(group=self.group)}

    def _in_files(self) -> dict[str, Path]:
        """Name → file; raises InputError for a name that is taken."""
        found: dict[str, Path] = {}
        for path in extension_files():
            for name in getattr(load_extension(path), self.name, {}):
                if name in self._built_in or name in found:
                    raise InputError(
                        "extensions", str(path), f"{self.kind} {name!r} is registered already"
                    )
                found[name] = path
        return found
