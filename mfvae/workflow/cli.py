"""Command lines of scripts: the parameters of a script's ``main`` are its options.

A parameter's annotation says the type, and in ``Annotated`` what the option is for and which values it
takes::

    def main(system: System, n_words: Annotated[int, AtLeast(1), "that are drawn"]) -> None: ...

    if __name__ == "__main__":
        run(main)

Types are str, int, float, bool, Path and a Literal of texts, lists and tuples of one of them, and any of
them or None. A dataclass stands for one option per field, whose metadata say the same. Parameters with a
default may be left out; positional ones have no name on the command line.
"""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from inspect import Parameter, signature
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mfvae.errors import InputError
from mfvae.workflow.files.provenance import job

WRITTEN = object()  # the mark of options that name files to be written


@dataclass(frozen=True)
class AtLeast:
    """The smallest value of an integer option, or of each of several."""

    least: int


@dataclass(frozen=True)
class OneOf:
    """The values among which an option chooses."""

    values: Iterable[str]


# What options of several scripts are, said once.
System = Annotated[str, "name of the system or recording"]
Point = Annotated[str, "for example N~64/beta~1.0 or repeats~297"]
Name = Annotated[str, "name of the model"]
Model = Annotated[Path, ".pt file, its JSON record beside it"]
Models = Annotated[list[Path], ".pt files, their JSON records beside them"]
Seed = Annotated[int, "global seed of random draws"]
Stream = Annotated[str, "what random draws are named by instead of the model's name"]
Samples = Annotated[Path, "Parquet table of samples"]
NTest = Annotated[int, AtLeast(2), "held-out configurations that are used"]
Output = Annotated[Path, WRITTEN]
SamplesOutput = Annotated[Output, "Parquet table of samples"]
MetricsOutput = Annotated[Output, "JSON list of metrics"]
CostOutput = Annotated[Output, "TSV: CPU seconds, which differ from run to run"]


def run(main: Callable[..., None]) -> None:
    """Run a script; bad input and diverged training end it with one line and exit status 1.

    What argparse refuses, such as an unknown or missing option, ends it with its message and status 2.
    """
    try:
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)  # bits depend on the number of threads
        given = parse(main, sys.argv[1:])
        with job(sys.argv, written_by(main, given)):
            call(main, given)
    except (InputError, ArithmeticError) as error:
        sys.exit(f"error: {error}")


def parse(main: Callable[..., None], words: Sequence[str]) -> dict[str, Any]:
    """The options on a command line; those that are left out are absent."""
    parser = ArgumentParser(
        description=main.__globals__["__doc__"], argument_default=SUPPRESS, allow_abbrev=False
    )
    for option in options_of(main):
        option.add_to(parser)
    return vars(parser.parse_args(words))


def written_by(main: Callable[..., None], given: dict[str, Any]) -> list[Path]:
    """The files among given options that are to be written; raises InputError for one named twice."""
    written: dict[Path, Path] = {}
    for option in options_of(main):
        if WRITTEN in option.notes and option.name in given:
            paths = given[option.name] if option.many else [given[option.name]]
            for path in paths:
                if path.resolve() in written:
                    allowed = "a file of its own is needed for every output"
                    raise InputError(option.name, str(path), allowed)
                written[path.resolve()] = path
    return list(written.values())


def call(main: Callable[..., None], given: dict[str, Any]) -> None:
    """Call ``main`` with given options. Raises InputError for a value that is too small."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, (parameter, config, options) in _parameters(main).items():
        values = {o.name: o.checked(given[o.name]) for o in options if o.name in given}
        if config is not None:
            named[name] = config(**values)
        elif parameter.kind is Parameter.VAR_POSITIONAL:
            positional += values[name]
        elif parameter.kind is Parameter.POSITIONAL_ONLY:
            positional.append(values[name])
        else:
            named |= values
    main(*positional, **named)


def together(**several: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Entries of several options side by side; raises InputError where one has more than another."""
    lists = {name: list(entries) for name, entries in several.items()}
    first, *others = lists
    for name in others:
        if len(lists[name]) != len(lists[first]):
            allowed = f"{len(lists[first])} are needed, as many as of {first}"
            raise InputError(f"number of {name}", len(lists[name]), allowed)
    return list(zip(*lists.values(), strict=True))


