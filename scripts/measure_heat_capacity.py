"""Heat capacity of a generalized Hopfield model against temperature, by Monte Carlo with exchanges."""

from argparse import ArgumentParser

import numpy as np

from mfvae.errors import InputError
from mfvae.hamiltonian.monte_carlo import heat_capacity
from mfvae.hamiltonian.tables import from_tables
from mfvae.random import generator
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.metrics import Scope, write_metrics

NAME = "hamiltonian"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sites", required=True, help="CSV of write_theory.py")
    parser.add_argument("--nodes", required=True, help="CSV of write_theory.py")
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument("--temperatures", type=float, nargs="+", required=True, help="with 1 among them")
    parser.add_argument(
        "--chains", type=int, action=at_least(2), required=True, help="independent Markov chains"
    )
    parser.add_argument(
        "--kept", type=int, action=at_least(1), required=True, help="words that are kept of every chain"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--table", required=True, help="CSV: model, temperature, value, stderr")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    if 1.0 not in arguments.temperatures:
        raise InputError("temperatures", arguments.temperatures, "1 must be among them")
    model = from_tables(read_csv(arguments.sites), read_csv(arguments.nodes))
    rng = generator(arguments.seed, f"heat_capacity/{arguments.system}/{arguments.point}")
    temperatures = sorted(arguments.temperatures)
    found = heat_capacity(model, temperatures, rng, chains=arguments.chains, kept=arguments.kept)
    columns = {"heat_capacity": "value", "heat_capacity_stderr": "stderr"}
    table = found.rename(columns=columns)
    table.insert(0, "model", NAME)
    scope = Scope(arguments.system, arguments.point, NAME)
    peak = table.iloc[int(table["value"].argmax())]
    here = table[table["temperature"] == 1.0].iloc[0]
    metrics = [
        scope.metric("heat_capacity_peak_temperature", peak["temperature"], "trained"),
        scope.metric("heat_capacity_peak", peak["value"], "trained", stderr=peak["stderr"]),
        scope.metric("heat_capacity", here["value"], "trained", stderr=here["stderr"]),
        scope.metric("heat_capacity_r_hat_max", np.max(table["r_hat"]), "trained"),
    ]
    write_csv(arguments.table, table)
    write_metrics(arguments.output, metrics)


run(main)
