"""A Hopfield model of Potts states: p patterns of states stored in N sites, solved by counting hits.

p(x) ∝ exp(βJN/2 Σ_μ m_μ²), m_μ = (1/N) Σ_i V_{ξ_i^μ}·V_{x_i}, V_a the corners of a regular simplex:
the associative memory of Kanter, Phys. Rev. A 37, 2739 (1988). With h_μ the number of sites in the state
that pattern μ has there, m_μ = (q h_μ/N − 1)/(q − 1). The energy depends on the hits h alone, so that
everything follows from the number of configurations at every h.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from itertools import product
from typing import ClassVar, Self

import numpy as np
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation
from mfvae.random import generator
from mfvae.sites.base import SiteFamily
from mfvae.sites.potts import Potts
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import BETA, SITES, MeanFieldSystem, Parameter, Parameters, Transition
from mfvae.systems.checks import check_beta, check_even
from mfvae.systems.curie_weiss_potts import CurieWeissPotts3

MAX_PATTERNS = 16  # far beyond what can be counted; keeps the check itself light
MAX_STATES = 70_000  # vectors of hits that are listed: their pairs, for I(A;B), take seconds
MOST_NATS = 700.0  # N log q, up to which the probability of a single configuration is no zero
PAIRS_AT_ONCE = 4_000_000  # (hits of one half, hits of the other): 32 MB
NEGLIGIBLE = 1e-18  # probability of hits that the grid over φ need not reach
SAMPLE_ENTRIES = 1 << 22  # fields held at once


def balanced_patterns(n_sites: int, n_patterns: int, n_states: int, seed: int) -> np.ndarray:
    """States ξ_i^μ, int64 (N, p), in which every combination is as frequent as every other.

    So it is in either half of the sites, each of which is in random order. Patterns are orthogonal then,
    Σ_i V_{ξ_i^μ}·V_{ξ_i^ν} = N δ_μν, and the law is the same for every seed, up to the names of states
    and the order of sites.

    Examples
    --------
    >>> states = balanced_patterns(18, 2, 3, seed=0)
    >>> (states[:, 0] == states[:, 1]).sum()  # a third of the sites
    np.int64(6)
    """
    rng = generator(seed, f"potts_hopfield/patterns/q~{n_states}/N~{n_sites}/p~{n_patterns}")
    combinations = np.array(list(product(range(n_states), repeat=n_patterns)))
    half = np.tile(combinations, (n_sites // (2 * len(combinations)), 1))
    return np.concatenate([rng.permutation(half), rng.permutation(half)])


def law_of_hits(states: np.ndarray, n_states: int) -> np.ndarray:
    """Probability of every h if all configurations are equally likely, (N + 1,) * p, for states (N, p).

    Sites are joined one after the other; each hits the patterns that have one of its states in common.

    Examples
    --------
    >>> law_of_hits(np.array([[0]]), 3).round(3).tolist()
    [0.667, 0.333]
    """
    law = np.zeros((len(states) + 1,) * states.shape[1])
    law[(0,) * states.shape[1]] = 1
    for site in states:
        joined = law * ((n_states - len(set(site.tolist()))) / n_states)
        for state in set(site.tolist()):
            hit = tuple(int(one) for one in site == state)
            to = tuple(slice(step, None) for step in hit)
            joined[to] += law[tuple(slice(None, -1 if step else None) for step in hit)] / n_states
        law = joined
    return law


class PottsHopfield(MeanFieldSystem):
    """p(x) ∝ exp(βJN/2 Σ_μ m_μ²) of p orthogonal patterns of q states, J = 1; subclasses fix q.

    Parameters of a point: ``N`` (sites, a multiple of 2q^p), ``p`` (patterns), ``beta`` (inverse
    temperature). Along one pattern the free energy is that of a Curie–Weiss–Potts model at
    βq/(q − 1) along a corner, so that retrieval sets in with a jump, at
    β_c = 2(q − 1)² ln(q − 1)/(q(q − 2)) in the limit of many sites.
    """

    n_states: ClassVar[int]
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "N": SITES,
        "p": Parameter("p", "other", whole=True, axis="number of patterns"),
        "beta": BETA,
    }
    observable_labels: ClassVar[Mapping[str, str]] = {
        "order_parameter": "order parameter\n$\\sqrt{\\langle|m|^2\\rangle}$",
        "order_parameter_squared": "order parameter\n$\\langle|m|^2\\rangle$",
        "largest_overlap": "overlap with the\nnearest pattern",
    }

    def __init__(self, n_sites: int, n_patterns: int, beta: float, seed: int) -> None:
        self.n_sites, self.n_patterns, self.beta = n_sites, n_patterns, beta
        self.coupling = beta
        self.states = balanced_patterns(n_sites, n_patterns, self.n_states, seed)
        corners = Potts(self.n_states).corners[self.states]  # (N, p, q − 1)
        self.patterns = corners.transpose(0, 2, 1).reshape(-1, n_patterns)
        self.field = np.zeros(n_patterns)

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        check_even("N", parameters["N"])
        check_beta(parameters["beta"])
        n, p, q = int(parameters["N"]), parameters["p"], cls.n_states
        if not 1 <= p <= MAX_PATTERNS or p % 1:
            raise InputError("p", p, f"an integer from 1 to {MAX_PATTERNS} is needed")
        if p * math.log(n + 1) > math.log(MAX_STATES):
            allowed = f"at most {MAX_STATES} vectors of hits (N + 1)^p are counted: lower p or N"
            raise InputError("p", p, allowed)
        if n % (2 * q ** int(p)):
            allowed = (
                f"a multiple of {2 * q ** int(p)}, so that both halves have all combinations of states"
            )
            raise InputError("N", n, allowed)
        if n * math.log(q) > MOST_NATS:
            raise InputError(
                "N", n, f"at most {MOST_NATS / math.log(q):.0f} sites of {q} states are needed"
            )

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["N"]), int(parameters["p"]), float(parameters["beta"]), seed)

    # -- exact law of the hits ----------------------------------------------------------------------
    def _counted(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """N m (S, p) of some of the sites, and the log number of their configurations there (S,)."""
        law = law_of_hits(states, self.n_states)
        hits = np.argwhere(law > 0)
        q = self.n_states
        logs = np.log(law[law > 0]) + len(states) * math.log(q)
        return (q * hits - len(states)) / (q - 1), logs

    @cached_property
    def _states(self) -> tuple[np.ndarray, np.ndarray]:
        states, log_count = self._counted(self.states)
        return states, log_count + self._log_boltzmann(states)

    def _log_boltzmann(self, states: np.ndarray) -> np.ndarray:
        return self.coupling / (2 * self.n_sites) * (states**2).sum(1)

    @property
    def collective_states(self) -> np.ndarray:
        """Every value of N m, (S, p)."""
        return self._states[0]

    @cached_property
    def collective_law(self) -> np.ndarray:
        """Exact probability of every row of ``collective_states``, (S,)."""
        return np.exp(self._states[1] - self.log_partition)

    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, Z = Σ_x exp(βJN|m|²/2)."""
        return float(logsumexp(self._states[1]))

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats, shape (B,)."""
        return self._log_boltzmann(self.order_parameters(x) * self.n_sites) - self.log_partition

    def entropy(self) -> float:
        """H(x) in nats, total."""
        energy = self.collective_law @ self._log_boltzmann(self.collective_states)
        return self.log_partition - float(energy)

    def fisher_matrix(self) -> np.ndarray:
        """Cov(N|m|²/2, N m), exact."""
        states = self.collective_states
        conjugate = np.column_stack([(states**2).sum(1) / (2 * self.n_sites), states])
        conjugate -= self.collective_law @ conjugate
        return self.collective_law * conjugate.T @ conjugate

    # -- observables --------------------------------------------------------------------------------
    def exact_observables(self) -> dict[str, float]:
        m, law = self.collective_states / self.n_sites, self.collective_law
        square = float(law @ (m**2).sum(1))
        return {
            "order_parameter": math.sqrt(square),
            "order_parameter_squared": square,
            "largest_overlap": float(law @ m.max(1)),
        }

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """|m|², its root, and the largest m_μ."""
        m = self.order_parameters(x)
        square = estimate((m**2).sum(1))
        root = math.sqrt(square.value)
        return {
            "order_parameter": Estimate(root, square.stderr / (2 * root)),
            "order_parameter_squared": square,
            "largest_overlap": estimate(m.max(1)),
        }

    # -- exact samples ------------------------------------------------------------------------------
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact configurations, uint8 (n, N).

        m from its exact law, φ | x ~ N(βJ m, βJ/N), then every site in its field Σ_μ φ_μ V_{ξ_i^μ}.
        """
        cumulative = np.cumsum(self.collective_law)
        drawn = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
        mean = self.coupling * self.collective_states[drawn] / self.n_sites
        phi = mean + np.sqrt(self.coupling / self.n_sites) * rng.standard_normal(mean.shape)
        x = np.empty((n, self.n_sites), dtype=np.uint8)
        size = max(1, SAMPLE_ENTRIES // len(self.patterns))
        for start in range(0, n, size):
            block = slice(start, start + size)
            x[block] = self.site_family.sample(phi[block] @ self.patterns.T, rng)
        return x

    # -- information --------------------------------------------------------------------------------
    def information_growth(self) -> float:
        """0: separate phases, and no soft direction at a transition of first order."""
        return 0.0

    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """Exact I(A;B) of two halves, each with every combination of states equally often."""
        return [BipartiteInformation("half", Estimate(self.half_information(), 0.0), "exact")]

    def half_information(self) -> float:
        """I(A;B) = 2 H(x_A) − H(x), as both halves have one law; p(x_A) depends on the hits in A."""
        a, log_count = self._counted(self.states[: self.n_sites // 2])
        log_b = log_count + self._log_boltzmann(a)
        log_p = np.empty(len(a))  # of one configuration of A
        scaled = self.coupling / self.n_sites * a.T
        size = max(1, PAIRS_AT_ONCE // len(a))
        for start in range(0, len(a), size):
            block = slice(start, start + size)
            log_p[block] = logsumexp(a[block] @ scaled + log_b, axis=1)
        log_p += self._log_boltzmann(a) - self.log_partition
        return float(-2 * np.exp(log_p + log_count) @ log_p - self.entropy())

    def log_hs_density(self, phi: np.ndarray) -> np.ndarray:
        """Unnormalised log ρ(φ) of the Hubbard–Stratonovich field, (G, p) → (G,).

        ρ(φ) ∝ exp(−N|φ|²/2βJ + Σ_i A(Σ_μ φ_μ V_{ξ_i^μ})).
        """
        by_site = self.patterns.reshape(self.n_sites, -1)
        rows, sizes = np.unique(by_site, axis=0, return_counts=True)
        distinct = rows.reshape(-1, self.n_patterns)  # (C·(q − 1), p)
        terms = self.site_family.log_partition(phi @ distinct.T) @ sizes
        return np.asarray(terms - self.n_sites / (2 * self.coupling) * (phi**2).sum(1))

    def channel_rate(self) -> float:
        """h(φ) − h(φ|x), by the trapezoid rule on a grid of a third of the channel's width.

        ρ is that Gaussian smeared over discrete states: the rule's error is far below rounding.
        """
        width, k = np.sqrt(self.coupling / self.n_sites), self.n_patterns
        likely = self.collective_law > NEGLIGIBLE
        means = self.coupling * self.collective_states[likely] / self.n_sites
        step = width / 3
        axis = np.arange(means.min() - 8 * width, means.max() + 8 * width, step)
        grid = np.stack(np.meshgrid(*[axis] * k, indexing="ij"), -1).reshape(-1, k)
        log_density = self.log_hs_density(grid)
        log_density -= logsumexp(log_density) + k * np.log(step)
        density = np.exp(log_density) * step**k
        return float(-(density @ log_density) - k / 2 * np.log(2 * np.pi * np.e * width**2))


class PottsHopfield3(PottsHopfield):
    """Three states: retrieval sets in at β_c = (8/3) ln 2, where the overlap jumps to ½."""

    n_states: ClassVar[int] = 3
    name: ClassVar[str] = "potts_hopfield3"
    title: ClassVar[str] = "Potts–Hopfield, 3 states"
    site_family: ClassVar[SiteFamily] = Potts(3)
    transitions: ClassVar[Mapping[str, Transition]] = {
        "transition_beta": Transition("beta", 8 / 3 * math.log(2))
    }

    @classmethod
    def limit_observables(cls, parameters: Parameters) -> dict[str, float]:
        order = CurieWeissPotts3.limit_order_parameter(1.5 * float(parameters["beta"]))
        return {
            "order_parameter": order,
            "order_parameter_squared": order**2,
            "largest_overlap": order,
        }
