"""Two values become −1 and +1: which, how many others there are, and what was not observed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mfvae.errors import InputError

AT_ONCE = 1 << 20  # values looked at together, which keeps temporary arrays small
KNOWN_FIRST = 8  # values that are counted by comparison; more are sorted
MOST_DISTINCT = 4096  # more are no categories: only that there are more is known
SHOWN = 5  # values in a message
REFUSE, ALLOW = "refuse", "allow"

Value = Any  # a number, or the text of a label


def blocks(array: np.ndarray) -> Iterator[slice]:
    """Slices of the first axis with about ``AT_ONCE`` values each."""
    size = max(1, AT_ONCE // max(1, array[:1].size))
    for start in range(0, len(array), size):
        yield slice(start, start + size)


def number_if_one(value: Value) -> Value:
    """Text that is a number as that number; everything else as it is, without NumPy's types."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        value = value.strip()
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def is_missing(value: Value) -> bool:
    """Whether a value says that there is none: None, NaN or no text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def shown(values: Sequence[Value]) -> str:
    """The first few values, in words."""
    text = ", ".join(f"{one:g}" if isinstance(one, int | float) else repr(one) for one in values[:SHOWN])
    return text if len(values) <= SHOWN else f"{text}, …"


def spellings(values: Sequence[Value], minus: Sequence[Value] = ()) -> dict[Value, int] | None:
    """How to declare texts that are two in several spellings, such as Yes, yes and no; None for others.

    The word of ``minus`` is 0, or else the first in the alphabet.

    >>> spellings(["No", "Yes", "yes"])
    {'No': 0, 'Yes': 1, 'yes': 1}
    """
    if len(values) < 3 or not all(isinstance(value, str) for value in values):
        return None
    words = sorted({value.casefold() for value in values})
    if len(words) != 2:
        return None
    if words[1] in {str(value).casefold() for value in minus}:
        words.reverse()
    return {value: words.index(value.casefold()) for value in sorted(values)}


@dataclass
class Found:
    """Values of an array: how often each occurs, as long as they are few."""

    counts: dict[Value, int] = field(default_factory=dict)
    nan: int = 0
    total: int = 0
    many: bool = False  # more than ``MOST_DISTINCT``

    @property
    def values(self) -> list[Value]:
        """Numbers first, in order, then text."""
        return sorted(self.counts, key=lambda one: (isinstance(one, str), one))


def count_values(array: np.ndarray, labels: Sequence[Value] | None, skip: np.ndarray | None) -> Found:
    """Which values an array has, and how often.

    Parameters
    ----------
    array : ndarray
        Numbers; or places in ``labels``, −1 for missing ones.
    labels : sequence or None
        What such places stand for.
    skip : ndarray or None
        bool like ``array``, True for entries that do not count.
    """
    found = Found(total=array.size)
    counts: dict[Value, int] = {}
    # a view in the order of memory, where there is one
    flat = array.ravel(order="K") if skip is None else array
    for part in blocks(flat):
        block = flat[part] if skip is None else flat[part][~skip[part]]
        found.nan += np.size(flat[part]) - block.size
        if block.dtype.kind == "f" and (unknown := np.isnan(block)).any():
            found.nan += int(unknown.sum())
            block = block[~unknown]
        if found.many:  # what is missing counts all the same
            continue
        known = {value: int(np.count_nonzero(block == value)) for value in list(counts)[:KNOWN_FIRST]}
        if sum(known.values()) == block.size:
            for value, n in known.items():
                counts[value] += n
            continue
        for value, n in zip(*np.unique(block, return_counts=True), strict=True):
            counts[value.item()] = counts.get(value.item(), 0) + int(n)
        found.many = len(counts) > MOST_DISTINCT
    for value, n in counts.items():
        if labels is None:
            one = number_if_one(value)
        elif value < 0:
            found.nan += n
            continue
        else:
            one = labels[value]
        found.counts[one] = found.counts.get(one, 0) + n
    return found


@dataclass(frozen=True)
class Coding:
    """How values are read: those of −1, of +1 and of what is missing; or a threshold."""

    minus: tuple[Value, ...] = ()
    plus: tuple[Value, ...] = ()
    missing: tuple[Value, ...] = ()
    above: float | None = None  # numbers above it are +1, all others −1

    def apply(
        self, array: np.ndarray, labels: Sequence[Value] | None, skip: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Spins int8 like ``array``, and which were observed, None if all; missing ones are 0."""
        spins = np.empty(array.shape, dtype=np.int8)
        observed = np.ones(array.shape, dtype=bool)
        plus, missing = self._raw(self.plus, labels), self._raw(self.missing, labels)
        complete = True
        for part in blocks(array):
            block = array[part]
            up = block > self.above if self.above is not None else _among(block, plus)
            spins[part] = up
            spins[part] *= 2
            spins[part] -= 1
            unknown = np.isnan(block) if block.dtype.kind == "f" else np.zeros(block.shape, dtype=bool)
            if missing:
                unknown |= _among(block, missing)
            if labels is not None:
                unknown |= block < 0
            if skip is not None:
                unknown |= skip[part]
            if unknown.any():
                complete = False
                spins[part][unknown] = 0
                observed[part] = ~unknown
        return spins, None if complete else observed

    @staticmethod
    def _raw(values: Sequence[Value], labels: Sequence[Value] | None) -> list[Value]:
        if labels is None:
            return [value for value in values if not isinstance(value, str)]
        return [place for place, label in enumerate(labels) if label in values]


