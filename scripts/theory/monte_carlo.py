"""Words of a generalized Hopfield model by its own Monte Carlo, and whether they are of its law.

No latent variable is drawn: single spins are flipped. Exact draws, which go through the latent
variable, are what energy and number of spikes must agree with.
"""

from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.hamiltonian.monte_carlo import monte_carlo
from mfvae.hamiltonian.tables import from_tables
from mfvae.random import generator
from mfvae.stats import estimate
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Point, Seed, System, run
from mfvae.workflow.files.atomic import read_csv
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.metrics import Scope, write_metrics

NAME = "hamiltonian"  # of what the Monte Carlo draws


def main(
    sites: Annotated[Path, "CSV of theory/hamiltonian.py"],
    nodes: Annotated[Path, "CSV of theory/hamiltonian.py"],
    system: System,
    point: Point,
    chains: Annotated[int, AtLeast(2), "independent Markov chains"],
    kept: Annotated[int, AtLeast(1), "words of every chain"],
    seed: Seed,
    words: Annotated[Output, "Parquet table of words"],
    output: MetricsOutput,
) -> None:
    model = from_tables(read_csv(sites), read_csv(nodes))
    rng = generator(seed, f"words/{system}/{point}/{NAME}")
    found = monte_carlo(model, rng, chains=chains, kept=kept)[0]
    spins = found.configurations()
    exact = model.draw(len(spins), rng)
    scope = Scope(system, point, NAME)
    metrics = [
        scope.metric(f"r_hat_{name}", value, "trained", reference=1.0)
        for name, value in found.split_r_hat().items()
    ]
    pairs = {
        "energy": (found.energies, model.energy(exact)),
        "spike_count": (found.spike_counts(), (exact > 0).sum(1)),
    }
    for name, (own, drawn) in pairs.items():
        one, other = found.mean(own), estimate(drawn)
        error = float(np.hypot(one.stderr, other.stderr))
        metrics.append(
            scope.metric(
                f"{name}_minus_exact_draws",
                one.value - other.value,
                "statistical",
                stderr=error,
                reference=0.0,
                reference_source="the same law, drawn through the latent variable",
            )
        )
    metadata = SampleMetadata(system, point, "spin", model.n_sites, seed)
    chain = index_column(np.repeat(np.arange(chains), kept))
    write_samples(words, spins, {"repeat": chain}, metadata)
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
