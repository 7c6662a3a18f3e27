"""The Maier–Saupe model of nematics: N directors, all pairs coupled alike (a tensor order parameter).

Maier & Saupe, Z. Naturforsch. 14a, 882 (1959) and 15a, 287 (1960). Solved exactly at finite N: in the
Hubbard–Stratonovich density ρ(φ) ∝ exp(−N|φ|²/2β + N A(φ)) of its five-component field, A depends on two
invariants only, and so does everything that is asked of φ.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation
from mfvae.sites import _bingham as bingham
from mfvae.sites.base import SiteFamily
from mfvae.sites.director import Director
from mfvae.stats import Estimate, estimate
from mfvae.systems._maier_saupe_limit import POLAR_NODES, TRANSITION_BETA, limit_order_parameter
from mfvae.systems.base import MeanFieldSystem, Parameters, Transition
from mfvae.systems.size_and_beta import SizeAndBeta

K = bingham.DIM
LOG_SPHERE = np.log(8 * np.pi**2 / 3)  # area of the unit sphere in five dimensions
MAX_BETA = 8.0  # above it half of the sites order by themselves, and ``log_marginal`` would miss modes
TAIL = 12.0  # widths √(β/N) of φ | x beyond the largest |βm| = β
NEGLIGIBLE = 45.0  # nats below the largest density: 1e-20 of it
NODES_PER_WIDTH = 6.0  # of φ | x
CELLS_PER_WIDTH = 8.0  # of the envelope from which |φ| is drawn: it accepts four draws out of five
SAMPLE_BLOCK = 4096  # configurations drawn at once
POLAR_BLOCK = 2**15  # (|φ|, shape) pairs at once: 16 MB

# I(A;B): log p(x_A) by Gauss–Hermite quadrature around the mode of φ | x_A, tabulated
HERMITE_NODES = 7
HERMITE_NEGLIGIBLE = 1e-9  # products of weights
TABLE_SHAPE = (24, 10)  # Chebyshev nodes in |M_A| and in its shape
MODE_STEPS = 60


class Law(NamedTuple):
    """The law of r = |φ| and w = 4 det M(φ)/r³ on quadrature nodes, all (G,).

    A direction drawn uniformly in five dimensions has w uniform on (−1, 1): the Jacobian Π|λ_i − λ_j| of
    the eigenvalues is r³|sin 3θ|, with w = cos 3θ.
    """

    r: np.ndarray
    w: np.ndarray
    log_density: np.ndarray  # normalised log ρ(φ), per volume in five dimensions
    probability: np.ndarray


def polar_log_partition(r: np.ndarray, w: np.ndarray) -> np.ndarray:
    """A(r, w) of flat arrays, in blocks."""
    starts = range(0, len(r), POLAR_BLOCK)
    blocks = (slice(start, start + POLAR_BLOCK) for start in starts)
    return np.concatenate([bingham.log_partition_polar(r[b], w[b], POLAR_NODES) for b in blocks])


class MaierSaupe(SizeAndBeta, MeanFieldSystem):
    """p(x) ∝ exp(βN|m|²/2), m = (1/N) Σ T(u_i), relative to dΩ/4π at every site; H = −(U/2N) Σ_ij P₂.

    Parameters of a point: ``N`` (sites, even), ``beta`` (βU, with U = 1).
    """

    name: ClassVar[str] = "maier_saupe"
    title: ClassVar[str] = "Maier–Saupe"
    transitions: ClassVar[Mapping[str, Transition]] = {
        "transition_beta": Transition("beta", TRANSITION_BETA)
    }
    observable_labels: ClassVar[Mapping[str, str]] = {
        "order_parameter": "order parameter\n$S=\\sqrt{\\langle|m|^2\\rangle}$",
        "order_parameter_squared": "order parameter\n$\\langle|m|^2\\rangle$",
        "order_parameter_cubed": "order parameter,\ncubic invariant",
        "polarity_squared": "polarity squared",
    }
    site_family: ClassVar[SiteFamily] = Director()

    def __init__(self, n_sites: int, beta: float) -> None:
        self.n_sites, self.coupling = n_sites, beta
        self.patterns = np.tile(np.eye(K), (n_sites, 1))
        self.field = np.zeros(K)

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        super().check(parameters, seed)
        if parameters["beta"] > MAX_BETA:
            raise InputError("beta", parameters["beta"], f"a number ≤ {MAX_BETA:g} is needed")

    # -- exact law of the field ---------------------------------------------------------------------
    @property
    def _width(self) -> float:
        """Standard deviation of each component of φ | x."""
        return float(np.sqrt(self.coupling / self.n_sites))

    def _log_weight(self, r: np.ndarray, w: np.ndarray) -> np.ndarray:
        """log of exp(−N|φ|²/2β + N A(φ)), flat arrays."""
        return self.n_sites * (polar_log_partition(r, w) - r**2 / (2 * self.coupling))

    @cached_property
    def _range(self) -> tuple[float, float]:
        """Where |φ| is found: everywhere else its density is negligible."""
        r = np.linspace(0, self.coupling + TAIL * self._width, 2000)[1:]
        log_density = 4 * np.log(r) + self._log_weight(r, np.ones_like(r))
        found = r[log_density > log_density.max() - NEGLIGIBLE]
        return max(0.0, found[0] - r[0]), found[-1] + r[0]

    @property
    def _shape_nodes(self) -> int:
        """Along w: exp(N A) rises by at most e^{2βN} towards w = 1, where the nodes are dense."""
        return int(24 + 6 * np.sqrt(self.n_sites * min(1.0, self.coupling)))

    @cached_property
    def _solution(self) -> tuple[Law, float]:
        """The law of (r, w) and log ∫ dφ exp(−N|φ|²/2β + N A(φ)) by Gauss–Legendre products."""
        low, high = self._range
        count = int(24 + NODES_PER_WIDTH * (high - low) / self._width)
        r, weight_r = bingham.half_axis(count)
        r, weight_r = low + (high - low) * r, (high - low) * weight_r
        w, weight_w = bingham.half_axis(self._shape_nodes)
        w = 2 * w - 1
        log_measure = np.add.outer(np.log(weight_r) + 4 * np.log(r), np.log(weight_w)).ravel()
        r, w = (grid.ravel() for grid in np.meshgrid(r, w, indexing="ij"))
        log_density = self._log_weight(r, w)
        log_integral = float(logsumexp(log_density + log_measure)) + LOG_SPHERE
        log_density -= log_integral
        return Law(r, w, log_density, np.exp(log_density + log_measure + LOG_SPHERE)), log_integral

    @property
    def field_law(self) -> Law:
        return self._solution[0]

    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, Z = ∫ Π dΩ_i/4π exp(βN|m|²/2)."""
        return self._solution[1] - K / 2 * float(np.log(2 * np.pi * self.coupling / self.n_sites))

    @cached_property
    def moments(self) -> tuple[float, float, float]:
        """Exact ⟨|m|²⟩, ⟨|m|⁴⟩ and ⟨4 det M(m)⟩ from those of φ | x ~ N(βm, β/N).

        The cubic invariant is harmonic, so the noise leaves it alone.
        """
        law, beta, variance = self.field_law, self.coupling, self._width**2
        square, fourth = float(law.probability @ law.r**2), float(law.probability @ law.r**4)
        second = (square - K * variance) / beta**2
        noise = 2 * (K + 2) * variance * beta**2 * second + K * (K + 2) * variance**2
        cubic = float(law.probability @ (law.r**3 * law.w))
        return second, (fourth - noise) / beta**4, cubic / beta**3

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats relative to dΩ/4π at every site, shape (B,)."""
        m = self.order_parameters(x)
        return self.coupling * self.n_sites / 2 * (m**2).sum(1) - self.log_partition

    def entropy(self) -> float:
        """H(x) in nats, total, relative to dΩ/4π at every site (at most 0): log Z − βN⟨|m|²⟩/2."""
        return self.log_partition - self.coupling * self.n_sites / 2 * self.moments[0]

    def fisher_matrix(self) -> np.ndarray:
        """Diagonal, since the law is isotropic: ⟨m_k m_l⟩ = δ_kl ⟨|m|²⟩/K and no vector is left."""
        second, fourth, _ = self.moments
        of_field = self.n_sites**2 * second / K
        return np.diag([(self.n_sites / 2) ** 2 * (fourth - second**2), *[of_field] * K])

    def channel_rate(self) -> float:
        law = self.field_law
        conditional = K / 2 * np.log(2 * np.pi * np.e * self._width**2)
        return float(-(law.probability @ law.log_density) - conditional)

    # -- observables --------------------------------------------------------------------------------
    def exact_observables(self) -> dict[str, float]:
        second, _, cubic = self.moments
        return {
            "order_parameter": float(np.sqrt(second)),
            "order_parameter_squared": second,
            "order_parameter_cubed": cubic,
            "polarity_squared": 1 / self.n_sites,
        }

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """|m|² and its root, the cubic invariant 4 det M(m) (S³ if uniaxial) and |Σu/N|²."""
        m = self.order_parameters(x).astype(np.float64)
        square = estimate((m**2).sum(1))
        root = float(np.sqrt(square.value))
        return {
            "order_parameter": Estimate(root, square.stderr / (2 * root)),
            "order_parameter_squared": square,
            "order_parameter_cubed": estimate(bingham.cubic_invariant(m)),
            "polarity_squared": estimate((x.mean(1, dtype=np.float64) ** 2).sum(1)),
        }

    @classmethod
    def limit_observables(cls, parameters: Parameters) -> dict[str, float]:
        order = limit_order_parameter(float(parameters["beta"]))
        return {
            "order_parameter": order,
            "order_parameter_squared": order**2,
            "order_parameter_cubed": order**3,
        }

    # -- exact samples ------------------------------------------------------------------------------
    @cached_property
    def _envelope(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges of cells in r and in w, and in every cell a bound on 4 log r − Nr²/2β + N A(r, w).

        A grows with w (∂Z/∂det M is an integral of positive functions) and is convex in r, so that
        between two edges h apart −Nr²/2β + N A exceeds its larger end by Nh²/8β at most.
        """
        low, high = self._range
        edges_r = np.linspace(low, high, int(CELLS_PER_WIDTH * (high - low) / self._width) + 2)
        edges_w = -np.cos(np.linspace(0, np.pi, self._shape_nodes))
        r, w = (grid.ravel() for grid in np.meshgrid(edges_r, edges_w[1:], indexing="ij"))
        ends = self._log_weight(r, w).reshape(len(edges_r), -1)
        slack = (edges_r[1] / self._width - edges_r[0] / self._width) ** 2 / 8 + 1e-9  # rounding
        bound = np.maximum(ends[1:], ends[:-1]) + 4 * np.log(edges_r[1:, None]) + slack
        return edges_r, edges_w, bound

    def _draw_invariants(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n exact draws of (r, w) by rejection from the envelope."""
        edges_r, edges_w, bound = self._envelope
        mass = np.exp(bound - bound.max()) * np.diff(edges_w)  # cells are equally wide in r
        cumulative = np.cumsum(mass.ravel())
        missing, drawn_r, drawn_w = n, [np.empty(0)], [np.empty(0)]
        while missing:
            cell = np.searchsorted(cumulative, rng.random(missing) * cumulative[-1], side="right")
            row, column = np.divmod(cell, len(edges_w) - 1)
            r = edges_r[row] + np.diff(edges_r)[row] * rng.random(missing)
            w = edges_w[column] + np.diff(edges_w)[column] * rng.random(missing)
            log_ratio = self._log_weight(r, w) + 4 * np.log(r) - bound[row, column]
            if (log_ratio > 0).any():
                raise ArithmeticError(f"envelope of |φ| exceeded by {log_ratio.max():.2g} nats")
            accepted = rng.random(missing) < np.exp(log_ratio)
            drawn_r.append(r[accepted])
            drawn_w.append(w[accepted])
            missing -= int(accepted.sum())
        return np.concatenate(drawn_r), np.concatenate(drawn_w)

    def sample_fields(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact draws of φ, (n, 5): its invariants, then a frame of Haar's measure."""
        levels = bingham.eigenvalues(*self._draw_invariants(n, rng))
        frame = np.linalg.qr(rng.standard_normal((n, 3, 3)))[0]  # signs of its columns do not matter
        axes = bingham.statistic(np.swapaxes(frame, 1, 2))  # T of the three eigenvectors, (n, 3, 5)
        return 2 / 3 * np.einsum("nk,nka->na", levels, axes)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact configurations, float32 (n, N, 3): φ, then every director in it."""
        phi = self.sample_fields(n, rng)
        x = np.empty((n, self.n_sites, 3), dtype=np.float32)
        for start in range(0, n, SAMPLE_BLOCK):
            block = slice(start, start + SAMPLE_BLOCK)
            x[block] = self.site_family.sample(np.tile(phi[block], (1, self.n_sites)), rng)
        return x

    # -- information --------------------------------------------------------------------------------
    def log_marginal(self, total: np.ndarray, n_sites: int, nodes: int = HERMITE_NODES) -> np.ndarray:
        """log p(x_A) in nats of n sites with Σ_A T = total, (P, 5) → (P,).

        log ∫dφ exp(−N|φ|²/2β + φ·M_A + (N − n)A(φ)) + const by a Gauss–Hermite product around the mode.
        It is accurate as long as φ | x_A has one mode: half of the sites do, at β < 8.
        """
        precision, others = 1 / self._width**2, self.n_sites - n_sites
        mode = total / precision
        for _ in range(MODE_STEPS):  # contracts where there is one mode; need not be exact
            mode = (total + others * bingham.mean_statistic(mode)) / precision
        step = 1e-3
        shifted = mode[:, None, :] + step * np.concatenate([np.eye(K), -np.eye(K)])
        means = bingham.mean_statistic(shifted)  # (P, 10, 5)
        hessian = precision * np.eye(K) - others * (means[:, :K] - means[:, K:]) / (2 * step)
        values, vectors = np.linalg.eigh((hessian + np.swapaxes(hessian, 1, 2)) / 2)
        widths = np.maximum(values, precision / 10) ** -0.5
        z, log_weight = hermite_product(nodes)
        result = np.empty(len(total))
        for point in range(len(total)):
            phi = mode[point] + (z * widths[point]) @ vectors[point].T
            exponent = phi @ total[point] - precision / 2 * (phi**2).sum(1)
            exponent += others * bingham.log_partition(phi)
            result[point] = logsumexp(exponent + log_weight) + np.log(widths[point]).sum()
        return result + K / 2 * np.log(precision) - self.log_partition

    def information_growth(self) -> float:
        """1 in the nematic phase, whose axis turns freely in two directions; 0 in the isotropic one."""
        return 1.0 if self.coupling > TRANSITION_BETA else 0.0

    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """I(A;B) = E[log p(x) − log p(x_A) − log p(x_B)] of two halves, over n exact configurations.

        All halves are alike. |M_A|² + |M_B|² and M_A·M_B, whose means are known, are control variates.
        """
        half, shape = self.n_sites // 2, (n, self.n_sites, K)
        x = self.sample(n, rng)
        statistic = self.site_family.statistic(x).reshape(shape)
        a, b = (part.sum(1, dtype=np.float64) for part in (statistic[:, :half], statistic[:, half:]))
        marginal = self._interpolated_marginal(np.concatenate([a, b]), half).reshape(2, n).sum(0)
        values = self.log_prob(x) - marginal
        pair = (self.n_sites * self.moments[0] - 1) / (self.n_sites - 1)  # ⟨T_i·T_j⟩
        controls = np.stack([(a**2 + b**2).sum(1), (a * b).sum(1)], 1)
        controls -= np.array([2 * half * (1 + (half - 1) * pair), half**2 * pair])
        slopes = np.linalg.lstsq(controls - controls.mean(0), values - values.mean())[0]
        return [BipartiteInformation("half", estimate(values - controls @ slopes), "unbiased")]

    def _interpolated_marginal(self, total: np.ndarray, n_sites: int) -> np.ndarray:
        """``log_marginal`` through a Chebyshev table over its two invariants, (P, 5) → (P,)."""
        r = np.sqrt((total**2).sum(1))
        w = np.clip(bingham.cubic_invariant(total) / r**3, -1, 1)
        roots = [np.cos(np.pi * (np.arange(k) + 0.5) / k) for k in TABLE_SHAPE]
        (unit_r, table_r), (unit_w, table_w) = map(_between_extremes, (r, w), roots)
        levels = bingham.eigenvalues(*(g.ravel() for g in np.meshgrid(table_r, table_w, indexing="ij")))
        diagonal = 2 / 3 * levels @ bingham.statistic(np.eye(3))
        values = self.log_marginal(diagonal, n_sites).reshape(TABLE_SHAPE)
        left, right = (np.linalg.inv(chebyshev.chebvander(root, len(root) - 1)) for root in roots)
        return chebyshev.chebval2d(unit_r, unit_w, left @ values @ right.T)


def _between_extremes(values: np.ndarray, roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values mapped to (−1, 1), and roots mapped from there to the range of the values."""
    middle = (values.max() + values.min()) / 2
    reach = (values.max() - values.min()) / 2 + 1e-9  # which may be one point
    return (values - middle) / reach, np.clip(middle + reach * roots, values.min(), values.max())


@cache
def hermite_product(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes z (G, 5) and log weights (G,) with ∫dz f(z)/(2π)^{5/2} ≈ Σ exp(log weight) f(z).

    Nodes of negligible Gaussian weight are left out: 1e-6 of it in all.
    """
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight /= weight.sum()
    grid = np.stack(np.meshgrid(*[z] * K, indexing="ij"), -1).reshape(-1, K)
    product = np.prod(np.stack(np.meshgrid(*[weight] * K, indexing="ij"), -1).reshape(-1, K), axis=1)
    kept = product > HERMITE_NEGLIGIBLE
    return grid[kept], np.log(product[kept]) + (grid[kept] ** 2).sum(1) / 2
