"""Unit vectors in n dimensions, all pairs coupled alike: the mean-field XY and Heisenberg models.

p(x) ∝ exp(βN|m|²/2), m = (1/N) Σ x_i, relative to the uniform measure of every sphere, normalised to 1
(Stanley, Phys. Rev. Lett. 20, 589, 1968, for n components). The Hubbard–Stratonovich density
ρ(φ) ∝ exp(−N|φ|²/2β + N A(|φ|)) depends on a length alone, and so does everything that is asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

from mfvae.information import BipartiteInformation
from mfvae.sites import _von_mises_fisher as sphere
from mfvae.sites.base import SiteFamily
from mfvae.sites.vector import Vector
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import MeanFieldSystem, Parameters, Transition
from mfvae.systems.size_and_beta import SizeAndBeta

REACH = 12.0  # widths √(β/N) of φ | x beyond the largest |βm| = β
NODES = 10  # of Gauss and Legendre's rule, in panels of |φ| that are a width wide
CELLS = 120  # of the inverse law of |φ| in a width, between which it is taken for linear
TABLE = 400  # lengths of Σ_A x at which log p(x_A) is computed, cubic splines between
SAMPLE_ENTRIES = 1 << 22  # fields held at once


class Law(NamedTuple):
    """Nodes of r = |φ|, log ρ(φ) per volume there, and the probability of each node, all (G,)."""

    r: np.ndarray
    log_density: np.ndarray
    probability: np.ndarray


class MeanFieldVector(SizeAndBeta, MeanFieldSystem):
    """p(x) ∝ exp(βN|m|²/2) of unit vectors in n dimensions, which subclasses fix; J = 1.

    Parameters of a point: ``N`` (sites, even), ``beta``. The transition is at β = n.
    """

    n_components: ClassVar[int]
    observable_labels: ClassVar[Mapping[str, str]] = {
        "order_parameter": "order parameter\n$\\sqrt{\\langle|m|^2\\rangle}$",
        "order_parameter_squared": "order parameter\n$\\langle|m|^2\\rangle$",
        "order_parameter_fourth": "order parameter\n$\\langle|m|^4\\rangle$",
    }

    def __init__(self, n_sites: int, beta: float) -> None:
        self.n_sites, self.coupling = n_sites, beta
        self.patterns = np.tile(np.eye(self.n_components), (n_sites, 1))
        self.field = np.zeros(self.n_components)

    # -- exact law of the field ---------------------------------------------------------------------
    @property
    def _width(self) -> float:
        """Standard deviation of each component of φ | x."""
        return float(np.sqrt(self.coupling / self.n_sites))

    @property
    def _most(self) -> float:
        """|φ| beyond which its density is negligible."""
        return self.coupling + REACH * self._width

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """r and log(r^(n−1) dr · area of the sphere), by a rule of Gauss and Legendre in every panel."""
        edges = np.linspace(0, self._most, int(self._most / self._width) + 2)
        node, weight = np.polynomial.legendre.leggauss(NODES)
        r = (edges[:-1, None] + edges[1] * (node + 1) / 2).ravel()
        n = self.n_components
        log_area = (n - 1) * np.log(r) + np.log(2) + n / 2 * np.log(np.pi) - gammaln(n / 2)
        return r, log_area + np.log(np.tile(weight * edges[1] / 2, len(edges) - 1))

    def _log_weight(self, r: np.ndarray, sites: int) -> np.ndarray:
        """−N r²/2β + (sites) A(r)."""
        partition = sphere.log_partition(r, self.n_components)
        return sites * partition - self.n_sites * r**2 / (2 * self.coupling)

    @cached_property
    def _solution(self) -> tuple[Law, float]:
        """The law of |φ|, and log ∫ dφ exp(−N|φ|²/2β + N A(φ))."""
        r, log_volume = self._nodes
        log_density = self._log_weight(r, self.n_sites)
        log_integral = float(logsumexp(log_density + log_volume))
        log_density -= log_integral
        return Law(r, log_density, np.exp(log_density + log_volume)), log_integral

    @property
    def field_law(self) -> Law:
        return self._solution[0]

    @property
    def _log_gaussian(self) -> float:
        """log ∫ dφ exp(−N|φ|²/2β)."""
        return self.n_components / 2 * float(np.log(2 * np.pi * self.coupling / self.n_sites))

    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, Z the mean of exp(βN|m|²/2) over independent vectors."""
        return self._solution[1] - self._log_gaussian

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Exact ⟨|m|²⟩ and ⟨|m|⁴⟩ from those of φ | x ~ N(βm, β/N)."""
        law, beta, variance, n = self.field_law, self.coupling, self._width**2, self.n_components
        square, fourth = (float(law.probability @ law.r**power) for power in (2, 4))
        second = (square - n * variance) / beta**2
        noise = 2 * (n + 2) * variance * beta**2 * second + n * (n + 2) * variance**2
        return second, (fourth - noise) / beta**4

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats relative to the uniform measure of every site, shape (B,)."""
        m = self.order_parameters(x)
        return self.coupling * self.n_sites / 2 * (m**2).sum(1) - self.log_partition

    def entropy(self) -> float:
        """H(x) in nats, total, relative to the uniform measure (at most 0): log Z − βN⟨|m|²⟩/2."""
        return self.log_partition - self.coupling * self.n_sites / 2 * self.moments[0]

    def fisher_matrix(self) -> np.ndarray:
        """Diagonal, since the law is isotropic: ⟨m_k m_l⟩ = δ_kl ⟨|m|²⟩/n."""
        second, fourth = self.moments
        of_field = self.n_sites**2 * second / self.n_components
        conjugate = (self.n_sites / 2) ** 2 * (fourth - second**2)
        return np.diag([conjugate, *[of_field] * self.n_components])

    def channel_rate(self) -> float:
        law = self.field_law
        conditional = self.n_components / 2 * np.log(2 * np.pi * np.e * self._width**2)
        return float(-(law.probability @ law.log_density) - conditional)

    # -- observables --------------------------------------------------------------------------------
    def exact_observables(self) -> dict[str, float]:
        second, fourth = self.moments
        return {
            "order_parameter": float(np.sqrt(second)),
            "order_parameter_squared": second,
            "order_parameter_fourth": fourth,
        }

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """|m|², its root and its square."""
        per_sample = (self.order_parameters(x) ** 2).sum(1)
        square = estimate(per_sample)
        root = float(np.sqrt(square.value))
        return {
            "order_parameter": Estimate(root, square.stderr / (2 * root)),
            "order_parameter_squared": square,
            "order_parameter_fourth": estimate(per_sample**2),
        }

    @classmethod
    def limit_order_parameter(cls, beta: float) -> float:
        """|m| for N → ∞: the solution of m = A′(βm), above 0 where β > n."""
        n = cls.n_components
        if beta <= n:
            return 0.0

        def excess(m: float) -> float:
            return float(sphere.mean_length(np.array(beta * m), n)) - m

        low = np.sqrt((1 - n / beta) * n / beta)  # below the solution: m ≈ √((n + 2)(β − n))/β near n
        while excess(low) <= 0:
            low /= 2
        return float(brentq(excess, low, 1.0, xtol=1e-14))

    @classmethod
    def limit_observables(cls, parameters: Parameters) -> dict[str, float]:
        order = cls.limit_order_parameter(float(parameters["beta"]))
        return {
            "order_parameter": order,
            "order_parameter_squared": order**2,
            "order_parameter_fourth": order**4,
        }

    # -- exact samples ------------------------------------------------------------------------------
    def sample_fields(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent draws of φ, (n, K): its length by the inverse of its law, its direction uniform.

        The law of the length is taken for linear between the many points of a table, an error of 1e-5
        of a width of it at most.
        """
        r = np.linspace(0, self._most, int(CELLS * self._most / self._width))
        with np.errstate(divide="ignore"):
            log_density = self._log_weight(r, self.n_sites) + (self.n_components - 1) * np.log(r)
        density = np.exp(log_density - log_density.max())
        cumulative = np.concatenate([[0], np.cumsum(density[1:] + density[:-1])])
        length = np.interp(rng.random(n), cumulative / cumulative[-1], r)
        direction = rng.standard_normal((n, self.n_components))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        return length[:, None] * direction

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent configurations, float32 (n, N, K): φ, then every vector in it."""
        phi = self.sample_fields(n, rng)
        x = np.empty((n, self.n_sites, self.n_components), dtype=np.float32)
        size = max(1, SAMPLE_ENTRIES // x[0].size)
        for start in range(0, n, size):
            block = slice(start, start + size)
            x[block] = self.site_family.sample(np.tile(phi[block], (1, self.n_sites)), rng)
        return x

    # -- information --------------------------------------------------------------------------------
    def log_marginal(self, length: np.ndarray, n_sites: int) -> np.ndarray:
        """log p(x_A) in nats of n sites with |Σ_A x| = length, (P,) → (P,).

        ∫ dφ exp(−N|φ|²/2β + φ·Σ_A x + (N − n)A(φ)): the mean over directions of φ is exp A(r|Σ_A x|).
        """
        r, log_volume = self._nodes
        others = self._log_weight(r, self.n_sites - n_sites) + log_volume
        mixed = sphere.log_partition(np.multiply.outer(length, r), self.n_components)
        return logsumexp(mixed + others, axis=1) - self._log_gaussian - self.log_partition

    def information_growth(self) -> float:
        """(n − 1)/2 in the ordered phase, whose axis turns freely, n/4 at β = n, 0 below."""
        n = self.n_components
        if self.coupling > n:
            return (n - 1) / 2
        return n / 4 if self.coupling == n else 0.0

    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """I(A;B) = E[log p(x) − log p(x_A) − log p(x_B)] of two halves, over n exact configurations.

        All halves are alike. |M_A|² + |M_B|² and M_A·M_B, whose means are known, are control variates.
        """
        half = self.n_sites // 2
        x = self.sample(n, rng)
        a, b = (part.sum(1, dtype=np.float64) for part in (x[:, :half], x[:, half:]))
        lengths = np.linalg.norm(np.stack([a, b]), axis=2)
        table = np.linspace(0, half * (1 + 1e-6), TABLE)
        marginal = CubicSpline(table, self.log_marginal(table, half))(lengths).sum(0)
        values = self.log_prob(x) - marginal
        pair = (self.n_sites * self.moments[0] - 1) / (self.n_sites - 1)  # ⟨x_i·x_j⟩
        controls = np.stack([(a**2 + b**2).sum(1), (a * b).sum(1)], 1)
        controls -= np.array([2 * half * (1 + (half - 1) * pair), half**2 * pair])
        slopes = np.linalg.lstsq(controls - controls.mean(0), values - values.mean())[0]
        return [BipartiteInformation("half", estimate(values - controls @ slopes), "unbiased")]


class MeanFieldXY(MeanFieldVector):
    """Planar vectors, n = 2."""

    n_components: ClassVar[int] = 2
    name: ClassVar[str] = "mean_field_xy"
    title: ClassVar[str] = "mean-field XY"
    site_family: ClassVar[SiteFamily] = Vector(2)
    transitions: ClassVar[Mapping[str, Transition]] = {"transition_beta": Transition("beta", 2.0)}


class MeanFieldHeisenberg(MeanFieldVector):
    """Vectors in space, n = 3."""

    n_components: ClassVar[int] = 3
    name: ClassVar[str] = "mean_field_heisenberg"
    title: ClassVar[str] = "mean-field Heisenberg"
    site_family: ClassVar[SiteFamily] = Vector(3)
    transitions: ClassVar[Mapping[str, Transition]] = {"transition_beta": Transition("beta", 3.0)}
