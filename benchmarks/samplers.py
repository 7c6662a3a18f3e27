"""Exact samplers against a compiled Metropolis chain, at equal effective sample size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.effective import effective_rates, keeping, slowest
from benchmarks.single_spin import metropolis_series
from benchmarks.timing import Measurement, alternate, ratio, seconds
from mfvae.systems import build
from mfvae.systems.base import Parameters
from mfvae.systems.binary_patterns import BinaryPatternModel

Point = tuple[str, Parameters]

POINTS: tuple[Point, ...] = (
    ("curie_weiss", {"N": 256, "beta": 1.0}),
    ("hopfield", {"N": 256, "p": 3, "beta": 1.0}),
    ("hopfield", {"N": 256, "p": 2, "beta": 1.5}),  # ordered: chains hardly leave a pattern
)
QUICK_POINTS: tuple[Point, ...] = (
    ("curie_weiss", {"N": 64, "beta": 1.0}),
    ("hopfield", {"N": 64, "p": 2, "beta": 1.0}),
)


def prepare(point: Point, seed: int) -> BinaryPatternModel:
    """The system with its exact law computed, which is what the first sample waits for."""
    system = build(*point, seed)
    assert isinstance(system, BinaryPatternModel)
    _ = system.collective_law
    return system


def label(point: Point) -> str:
    """The point as the table names it."""
    name, parameters = point
    return f"sampling: {name} " + ", ".join(f"{key} = {value}" for key, value in parameters.items())


def measure(
    points: Sequence[Point], n_samples: int, n_sweeps: int, repeats: int, seed: int
) -> list[Measurement]:
    """Set-up, independent samples per second of both samplers, and the ratio of their turns.

    Of the exact sampler whole configurations are timed; of the chain only its moves and collective
    variables, from an exact sample on, so that it needs no burn-in.
    """
    rows = []
    for point in points:
        set_up = seconds(partial(prepare, point, seed))
        system, rng = prepare(point, seed), np.random.default_rng(seed)
        chain, series = system.sample(1, rng)[0], []
        times = alternate(
            {
                "exact": partial(system.sample, n_samples, rng),
                "Metropolis": keeping(partial(metropolis_series, system, chain, n_sweeps, rng), series),
            },
            repeats,
        )
        exact = tuple(n_samples / t for t in times["exact"])
        metropolis = effective_rates(series, times["Metropolis"])
        name = label(point)
        rows += [
            Measurement(f"{name}, exact, set-up", "s", (set_up,)),
            Measurement(f"{name}, exact", "samples per s", exact),
            Measurement(f"{name}, Metropolis", "τ in sweeps", tuple(map(slowest, series[1:]))),
            Measurement(f"{name}, Metropolis", "effective samples per s", metropolis),
            Measurement(f"{name}, exact", "× Metropolis", ratio(exact, metropolis)),
        ]
    return rows