def _among(block: np.ndarray, values: Sequence[Value]) -> np.ndarray:
    """Which entries are one of a few values."""
    result = np.zeros(block.shape, dtype=bool)
    for value in values:
        result |= block == value
    return result


def declared_values(
    values: Mapping[Value, Value] | Sequence[Value],
) -> tuple[tuple[Value, ...], tuple[Value, ...], tuple[Value, ...]]:
    """What a user declares: (values of −1, of +1, of what is missing).

    A mapping gives each value its number, two of them in all and None for missing; a pair names the
    value of −1 first. Raises InputError for anything else.
    """
    allowed = "a pair (value of −1, value of +1), or a mapping such as {'yes': 1, 'no': 0}, is needed"
    if isinstance(values, str) or len(values) < 2:
        raise InputError("values", values, allowed)
    if not isinstance(values, Mapping):
        if len(values) != 2:
            raise InputError("values", list(values), allowed)
        values = {values[0]: 0, values[1]: 1}
    pairs = [(number_if_one(value), number_if_one(number)) for value, number in values.items()]
    missing = tuple(value for value, number in pairs if number is None)
    numbers = {number for _, number in pairs} - {None}
    if numbers not in ({0, 1}, {-1, 1}):
        raise InputError("values", dict(values), f"{allowed}; the numbers must be 0 and 1, or −1 and 1")
    minus = tuple(value for value, number in pairs if number in (0, -1))
    plus = tuple(value for value, number in pairs if number == 1)
    if twice := set(plus) & set(minus):
        raise InputError("values", dict(values), f"one number for each value is needed, not for {twice}")
    return minus, plus, missing


