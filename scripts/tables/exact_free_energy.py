"""Energy, entropy and free energy of the exact latent description, at every size of a grid."""

from itertools import product
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import build_mean_field, system_class
from mfvae.workflow.cli import Output, Seed, System, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.settings.points import parse_grid

POINTS = 61  # of a curve


def main(
    system: System,
    grid: Annotated[list[str], "NAME=VALUE,VALUE… of every parameter"],
    seed: Seed,
    output: Annotated[Output, "CSV"],
) -> None:
    values_of = parse_grid(grid)
    cls = system_class(system)
    if "mean field" not in cls.capabilities():
        raise InputError("system", system, "a mean-field system is needed")
    temperature = cls.temperature_name()
    if temperature not in values_of:
        raise InputError("grid", grid, f"values of {temperature} are needed")
    dense = np.linspace(min(values_of[temperature]), max(values_of[temperature]), POINTS).tolist()
    rows = []
    for values in product(*(dense if name == temperature else values_of[name] for name in values_of)):
        parameters = dict(zip(values_of, values, strict=True))
        theory = build_mean_field(system, parameters, seed)
        free_energy, entropy = theory.entropy(), theory.latent_entropy()
        known = {
            "ledger_helmholtz": free_energy,
            "posterior_energy": free_energy + entropy,
            "posterior_entropy": entropy,
        }
        rows += [{**parameters, "quantity": name, "value": value} for name, value in known.items()]
    write_csv(output, pd.DataFrame(rows).assign(dataset=system, source="exact"))


if __name__ == "__main__":
    run(main)
