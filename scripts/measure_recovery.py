"""Recovery of one Hopfield pattern below β = 1 from few samples: a VAE, PCA and the exact limit."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.studies.pattern_recovery import READINGS, limit, measure
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.metrics import Metric, Scope, write_metrics

CURVE = 200  # points of the limit's curve
MARGIN = 1.5  # by which it goes beyond the first and the last number of samples
SOURCE = "PCA as N → ∞ at this B/N (Baik, Ben Arous & Péché 2005)"
SUFFIX = {"real": "", "sign": "_sign"}


def curve(n_sites: int, beta: float, n_samples: list[int]) -> pd.DataFrame:
    """The limit as rows of method "limit"."""
    ends = np.log([min(n_samples) / MARGIN, max(n_samples) * MARGIN])
    rows = [
        {"N": n_sites, "beta": beta, "B": count, "reading": reading, "method": "limit"}
        | {"overlap_squared": limit(reading, beta, count / n_sites)}
        for reading in READINGS
        for count in np.exp(np.linspace(*ends, CURVE))
    ]
    return pd.DataFrame(rows)


def metrics_of(table: pd.DataFrame) -> list[Metric]:
    """Both methods beside the limit, and their paired difference."""
    metrics = []
    for row in table.itertuples():
        scope, suffix = (
            Scope("pattern_recovery", f"N~{row.N}/beta~{row.beta}/B~{row.B}"),
            SUFFIX[row.reading],
        )
        kind = "trained" if row.method == "vae" else "statistical"
        beside = {"stderr": row.stderr, "reference": row.limit, "reference_source": SOURCE}
        quantity = f"overlap_squared_{row.method}{suffix}"
        metrics.append(scope.metric(quantity, row.overlap_squared, kind, **beside))
        if row.method == "vae":
            quantity = f"overlap_squared_vae_minus_pca{suffix}"
            error = {"stderr": row.difference_stderr}
            metrics.append(scope.metric(quantity, row.difference, "trained", **error))
    return metrics


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "--n-sites", type=int, action=at_least(1), required=True, help="sites of a pattern"
    )
    parser.add_argument("--beta", type=float, required=True, help="inverse temperature, below 1")
    parser.add_argument(
        "--n-samples", type=int, action=at_least(2), nargs="+", required=True, help="every B"
    )
    parser.add_argument(
        "--replicates", type=int, action=at_least(1), required=True, help="patterns with their samples"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--table", required=True, help="CSV")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    n_sites, beta = arguments.n_sites, arguments.beta
    tables = [
        measure(n_sites, beta, n_samples, arguments.replicates, arguments.seed)
        for n_samples in arguments.n_samples
    ]
    table = pd.concat(tables, ignore_index=True)
    write_csv(
        arguments.table, pd.concat([table, curve(n_sites, beta, arguments.n_samples)], ignore_index=True)
    )
    write_metrics(arguments.output, metrics_of(table))


run(main)
