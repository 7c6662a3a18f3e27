"""What the values of a file stand for: spins here, all other sites in ``mfvae.data.site_values``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.formats.raw import Raw
from mfvae.data.site_values import COUNT, POTTS, counts, potts_states, real_numbers
from mfvae.data.values import SHOWN, Coding, Found, Value, choose_coding, count_values, shown
from mfvae.errors import InputError

SPIN = "spin"
USUAL = (((0,), (1,)), ((-1,), (1,)))  # values of −1 and of +1 that nobody has to declare


def interpret(raw: Raw, site: str, **how: Any) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Spins, or other values, in the axes of the file; what was observed; and what is said of it."""
    name = str(raw.record["source"])
    if site.startswith(POTTS):
        return potts_states(raw, name, site, how["values"], how["missing"])
    if site == COUNT:
        return counts(raw, name, how["missing"])
    if site != SPIN:
        return real_numbers(raw, name, site, how["missing"])
    found = count_values(raw.values, raw.labels, raw.skip)
    try:
        coding = choose_coding(found, name, counted="spikes" in raw.record, **how)
    except InputError as error:
        if others := _columns_of_others(raw):
            hint = f"columns of more than two values are {others}: columns names those that are sites"
            raise InputError(error.field, error.value, f"{error.allowed}; {hint}") from error
        raise
    coded, observed = coding.apply(raw.values, raw.labels, raw.skip)
    return coded, observed, _record(found, coding, how["values"], how["clip"])


def _record(found: Found, coding: Coding, values: Any, clip: bool) -> dict[str, Any]:
    """What became of the values of a file."""
    above_text = None if coding.above is None else f"above {coding.above:g}"
    record: dict[str, Any] = {
        "values": {"found": "counts", "plus": "1 or more", "minus": "0"}
        if clip
        else _values_record(found, coding.minus, coding.plus, above_text)
    }
    if values is None and (coding.minus, coding.plus) not in USUAL and not clip:
        record["values"]["guessed"] = coding.above is None
    n_missing = found.nan + sum(found.counts.get(value, 0) for value in coding.missing)
    if n_missing:
        record["missing"] = {
            "entries": n_missing,
            "share": n_missing / found.total,
            "values": [value for value in coding.missing if value in found.counts],
        }
    if clip:
        above = {
            value: n for value, n in found.counts.items() if value > 1 and value not in coding.missing
        }
        record["clipped"] = {
            "entries": sum(above.values()),
            "share": sum(above.values()) / (found.total - n_missing),
            "counts": sum((value - 1) * n for value, n in above.items()),
        }
    return record


def _columns_of_others(raw: Raw) -> str:
    """The columns of a table with more than two values, where most have two; else nothing."""
    if raw.site_names is None or raw.values.ndim != 2 or len(raw.site_names) != raw.values.shape[1]:
        return ""
    others = [
        name
        for name, column in zip(raw.site_names, raw.values.T, strict=True)
        if len(count_values(column, raw.labels, None).counts) > 2
    ]
    if not 0 < 2 * len(others) <= raw.values.shape[1]:
        return ""
    return ", ".join(others[:SHOWN]) + (", …" if len(others) > SHOWN else "")


def _values_record(
    found: Found, minus: Sequence[Value], plus: Sequence[Value], above: str | None
) -> dict[str, Any]:
    if above is not None:
        return {"found": "numbers", "plus": above, "minus": "all others"}
    return {"found": shown(found.values), "plus": shown(plus), "minus": shown(minus)}


def spikes_counted(data: Configurations, counts: np.ndarray) -> Configurations:
    """The same data, whose record says how many spikes are in spins, and how many are not."""
    ones = int(np.count_nonzero(data.array > 0))
    whole = int(counts.sum(dtype=np.int64))
    spikes = data.record["spikes"] | {"out": ones, "clipped": whole - ones}
    return replace(data, record={**data.record, "spikes": spikes})
