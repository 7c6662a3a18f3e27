"""The Hopfield model: p binary patterns stored in N spins (a vector of p order parameters).

Hopfield, PNAS 79, 2554 (1982); Amit, Gutfreund & Sompolinsky, Phys. Rev. A 32, 1007 (1985).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from mfvae.errors import InputError
from mfvae.randomness import generator
from mfvae.systems.base import Parameters
from mfvae.systems.binary_patterns import (
    MAX_STATES,
    BinaryPatternModel,
    count_states,
    gauge_classes,
)
from mfvae.systems.checks import check_even, check_positive


def random_patterns(n_sites: int, n_patterns: int, seed: int) -> np.ndarray:
    """ξ ∈ {±1}^{N×p}, unbiased and independent; the same for every temperature."""
    rng = generator(seed, f"hopfield/patterns/N~{n_sites}/p~{n_patterns}")
    return rng.choice([-1.0, 1.0], size=(n_sites, n_patterns))


MAX_PATTERNS = 16  # far beyond what can be counted; keeps the check itself light


class Hopfield(BinaryPatternModel):
    """p(x) ∝ exp(βJ/2N Σ_μ M_μ²), M_μ = Σ_i ξ_i^μ x_i, J = 1.

    Parameters of a point: ``N`` (sites, even), ``p`` (patterns), ``beta`` (inverse temperature).
    """

    name: ClassVar[str] = "hopfield"
    parameter_names: ClassVar[tuple[str, ...]] = ("N", "p", "beta")
    transitions: ClassVar[Mapping[str, float]] = {"transition_beta": 1.0}

    def __init__(self, patterns: np.ndarray, beta: float) -> None:
        super().__init__(patterns, beta, np.zeros(patterns.shape[1]))

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_positive("beta", parameters["beta"])
        n_patterns = parameters["p"]
        if not n_patterns >= 1 or n_patterns % 1:
            raise InputError("p", n_patterns, "an integer ≥ 1 is needed")
        states = math.inf
        if n_patterns <= MAX_PATTERNS:
            patterns = random_patterns(int(parameters["N"]), int(n_patterns), seed)
            states = count_states(gauge_classes(patterns)[1])
        if states > MAX_STATES:
            raise InputError(
                "p",
                n_patterns,
                f"exact sampling counts {states:.1e} states at N = {parameters['N']}, allowed are "
                f"{MAX_STATES:.0e}: lower p or N (beyond, tempered block Gibbs in φ would "
                "do, which is not built in)",
            )

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        patterns = random_patterns(int(parameters["N"]), int(parameters["p"]), seed)
        return cls(patterns, float(parameters["beta"]))