@dataclass(frozen=True)
class Option:
    """One option: a parameter of ``main`` or a field of a configuration."""

    name: str
    kind: Any  # of one value: str, int, float, bool, Path or a Literal
    many: type | None  # list or tuple, of an option that takes several values
    notes: tuple[Any, ...]  # what is annotated, the innermost first
    default: Any
    positional: bool = False

    def add_to(self, parser: ArgumentParser) -> None:
        """Make argparse know the option."""
        about: dict[str, Any] = {"help": self._help().replace("%", "%%")}
        if self.kind is bool:  # any text would be true
            about["action"] = BooleanOptionalAction
        elif get_origin(self.kind) is Literal:
            about["choices"] = get_args(self.kind)
        else:
            about["type"] = self.kind
        for note in self.notes:
            if isinstance(note, OneOf):
                about["choices"] = note.values
        if self.many:
            about["nargs"] = "*" if self.default is not Parameter.empty and not self.default else "+"
        if self.positional:
            parser.add_argument(self.name, **about)
        else:
            required = self.default is Parameter.empty
            parser.add_argument(f"--{self.name.replace('_', '-')}", required=required, **about)

    def _help(self) -> str:
        text = next((note for note in reversed(self.notes) if isinstance(note, str)), "")
        values = self.default if isinstance(self.default, list | tuple) else [self.default]
        shown = " ".join(map(str, values))
        known = self.default is not Parameter.empty and self.default is not None and shown
        return f"{text} (default: {shown})" if known else text

    def checked(self, value: Any) -> Any:
        """A value as ``main`` takes it; raises InputError for one that is too small."""
        for note in self.notes:
            if isinstance(note, AtLeast):
                for one in value if self.many else [value]:
                    if one < note.least:
                        allowed = f"an integer of at least {note.least} is needed"
                        raise InputError(self.name, one, allowed)
        return tuple(value) if self.many is tuple else value


def options_of(main: Callable[..., None]) -> list[Option]:
    """All options of a script, in the order of the parameters of its ``main``."""
    return [option for *_, options in _parameters(main).values() for option in options]


def _parameters(main: Callable[..., None]) -> dict[str, tuple[Parameter, Any, list[Option]]]:
    """Every parameter of ``main``, the dataclass that it is of if it is, and its options."""
    found: dict[str, tuple[Parameter, Any, list[Option]]] = {}
    hints = get_type_hints(main, include_extras=True)
    for name, parameter in signature(main).parameters.items():
        hint, options, config = hints[name], [], None
        if is_dataclass(hint):
            config, types = hint, get_type_hints(hint)
            for field in fields(hint):
                default = Parameter.empty if field.default is MISSING else field.default
                about, choices = field.metadata["help"], field.metadata.get("choices")
                if choices:  # which the configuration itself checks
                    about = f"{about}: {', '.join(choices)}"
                options.append(_option(field.name, types[field.name], default, about))
        elif parameter.kind is Parameter.VAR_POSITIONAL:
            options.append(_option(name, list[hint], Parameter.empty, positional=True))  # type: ignore[valid-type]
        else:
            positional = parameter.kind is Parameter.POSITIONAL_ONLY
            options.append(_option(name, hint, parameter.default, positional=positional))
        found[name] = parameter, config, options
    return found


def _option(name: str, hint: Any, default: Any, *about: str, positional: bool = False) -> Option:
    kind, notes = _unwrapped(hint)
    many = get_origin(kind)
    if many not in (list, tuple):
        return Option(name, kind, None, (*about, *notes), default, positional)
    kind, own = _unwrapped(get_args(kind)[0])
    return Option(name, kind, many, (*about, *own, *notes), default, positional)


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type without ``Annotated`` and ``None``, and what is annotated, the innermost first."""
    notes: tuple[Any, ...] = ()
    while get_origin(hint) in (Annotated, Union, UnionType):
        if get_origin(hint) is Annotated:
            notes = (*hint.__metadata__, *notes)
            hint = get_args(hint)[0]
        else:  # of a type and None
            hint = get_args(hint)[0]
    return hint, notes
