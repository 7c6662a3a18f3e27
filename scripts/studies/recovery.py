"""Recovery of one Hopfield pattern below β = 1 from few samples: a VAE, PCA and the exact limit."""

from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.studies.pattern_recovery import READINGS, limit, measure
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Seed, run
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


def main(
    n_sites: Annotated[int, AtLeast(1), "sites of a pattern"],
    beta: Annotated[float, "inverse temperature, below 1"],
    n_samples: Annotated[list[int], AtLeast(2), "every B"],
    replicates: Annotated[int, AtLeast(1), "patterns with their samples"],
    seed: Seed,
    table: Annotated[Output, "CSV"],
    output: MetricsOutput,
) -> None:
    measured = pd.concat(
        [measure(n_sites, beta, count, replicates, seed) for count in n_samples], ignore_index=True
    )
    limits = curve(n_sites, beta, n_samples)
    write_csv(table, pd.concat([measured, limits], ignore_index=True))
    write_metrics(output, metrics_of(measured))


if __name__ == "__main__":
    run(main)
