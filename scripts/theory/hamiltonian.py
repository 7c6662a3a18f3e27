"""The generalized Hopfield model of a decoder b + ξ·φ(z), in canonical form, as tables."""

from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.hamiltonian.tables import to_tables
from mfvae.workflow.cli import Model, Name, Output, Point, Seed, System, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    coupling: Annotated[Output, "CSV: U to second order, a matrix J and h"],
    nodes: Annotated[Output, "CSV: nodes φ of the quadrature, log weights"],
    output: Annotated[Output, "CSV: site, bias b and patterns ξ"],
) -> None:
    theory = generalized_hopfield(load_model(model, system, point))
    sites, node_table = to_tables(theory)
    write_csv(output, sites)
    write_csv(nodes, node_table)
    second_order, field = theory.quadratic_coupling()
    site = np.arange(1, theory.n_sites + 1)
    columns = {f"J_{j}": second_order[:, j - 1] for j in site}
    write_csv(coupling, pd.DataFrame({"site": site, "h": field} | columns))


if __name__ == "__main__":
    run(main)