def choose_coding(
    found: Found,
    source: str,
    *,
    values: Mapping[Value, Value] | Sequence[Value] | None,
    threshold: float | None,
    clip: bool,
    missing: str | Sequence[Value] | None,
    counted: bool = False,
) -> Coding:
    """How the values that were found are read; raises InputError where that is not clear.

    Without a declaration two numbers are needed, the larger of which is +1. Text must be declared.
    Counts above 1 need ``clip`` or ``threshold``; ``counted`` says that numbers are counts, even two of
    them.
    """
    if sum(option is not None for option in (values, threshold)) + clip > 1:
        raise InputError("values", values, "only one of values, threshold and clip is possible")
    minus, plus, named = declared_values(values) if values is not None else ((), (), ())
    named = (*named, *_listed(missing))
    n_missing = found.nan + sum(found.counts.get(value, 0) for value in named)
    if n_missing and missing in (None, REFUSE) and not named:
        raise InputError(
            "missing",
            REFUSE,
            f"{n_missing} of {found.total} values of {source} are missing "
            f"({_percent(n_missing, found.total)}): missing='allow' takes them for not observed",
        )
    if found.total == n_missing:
        raise InputError("missing", missing, f"all values of {source} are missing")
    present = [value for value in found.values if value not in named]
    texts = [value for value in present if isinstance(value, str)]
    if threshold is not None:
        if texts:
            raise InputError("threshold", threshold, f"numbers are needed, found {shown(texts)}")
        return Coding(missing=named, above=float(threshold))
    if values is not None:
        others = [value for value in present if value not in (*minus, *plus)]
        if others or found.many:
            n_others = sum(found.counts[value] for value in others)
            raise InputError(
                "values",
                [*minus, *plus],
                f"{n_others} of {found.total} values of {source} are others ({shown(others)}): "
                + _how_declared([*minus, *plus, *others], "declare all", minus=minus),
            )
        return Coding(minus, plus, named)
    counts = not texts and not found.many and all(_is_count(value) for value in present)
    if clip:
        if found.many:
            raise InputError("clip", clip, f"{source} has more than {MOST_DISTINCT} different values")
        if not counts:
            wrong = texts or [value for value in present if not _is_count(value)]
            raise InputError("clip", clip, f"counts are needed, {source} has {shown(wrong)}")
        return Coding(missing=named, above=0.5)
    if len(present) > 2 or found.many or (counted and present[-1] > 1):
        if counts and 0 in present:
            above = sum(found.counts[value] for value in present if value > 1)
            raise InputError(
                "clip",
                clip,
                f"{_percent(above, found.total - n_missing)} of the values of {source} are counts above "
                f"1, up to {present[-1]}: clip=True makes them 1, a threshold cuts elsewhere",
            )
        declared = _how_declared(
            present, "declare them with values or threshold", "; or say site='gaussian'"
        )
        raise InputError(
            "values",
            present[:SHOWN] if not found.many else f"more than {MOST_DISTINCT}",
            f"{source} has {_how_many(found, present)} where two are needed: {declared}",
        )
    if texts:
        raise InputError(
            "values",
            None,
            f"{source} has {shown(present)}: declare which is +1, as values={{{present[0]!r}: 0, "
            f"{present[-1]!r}: 1}}",
        )
    if len(present) < 2:
        raise InputError("values", present, f"all values of {source} are equal: nothing can be learned")
    return Coding((present[0],), (present[1],), named)


def _how_many(found: Found, present: Sequence[Value]) -> str:
    if found.many:
        return f"more than {MOST_DISTINCT} values"
    return f"{len(present)} values ({shown(present)})"


def _how_declared(
    present: Sequence[Value], otherwise: str, more: str = "", minus: Sequence[Value] = ()
) -> str:
    """What a user can do about more than two values."""
    if spelled := spellings(present, minus):
        return f"they are two in several spellings, which values={spelled} joins (1 is +1, 0 is −1)"
    return f"{otherwise}, or name in missing what stands for nothing{more}"


def _listed(missing: str | Sequence[Value] | None) -> tuple[Value, ...]:
    """Values that are named as missing."""
    if missing is None or (isinstance(missing, str) and missing in (REFUSE, ALLOW)):
        return ()
    if isinstance(missing, str) or not isinstance(missing, Sequence):
        raise InputError("missing", missing, f"{REFUSE!r}, {ALLOW!r} or a list of values is needed")
    return tuple(number_if_one(value) for value in missing if not is_missing(value))


def _is_count(value: Value) -> bool:
    return isinstance(value, int) and value >= 0


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.3g} %"
