"""The Hopfield model: p binary patterns stored in N spins (a vector of p order parameters).

Hopfield, PNAS 79, 2554 (1982); Amit, Gutfreund & Sompolinsky, Phys. Rev. A 32, 1007 (1985).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.systems.base import BETA, SITES, Parameter, Parameters, Transition
from mfvae.systems.binary_patterns import MAX_STATES, BinaryPatternModel, count_states, gauge_classes
from mfvae.systems.checks import check_beta, check_even


def random_patterns(n_sites: int, n_patterns: int, seed: int) -> np.ndarray:
    """ξ ∈ {±1}^{N×p}, unbiased and independent; the same for every temperature."""
    rng = generator(seed, f"hopfield/patterns/N~{n_sites}/p~{n_patterns}")
    return rng.choice([-1.0, 1.0], size=(n_sites, n_patterns))


def agreeing_sites(n_sites: int, overlap: float) -> int:
    """The number of sites at which two patterns agree whose overlap ξ_1·ξ_2/N is nearest to this one."""
    return round(n_sites * (1 + overlap) / 2)


def pattern_pair(n_sites: int, overlap: float, seed: int) -> np.ndarray:
    """Two patterns (N, 2) of this overlap, to 1/N; the same for every temperature.

    The first is unbiased and the same at every overlap; the second has it turned around at random sites,
    of which a smaller overlap only adds some.
    """
    rng = generator(seed, f"hopfield_pair/patterns/N~{n_sites}")
    first = rng.choice([-1.0, 1.0], size=n_sites)
    second = first.copy()
    second[rng.permutation(n_sites)[agreeing_sites(n_sites, overlap) :]] *= -1
    return np.stack([first, second], axis=1)


MAX_PATTERNS = 16  # far beyond what can be counted; keeps the check itself light


class Hopfield(BinaryPatternModel):
    """p(x) ∝ exp(βJ/2N Σ_μ M_μ²), M_μ = Σ_i ξ_i^μ x_i, J = 1.

    Parameters of a point: ``N`` (sites, even), ``p`` (patterns), ``beta`` (inverse temperature).
    """

    name: ClassVar[str] = "hopfield"
    title: ClassVar[str] = "Hopfield"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "N": SITES,
        "p": Parameter("p", "other", whole=True, axis="number of patterns"),
        "beta": BETA,
    }
    transitions: ClassVar[Mapping[str, Transition]] = {"transition_beta": Transition("beta", 1.0)}

    def __init__(self, patterns: np.ndarray, beta: float) -> None:
        super().__init__(patterns, beta, np.zeros(patterns.shape[1]))

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_beta(parameters["beta"])
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
                f"{MAX_STATES:.0e}: lower p or N, or draw with mfvae.systems.tempered_gibbs into a file "
                "of your own",
            )

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        patterns = random_patterns(int(parameters["N"]), int(parameters["p"]), seed)
        return cls(patterns, float(parameters["beta"]))


CRITICAL_TOLERANCE = 1e-6  # of β in six digits; the critical window N^−½ is wider at every size allowed


class HopfieldPair(BinaryPatternModel):
    """p(x) ∝ exp(βJ/2N Σ_μ M_μ²) of two patterns with a given overlap c = ξ_1·ξ_2/N, J = 1.

    Parameters of a point: ``N`` (sites, even), ``overlap`` (c, −1 to 1, rounded to what N sites allow),
    ``beta`` (inverse temperature).

    With S_± the sum of ξ_1 x over sites where the patterns agree (+) or differ (−), M_1,2 = S_+ ± S_−
    and Σ_μ M_μ² = 2(S_+² + S_−²): two independent Curie–Weiss models of N(1 ± c)/2 spins at β(1 ± c),
    where 1 ± c are the eigenvalues of the patterns' overlap matrix. Each orders at its own
    β = 1/(1 ± c), which depends on the point, so that ``transitions`` names none.
    """

    name: ClassVar[str] = "hopfield_pair"
    title: ClassVar[str] = "Hopfield, overlapping patterns"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "N": SITES,
        "overlap": Parameter(r"\xi^1\cdot\xi^2/N", "other", axis="overlap"),
        "beta": BETA,
    }

    def __init__(self, n_sites: int, overlap: float, beta: float, seed: int) -> None:
        super().__init__(pattern_pair(n_sites, overlap, seed), beta, np.zeros(2))
        self.overlap = float(overlap)

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_beta(parameters["beta"])
        n_sites, overlap = int(parameters["N"]), parameters["overlap"]
        # the second condition is for a number so close to the edge that it is rounded onto it
        if not abs(overlap) < 1 - 1 / n_sites or not 0 < agreeing_sites(n_sites, overlap) < n_sites:
            raise InputError(
                "overlap",
                overlap,
                f"a number of size below 1 − 1/N = {1 - 1 / n_sites:g} is needed, so that the patterns "
                "agree at one site and differ at another",
            )
        agreeing = agreeing_sites(n_sites, overlap)
        states = count_states(np.array([agreeing, n_sites - agreeing]))
        if states > MAX_STATES:
            raise InputError(
                "N",
                parameters["N"],
                f"exact sampling counts {states:.1e} states, allowed are {MAX_STATES:.0e}: lower N",
            )

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        n_sites, overlap = int(parameters["N"]), float(parameters["overlap"])
        return cls(n_sites, overlap, float(parameters["beta"]), seed)

    def information_growth(self) -> float:
        """¼ for each of the two independent Curie–Weiss models that is critical, β(1 ± c) = 1.

        Also beyond the first transition: the order of one leaves the other as it is.
        """
        couplings = (self.coupling * (1 + self.overlap), self.coupling * (1 - self.overlap))
        return sum(math.isclose(beta, 1, rel_tol=CRITICAL_TOLERANCE) for beta in couplings) / 4
