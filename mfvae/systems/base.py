"""What every solvable system offers, so that no other code asks which system it is."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np

from mfvae.information import BipartiteInformation
from mfvae.sites.base import SiteFamily
from mfvae.stats import Estimate

Parameters = Mapping[str, int | float]
Role = Literal["size", "temperature", "inverse temperature", "field", "other"]
TEMPERATURES: tuple[Role, ...] = ("temperature", "inverse temperature")
BLOCK = 8192  # configurations handled at once, whose statistics are floats


@dataclass(frozen=True)
class Parameter:
    """One parameter of a point: how it is written, and what it does, which figures ask for."""

    symbol: str  # LaTeX, between dollars
    role: Role
    whole: bool = False  # whether it is an integer
    axis: str = ""  # what an axis along it says before the symbol; the role's own words where empty
    unit: str = ""  # of that axis


@dataclass(frozen=True)
class Transition:
    """A transition in the thermodynamic limit: at which value of which parameter."""

    parameter: str
    value: float
    label: str = "transition"


# What systems share, spelled once.
SITES = Parameter("N", "size", whole=True, axis="number of sites")
BETA = Parameter(r"\beta", "inverse temperature")


class System(ABC):
    """An equilibrium law p(x) on N sites, of which log p(x) is known exactly at finite N."""

    name: ClassVar[str]
    title: ClassVar[str]  # in print
    parameters: ClassVar[Mapping[str, Parameter]]  # of a point, in the order of its name
    observable_labels: ClassVar[Mapping[str, str]]  # what an axis says, with symbol and unit
    transitions: ClassVar[Mapping[str, Transition]] = {}  # by the name of a quantity
    site_family: ClassVar[SiteFamily]
    n_sites: int

    @classmethod
    def whole_numbers(cls) -> frozenset[str]:
        """Names of the parameters that are integers; others are real."""
        return frozenset(name for name, parameter in cls.parameters.items() if parameter.whole)

    @classmethod
    def capabilities(cls) -> frozenset[str]:
        """What can be done with the system that cannot be with all: asked for instead of its class."""
        found = {"system"}
        if issubclass(cls, MeanFieldSystem):
            found.add("mean field")
        if hasattr(cls, "order_parameter_law"):
            found.add("order parameter law")
        if any(parameter.role == "field" for parameter in cls.parameters.values()):
            found.add("field")
        return frozenset(found)

    @classmethod
    def temperature_name(cls) -> str:
        """The parameter that is the temperature or its inverse."""
        return next(name for name, known in cls.parameters.items() if known.role in TEMPERATURES)

    @classmethod
    @abstractmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        """Raise InputError, without heavy work, if these parameters cannot be sampled."""

    @classmethod
    @abstractmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        """The system at one point of the grid; quenched disorder is drawn from ``seed``."""

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent configurations, (n, N, ...)."""

    @abstractmethod
    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats, shape (B,)."""

    @abstractmethod
    def entropy(self) -> float:
        """H(x) in nats, total, relative to the measure in which the site family's A(0) is measured."""

    @property
    @abstractmethod
    def log_partition(self) -> float:
        """log Z in nats, total."""

    @abstractmethod
    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """Every observable of independent configurations, of the system's own or of a model's."""

    @abstractmethod
    def exact_observables(self) -> dict[str, float]:
        """Those of the ``observables`` that are exactly known at this size."""

    @classmethod
    def limit_observables(cls, parameters: Parameters) -> dict[str, float]:
        """Those of the ``observables`` that are known in the thermodynamic limit; size is ignored."""
        return {}

    @classmethod
    def limit_kl_per_site(cls, parameters: Parameters) -> float | None:
        """KL(p_data‖p_θ)/N in the limit, for latents that know the phase alone; None if it vanishes."""
        return None

    @abstractmethod
    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """I(A;B) for the splits that are known; one that has to be sampled takes n configurations."""


class MeanFieldSystem(System):
    """p(x) ∝ exp(βJN|m|²/2 + N h·m) with order parameters m(x) = ξᵀT(x)/N."""

    patterns: np.ndarray  # ξ, shape (N·dim, K)
    coupling: float  # βJ
    field: np.ndarray  # h, uniform field along each pattern, shape (K,)

    def order_parameters(self, x: np.ndarray) -> np.ndarray:
        """m(x) = ξᵀT(x)/N, shape (B, K)."""
        m = np.empty((len(x), self.patterns.shape[1]))
        for start in range(0, len(x), BLOCK):
            block = slice(start, start + BLOCK)
            m[block] = self.site_family.statistic(x[block]) @ self.patterns / self.n_sites
        return m

    @abstractmethod
    def fisher_matrix(self) -> np.ndarray:
        """Fisher information of (βJ, h) in one configuration, Cov(N|m|²/2, N m), (1 + K, 1 + K).

        No unbiased estimate of both from B configurations has a covariance below (B·this)⁻¹. Without a
        field the two do not mix.
        """

    def fisher_information(self) -> float:
        """That of βJ alone, Var(N|m|²/2), with h known.

        No unbiased estimate of βJ from B configurations has a standard error below 1/√(B·this).
        """
        return float(self.fisher_matrix()[0, 0])

    @abstractmethod
    def channel_rate(self) -> float:
        """I(x;φ) in nats of the exact Hubbard–Stratonovich channel φ | x ~ N(h + βJ m(x), βJ/N)."""

    def latent_entropy(self) -> float:
        """h(z|x) in nats, z ~ N(0, 1)^K in place of φ: the entropy that an exact VAE's posterior has.

        Any invertible z(φ) that turns the law of φ into the prior leaves I(x;z) = I(x;φ), and h(z) is
        that of the prior. The energy of this description, E = S + F, is h(z|x) + H(x).
        """
        return self.patterns.shape[1] / 2 * math.log(2 * math.pi * math.e) - self.channel_rate()

    @abstractmethod
    def information_growth(self) -> float:
        """Coefficient of ln N in I(x;φ) and in I(A;B) of two halves, as N → ∞ at this temperature.

        Fluctuations of φ that grow as N^−a with a < ½, against the channel's N^−½, give ½ − a for each
        direction in which they do.
        """
