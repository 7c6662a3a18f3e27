"""The Curie–Weiss–Potts model: N sites of q states, all pairs coupled alike (a first-order transition).

p(x) ∝ exp(β/2N Σ_a n_a²), n_a sites in state a. Wu, Rev. Mod. Phys. 54, 235 (1982), section I.C. The
energy depends on the numbers n alone, so everything follows from multinomial coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import combinations
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation
from mfvae.sites.base import SiteFamily
from mfvae.sites.potts import Potts
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import MeanFieldSystem, Parameters, Transition
from mfvae.systems.size_and_beta import SizeAndBeta

MAX_STATES = 1_000_000  # numbers n that are listed: 50 MB
PAIRS_AT_ONCE = 4_000_000  # (n of one half, n of the other): 32 MB
NODES_AT_ONCE = 500_000  # of the grid over φ
NEGLIGIBLE = 1e-18  # probability of states that the grid over φ need not reach
SAMPLE_ENTRIES = 1 << 22  # fields held at once
STARTS = 400  # points between which a solution of the mean-field equation is sought


def compositions(total: int, parts: int) -> np.ndarray:
    """All ways to share ``total`` sites among ``parts`` states, int64 (S, parts).

    Examples
    --------
    >>> compositions(2, 2).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    bars = np.array(list(combinations(range(total + parts - 1), parts - 1)), dtype=np.int64)
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, total + parts - 1)))
    return np.diff(edges, axis=1) - 1


def log_multinomial(numbers: np.ndarray) -> np.ndarray:
    """log of how many configurations have these numbers (S, q), (S,)."""
    return gammaln(numbers.sum(1) + 1) - gammaln(numbers + 1).sum(1)


