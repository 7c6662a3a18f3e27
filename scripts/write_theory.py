"""The generalized Hopfield model of a decoder b + ξ·φ(z), in canonical form, as tables."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.hamiltonian.tables import to_tables
from mfvae.workflow.cli import add_model_arguments, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_model_arguments(parser)
    parser.add_argument("--coupling", required=True, help="CSV: U to second order, a matrix J and h")
    parser.add_argument("--nodes", required=True, help="CSV: nodes φ of the quadrature, log weights")
    parser.add_argument("--output", required=True, help="CSV: site, bias b and patterns ξ")
    arguments = parser.parse_args()
    theory = generalized_hopfield(load_model(arguments.model, arguments.system, arguments.point))
    sites, nodes = to_tables(theory)
    write_csv(arguments.output, sites)
    write_csv(arguments.nodes, nodes)
    coupling, field = theory.quadratic_coupling()
    site = np.arange(1, theory.n_sites + 1)
    columns = {f"J_{j}": coupling[:, j - 1] for j in site}
    write_csv(arguments.coupling, pd.DataFrame({"site": site, "h": field} | columns))


run(main)
