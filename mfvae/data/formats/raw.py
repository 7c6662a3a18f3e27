"""What every reader returns, before anything is interpreted, and what all of them ask of an array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mfvae.data.values import Value, is_missing, number_if_one
from mfvae.errors import InputError


@dataclass
class Options:
    """What a user says of a file, beside how its values are read."""

    key: str | None = None
    groups: Any = None
    split: Any = None
    columns: Sequence[str] | None = None
    long: Sequence[str] | None = None
    header: bool | None = None
    where: Mapping[str, Any] | None = None
    bin_s: float | None = None
    time_unit: str | float = "s"


@dataclass
class Raw:
    """An array as it stands in a file.

    ``values`` are numbers, or places in ``labels`` (−1 for missing ones). ``skip`` is True for entries
    that are missing otherwise, such as those that a masked array hides. ``alphabet`` are labels in the
    order in which the format knows them, whether all of them occur or not. ``axes`` are what the file
    says of them, ``assumed`` what is customary for such an array.
    """

    values: np.ndarray
    labels: list[Value] | None = None
    skip: np.ndarray | None = None
    alphabet: tuple[Value, ...] | None = None
    axes: str | None = None
    assumed: str | None = None
    site_names: tuple[str, ...] | None = None
    row_names: tuple[str, ...] | None = None  # of lines, which are sites where a table is turned
    groups: np.ndarray | None = None
    split: np.ndarray | None = None
    units: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)


def from_array(array: Any, source: str) -> Raw:
    """An array of numbers or text; raises InputError for other kinds, and for empty ones."""
    skip = None
    if isinstance(array, np.ma.MaskedArray):
        skip = np.ma.getmaskarray(array) if np.ma.is_masked(array) else None
        array = array.data
    array = np.asarray(array)
    wrong = None
    if array.dtype.names is not None:
        wrong = f"a structured array of fields {', '.join(array.dtype.names)}"
    elif array.dtype == object:
        wrong = "an array of objects"
    elif array.dtype.kind == "c":
        wrong = "complex numbers"
    elif array.dtype.kind not in "biufUS":
        wrong = f"of type {array.dtype}"
    if wrong:
        raise InputError("file", source, f"an array of numbers or text is needed, this is {wrong}")
    if not array.size:
        raise InputError(
            "file", source, f"no axis may be empty, found {' × '.join(map(str, array.shape))}"
        )
    record = {"shape_in_file": list(array.shape), "type_in_file": str(array.dtype)}
    if array.dtype == bool:
        array = array.view(np.uint8)
    if array.dtype.kind in "US":
        codes, labels = encode(array.ravel())
        return Raw(codes.reshape(array.shape), labels, skip, record=record)
    return Raw(array, None, skip, record=record)


def encode(values: np.ndarray) -> tuple[np.ndarray, list[Value]]:
    """Text and other values as places in a list of distinct ones; missing ones are −1."""
    import pandas as pd

    places, distinct = pd.factorize(values, use_na_sentinel=True)
    labels: list[Value] = []
    codes = np.empty(len(distinct) + 1, dtype=np.int32)
    codes[-1] = -1  # of what pandas calls missing
    for place, value in enumerate(map(number_if_one, distinct)):
        if is_missing(value):
            codes[place] = -1
            continue
        if value not in labels:
            labels.append(value)
        codes[place] = labels.index(value)
    return codes[places], labels


def choose_key(key: str | None, present: Iterable[str], all_names: Iterable[str], source: str) -> str:
    """The array that is meant: the named one, the only one that could be, or the only thing there is.

    ``present`` are arrays that could be meant, ``all_names`` all that can be named. Raises InputError,
    which lists them, where none is named and there are several, or where the named one is not there.
    """
    candidates, names = sorted(present), sorted(all_names)
    if key is None:
        if len(candidates or names) == 1:  # its reader says what else it is
            return (candidates or names)[0]
        listed = ", ".join(candidates or names) or "none"
        number = f"{len(candidates)} arrays" if candidates else "no array of rows × sites"
        raise InputError("key", None, f"{source} has {number}, name one of: {listed}")
    if key not in names:
        raise InputError("key", key, f"{source} has {', '.join(names) or 'no arrays'}")
    return key


def listed_values(wanted: Any) -> list[Any]:
    """The values that ``where`` names for a column: one, or several."""
    return [wanted] if isinstance(wanted, str) or np.ndim(wanted) == 0 else list(wanted)


def groups_beside(named: Any, arrays: Mapping[str, Any], field: str = "groups") -> np.ndarray | None:
    """A vector of the same file that is named for the groups or the split of rows."""
    if not isinstance(named, str):
        return None
    if named not in arrays:
        raise InputError(field, named, f"one of {', '.join(sorted(arrays))} is needed")
    return np.asarray(arrays[named]).ravel()
