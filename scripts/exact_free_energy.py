"""Energy, entropy and free energy of the exact latent description, at every size of a grid."""

from argparse import ArgumentParser
from itertools import product

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import build_mean_field, system_class
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.settings.points import parse_grid

POINTS = 61  # of a curve


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--grid", nargs="+", required=True, help="NAME=VALUE,VALUE… of every parameter")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="CSV")
    arguments = parser.parse_args()
    grid = parse_grid(arguments.grid)
    temperature = system_class(arguments.system).temperature_name()
    if temperature not in grid:
        raise InputError("grid", arguments.grid, f"values of {temperature} are needed")
    dense = np.linspace(min(grid[temperature]), max(grid[temperature]), POINTS).tolist()
    rows = []
    for values in product(*(dense if name == temperature else grid[name] for name in grid)):
        parameters = dict(zip(grid, values, strict=True))
        system = build_mean_field(arguments.system, parameters, arguments.seed)
        free_energy, entropy = system.entropy(), system.latent_entropy()
        known = {
            "ledger_helmholtz": free_energy,
            "posterior_energy": free_energy + entropy,
            "posterior_entropy": entropy,
        }
        rows += [{**parameters, "quantity": name, "value": value} for name, value in known.items()]
    write_csv(arguments.output, pd.DataFrame(rows).assign(dataset=arguments.system, source="exact"))


run(main)
