"""Exact samplers against compiled Metropolis chains, at equal effective sample size."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.effective import effective_rate, keeping
from benchmarks.single_spin import metropolis_series, observables
from benchmarks.timing import Measurement, alternate, ratio, seconds
from mfvae.stats import integrated_autocorrelation_time
from mfvae.systems import build
from mfvae.systems.base import Parameters
from mfvae.systems.binary_patterns import BinaryPatternModel

VARIANTS = {"in turn": False, "at random": True}  # whether sites are chosen at random
UNSIGNED = ("energy", "abs(m_1)")


class Point(NamedTuple):
    """Where samplers are compared, and how long the chains run."""

    name: str
    parameters: Parameters
    n_sweeps: int
    signed: bool = True  # whether chains so long see the signs of the order parameters change

    @property
    def label(self) -> str:
        """The point as the table names it."""
        settings = ", ".join(f"{key} = {value}" for key, value in self.parameters.items())
        return f"sampling: {self.name} {settings}"


POINTS: tuple[Point, ...] = (
    Point("curie_weiss", {"N": 256, "beta": 1.0}, 200_000),
    Point("hopfield", {"N": 256, "p": 3, "beta": 1.0}, 200_000),
    Point("hopfield", {"N": 256, "p": 2, "beta": 1.5}, 1_000_000, signed=False),  # ordered
)
QUICK_POINTS: tuple[Point, ...] = (
    Point("curie_weiss", {"N": 64, "beta": 1.0}, 2_000),
    Point("hopfield", {"N": 64, "p": 2, "beta": 1.0}, 2_000),
    Point("hopfield", {"N": 64, "p": 2, "beta": 1.5}, 2_000, signed=False),
)


def prepare(point: Point, seed: int) -> BinaryPatternModel:
    """The system with its exact law computed, which is what the first sample waits for."""
    system = build(point.name, point.parameters, seed)
    assert isinstance(system, BinaryPatternModel)
    _ = system.collective_law
    return system


class Turn(NamedTuple):
    """One timed run of a chain: its steps, the seconds they took, and τ of every observable."""

    steps: int
    seconds: float
    memory: Mapping[str, float]

    def slowest(self, among: Collection[str]) -> str:
        """The observable with the longest τ."""
        return max(among, key=lambda name: self.memory[name])

    def rate(self, among: Collection[str]) -> float:
        """Effective samples per second, by the slowest of these observables."""
        return effective_rate(self.steps, self.memory[self.slowest(among)], self.seconds)


def chain_turns(results: Sequence[np.ndarray], times: Sequence[float]) -> list[Turn]:
    """The timed turns of a chain, from its order parameters (K, B); the first was to warm up."""
    turns = []
    for m, elapsed in zip(results[1:], times, strict=True):
        memory = {
            name: integrated_autocorrelation_time(series) for name, series in observables(m).items()
        }
        turns.append(Turn(m.shape[1], elapsed, memory))
    return turns


def compare(
    label: str, variant: str, exact: Sequence[float], turns: Sequence[Turn], signed: bool
) -> list[Measurement]:
    """τ, effective samples per second, and how many times as fast exact samples come."""
    among = tuple(turns[0].memory) if signed else UNSIGNED
    slowest = [turn.slowest(among) for turn in turns]
    tau = tuple(turn.memory[name] for turn, name in zip(turns, slowest, strict=True))
    rates = tuple(turn.rate(among) for turn in turns)
    which = ", ".join(sorted(set(slowest)))
    chain = f"{label}, Metropolis {variant}"
    return [
        Measurement(f"{chain} (slowest: {which})", "τ in sweeps", tau),
        Measurement(chain, "effective samples per s", rates),
        Measurement(f"{label}, exact", f"× Metropolis {variant}", ratio(exact, rates)),
    ]


def measure(points: Sequence[Point], n_samples: int, repeats: int, seed: int) -> list[Measurement]:
    """Set-up, independent samples per second of the samplers, and the ratios of their turns.

    Of the exact sampler whole configurations are timed; of the chains only their moves and collective
    variables, from an exact sample on, so that they need no burn-in.
    """
    rows = []
    for point in points:
        set_up = seconds(partial(prepare, point, seed))
        system, rng = prepare(point, seed), np.random.default_rng(seed)
        results: dict[str, list[np.ndarray]] = {variant: [] for variant in VARIANTS}
        contenders = {"exact": partial(system.sample, n_samples, rng)}
        for variant, at_random in VARIANTS.items():
            x = system.sample(1, rng)[0]
            chain = partial(metropolis_series, system, x, point.n_sweeps, rng, at_random)
            contenders[variant] = keeping(chain, results[variant])
        times = alternate(contenders, repeats)
        exact = tuple(n_samples / t for t in times["exact"])
        turns = {variant: chain_turns(results[variant], times[variant]) for variant in VARIANTS}
        label = point.label if point.signed else f"{point.label}, signs ignored"
        rows += [
            Measurement(f"{label}, exact, set-up", "s", (set_up,)),
            Measurement(f"{label}, exact", "samples per s", exact),
        ]
        for variant in VARIANTS:
            rows += compare(label, variant, exact, turns[variant], point.signed)
        if point.signed:  # what the signs cost
            (_, _, faster) = compare(
                f"{label}, signs ignored", "in turn", exact, turns["in turn"], signed=False
            )
            rows.append(faster)
    return rows
