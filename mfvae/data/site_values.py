"""Values of sites that are no spins: real numbers, Potts states, counts, each with what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Raw
from mfvae.data.values import (
    ALLOW,
    REFUSE,
    Found,
    Value,
    blocks,
    count_values,
    is_missing,
    number_if_one,
    shown,
)
from mfvae.errors import InputError
from mfvae.sites.checks import is_whole
from mfvae.sites.count import MAX_COUNT
from mfvae.sites.potts import MAX_STATES

POTTS, COUNT = "potts", "count"
NO_STATE, NO_COUNT = 255, -1  # what stands where nothing was observed


def real_numbers(
    raw: Raw, name: str, site: str, missing: Any
) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Real numbers in float32, NaN where nothing was observed."""
    if raw.labels is not None:
        raise InputError("site", site, f"numbers are needed, {name} has {shown(raw.labels)}")
    named = [float(one) for one in missing] if missing and not isinstance(missing, str) else []
    numbers = np.empty(raw.values.shape, dtype=np.float32)
    n_missing = 0
    for part in blocks(raw.values):
        block = raw.values[part].astype(np.float64)
        for value in named:
            block[block == value] = np.nan
        if raw.skip is not None:
            block[raw.skip[part]] = np.nan
        if np.isinf(block).any():
            raise InputError("file", name, "finite numbers are needed, it has infinite ones")
        n_missing += int(np.isnan(block).sum())
        numbers[part] = block
    _check_missing(n_missing, numbers.size, name, missing)
    record: dict[str, Any] = {"values": {"found": "numbers"}}
    if not n_missing:
        return numbers, None, record
    record["missing"] = _missing_record(n_missing, numbers.size, named)
    return numbers, ~np.isnan(numbers), record


def potts_states(
    raw: Raw, name: str, site: str, values: Any, missing: Any
) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """States 0 … q − 1, uint8, ``NO_STATE`` where nothing was observed.

    ``values`` are all values in the order of their states. Without them text is sorted, the alphabet of
    a format is taken as it is, and numbers are states as they stand. ``site`` can say q (``potts5``).
    Raises InputError for values that are no states.
    """
    found = count_values(raw.values, raw.labels, raw.skip)
    named = _named_missing(missing)
    n_missing = found.nan + sum(found.counts.get(value, 0) for value in named)
    _check_missing(n_missing, found.total, name, missing)
    states = _states(found, raw, name, site, values, named)
    coded = np.full(raw.values.shape, NO_STATE, dtype=np.uint8)
    for state, value in enumerate(states):
        if raw.labels is None:
            coded[raw.values == value] = state
        elif value in raw.labels:
            coded[raw.values == raw.labels.index(value)] = state
    if raw.skip is not None:
        coded[raw.skip] = NO_STATE
    record: dict[str, Any] = {"values": {"found": "states"}, "states": [str(one) for one in states]}
    if not n_missing:
        return coded, None, record
    record["missing"] = _missing_record(n_missing, found.total, [v for v in named if v in found.counts])
    return coded, coded != NO_STATE, record


def counts(raw: Raw, name: str, missing: Any) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Counts, int32, ``NO_COUNT`` where nothing was observed; raises InputError for other values."""
    numbers, observed, record = real_numbers(raw, name, COUNT, missing)
    fine = is_whole(numbers, MAX_COUNT)
    if observed is not None:
        fine |= ~observed
    if not fine.all():
        bad = numbers[~fine]
        allowed = (
            f"whole numbers from 0 to {MAX_COUNT} are needed, {len(bad)} of {numbers.size} values of"
        )
        raise InputError("site", COUNT, f"{allowed} {name} are none ({shown(np.unique(bad).tolist())})")
    coded = np.where(np.isnan(numbers), NO_COUNT, numbers).astype(np.int32)
    return coded, observed, record | {"values": {"found": "counts"}}


def _states(
    found: Found, raw: Raw, name: str, site: str, values: Any, missing: Sequence[Value]
) -> list[Value]:
    """All values in the order of their states."""
    if found.many:
        raise InputError("site", site, f"{name} has thousands of different values: these are no states")
    present = [value for value in found.values if value not in missing]
    number = site.removeprefix(POTTS)
    if values is not None:
        states = [number_if_one(value) for value in values]
    elif raw.alphabet is not None:
        states = [value for value in raw.alphabet if value not in missing]
    elif any(isinstance(value, str) for value in present):
        states = present
    else:
        whole = [value for value in present if isinstance(value, int) and 0 <= value < MAX_STATES]
        states = list(range(int(number) if number else max(whole, default=0) + 1))
    if len(set(states)) < len(states):
        raise InputError("values", list(values), "each value once is needed, in the order of the states")
    if others := [value for value in present if value not in states]:
        n_others = sum(found.counts[value] for value in others)
        raise InputError(
            "site",
            site,
            f"the {len(states)} states of {name} are {shown(states)}; {n_others} of {found.total} "
            f"values are others ({shown(others)}): declare all in values, name in missing what is none",
        )
    if number and len(states) != int(number):
        raise InputError("site", site, f"{name} has {len(states)} states ({shown(states)})")
    if not 2 <= len(states) <= MAX_STATES:
        raise InputError("site", site, f"from 2 to {MAX_STATES} states are possible, not {len(states)}")
    return states


def _named_missing(missing: Any) -> list[Value]:
    """Values that are named as missing."""
    if missing is None or isinstance(missing, str):
        if missing not in (None, REFUSE, ALLOW):
            raise InputError("missing", missing, f"{REFUSE!r}, {ALLOW!r} or a list of values is needed")
        return []
    return [number_if_one(value) for value in missing if not is_missing(value)]


def _check_missing(n_missing: int, total: int, name: str, missing: Any) -> None:
    """Raise InputError where values are missing that may not be, or all of them are."""
    if n_missing and missing in (None, REFUSE):
        share = f"{100 * n_missing / total:.3g} %"
        allowed = f"{n_missing} of {total} values of {name} are missing ({share})"
        raise InputError("missing", REFUSE, f"{allowed}: missing='allow' takes them for not observed")
    if n_missing == total:
        raise InputError("missing", missing, f"all values of {name} are missing")


def _missing_record(n_missing: int, total: int, values: Sequence[Value]) -> dict[str, Any]:
    return {"entries": n_missing, "share": n_missing / total, "values": list(values)}
