"""Attractors of a generalized Hopfield model of two patterns, and which words of a recording flow there.

At T = 0 they are minima of H that single flips reach; at T = 1 minima of the mean-field free energy. The
table is the potential N·U over the plane of both order parameters, with the latter and their words.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.hamiltonian.attractors import basins, fixed_points
from mfvae.hamiltonian.tables import from_tables
from mfvae.random import generator
from mfvae.stats import estimate_over_groups
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Point, Samples, Seed, System, run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics

NAME = "hamiltonian"
STARTS = 500  # words from which the mean-field equations are iterated
SHOWN_WORDS = 3000
GRID = 80  # points along each order parameter
MARGIN = 0.05  # of the range of words, on both sides


def main(
    sites: Annotated[Path, "CSV of theory/hamiltonian.py"],
    nodes: Annotated[Path, "CSV of theory/hamiltonian.py"],
    samples: Samples,
    system: System,
    point: Point,
    n_words: Annotated[int, AtLeast(1), "at most, of whole repeats"],
    seed: Seed,
    surface: Annotated[Output, "CSV: potential, words and attractors"],
    output: MetricsOutput,
) -> None:
    model = from_tables(read_csv(sites), read_csv(nodes))
    if model.n_patterns != 2:
        raise InputError("patterns", model.n_patterns, "two are needed for a surface")
    data = read_samples(samples, system, point, "spin")
    rng = generator(seed, f"attractors/{system}/{point}")
    repeat = data.groups
    names, sizes = np.unique(repeat, return_counts=True)
    count = min(len(names), max(2, n_words // int(sizes.max())))  # two for an error
    chosen = np.isin(repeat, rng.choice(names, count, replace=False))
    words, repeat = data.configurations[chosen], repeat[chosen]

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
    write_csv(surface, pd.concat(map(pd.DataFrame, tables), ignore_index=True)[order])
    scope = Scope(system, point, NAME)
    silent = np.flatnonzero((found.minima == -1).all(1))
    write_metrics(
        output,
        [
            scope.metric("attractors", len(found.counts), "trained"),
            scope.metric("largest_basin", shares[0].value, "trained", stderr=shares[0].stderr),
            scope.metric("basin_of_silence", sum(shares[k].value for k in silent), "trained"),
            scope.metric("mean_field_minima", int(fixed_points(model).stable.sum()), "trained"),
            scope.metric("mean_field_minima_from_words", len(share), "trained"),
            scope.metric("unconverged_starts", means.unconverged, "trained"),
        ],
    )


if __name__ == "__main__":
    run(main)
