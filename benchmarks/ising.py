"""The cluster sampler of the Ising model against single-spin Metropolis at the critical temperature."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.effective import effective_rates, keeping
from benchmarks.timing import Measurement, alternate, ratio
from mfvae.systems.ising_2d.exact import CRITICAL_TEMPERATURE
from mfvae.systems.ising_2d.sampler import equilibrated_chain, metropolis_series, wolff_series

SIDES = (16, 32, 64)
SWEEPS_AT_ONCE = 128  # a Metropolis step is L²/128 sweeps: about a sixth of τ, which grows so at T_c


def measure(sides: Sequence[int], steps: int, repeats: int, seed: int) -> list[Measurement]:
    """Effective samples per second of both chains, by the slower of energy and |M|, and their ratio."""
    rows = []
    for side in sides:
        rng = np.random.default_rng(seed)
        chain = equilibrated_chain(side, CRITICAL_TEMPERATURE, rng)
        spins, sweeps = chain.spins.copy(), max(1, side**2 // SWEEPS_AT_ONCE)
        wolff = partial(wolff_series, chain.spins, chain.temperature, chain.clusters, steps, rng)
        metropolis = partial(metropolis_series, spins, chain.temperature, sweeps, steps, rng)
        series: dict[str, list[np.ndarray]] = {"cluster": [], "Metropolis": []}
        times = alternate(
            {
                "cluster": keeping(wolff, series["cluster"]),
                "Metropolis": keeping(metropolis, series["Metropolis"]),
            },
            repeats,
        )
        rates = {name: effective_rates(series[name], times[name]) for name in series}
        label = f"Ising: L = {side}, T_c"
        rows += [
            Measurement(f"{label}, {name}", "effective samples per s", values)
            for name, values in rates.items()
        ]
        faster = ratio(rates["cluster"], rates["Metropolis"])
        rows.append(Measurement(f"{label}, cluster", "× Metropolis", faster))
    return rows
