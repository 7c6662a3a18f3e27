"""Heat capacity of a generalized Hopfield model against temperature, by Monte Carlo with exchanges."""

from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.errors import InputError
from mfvae.hamiltonian.monte_carlo import heat_capacity
from mfvae.hamiltonian.tables import from_tables
from mfvae.random import generator
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Point, Seed, System, run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.metrics import Scope, write_metrics

NAME = "hamiltonian"


def main(
    sites: Annotated[Path, "CSV of theory/hamiltonian.py"],
    nodes: Annotated[Path, "CSV of theory/hamiltonian.py"],
    system: System,
    point: Point,
    temperatures: Annotated[list[float], "with 1 among them"],
    chains: Annotated[int, AtLeast(2), "independent Markov chains"],
    kept: Annotated[int, AtLeast(1), "words that are kept of every chain"],
    seed: Seed,
    table: Annotated[Output, "CSV: model, temperature, value, stderr"],
    output: MetricsOutput,
) -> None:
    if 1.0 not in temperatures:
        raise InputError("temperatures", temperatures, "1 must be among them")
    model = from_tables(read_csv(sites), read_csv(nodes))
    rng = generator(seed, f"heat_capacity/{system}/{point}")
    ladder = sorted(temperatures)
    found = heat_capacity(model, ladder, rng, chains=chains, kept=kept)
    columns = {"heat_capacity": "value", "heat_capacity_stderr": "stderr"}
    curve = found.rename(columns=columns)
    curve.insert(0, "model", NAME)
    scope = Scope(system, point, NAME)
    peak = curve.iloc[int(curve["value"].argmax())]
    here = curve[curve["temperature"] == 1.0].iloc[0]
    metrics = [
        scope.metric("heat_capacity_peak_temperature", peak["temperature"], "trained"),
        scope.metric("heat_capacity_peak", peak["value"], "trained", stderr=peak["stderr"]),
        scope.metric("heat_capacity", here["value"], "trained", stderr=here["stderr"]),
        scope.metric("heat_capacity_r_hat_max", np.max(curve["r_hat"]), "trained"),
    ]
    write_csv(table, curve)
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
