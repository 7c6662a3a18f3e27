"""What systems have in common whose points are a size and an inverse temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from mfvae.systems.base import BETA, SITES, Parameter, Parameters
from mfvae.systems.checks import check_beta, check_even


class SizeAndBeta:
    """Parameters of a point: ``N`` (sites, even), ``beta``. It stands before a system's other bases."""

    parameters: ClassVar[Mapping[str, Parameter]] = {"N": SITES, "beta": BETA}

    def __init__(self, n_sites: int, beta: float) -> None:
        raise NotImplementedError  # of the system

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_beta(parameters["beta"])

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["N"]), float(parameters["beta"]))
