"""Observables of a solvable system against temperature: exact at each size, and in the limit.

Curves are dense in the temperature, or its inverse, between the lowest and the highest of the grid.
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
    if set(grid) != set(cls.parameters):
        raise InputError("grid", arguments.grid, f"needs {', '.join(cls.parameters)}")
    temperature = cls.temperature_name()
    others = [name for name in cls.parameters if name != temperature]
    dense = np.linspace(min(grid[temperature]), max(grid[temperature]), POINTS)
    rows = []
    for *values, at in product(*(grid[name] for name in others), dense.tolist()):
        chosen = {**dict(zip(others, values, strict=True)), temperature: at}
        parameters = {name: chosen[name] for name in cls.parameters}
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
    for quantity, transition in cls.transitions.items():
        rows.append({"source": "limit", "quantity": quantity, "value": transition.value})
    write_csv(arguments.output, pd.DataFrame(rows).assign(dataset=arguments.system))


run(main)
