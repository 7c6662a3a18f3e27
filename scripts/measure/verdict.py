"""The verdict on a model of data whose law nobody knows, and what the model lacks.

Other laws of the same held-out rows are certificates, by their nats in every group of rows: errors are
over groups, so that means over groups lose nothing.
"""

import math
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch

from mfvae.capacity.unknown_law.examination import (
    CRITIC_NODES,
    RowSet,
    examine_unknown_law,
    too_few,
)
from mfvae.capacity.unknown_law.judgement import Answer, UnknownLawVerdict
from mfvae.capacity.unknown_law.lacks import COLUMNS, Lacks, what_is_missing
from mfvae.errors import InputError
from mfvae.latent.lattice import SobolNodes
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE
from mfvae.random import integer_seed
from mfvae.workflow.cli import (
    AtLeast,
    Model,
    Name,
    Output,
    Point,
    Samples,
    Seed,
    Stream,
    System,
    run,
    together,
)
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import Samples as SampleTable
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Metric, Scope, read_metrics, write_metrics

NUMERICAL = ("log_partition_error", "quadrature_error", "importance_sampling_error")
NOT_ASKED = "not_asked"  # of a table that says so
NUMBERS = {Answer.NOT_FAITHFUL: -1, Answer.UNDECIDED: 0, Answer.NO_DIFFERENCE: 1}
REASONS = ["model", "name", "value", "stderr", "lower", "confidence", "text"]


def rows_in(data: SampleTable, split: str) -> RowSet:
    """Spins of a split with their groups and gaps."""
    return RowSet(data.split(split), data.groups[data.in_split(split)], data.observed_in(split))


def nats_of_rows(path: Path, groups: np.ndarray) -> np.ndarray:
    """log p of rows (B,) whose groups are given: that of their group, on average."""
    table = read_csv(path, ("repeat", "nats")).set_index("repeat")["nats"]
    if set(table.index) != set(np.unique(groups).tolist()):
        raise InputError("repeats", str(path), "the held-out groups of the samples are needed")
    return -table.loc[groups].to_numpy(dtype=np.float64)


def numerical_errors(metrics: list[Metric], names: list[str]) -> dict[str, float]:
    """Errors in nats that the scores of laws state; infinite where one is not known."""
    found = dict.fromkeys(names, 0.0)
    for metric in metrics:
        if metric.model in found and metric.quantity in NUMERICAL:
            found[metric.model] = metric.value
        if metric.model in found and metric.quantity in [f"{one}_known" for one in NUMERICAL]:
            found[metric.model] = found[metric.model] if metric.value else math.inf
    return found


def metrics_of(found: UnknownLawVerdict, scope: Scope) -> list[Metric]:
    """The numbers of a verdict."""
    critics = [one for one in found.certificates if one.name.startswith("critic of")]
    others = [one for one in found.certificates if one not in critics]
    metrics = [
        scope.metric("unknown_law_verdict", NUMBERS[found.answer], "trained"),
        scope.metric("kl_lower_limit", found.missing, "trained"),
        *(scope.measured("kl_lower_bound_critic", one.estimate) for one in critics),
    ]
    if others:
        best = max(others, key=lambda one: one.lower)
        metrics.append(scope.measured("kl_lower_bound_laws", best.estimate))
    if found.information is not None:
        metrics.append(scope.measured("data_information_lower_bound", found.information.estimate))
        metrics.append(scope.metric("data_information_lower_limit", found.information.lower, "trained"))
    if found.resolution is not None:
        metrics.append(scope.metric("planted_departure_found", found.resolution, "trained"))
    if found.epsilon is not None:
        metrics.append(scope.metric("no_difference_above", found.epsilon, "trained"))
    return metrics


def reasons_of(found: UnknownLawVerdict, name: str) -> pd.DataFrame:
    """The answer, every reason in words, and every certificate in numbers."""
    texts = [found.sentence, *found.reasons]
    rows = [{"name": "answer" if not k else "reason", "text": text} for k, text in enumerate(texts)]
    rows += [
        {
            "name": one.name,
            "value": one.estimate.value,
            "stderr": one.estimate.stderr,
            "lower": one.lower,
            "confidence": one.confidence,
        }
        for one in found.certificates
    ]
    return pd.DataFrame(rows).assign(model=name).reindex(columns=REASONS)


def lacks_of(vae: VAE, rows: RowSet, others: RowSet, seed: int) -> Lacks | None:
    """What the model lacks, of rows without gaps."""
    noise = torch.Generator().manual_seed(integer_seed(seed, "capacity/missing/nodes"))
    law = SobolNodes(vae, vae.config.latent_dim, noise, CRITIC_NODES)

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        return vae.family.statistic(vae.sample(n, rng))

    def score(statistic: np.ndarray) -> np.ndarray:
        return law.log_marginal(torch.from_numpy(statistic)).numpy()

    return what_is_missing(draw, score, rows.given, others.given, others.groups, seed)


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    samples: Samples,
    laws: Annotated[list[str], "names of the model and of all others that were scored"],
    repeats: Annotated[list[Path], "CSV of held-out nats of each of them, in groups of rows"],
    metrics: Annotated[list[Path], "JSON metrics with their numerical errors"],
    n_rows: Annotated[int, AtLeast(1), "that a critic learns from, and on which it is tested"],
    output: Annotated[Output, "JSON list of metrics"],
    reasons: Annotated[Output, "CSV: the answer and its reasons, and every certificate"],
    lacking: Annotated[Output, "CSV: couplings, counts and rows that the model lacks"],
    planted: Annotated[tuple[float, ...], "nats of departures whose discovery is tried"] = (),
    stream: Stream = "",
) -> None:
    data = read_samples(samples, system, point, "spin")
    vae, scope = load_model(model, system, point), Scope(system, point, name)
    rows, others = rows_in(data, "train"), rows_in(data, "test")
    assert others.groups is not None  # those of a file have blocks, at least
    scores = {
        law: nats_of_rows(path, others.groups) for law, path in together(laws=laws, repeats=repeats)
    }
    errors = numerical_errors(read_metrics(metrics), laws)
    known = {law: math.hypot(errors[law], errors[name]) for law in laws if law != name}
    known = {law: error for law, error in known.items() if math.isfinite(error)}
    place = integer_seed(seed, f"verdict/{system}/{point}/{stream or name}")
    found = examine_unknown_law(
        vae,
        rows,
        others,
        seed=place,
        laws={law: scores[law] for law in known},
        log_prob=scores[name],
        numerical_errors=known,
        planted=planted,
        most_rows=n_rows,
    )
    print(found.summary(), flush=True)
    numbers, table = metrics_of(found, scope), pd.DataFrame([{"quantity": NOT_ASKED}])
    lacks, whole = None, data.observed is None
    if whole and vae.config.latent_dim <= MAX_LATENT_DIM and not too_few(rows, others):
        lacks = lacks_of(vae, rows.spread(n_rows), others, place)
    if lacks is not None:
        print(lacks.summary(lambda site: f"site {site + 1}"), flush=True)
        table = lacks.to_frame()
        numbers.append(scope.metric("residual_pairs_found", len(lacks.couplings.pairs), "trained"))
        numbers.append(scope.metric("least_likely_expected", lacks.unlikely.expected[0], "trained"))
    write_metrics(output, numbers)
    write_csv(reasons, reasons_of(found, name))
    write_csv(lacking, table.reindex(columns=COLUMNS))


if __name__ == "__main__":
    run(main)
