"""Observables of a solvable system against temperature: exact at each size, and in the limit.

The last parameter of a system is its temperature or the inverse; its curve is dense between the lowest
and the highest value of the grid.
"""

from argparse import ArgumentParser
from itertools import product

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import build, system_class
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.settings.points import parse_grid

POINTS = 81  # of a curve


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--grid", nargs="+", required=True, help="NAME=VALUE,VALUE… of every parameter")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="CSV")
    arguments = parser.parse_args()
    grid = parse_grid(arguments.grid)
    cls = system_class(arguments.system)
    if set(grid) != set(cls.parameter_names):
        raise InputError("grid", arguments.grid, f"needs {', '.join(cls.parameter_names)}")
    *others, temperature = cls.parameter_names
    dense = np.linspace(min(grid[temperature]), max(grid[temperature]), POINTS)
    rows = []
    for *values, at in product(*(grid[name] for name in others), dense.tolist()):
        parameters = {**dict(zip(others, values, strict=True)), temperature: at}
        known = {
            "exact": build(arguments.system, parameters, arguments.seed).exact_observables(),
            "limit": cls.limit_observables(parameters),
        }
        kl = cls.limit_kl_per_site(parameters)
        if kl is not None:
            known["limit"] |= {"kl_per_site": kl}
        for source, observables in known.items():
            for quantity, value in observables.items():
                rows.append({**parameters, "source": source, "quantity": quantity, "value": value})
    for quantity, value in cls.transitions.items():
        rows.append({"source": "limit", "quantity": quantity, "value": value})
    write_csv(arguments.output, pd.DataFrame(rows).assign(system=arguments.system))


run(main)