class CurieWeissPotts(SizeAndBeta, MeanFieldSystem):
    """p(x) ∝ exp(β/2N Σ_a n_a²), states counted: the law of q states, which subclasses fix.

    Parameters of a point: ``N`` (sites, even), ``beta``. In terms of the order parameter
    m = (1/N) Σ V_{x_i} in q − 1 dimensions, Σ_a n_a² = N²(1 + (q − 1)|m|²)/q, so that the coupling of
    p ∝ exp(βJN|m|²/2) is βJ = β(q − 1)/q. The transition is at β_c = 2(q − 1) ln(q − 1)/(q − 2).
    """

    n_states: ClassVar[int]
    observable_labels: ClassVar[Mapping[str, str]] = {
        "order_parameter": "order parameter\n$\\sqrt{\\langle|m|^2\\rangle}$",
        "order_parameter_squared": "order parameter\n$\\langle|m|^2\\rangle$",
        "largest_share": "share of the\nmost frequent state",
    }

    def __init__(self, n_sites: int, beta: float) -> None:
        q = self.n_states
        self.n_sites, self.beta = n_sites, beta
        self.coupling = beta * (q - 1) / q
        self.patterns = np.tile(np.eye(q - 1), (n_sites, 1))
        self.field = np.zeros(q - 1)

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        super().check(parameters, seed)
        n, q = int(parameters["N"]), cls.n_states
        states = np.exp(gammaln(n + q) - gammaln(n + 1) - gammaln(q))
        if states > MAX_STATES:
            allowed = f"at most {MAX_STATES} ways to share N sites among {q} states, not {states:.3g}"
            raise InputError("N", parameters["N"], allowed)

    # -- exact law of the numbers -------------------------------------------------------------------
    @cached_property
    def numbers(self) -> np.ndarray:
        """Every n, int64 (S, q)."""
        return compositions(self.n_sites, self.n_states)

    @cached_property
    def _log_weights(self) -> np.ndarray:
        return log_multinomial(self.numbers) + self._log_boltzmann(self.numbers)

    def _log_boltzmann(self, numbers: np.ndarray) -> np.ndarray:
        return self.beta / (2 * self.n_sites) * (numbers.astype(np.float64) ** 2).sum(1)

    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, Z = Σ_x exp(β/2N Σ_a n_a²)."""
        return float(logsumexp(self._log_weights))

    @cached_property
    def numbers_law(self) -> np.ndarray:
        """Exact probability of every row of ``numbers``, (S,)."""
        return np.exp(self._log_weights - self.log_partition)

    def _moment(self, values: np.ndarray) -> float:
        return float(self.numbers_law @ values)

    def _squares(self, numbers: np.ndarray) -> np.ndarray:
        """|m|² of numbers (S, q), (S,)."""
        q = self.n_states
        return (q * ((numbers / self.n_sites) ** 2).sum(1) - 1) / (q - 1)

    def _numbers_of(self, x: np.ndarray) -> np.ndarray:
        self.site_family.check(x)
        return np.stack([(x == state).sum(1) for state in range(self.n_states)], 1)

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats, shape (B,)."""
        return self._log_boltzmann(self._numbers_of(x)) - self.log_partition

    def entropy(self) -> float:
        """H(x) in nats, total."""
        return self.log_partition - self._moment(self._log_boltzmann(self.numbers))

    def fisher_matrix(self) -> np.ndarray:
        """Diagonal, as no direction of the simplex is preferred: ⟨m_k m_l⟩ = δ_kl ⟨|m|²⟩/(q − 1)."""
        square = self._squares(self.numbers)
        second, fourth = self._moment(square), self._moment(square**2)
        k = self.n_states - 1
        of_field = self.n_sites**2 * second / k
        return np.diag([(self.n_sites / 2) ** 2 * (fourth - second**2), *[of_field] * k])

    # -- observables --------------------------------------------------------------------------------
    def exact_observables(self) -> dict[str, float]:
        square = self._moment(self._squares(self.numbers))
        return {
            "order_parameter": float(np.sqrt(square)),
            "order_parameter_squared": square,
            "largest_share": self._moment(self.numbers.max(1) / self.n_sites),
        }

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """|m|², its root, and the share of the most frequent state."""
        numbers = self._numbers_of(x)
        square = estimate(self._squares(numbers))
        root = float(np.sqrt(square.value))
        return {
            "order_parameter": Estimate(root, square.stderr / (2 * root)),
            "order_parameter_squared": square,
            "largest_share": estimate(numbers.max(1) / self.n_sites),
        }

    @classmethod
    def transition_beta(cls) -> float:
        """β_c = 2(q − 1) ln(q − 1)/(q − 2)."""
        q = cls.n_states
        return float(2 * (q - 1) * np.log(q - 1) / (q - 2))

    @classmethod
    def limit_order_parameter(cls, beta: float) -> float:
        """|m| for N → ∞: from β_c on the largest m = (e^{βm} − 1)/(e^{βm} + q − 1), else 0."""
        if beta < cls.transition_beta():
            return 0.0

        def excess(m: float) -> float:
            return float(-np.expm1(-beta * m) / (1 + (cls.n_states - 1) * np.exp(-beta * m)) - m)

        grid = np.linspace(1, 0, STARTS)
        above = next(k for k, m in enumerate(grid) if excess(m) > 0)
        return float(brentq(excess, grid[above], grid[above - 1], xtol=1e-14))

    @classmethod
    def limit_observables(cls, parameters: Parameters) -> dict[str, float]:
        order = cls.limit_order_parameter(float(parameters["beta"]))
        return {
            "order_parameter": order,
            "order_parameter_squared": order**2,
            "largest_share": (1 + (cls.n_states - 1) * order) / cls.n_states,
        }

    # -- exact samples ------------------------------------------------------------------------------
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact configurations, uint8 (n, N).

        The numbers from their exact law, φ | x ~ N(βJ m, βJ/N), then every site in the field φ.
        """
        cumulative = np.cumsum(self.numbers_law)
        drawn = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
        family = Potts(self.n_states)
        m = self.numbers[drawn] @ family.corners / self.n_sites
        phi = self.coupling * m + np.sqrt(self.coupling / self.n_sites) * rng.standard_normal(m.shape)
        x = np.empty((n, self.n_sites), dtype=np.uint8)
        size = max(1, SAMPLE_ENTRIES // self.n_sites)
        for start in range(0, n, size):
            block = slice(start, start + size)
            x[block] = family.sample(np.tile(phi[block], (1, self.n_sites)), rng)
        return x

    # -- information --------------------------------------------------------------------------------
    def information_growth(self) -> float:
        """0: q equal phases, and no soft direction at a transition of first order."""
        return 0.0

    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """Exact I(A;B) of two halves; all halves are alike."""
        return [BipartiteInformation("half", Estimate(self.half_information(), 0.0), "exact")]

    def half_information(self) -> float:
        """I(A;B) = 2 H(x_A) − H(x), p(x_A) being a function of the numbers in A.

        Numbers that differ in their order alone are looked at once.
        """
        half = self.n_sites // 2
        b = compositions(half, self.n_states)
        log_b = log_multinomial(b) + self._log_boltzmann(b)
        a = b[(np.diff(b, axis=1) <= 0).all(1)]
        orders = gammaln(self.n_states + 1) - sum(
            gammaln((a == a[:, [state]]).sum(1) + 1) / (a == a[:, [state]]).sum(1)
            for state in range(self.n_states)
        )
        log_p = np.empty(len(a))  # of one configuration of A
        scaled = self.beta / self.n_sites * b.T.astype(np.float64)
        size = max(1, PAIRS_AT_ONCE // len(b))
        for start in range(0, len(a), size):
            block = slice(start, start + size)
            log_p[block] = logsumexp(a[block] @ scaled + log_b, axis=1)
        log_p += self._log_boltzmann(a) - self.log_partition
        probability = np.exp(log_p + log_multinomial(a) + orders)
        return float(-2 * probability @ log_p - self.entropy())

    def log_hs_density(self, phi: np.ndarray) -> np.ndarray:
        """Unnormalised log ρ(φ) of the Hubbard–Stratonovich field, (G, q − 1) → (G,).

        ρ(φ) ∝ exp(−N|φ|²/2βJ + N A(φ)).
        """
        partition = self.site_family.log_partition(phi)[:, 0]
        return self.n_sites * (partition - (phi**2).sum(1) / (2 * self.coupling))

    def channel_rate(self) -> float:
        """h(φ) − h(φ|x), by the trapezoid rule on a grid of a third of the channel's width.

        ρ is that Gaussian smeared over discrete states: the rule's error is far below rounding.
        """
        width = np.sqrt(self.coupling / self.n_sites)
        k = self.n_states - 1
        corners = Potts(self.n_states).corners
        means = self.coupling * self.numbers[self.numbers_law > NEGLIGIBLE] @ corners / self.n_sites
        step = width / 3
        axes = [np.arange(m.min() - 8 * width, m.max() + 8 * width, step) for m in means.T]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, k)
        starts = range(0, len(grid), NODES_AT_ONCE)
        blocks = [self.log_hs_density(grid[start : start + NODES_AT_ONCE]) for start in starts]
        log_density = np.concatenate(blocks)
        log_density -= logsumexp(log_density) + k * np.log(step)
        density = np.exp(log_density) * step**k
        conditional = k / 2 * np.log(2 * np.pi * np.e * width**2)
        return float(-(density @ log_density) - conditional)


class CurieWeissPotts3(CurieWeissPotts):
    """Three states: β_c = 4 ln 2, where |m| jumps to ½."""

    n_states: ClassVar[int] = 3
    name: ClassVar[str] = "curie_weiss_potts3"
    title: ClassVar[str] = "Curie–Weiss–Potts, 3 states"
    site_family: ClassVar[SiteFamily] = Potts(3)
    transitions: ClassVar[Mapping[str, Transition]] = {
        "transition_beta": Transition("beta", float(4 * np.log(2)))
    }


class CurieWeissPotts4(CurieWeissPotts):
    """Four states: β_c = 3 ln 3, where |m| jumps to ⅔."""

    n_states: ClassVar[int] = 4
    name: ClassVar[str] = "curie_weiss_potts4"
    title: ClassVar[str] = "Curie–Weiss–Potts, 4 states"
    site_family: ClassVar[SiteFamily] = Potts(4)
    transitions: ClassVar[Mapping[str, Transition]] = {
        "transition_beta": Transition("beta", float(3 * np.log(3)))
    }
