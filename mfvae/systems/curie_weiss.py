"""The Curie–Weiss model: N spins, all pairs coupled equally (one scalar order parameter)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from mfvae.errors import InputError
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import BETA, SITES, Parameter, Parameters, Transition
from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.checks import check_beta, check_even

MAX_FIELD = 1000.0  # all spins are aligned to e^−2000, and exact sums still have ten digits


class CurieWeiss(BinaryPatternModel):
    """p(x) ∝ exp(βJ M²/2N + h M), M = Σ_i x_i, J = 1.

    Parameters of a point: ``N`` (sites, even), ``beta`` (inverse temperature).
    """

    name: ClassVar[str] = "curie_weiss"
    title: ClassVar[str] = "Curie–Weiss"
    parameters: ClassVar[Mapping[str, Parameter]] = {"N": SITES, "beta": BETA}
    transitions: ClassVar[Mapping[str, Transition]] = {"transition_beta": Transition("beta", 1.0)}

    def __init__(self, n_sites: int, beta: float, field: float = 0.0) -> None:
        super().__init__(np.ones((n_sites, 1)), beta, np.array([field]))

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_beta(parameters["beta"])

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["N"]), float(parameters["beta"]))


class CurieWeissField(CurieWeiss):
    """p(x) ∝ exp(βJ M²/2N + h M): Curie–Weiss in a uniform field, where no temperature is critical.

    Parameters of a point: ``N`` (sites, even), ``h`` (field in units of temperature, of either sign: βh
    of textbooks), ``beta`` (inverse temperature). For N → ∞ the magnetisation is the solution of
    m = tanh(βm + h) with the sign of h (Friedli & Velenik, Statistical Mechanics of Lattice Systems,
    section 2.3).
    """

    name: ClassVar[str] = "curie_weiss_field"
    title: ClassVar[str] = "Curie–Weiss in a field"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "N": SITES,
        "h": Parameter("h", "field", axis="field"),
        "beta": BETA,
    }
    transitions: ClassVar[Mapping[str, Transition]] = {}
    observable_labels: ClassVar[Mapping[str, str]] = {
        "mean_order_parameter": "order parameter\n$\\langle m\\rangle$",
        **CurieWeiss.observable_labels,
    }

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        super().check(parameters, seed)
        if not abs(parameters["h"]) <= MAX_FIELD:
            allowed = f"a finite number from −{MAX_FIELD:g} to {MAX_FIELD:g} is needed"
            raise InputError("h", parameters["h"], allowed)

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["N"]), float(parameters["beta"]), float(parameters["h"]))

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """⟨m⟩, whose sign is that of the field, beside ⟨|m|⟩ and ⟨m²⟩."""
        signed = estimate(self.order_parameters(x)[:, 0])
        return {"mean_order_parameter": signed} | super().observables(x)

    def exact_observables(self) -> dict[str, float]:
        signed = float(self.moment(self.collective_states[:, 0])) / self.n_sites
        return {"mean_order_parameter": signed} | super().exact_observables()
