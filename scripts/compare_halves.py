"""Patterns decoded from halves of a recording and by other seeds: are they the same?

Every pair of models of one name is compared in canonical form, patterns matched one to one. Pairs on the
same half differ by their seed, pairs on different halves by their data and seed.
"""

from argparse import ArgumentParser
from itertools import combinations

import pandas as pd

from mfvae.compare.pattern_matching import align
from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import parse
from mfvae.workflow.settings.replica_names import original, replica

ACROSS = {True: "seeds", False: "halves"}  # whether both were trained on the same half


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--points", nargs="+", required=True, help="of each model")
    parser.add_argument("--names", nargs="+", required=True, help="of each model")
    parser.add_argument("--models", nargs="+", required=True, help=".pt, their JSON records beside them")
    parser.add_argument("--table", required=True, help="CSV, one row per pair of models and pattern")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    decoded = [
        (point, name, generalized_hopfield(load_model(path, arguments.system, point)))
        for point, name, path in zip(arguments.points, arguments.names, arguments.models, strict=True)
    ]
    rows = []
    for (point, name, one), (where, other_name, other) in combinations(decoded, 2):
        if original(name) != original(other_name):
            continue
        found = align(one, other)
        pair = {
            "model": original(name),
            "across": ACROSS[point == where],
            "first": f"{parse(point)['half']}/{replica(name)}",
            "second": f"{parse(where)['half']}/{replica(other_name)}",
            "bias_difference": found.bias_error,
        }
        for k, correlation in enumerate(found.correlations):
            rows.append({**pair, "pattern": k + 1, "correlation": correlation})
    table = pd.DataFrame(rows)
    write_csv(arguments.table, table)

    metrics = []
    for (name, across), pairs in table.groupby(["model", "across"], sort=False):
        scope = Scope(arguments.system, "", str(name))
        metrics += [
            scope.metric(f"pattern_{k}_correlation_across_{across}", float(values.mean()), "trained")
            for k, values in pairs.groupby("pattern")["correlation"]
        ]
        lowest = float(pairs["correlation"].min())
        same = {"reference": 1.0, "reference_source": "the same patterns"}
        metrics.append(
            scope.metric(f"pattern_correlation_across_{across}_min", lowest, "trained", **same)
        )
    write_metrics(arguments.output, metrics)


run(main)
