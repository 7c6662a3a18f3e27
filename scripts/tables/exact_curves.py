"""Observables of a solvable system against temperature: exact at each size, and in the limit.

Curves are dense in the temperature, or its inverse, between the lowest and the highest of the grid.
"""

from itertools import product
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import build, system_class
from mfvae.workflow.cli import Output, Seed, System, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.settings.points import parse_grid

POINTS = 81  # of a curve


def main(
    system: System,
    grid: Annotated[list[str], "NAME=VALUE,VALUE… of every parameter"],
    seed: Seed,
    output: Annotated[Output, "CSV"],
) -> None:
    values_of = parse_grid(grid)
    cls = system_class(system)
    if set(values_of) != set(cls.parameters):
        raise InputError("grid", grid, f"needs {', '.join(cls.parameters)}")
    temperature = cls.temperature_name()
    others = [name for name in cls.parameters if name != temperature]
    dense = np.linspace(min(values_of[temperature]), max(values_of[temperature]), POINTS)
    rows = []
    for *values, at in product(*(values_of[name] for name in others), dense.tolist()):
        chosen = {**dict(zip(others, values, strict=True)), temperature: at}
        parameters = {name: chosen[name] for name in cls.parameters}
        known = {
            "exact": build(system, parameters, seed).exact_observables(),
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
    write_csv(output, pd.DataFrame(rows).assign(dataset=system))


if __name__ == "__main__":
    run(main)
