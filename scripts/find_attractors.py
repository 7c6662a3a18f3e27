"""Attractors of a generalized Hopfield model of two patterns, and which words of a recording flow there.

At T = 0 they are minima of H that single flips reach; at T = 1 minima of the mean-field free energy. The
table is the potential N·U over the plane of both order parameters, with the latter and their words.
"""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.hamiltonian.attractors import basins, fixed_points
from mfvae.hamiltonian.tables import from_tables
from mfvae.random import generator
from mfvae.stats import estimate_over_groups
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics

NAME = "hamiltonian"
STARTS = 500  # words from which the mean-field equations are iterated
SHOWN_WORDS = 3000
GRID = 80  # points along each order parameter
MARGIN = 0.05  # of the range of words, on both sides


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sites", required=True, help="CSV of write_theory.py")
    parser.add_argument("--nodes", required=True, help="CSV of write_theory.py")
    parser.add_argument("--samples", required=True, help="Parquet table of samples")
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument(
        "--n-words", type=int, action=at_least(1), required=True, help="at most, of whole repeats"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--surface", required=True, help="CSV: potential, words and attractors")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    model = from_tables(read_csv(arguments.sites), read_csv(arguments.nodes))
    if model.n_patterns != 2:
        raise InputError("patterns", model.n_patterns, "two are needed for a surface")
    samples = read_samples(arguments.samples, arguments.system, arguments.point, "spin")
    rng = generator(arguments.seed, f"attractors/{arguments.system}/{arguments.point}")
    repeat = samples.columns["repeat"]
    names, sizes = np.unique(repeat, return_counts=True)
    count = min(len(names), max(2, arguments.n_words // int(sizes.max())))  # two for an error
    chosen = np.isin(repeat, rng.choice(names, count, replace=False))
    words, repeat = samples.configurations[chosen], repeat[chosen]

    found = basins(model, words)
    shares = [
        estimate_over_groups((found.basin == k).astype(float), repeat) for k in range(len(found.counts))
    ]
    starts = words[rng.choice(len(words), min(STARTS, len(words)), replace=False)]
    means = fixed_points(model, starts=starts.astype(np.float64))
    share = means.share[means.stable]
    m, at = model.overlap(words), means.overlaps[means.stable]
    low, high = m.min(0), m.max(0)
    edge = MARGIN * (high - low)
    axes = [np.linspace(a, b, GRID) for a, b in zip(low - edge, high + edge, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    some = rng.permutation(m)[:SHOWN_WORDS]
    potential = model.n_sites * model.potential(grid)
    tables = [
        {"quantity": "potential", "m_1": grid[:, 0], "m_2": grid[:, 1], "value": potential},
        {"quantity": "word", "m_1": some[:, 0], "m_2": some[:, 1]},
        {
            "quantity": "attractor",
            "m_1": at[:, 0],
            "m_2": at[:, 1],
            "value": share,
            "stderr": np.sqrt(share * (1 - share) / len(starts)),
        },
    ]
    order = ["quantity", "m_1", "m_2", "value", "stderr"]
    write_csv(arguments.surface, pd.concat(map(pd.DataFrame, tables), ignore_index=True)[order])
    scope = Scope(arguments.system, arguments.point, NAME)
    silent = np.flatnonzero((found.minima == -1).all(1))
    write_metrics(
        arguments.output,
        [
            scope.metric("attractors", len(found.counts), "trained"),
            scope.metric("largest_basin", shares[0].value, "trained", stderr=shares[0].stderr),
            scope.metric("basin_of_silence", sum(shares[k].value for k in silent), "trained"),
            scope.metric("mean_field_minima", int(fixed_points(model).stable.sum()), "trained"),
            scope.metric("mean_field_minima_from_words", len(share), "trained"),
            scope.metric("unconverged_starts", means.unconverged, "trained"),
        ],
    )


run(main)
