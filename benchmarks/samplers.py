"""Exact samplers, and a vectorised heat-bath chain as the peer that everybody would write."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.timing import Measurement, alternate, seconds
from mfvae.systems import build
from mfvae.systems.base import Parameters, System
from mfvae.systems.binary_patterns import BinaryPatternModel

POINTS: tuple[tuple[str, Parameters], ...] = (
    ("curie_weiss", {"N": 64, "beta": 1.0}),
    ("curie_weiss", {"N": 256, "beta": 1.0}),
    ("hopfield", {"N": 100, "p": 3, "beta": 1.2}),
)


def heat_bath_sweep(system: BinaryPatternModel, x: np.ndarray, rng: np.random.Generator) -> None:
    """One sweep, in place, over many independent chains x (N, C): every spin anew given all others.

    Glauber dynamics: p(x_i = +1 | rest) = 1/(1 + exp(−2η_i)), η_i = ξ_i·(βJ (M − ξ_i x_i)/N + h).
    """
    patterns = system.patterns.astype(x.dtype)
    external = (system.patterns @ system.field).astype(x.dtype)
    scale, n_patterns = system.coupling / system.n_sites, system.n_patterns
    collective = patterns.T @ x  # M, (K, C)
    threshold = 2 * rng.random(x.shape, dtype=x.dtype) - 1
    for i, row in enumerate(patterns):
        local_field = scale * (row @ collective - n_patterns * x[i]) + external[i]
        drawn = np.where(np.tanh(local_field) > threshold[i], x.dtype.type(1), x.dtype.type(-1))
        collective += np.multiply.outer(row, drawn - x[i])
        x[i] = drawn


def prepare(name: str, parameters: Parameters, seed: int) -> System:
    """The system with its exact law computed, which is what the first sample waits for."""
    system = build(name, parameters, seed)
    system.order_parameter_squared()
    return system


def measure(n_samples: int, n_chains: int, repeats: int, seed: int) -> list[Measurement]:
    """Set-up, spins per second of exact samples, and of one sweep of the chains."""
    rows = []
    for name, parameters in POINTS:
        label = f"{name} " + ", ".join(f"{key} = {value}" for key, value in parameters.items())
        set_up = tuple(seconds(partial(prepare, name, parameters, seed)) for _ in range(repeats))
        system = prepare(name, parameters, seed)
        rng = np.random.default_rng(seed)
        chains = system.sample(n_chains, rng).T.astype(np.float32, order="C")
        times = alternate(
            {
                "exact": partial(system.sample, n_samples, rng),
                "sweep": partial(heat_bath_sweep, system, chains, rng),
            },
            repeats,
        )
        exact = tuple(n_samples * system.n_sites / t for t in times["exact"])
        sweep = tuple(n_chains * system.n_sites / t for t in times["sweep"])
        rows += [
            Measurement(f"sampling: {label}, set-up", "s", set_up),
            Measurement(f"sampling: {label}, exact independent samples", "spins per s", exact),
            Measurement(f"sampling: {label}, heat-bath chains", "spins per s, one sweep", sweep),
        ]
    return rows
