"""Small tables for the figures of replicas, as the pipeline would make them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mfvae.figures.studies.degeneracy import AGREEMENT, SEPARABILITY
from mfvae.figures.studies.replicas import SHOWN


def degeneracy() -> pd.DataFrame:
    rows = [
        (k, d, box, quantity, np.tanh(k / d + place), 0.01 * k)
        for k in (2, 3, 4, 5)
        for d in (2, 3, 4, 5)
        for box in ("shown", "learned")
        for place, quantity in enumerate([*AGREEMENT, *SEPARABILITY, "mean_energy"])
    ]
    return pd.DataFrame(rows, columns=["k", "d", "box", "quantity", "value", "stderr"])


def box_spectrum() -> pd.DataFrame:
    rng, tables = np.random.default_rng(1), []
    for k in (2, 3, 4, 5):
        cluster = np.arange(60) % k
        columns = {"k": k, "d": 2, "cluster": cluster, "energy": rng.standard_normal(60)}
        columns |= {name: cluster + rng.standard_normal(60) for name in ("tsne_1", "tsne_2")}
        columns |= {name: 1.4 * np.sin(rng.standard_normal(60)) for name in ("psi_1", "psi_2")}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables)


def wells() -> pd.DataFrame:
    rng, tables = np.random.default_rng(2), []
    for k in (2, 3, 4, 5):
        levels = np.where(np.arange(8) < k, 1e-3 * np.arange(8), np.arange(8))
        for d, r in ((2, 1), (2, 2), (3, 1), (3, 2)):
            columns = {"k": k, "d": d, "quantity": "energy", "replica": r, "index": range(8)}
            tables.append(pd.DataFrame(columns | {"value": levels * (1 + 0.1 * r)}))
        columns = {"k": k, "d": 2, "quantity": "state", "cluster": np.arange(60) % k}
        columns |= {name: rng.standard_normal(60) for name in ("psi_1", "psi_2", "tsne_1", "tsne_2")}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables)


def replicas() -> pd.DataFrame:
    rows = [
        (dataset, quantity, value, 0.001, 0.02)
        for dataset, coupling in (("hopfield", 1.0), ("retina", 0.99))
        for quantity, value in zip(
            [*SHOWN, "log_prob_difference"], [-0.2, 0.9, 0.95, 0.96, 0.999, coupling, 0.998, 0.999, 0.1],
            strict=True,
        )
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["dataset", "quantity", "value", "stderr", "null"])


DEGENERACY_TABLES = {make.__name__: make for make in (degeneracy, box_spectrum, wells, replicas)}
