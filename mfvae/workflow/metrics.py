"""Metrics: every number that a reader may quote, with what it is about in columns of its own.

A metric is about a data set, a point of its grid, perhaps a model, and is found by these, never by a
name that would have to be parsed. ``label`` spells them for people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation
from mfvae.information import Kind as KindOfInformation
from mfvae.stats import Estimate
from mfvae.workflow.files.atomic import read_json, write_json, write_provenance
from mfvae.workflow.settings.points import Value, parse
from mfvae.workflow.settings.points import spell as format_point

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["exact", "statistical", "trained"]
PREFIX = "bipartite_mi_"
SUFFIX: dict[KindOfInformation, str] = {"exact": "", "unbiased": "", "lower bound": "_lower_bound"}


SETTINGS = (
    "objective",
    "latent_dim",
    "field_rank",
    "replica",
)  # of a model, in the table of all metrics
FACTS = ("value", "stderr", "kind", "reference", "reference_source")


@dataclass(frozen=True)
class Metric:
    """One number: exact arithmetic, a Monte-Carlo estimate, or a property of a trained model."""

    dataset: str
    point: Mapping[str, Value]  # parameter → number; empty where there is no grid
    quantity: str
    value: float
    kind: Kind
    model: str | None = None
    stderr: float | None = None
    reference: float | None = None
    reference_source: str | None = None
    # of the model, or of all models that the number is about
    objective: str | None = None
    latent_dim: int | None = None
    field_rank: int | None = None
    replica: int | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.dataset, format_point(self.point), self.model)

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from all others."""
        settings = () if self.model else (self.objective, self.latent_dim, self.field_rank, self.replica)
        return self.dataset, tuple(self.point.items()), self.model, self.quantity, settings

    @property
    def label(self) -> str:
        """Such as ``hopfield N=100 beta=1.2, exact: kl``, for people."""
        about = [self.dataset, *(f"{name}={value}" for name, value in self.point.items())]
        settings = {name: getattr(self, name) for name in SETTINGS}
        named = (
            [self.model] if self.model else [f"{k} {v}" for k, v in settings.items() if v is not None]
        )
        return f"{', '.join([' '.join(about), *named])}: {self.quantity}"


@dataclass(frozen=True)
class Scope:
    """What a group of metrics is about: a data set at a point, and the model trained there (or none)."""

    dataset: str
    point: str  # "N~64/beta~1.0"; empty where there is no grid
    model: str | None = None

    def metric(self, quantity: str, value: float, kind: Kind, **more: Any) -> Metric:
        """A metric of this quantity."""
        point = parse(self.point) if self.point else {}
        return Metric(self.dataset, point, quantity, float(value), kind, self.model, **more)

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


def _entry(metric: Metric) -> dict[str, Any]:
    """A metric for JSON, without what is not known of it."""
    return {name: value for name, value in asdict(metric).items() if value is not None}


def write_metrics(path: str | Path, metrics: Iterable[Metric]) -> None:
    """Write metrics as a JSON list, their provenance beside them; NaN is refused."""
    write_json(path, [_entry(metric) for metric in metrics])
    write_provenance(path)


def read_metrics(paths: Iterable[str | Path]) -> list[Metric]:
    """All metrics of several files; raises InputError when one occurs twice."""
    metrics: list[Metric] = []
    for path in paths:
        entries = read_json(path)
        try:
            if not isinstance(entries, list):
                raise TypeError("not a list")
            metrics += [Metric(**entry) for entry in entries]
        except TypeError as error:
            raise InputError("file", str(path), f"a list of metrics is needed ({error})") from error
    check_once(metrics)
    return metrics


def check_once(metrics: Iterable[Metric]) -> None:
    """Raise InputError when two metrics are about the same."""
    seen: set[tuple[Any, ...]] = set()
    for metric in metrics:
        if metric.key in seen:
            raise InputError("metric", metric.label, "each once is allowed")
        seen.add(metric.key)


def with_settings(
    metrics: Iterable[Metric], models: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[Metric]:
    """Metrics with the ``SETTINGS`` of their models, by data set and name, where they are known."""
    found = []
    for metric in metrics:
        settings = models.get(metric.dataset, {}).get(metric.model or "", {})
        known = {name: settings[name] for name in SETTINGS if settings.get(name) is not None}
        found.append(replace(metric, **known))
    return found


def find_metric(metrics: Iterable[Metric], quantity: str) -> Metric:
    """The metric of this quantity; raises InputError unless there is exactly one."""
    found = [metric for metric in metrics if metric.quantity == quantity]
    if len(found) != 1:
        raise InputError(
            "metric", quantity, f"one metric of this quantity is needed, found {len(found)}"
        )
    return found[0]


def splits_among(metrics: Iterable[Metric], scope: Scope | None = None) -> list[BipartiteInformation]:
    """Every I(A;B) among metrics of one point; raises InputError without any (of ``scope``)."""
    found = []
    for metric in metrics:
        if metric.quantity.startswith(PREFIX) and scope in (None, metric.scope):
            split = metric.quantity.removeprefix(PREFIX)
            bound = split.endswith(SUFFIX["lower bound"])
            kind: KindOfInformation = "exact" if metric.stderr is None else "unbiased"
            value = Estimate(metric.value, metric.stderr or 0.0)
            found.append(
                BipartiteInformation(
                    split.removesuffix(SUFFIX["lower bound"]), value, "lower bound" if bound else kind
                )
            )
    if not found:
        wanted = f" of {scope.dataset} at {scope.point}" if scope else ""
        raise InputError("metrics", "no I(A;B) among them", f"one{wanted} named {PREFIX}… is needed")
    return found


def to_table(metrics: Iterable[Metric]) -> pd.DataFrame:
    """The tidy table, a row a metric: dataset, parameters of all points, model, settings, what is known.

    Parameters that a point has not, and what is not known of a metric, are empty.
    """
    import pandas as pd

    metrics = list(metrics)
    parameters = dict.fromkeys(name for metric in metrics for name in metric.point)
    if taken := parameters.keys() & {"dataset", "model", "quantity", *SETTINGS, *FACTS}:
        raise InputError("parameter", min(taken), "a name that no column of metrics has is needed")
    rows = [
        {
            "dataset": metric.dataset,
            **{name: metric.point.get(name) for name in parameters},
            "model": metric.model,
            **{name: getattr(metric, name) for name in SETTINGS},
            "quantity": metric.quantity,
            **{name: getattr(metric, name) for name in FACTS},
        }
        for metric in metrics
    ]
    return pd.DataFrame(rows)
