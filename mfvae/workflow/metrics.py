"""Metrics: every number that a reader may quote, under a stable name, beside its reference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation
from mfvae.information import Kind as KindOfInformation
from mfvae.stats import Estimate
from mfvae.workflow.files.atomic import read_json, write_json, write_provenance
from mfvae.workflow.settings.points import parse

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["exact", "statistical", "trained"]
PREFIX = "bipartite_mi_"
SUFFIX: dict[KindOfInformation, str] = {"exact": "", "unbiased": "", "lower bound": "_lower_bound"}


@dataclass(frozen=True)
class Metric:
    """One number: exact arithmetic, a Monte-Carlo estimate, or a property of a trained model."""

    name: str  # system/parameter=value/…/model/quantity
    value: float
    kind: Kind
    stderr: float | None = None
    reference: float | None = None
    reference_source: str | None = None


@dataclass(frozen=True)
class Scope:
    """What a group of metrics is about: a system at a point, and the model trained there (or none)."""

    system: str
    point: str  # "N~64/beta~1.0"
    model: str | None = None

    def name(self, quantity: str) -> str:
        """``system/N=64/beta=1.0/model/quantity``."""
        parts = [self.system, self.point.replace("~", "="), self.model, quantity]
        return "/".join(part for part in parts if part)

    def metric(self, quantity: str, value: float, kind: Kind, **more: Any) -> Metric:
        """A metric of this name."""
        return Metric(self.name(quantity), float(value), kind, **more)

    def measured(self, quantity: str, estimate: Estimate, **more: Any) -> Metric:
        """A property of a trained model, with the standard error over configurations."""
        return self.metric(quantity, estimate.value, "trained", stderr=estimate.stderr, **more)

    def numerical_error(self, quantity: str, error: float) -> list[Metric]:
        """The error, in nats, that a sum over latents states, and whether it knows one (1) or not (0).

        One that is not known is infinite, which no table of numbers holds.
        """
        known = math.isfinite(error)
        value = [self.metric(quantity, error, "trained")] if known else []
        return [*value, self.metric(f"{quantity}_known", known, "trained")]

    def information(self, found: BipartiteInformation) -> Metric:
        """I(A;B) as a metric ``bipartite_mi_SPLIT`` or ``bipartite_mi_SPLIT_lower_bound``."""
        name, value = f"{PREFIX}{found.split}{SUFFIX[found.kind]}", found.estimate
        if found.kind == "exact":
            return self.metric(name, value.value, "exact")
        return self.metric(name, value.value, "statistical", stderr=value.stderr)

    def beside_nulls(self, table: pd.DataFrame) -> list[Metric]:
        """Of trained models, one a row of quantity, value, stderr and null; NaN where there is none."""
        metrics = []
        for quantity, value, stderr, null in table[["quantity", "value", "stderr", "null"]].to_numpy():
            more: dict[str, Any] = {} if math.isnan(stderr) else {"stderr": float(stderr)}
            if not math.isnan(null):
                more |= {"reference": float(null), "reference_source": "in random order"}
            metrics.append(self.metric(quantity, value, "trained", **more))
        return metrics

    def compared(
        self, kind: Kind, measured: Mapping[str, Estimate], exact: Mapping[str, float]
    ) -> list[Metric]:
        """Measured observables, each beside its exact value at this size where that is known."""
        metrics = []
        for name, estimate in measured.items():
            more: dict[str, Any] = {"stderr": estimate.stderr}
            if name in exact:
                more |= {"reference": exact[name], "reference_source": "exact at this size"}
            metrics.append(self.metric(name, estimate.value, kind, **more))
        return metrics


def write_metrics(path: str | Path, metrics: Iterable[Metric]) -> None:
    """Write metrics as a JSON list, their provenance beside them; NaN is refused."""
    write_json(path, [asdict(metric) for metric in metrics])
    write_provenance(path)


def read_metrics(paths: Iterable[str | Path]) -> list[Metric]:
    """All metrics of several files; raises InputError when a name occurs twice."""
    metrics = []
    for path in paths:
        entries = read_json(path)
        try:
            if not isinstance(entries, list):
                raise TypeError("not a list")
            metrics += [Metric(**entry) for entry in entries]
        except TypeError as error:
            raise InputError("file", str(path), f"a list of metrics is needed ({error})") from error
    seen: set[str] = set()
    for metric in metrics:
        if metric.name in seen:
            raise InputError("metric", metric.name, "each name once is allowed")
        seen.add(metric.name)
    return metrics


def find_metric(metrics: Iterable[Metric], quantity: str) -> Metric:
    """The metric whose name ends in ``quantity``; raises InputError unless there is exactly one."""
    found = [metric for metric in metrics if metric.name.rsplit("/", 1)[-1] == quantity]
    if len(found) != 1:
        raise InputError("metric", quantity, f"one metric of this name is needed, found {len(found)}")
    return found[0]


def splits_among(metrics: Iterable[Metric], scope: Scope | None = None) -> list[BipartiteInformation]:
    """Every I(A;B) among metrics of one point; raises InputError without any (of ``scope``)."""
    found = []
    for metric in metrics:
        quantity = metric.name.rpartition("/")[2]
        if quantity.startswith(PREFIX) and (scope is None or metric.name == scope.name(quantity)):
            split = quantity.removeprefix(PREFIX)
            bound = split.endswith(SUFFIX["lower bound"])
            kind: KindOfInformation = "exact" if metric.stderr is None else "unbiased"
            value = Estimate(metric.value, metric.stderr or 0.0)
            found.append(
                BipartiteInformation(
                    split.removesuffix(SUFFIX["lower bound"]), value, "lower bound" if bound else kind
                )
            )
    if not found:
        wanted = f" of {scope.system} at {scope.point}" if scope else ""
        raise InputError("metrics", "no I(A;B) among them", f"one{wanted} named {PREFIX}… is needed")
    return found


def to_table(metrics: Iterable[Metric]) -> pd.DataFrame:
    """One row per metric: system, the point's parameters, model, quantity, value, stderr, reference."""
    rows = []
    for metric in metrics:
        system, *parts = metric.name.split("/")
        parameters = [part for part in parts if "=" in part]
        rest = [part for part in parts if "=" not in part]
        rows.append(
            {
                "system": system,
                **parse("/".join(parameters).replace("=", "~")),
                "model": rest[0] if len(rest) > 1 else None,
                "quantity": rest[-1],
                "value": metric.value,
                "stderr": metric.stderr,
                "reference": metric.reference,
            }
        )
    import pandas as pd

    return pd.DataFrame(rows)
