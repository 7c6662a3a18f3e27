"""Metrics spelled in one line, for tests."""

from __future__ import annotations

from typing import Any

from mfvae.workflow.metrics import Metric
from mfvae.workflow.reproduce.expected import Expected
from mfvae.workflow.settings.points import parse


def metric_of(
    name: str, value: float, kind: Any, stderr: float | None = None, *reference: Any
) -> Metric:
    """From ``dataset/parameter=value/model/quantity``; point and model may be missing."""
    dataset, *parts = name.split("/")
    point = [part.replace("=", "~") for part in parts if "=" in part]
    *model, quantity = [part for part in parts if "=" not in part] or [dataset]
    more = dict(zip(("reference", "reference_source"), reference, strict=False))
    where = parse("/".join(point)) if point else {}
    return Metric(dataset, where, quantity, value, kind, model[0] if model else None, stderr, **more)


def expected_of(name: str, value: float, tolerance: float | None, reason: str = "a reason") -> Expected:
    """What is expected of the metric of that name."""
    return Expected(metric_of(name, value, "exact"), tolerance, reason)


def name_of(metric: Metric) -> str:
    """The inverse of ``metric_of``."""
    point = [f"{key}={value}" for key, value in metric.point.items()]
    parts = [metric.dataset, *point, metric.model, metric.quantity]
    return "/".join(part for part in parts if part)
