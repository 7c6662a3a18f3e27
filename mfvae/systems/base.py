"""The protocol that every solvable system keeps, so that no other code asks which system it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

import numpy as np

from mfvae.sites import SiteFamily

Parameters = Mapping[str, int | float]


class System(Protocol):
    """An equilibrium law p(x) on N sites that is solved exactly at finite N."""

    name: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]]
    site_family: SiteFamily
    n_sites: int
    patterns: np.ndarray  # ξ, shape (N·dim, K): order_parameters(x) = ξᵀT(x)/N
    coupling: float  # βJ
    field: np.ndarray  # uniform field along each pattern, shape (K,)

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        """Raise InputError, without heavy work, if these parameters cannot be sampled exactly."""

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        """The system at one point of the grid; quenched disorder is drawn from ``seed``."""

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact configurations."""

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats, shape (B,)."""

    def entropy(self) -> float:
        """H(x) in nats, total."""

    @property
    def log_partition(self) -> float:
        """log Z in nats, total."""

    def order_parameter_squared(self) -> float:
        """Exact ⟨|m|²⟩."""

    def fisher_information(self) -> float:
        """Fisher information of βJ in one configuration, Var(N|m|²/2)."""

    def channel_rate(self) -> float:
        """I(x;φ) in nats of the exact Hubbard–Stratonovich channel."""

    def bipartite_mi(self) -> float:
        """I(A;B) in nats between the first and the second half of the sites."""

    def order_parameter_law(self) -> tuple[np.ndarray, np.ndarray]:
        """Values of the first order parameter, ascending, and their exact probabilities."""

    def order_parameters(self, x: np.ndarray) -> np.ndarray:
        """m(x), shape (B, K)."""
