"""The Curie–Weiss model: N spins, all pairs coupled equally (one scalar order parameter)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from mfvae.systems.base import Parameters
from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.checks import check_even, check_positive


class CurieWeiss(BinaryPatternModel):
    """p(x) ∝ exp(βJ M²/2N + h M), M = Σ_i x_i, J = 1.

    Parameters of a point: ``N`` (sites, even), ``beta`` (inverse temperature).
    """

    name: ClassVar[str] = "curie_weiss"
    parameter_names: ClassVar[tuple[str, ...]] = ("N", "beta")
    transitions: ClassVar[Mapping[str, float]] = {"transition_beta": 1.0}

    def __init__(self, n_sites: int, beta: float, field: float = 0.0) -> None:
        super().__init__(np.ones((n_sites, 1)), beta, np.array([field]))

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_positive("beta", parameters["beta"])

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["N"]), float(parameters["beta"]))
