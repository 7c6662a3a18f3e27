"""Selecting metrics by what they are about: for claims, published numbers and headlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from mfvae.errors import InputError
from mfvae.workflow.metrics import SETTINGS, Metric

TEXTS = ("dataset", "model", "quantity")
KEYS = (*TEXTS, *SETTINGS, "where")


@dataclass(frozen=True)
class Selection:
    """Metrics with these values; what is not named may be anything.

    ``dataset``, ``model`` and ``quantity`` may have ``*`` for any part. ``where`` gives a number, or the
    lowest and the highest, of parameters of the point: a metric whose point has no such parameter is not
    selected.
    """

    wanted: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, place: str, entry: Mapping[str, Any]) -> Selection:
        """From a mapping of ``KEYS``; raises InputError, which names the place, for anything else."""
        for key, value in entry.items():
            if key not in KEYS:
                raise InputError(f"{place}.{key}", value, f"unknown key, known are {', '.join(KEYS)}")
            if key in TEXTS and not isinstance(value, str):
                raise InputError(f"{place}.{key}", value, "text is needed")
        where = entry.get("where", {})
        if not isinstance(where, Mapping):
            raise InputError(f"{place}.where", where, "a mapping of parameters is needed")
        return cls({key: value for key, value in entry.items() if key != "where"}, where)

    def covers(self, metric: Metric) -> bool:
        """Whether a metric is among those selected."""
        for key, value in self.wanted.items():
            found = getattr(metric, key)
            if key in TEXTS:
                if found is None or not fnmatchcase(found, value):
                    return False
            elif found != value:
                return False
        for name, wanted in self.where.items():
            low, high = wanted if isinstance(wanted, list) else (wanted, wanted)
            if name not in metric.point or not low <= metric.point[name] <= high:
                return False
        return True

    def __str__(self) -> str:
        parts = {**self.wanted, **({"where": dict(self.where)} if self.where else {})}
        return ", ".join(f"{key} {value}" for key, value in parts.items())


def selected(metrics: Iterable[Metric], selections: Iterable[Selection]) -> list[Metric]:
    """Those that any of the selections covers, in the order of the metrics."""
    chosen = list(selections)
    return [metric for metric in metrics if any(one.covers(metric) for one in chosen)]
