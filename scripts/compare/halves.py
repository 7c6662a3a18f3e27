"""Patterns decoded from halves of a recording and by other seeds: are they the same?

Every pair of models of one name is compared in canonical form, patterns matched one to one. Pairs on the
same half differ by their seed, pairs on different halves by their data and seed.
"""

from itertools import combinations
from typing import Annotated

import pandas as pd

from mfvae.compare.pattern_matching import align
from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.workflow.cli import MetricsOutput, Models, Output, System, run, together
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import whole_number_at
from mfvae.workflow.settings.replica_names import original, replica

ACROSS = {True: "seeds", False: "halves"}  # whether both were trained on the same half


def main(
    system: System,
    points: Annotated[list[str], "of each model"],
    names: Annotated[list[str], "of each model"],
    models: Models,
    table: Annotated[Output, "CSV, one row per pair of models and pattern"],
    output: MetricsOutput,
) -> None:
    decoded = [
        (point, name, generalized_hopfield(load_model(path, system, point)))
        for point, name, path in together(points=points, names=names, models=models)
    ]
    rows = []
    for (point, name, one), (where, other_name, other) in combinations(decoded, 2):
        if original(name) != original(other_name):
            continue
        found = align(one, other)
        pair = {
            "model": original(name),
            "across": ACROSS[point == where],
            "first": f"{whole_number_at(point, 'half')}/{replica(name)}",
            "second": f"{whole_number_at(where, 'half')}/{replica(other_name)}",
            "bias_difference": found.bias_error,
        }
        for k, correlation in enumerate(found.correlations):
            rows.append({**pair, "pattern": k + 1, "correlation": correlation})
    compared = pd.DataFrame(rows)
    write_csv(table, compared)

    metrics = []
    for (name, across), pairs in compared.groupby(["model", "across"], sort=False):
        scope = Scope(system, "", str(name))
        metrics += [
            scope.metric(f"pattern_{k}_correlation_across_{across}", float(values.mean()), "trained")
            for k, values in pairs.groupby("pattern")["correlation"]
        ]
        lowest = float(pairs["correlation"].min())
        same = {"reference": 1.0, "reference_source": "the same patterns"}
        metrics.append(
            scope.metric(f"pattern_correlation_across_{across}_min", lowest, "trained", **same)
        )
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
