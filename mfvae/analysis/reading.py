"""Options of the command line that say how a file is read, and messages that name them."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfvae.errors import InputError

if TYPE_CHECKING:
    from mfvae.data.configurations import Configurations

QUOTE = "'"
SPIN, POTTS = "spin", "potts"
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
NUMBERS = ("-1", "−1", "0", "1", "+1", "")  # of values, typed as yes=1; nothing for what is missing
OPTION_OF = {"bin_s": "bin", "rule": "holdout", "source": "FILE", "file": "FILE"}
NO_OPTIONS = {"parameters", "system"}  # which are typed without a name
AS_OPTION = re.compile(  # what messages of the library say of arguments in Python
    r"\b(missing|clip|site|axes|key|groups|values|threshold|format|bin_s|long|columns)="
    r"('[^']*'|True|\{[^}]*\}|[\d.]+)"
)


def add_reading(made: ArgumentParser) -> None:
    """The options of ``mfvae.load``."""
    add = made.add_argument
    add("file", type=Path, metavar="FILE", help="npy, npz, csv, tsv, parquet, mat, h5, nwb, fasta")
    add("--key", help="which array of a file with several")
    add("--axes", help="what the axes are, in their order: 'groups rows sites', 'trials bins neurons' …")
    add(
        "--format",
        help="npy, npz, csv, parquet, mat, hdf5, nwb or fasta, where the suffix does not say it",
    )
    add("--groups", help="column or array that says which rows belong together, or rows in a group")
    add("--split", help="column or array that says train, valid or test")
    add("--bin", help="width of a time bin with its unit, of spike times: 20ms or 0.02s")
    add(
        "--site",
        help="spin, gaussian, director, count, potts or vector; potts21 and vector3 say how many states "
        "or components (default: potts for FASTA, else spin)",
    )
    add(
        "--values",
        nargs="+",
        metavar="VALUE",
        help="the value of −1 and that of +1: no yes; or values with their numbers: yes=1 Yes=1 no=0 "
        "absent= (not observed); of states all in their order: A C G T, or ACGT",
    )
    add("--threshold", type=float, help="numbers above it are +1, all others −1")
    add("--clip", action="store_true", help="counts above 1 become 1")
    add(
        "--missing",
        nargs="+",
        metavar="VALUE",
        help="'allow' takes empty cells and NaN for not observed; other values do so, too: 7 9",
    )
    add("--columns", nargs="+", metavar="NAME", help="columns of a table that are sites")
    add(
        "--long",
        nargs="+",
        metavar="NAME",
        help="columns of a table of entries, of row, site and value; or of spikes, of unit and time",
    )


def loaded(arguments: Namespace, **changed: Any) -> Configurations:
    """Read the file that the options name."""
    from mfvae.data.loader import load

    return load(arguments.file, **{**options_of(arguments), **changed})


def options_of(arguments: Namespace) -> dict[str, Any]:
    """Options as ``mfvae.load`` takes them."""
    from mfvae.data.values import number_if_one

    groups, missing = arguments.groups, arguments.missing
    if missing is not None and missing not in (["allow"], ["refuse"]):
        missing = [number_if_one(value) for value in missing]
    return {
        "key": arguments.key,
        "axes": arguments.axes,
        "format": arguments.format,
        "groups": int(groups) if groups and groups.isdigit() else groups,
        "split": arguments.split,
        "bin_s": None if arguments.bin is None else seconds_of(arguments.bin),
        "site": site_of(arguments),
        "values": arguments.values and _values(arguments),
        "threshold": arguments.threshold,
        "clip": arguments.clip,
        "missing": missing[0] if missing in (["allow"], ["refuse"]) else missing,
        "columns": arguments.columns,
        "long": arguments.long,
    }


def site_of(arguments: Namespace) -> str:
    """The family that was typed, or the one that the file is of."""
    from mfvae.data.formats.choose import FASTA, format_of

    if arguments.site is not None:
        return str(arguments.site)
    return POTTS if (arguments.format or format_of(arguments.file)) == FASTA else SPIN


def _values(arguments: Namespace) -> list[Any] | dict[Any, Any]:
    """Values one by one, also where states were typed as one word of letters, or with their numbers."""
    from mfvae.data.values import number_if_one

    values: list[str] = arguments.values
    if site_of(arguments).startswith(POTTS):
        return [number_if_one(one) for one in (values[0] if len(values) == 1 else values)]
    pairs = [one.rpartition("=") for one in values]
    if not all(sign and number in NUMBERS for _, sign, number in pairs):
        return [number_if_one(one) for one in values]
    numbers = [number_if_one(number.replace("−", "-")) for *_, number in pairs]
    return {
        number_if_one(value): None if number == "" else number
        for (value, *_), number in zip(pairs, numbers, strict=True)
    }


def seconds_of(text: str) -> float:
    """A width such as ``20ms`` or ``0.5s`` in seconds; InputError without a unit, as 20 can be both.

    >>> seconds_of("20ms"), seconds_of("0.5 s")
    (0.02, 0.5)
    """
    found = re.fullmatch(r"\s*([\d.]+(?:e-?\d+)?)\s*(s|ms|us)?\s*", text)
    try:
        number = float(found[1]) if found else 0.0
    except ValueError:
        number = 0.0
    if not found or number <= 0:
        raise InputError("bin", text, "a width such as 20ms or 0.02s is needed")
    if found[2] is None:
        typed = text.strip()
        raise InputError("bin", text, f"a unit is needed: {typed}ms or {typed}s")
    return number * SECONDS[found[2]]


def in_options(error: Exception, arguments: Namespace) -> str:
    """The message of an error in one line, in which options are named as they are typed.

    >>> typed = Namespace(missing=None, file=Path("a.csv"))
    >>> in_options(InputError("missing", "refuse", "say missing='allow'"), typed)
    '--missing: say --missing allow'
    """
    text = " ".join(str(error).splitlines())
    if isinstance(error, InputError):
        name = OPTION_OF.get(error.field, error.field)
        allowed = " ".join(error.allowed.splitlines())
        if name == "FILE":
            text = f"{error.value}: {allowed}"
        elif name in NO_OPTIONS:
            text = f"{_typed(error.value)}: {allowed}"
        elif hasattr(arguments, name):
            given = getattr(arguments, name)
            shown = "" if given is None or isinstance(given, bool) else f" {_typed(given)}"
            text = f"{'-' if len(name) == 1 else '--'}{name}{shown}: {allowed}"
    return AS_OPTION.sub(_as_option, text)


def _typed(given: Any) -> str:
    return " ".join(map(str, given)) if isinstance(given, list) else str(given)


def _as_option(found: re.Match[str]) -> str:
    name, value = OPTION_OF.get(found[1], found[1]), found[2]
    if value == "True":
        return f"--{name}"
    if value.startswith("{"):
        pairs = re.findall(r"'([^']*)'\s*:\s*(\d)", value)
        words = [word if len(pairs) == 2 else f"{word}={number}" for word, number in pairs]
        return f"--{name} {shlex.join(words)}"
    return f"--{name} {shlex.quote(value.strip(QUOTE))}"
