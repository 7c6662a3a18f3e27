"""A generalized Hopfield model as tables, and back: what its Monte Carlo needs of a trained decoder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield


def to_tables(model: GeneralizedHopfield) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sites (site, bias, xi_1 …) and nodes (log_weight, phi_1 …): all that the model is."""
    k = range(model.n_patterns)
    sites = pd.DataFrame({"site": np.arange(1, model.n_sites + 1), "bias": model.bias})
    nodes = pd.DataFrame({"log_weight": model.log_weight})
    return (
        sites.assign(**{f"xi_{i + 1}": model.patterns[:, i] for i in k}),
        nodes.assign(**{f"phi_{i + 1}": model.nodes[:, i] for i in k}),
    )


def from_tables(sites: pd.DataFrame, nodes: pd.DataFrame) -> GeneralizedHopfield:
    """The model that ``to_tables`` wrote; raises InputError for tables that do not fit."""
    for name, table in (("bias", sites), ("log_weight", nodes)):
        if name not in table:
            raise InputError("columns", list(table), f"{name} is needed")
    patterns, phi = sites.filter(like="xi_").to_numpy(), nodes.filter(like="phi_").to_numpy()
    return GeneralizedHopfield(sites["bias"].to_numpy(), patterns, phi, nodes["log_weight"].to_numpy())
