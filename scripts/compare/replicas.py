"""How far replicas of a model agree: their latents, raw and aligned, and what is decoded from them."""

from typing import Annotated

import torch

from mfvae.compare.invariants import agreement, invariants
from mfvae.decoding.patterns import KINDS
from mfvae.random import generator, integer_seed
from mfvae.workflow.cli import (
    MetricsOutput,
    Models,
    NTest,
    OneOf,
    Output,
    Point,
    Samples,
    Seed,
    System,
    run,
)
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.replica_names import original


def main(
    system: System,
    point: Point,
    names: Annotated[list[str], "of the replicas"],
    models: Models,
    samples: Samples,
    patterns: Annotated[str, OneOf(KINDS), "kind that is sought in the span of the fields"],
    n_test: NTest,
    seed: Seed,
    table: Annotated[Output, "CSV of what was measured"],
    output: MetricsOutput,
) -> None:
    test = read_samples(samples, system, point).split("test")
    name = f"degeneracy/{system}/{point}"
    rng = generator(seed, name)
    x = rng.permutation(test)[:n_test]
    noise = torch.Generator().manual_seed(integer_seed(seed, name))
    found = []
    for path in models:
        model = load_model(path, system, point)
        statistic = torch.from_numpy(model.family.statistic(x))
        found.append(invariants(model, statistic, patterns, rng, noise))
    agreed = agreement(found, rng)
    write_csv(table, agreed.assign(dataset=system))
    scope = Scope(system, point, original(names[0]))
    write_metrics(output, scope.beside_nulls(agreed))


if __name__ == "__main__":
    run(main)
