"""What changed between two sets of expected metrics, in words for whoever reviews the change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mfvae.errors import InputError
from mfvae.workflow.reproduce.against_expected import number

Entries = Mapping[str, Mapping[str, Any]]  # name → value, tolerance (None: not judged), reason
KINDS: dict[str, tuple[type, ...]] = {
    "value": (int, float),
    "tolerance": (int, float, type(None)),
    "reason": (str,),
}


def check_expected(path: str, entries: Any) -> dict[str, dict[str, Any]]:
    """Expected metrics as read from ``path``; raises InputError naming the file and what lacks in it."""
    if not isinstance(entries, dict):
        raise InputError("file", path, "a mapping of names of metrics is needed")
    for name, entry in entries.items():
        for key, kinds in KINDS.items():
            if not (isinstance(entry, dict) and key in entry and isinstance(entry[key], kinds)):
                needed = "text" if key == "reason" else "a number"
                allowed = f"{name} needs value, tolerance and reason: {key}, {needed}"
                raise InputError("file", path, allowed)
    return entries


def _change(before: float | None, after: float | None) -> str:
    """Old → new, in as many digits as tell them apart."""
    if before == after:
        return _number(after)
    texts = _number(before), _number(after)
    return " → ".join(texts if texts[0] != texts[1] else (repr(before), repr(after)))


def _number(value: float | None) -> str:
    return "not judged" if value is None else number(value)


def _line(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    value, tolerance = (_change(before[key], after[key]) for key in ("value", "tolerance"))
    return f"{name}: {value} (± {tolerance})"


def changes(before: Entries, after: Entries) -> list[str]:
    """Lines: values out of the old tolerance, the furthest first; then names gone, new, and the rest."""
    both = [name for name in after if name in before]
    moved = {name: math.fabs(after[name]["value"] - before[name]["value"]) for name in both}
    judged = [name for name in both if before[name]["tolerance"] is not None]
    outside = [name for name in judged if not moved[name] <= before[name]["tolerance"]]

    def excess(name: str) -> float:
        """In tolerances; where none was allowed, any change is the furthest."""
        tolerance = before[name]["tolerance"]
        return moved[name] / tolerance if tolerance else math.inf

    lines = [
        f"out of tolerance: {_line(name, before[name], after[name])}"
        for name in sorted(outside, key=excess, reverse=True)
    ]
    lines += [
        f"gone: {name}: {number(entry['value'])}" for name, entry in before.items() if name not in after
    ]
    lines += [
        f"new: {name}: {number(entry['value'])}" for name, entry in after.items() if name not in before
    ]
    lines += [
        f"changed: {_line(name, before[name], after[name])}"
        for name in both
        if name not in outside and dict(before[name]) != dict(after[name])
    ]
    return lines
