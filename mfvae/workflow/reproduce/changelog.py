"""What changed between two sets of expected metrics, in words for whoever reviews the change."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mfvae.workflow.reproduce.against_expected import number
from mfvae.workflow.reproduce.expected import Expected


def _change(before: float | None, after: float | None) -> str:
    """Old → new, in as many digits as tell them apart."""
    if before == after:
        return _number(after)
    texts = _number(before), _number(after)
    return " → ".join(texts if texts[0] != texts[1] else (repr(before), repr(after)))


def _number(value: float | None) -> str:
    return "not judged" if value is None else number(value)


def _line(before: Expected, after: Expected) -> str:
    value = _change(before.value, after.value)
    return f"{after.label}: {value} (± {_change(before.tolerance, after.tolerance)})"


def changes(before: Iterable[Expected], after: Iterable[Expected]) -> list[str]:
    """Lines: values out of the old tolerance, the furthest first; then those gone, new and changed."""
    old, new = ({entry.key: entry for entry in entries} for entries in (before, after))
    both = [key for key in new if key in old]
    moved = {key: math.fabs(new[key].value - old[key].value) for key in both}

    def excess(key: tuple[object, ...]) -> float:
        """In tolerances; where none was allowed, any change is the furthest."""
        tolerance = old[key].tolerance
        return moved[key] / tolerance if tolerance else math.inf

    outside = [
        key for key in both if (least := old[key].tolerance) is not None and not moved[key] <= least
    ]
    lines = [
        f"out of tolerance: {_line(old[key], new[key])}"
        for key in sorted(outside, key=excess, reverse=True)
    ]
    lines += [f"gone: {one.label}: {number(one.value)}" for key, one in old.items() if key not in new]
    lines += [f"new: {one.label}: {number(one.value)}" for key, one in new.items() if key not in old]
    lines += [
        f"changed: {_line(old[key], new[key])}"
        for key in both
        if key not in outside
        and (old[key].value, old[key].tolerance, old[key].reason)
        != (new[key].value, new[key].tolerance, new[key].reason)
    ]
    return lines
