"""Mean-field spin models with binary patterns, solved exactly at finite N by counting configurations.

p(x) ∝ exp( βJ |M|² / 2N + h·M ),   M = ξᵀx ∈ Z^K,   ξ ∈ {±1}^{N×K}.

The energy depends on x only through the collective vector M, so everything follows from the number of
configurations at each M. Curie–Weiss (K = 1, ξ = 1) and Hopfield (K = p) are the two named cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import ClassVar

import numpy as np
from scipy.special import expit, gammaln, logsumexp

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation
from mfvae.sites.base import SiteFamily
from mfvae.sites.spin import Spin
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import MeanFieldSystem

MAX_STATES = 20_000_000  # about 1 GB while states are merged
BLOCK_PAIRS = 4_000_000  # (state of A, state of B) pairs held at once: 32 MB
SAMPLE_BLOCK = 512  # rows drawn at once, so that a block stays in the cache


def gauged(patterns: np.ndarray) -> np.ndarray:
    """Patterns with the spins of every site turned so that its first one is up, (N, K)."""
    return patterns * patterns[:, :1]


def gauge_classes(patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of ξ up to a global sign (C, K), and how many sites share each (C,).

    Flipping the spins of the sites with row −ξ_c maps them on row ξ_c, so only 2^(K−1) classes exist.
    """
    rows, counts = np.unique(gauged(patterns), axis=0, return_counts=True)
    return rows.astype(np.int64), counts


def count_states(class_sizes: np.ndarray) -> int:
    """Upper bound on the number of collective states to be counted: Π_c (n_c + 1)."""
    return int(np.prod([int(n) + 1 for n in class_sizes], dtype=object))


def _merge(states: np.ndarray, log_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join equal rows of ``states`` (S, K), adding their weights."""
    span = 2 * int(np.abs(states).max(initial=0)) + 1
    if span ** states.shape[1] >= 2**63:
        raise InputError("p", states.shape[1], "too many patterns to index their joint states")
    key = np.zeros(len(states), dtype=np.int64)
    for column in states.T:
        key = key * span + column + span // 2
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    return states[order[starts]], np.logaddexp.reduceat(log_weights[order], starts)


def _log(p: np.ndarray) -> np.ndarray:
    """log p, with 0 log 0 = 0 in mind."""
    return np.log(np.where(p > 0, p, 1))


def count_configurations(patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All values of M = ξᵀx (S, K) and the log number of configurations at each (S,)."""
    states = np.zeros((1, patterns.shape[1]), dtype=np.int32)
    log_count = np.zeros(1)
    for row, size in zip(*gauge_classes(patterns), strict=True):
        up = np.arange(size + 1)
        log_binomial = gammaln(size + 1) - gammaln(up + 1) - gammaln(size - up + 1)
        moved = states[:, None, :] + ((2 * up - size)[:, None] * row).astype(np.int32)
        states, log_count = _merge(
            moved.reshape(-1, patterns.shape[1]), (log_count[:, None] + log_binomial).ravel()
        )
    return states, log_count


def _bernoulli(probability: np.ndarray, edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sites edges[c] to edges[c+1] of row b are True with probability[b, c]: (B, C) → (B, N).

    Sixteen random bits a site decide, but for the one site in 65,536 that needs more.
    """
    size = len(probability) * int(edges[-1])
    words = rng.integers(2**64, size=-(-size // 4), dtype=np.uint64)
    bits = words.view(np.uint16)[:size].reshape(len(probability), -1)
    scaled = probability * 2.0**16
    whole = np.minimum(scaled, 2**16 - 1).astype(np.uint16)
    true, tie = np.empty(bits.shape, dtype=bool), np.empty(bits.shape, dtype=bool)
    for c, (first, last) in enumerate(pairwise(edges)):
        np.less(bits[:, first:last], whole[:, c, None], out=true[:, first:last])
        np.equal(bits[:, first:last], whole[:, c, None], out=tie[:, first:last])
    tied = np.flatnonzero(tie.any(1))  # few rows: searching all entries would take longest of all
    row, column = np.nonzero(tie[tied])
    row = tied[row]
    of_class = np.searchsorted(edges, column, side="right") - 1
    true[row, column] = rng.random(len(row)) < (scaled - whole)[row, of_class]
    return true


class BinaryPatternModel(MeanFieldSystem):
    """p(x) ∝ exp(βJ|M|²/2N + h·M) for given patterns (N, K) of ±1, coupling βJ and field h (K,)."""

    observable_labels: ClassVar[Mapping[str, str]] = {
        "mean_abs_order_parameter": "order parameter\n$\\langle|m_1|\\rangle$",
        "order_parameter_squared": "order parameter\n$\\langle|m|^2\\rangle$",
    }
    site_family: ClassVar[SiteFamily] = Spin()

    def __init__(self, patterns: np.ndarray, coupling: float, field: np.ndarray) -> None:
        self.patterns = patterns.astype(np.float64)
        self.coupling = float(coupling)
        self.field = np.asarray(field, dtype=np.float64)
        self.n_sites, self.n_patterns = patterns.shape

    # -- exact law of the collective vector ---------------------------------------------------------
    def _log_boltzmann(self, states: np.ndarray) -> np.ndarray:
        m = states.astype(np.float64)
        return self.coupling / (2 * self.n_sites) * (m**2).sum(1) + m @ self.field

    @cached_property
    def _states(self) -> tuple[np.ndarray, np.ndarray]:
        states, log_count = count_configurations(self.patterns)
        return states, log_count + self._log_boltzmann(states)

    @property
    def collective_states(self) -> np.ndarray:
        """Every value of M, shape (S, K)."""
        return self._states[0]

    @cached_property
    def collective_law(self) -> np.ndarray:
        """Exact probability of every row of ``collective_states``, shape (S,)."""
        return np.exp(self._states[1] - self.log_partition)

    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, with Z = Σ_x exp(βJ|M|²/2N + h·M)."""
        return float(logsumexp(self._states[1]))

    def moment(self, values: np.ndarray) -> np.ndarray:
        """Exact expectation of a function given on every collective state: (S, ...) → (...)."""
        return np.tensordot(self.collective_law, values, axes=1)

    def fisher_matrix(self) -> np.ndarray:
        """Cov(N|m|²/2, M), exact."""
        states = self.collective_states.astype(np.float64)
        conjugate = np.column_stack([(states**2).sum(1) / (2 * self.n_sites), states])
        conjugate -= self.moment(conjugate)
        return self.collective_law * conjugate.T @ conjugate

    def order_parameter_law(self) -> tuple[np.ndarray, np.ndarray]:
        """Values of m_1 = M_1/N, ascending, and their exact probabilities: two (S,)."""
        values, inverse = np.unique(self.collective_states[:, 0], return_inverse=True)
        return values / self.n_sites, np.bincount(inverse, weights=self.collective_law)

    def order_parameter_frequencies(self, x: np.ndarray) -> np.ndarray:
        """How often configurations (B, N) have each value of ``order_parameter_law``, (S,)."""
        values, _ = self.order_parameter_law()
        nearest = np.searchsorted(values, self.order_parameters(x)[:, 0] - 1 / (2 * self.n_sites))
        return np.bincount(nearest, minlength=len(values)) / len(x)

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """⟨|m_1|⟩ and ⟨|m|²⟩."""
        m = self.order_parameters(x)
        return {
            "mean_abs_order_parameter": estimate(np.abs(m[:, 0])),
            "order_parameter_squared": estimate((m**2).sum(1)),
        }

    def exact_observables(self) -> dict[str, float]:
        m = self.collective_states / self.n_sites
        return {
            "mean_abs_order_parameter": float(self.moment(np.abs(m[:, 0]))),
            "order_parameter_squared": float(self.moment((m**2).sum(1))),
        }

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats, shape (B,)."""
        return self._log_boltzmann(self.order_parameters(x) * self.n_sites) - self.log_partition

    def entropy(self) -> float:
        """H(x) in nats, total: log Z − ⟨βJ|M|²/2N + h·M⟩."""
        return self.log_partition - float(self.moment(self._log_boltzmann(self.collective_states)))

    # -- exact samples ------------------------------------------------------------------------------
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact configurations, int8 (n, N).

        M from its exact law; φ | M ~ N(βJ M/N, βJ/N), which makes φ an exact draw of the
        Hubbard–Stratonovich density; then every spin independently in its field ξ_i·(h + φ).
        """
        cumulative = np.cumsum(self.collective_law)
        level = rng.random(n) * cumulative[-1]
        ascending = np.argsort(level)  # looked up in this order, the long table passes the cache once
        drawn = np.empty(n, dtype=np.int64)
        drawn[ascending] = np.searchsorted(cumulative, level[ascending], side="right")
        mean = self.coupling * self.collective_states[drawn] / self.n_sites
        phi = mean + np.sqrt(self.coupling / self.n_sites) * rng.standard_normal(mean.shape)
        rows, membership = np.unique(gauged(self.patterns), axis=0, return_inverse=True)
        order = np.argsort(membership, kind="stable")  # sites of one class side by side
        back = np.argsort(order)
        edges = np.searchsorted(membership[order], np.arange(len(rows) + 1))
        turned = (self.patterns[:, 0] < 0)[order]
        probability = expit(2 * (phi + self.field) @ rows.T)  # of an upward spin, by class
        x = np.empty((n, self.n_sites), dtype=np.int8)
        for start in range(0, n, SAMPLE_BLOCK):
            block = slice(start, start + SAMPLE_BLOCK)
            up = _bernoulli(probability[block], edges, rng)
            np.not_equal(up, turned, out=up)
            np.take(2 * up.view(np.int8) - 1, back, axis=1, out=x[block])
        return x

    # -- information --------------------------------------------------------------------------------
    def information_growth(self) -> float:
        """K/4 at the critical point, where m ~ N^−¼ in each direction; 0 elsewhere."""
        critical = self.coupling == 1 and not self.field.any()
        return self.n_patterns / 4 if critical else 0.0

    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """Exact I(A;B): first half against second, and every class of equal sites dealt out evenly.

        With several classes the second couples all of them and is the worst split that was found; with
        one class all halves are equal.
        """
        first = np.arange(self.n_sites) < self.n_sites // 2
        splits = {"half": first}
        if self.n_patterns > 1:
            dealt = np.empty(self.n_sites, dtype=bool)
            dealt[np.lexsort(gauged(self.patterns).T)] = np.arange(self.n_sites) % 2 == 0
            splits["balanced"] = dealt
        return [
            BipartiteInformation(name, Estimate(self.bipartite_mi(chosen), 0.0), "exact")
            for name, chosen in splits.items()
        ]

    def bipartite_mi(self, in_a: np.ndarray) -> float:
        """Exact I(A;B) in nats, A the sites where ``in_a`` (N,) holds.

        M_A and M_B are sufficient, so I(A;B) = I(M_A; M_B), summed over all pairs of states. With
        log p(a,b) = u_a + v_b + (βJ/N) M_a·M_b − log Z, one pass gives both marginals and ⟨M_a·M_b⟩.
        """
        (a, log_a), (b, log_b) = (
            count_configurations(part) for part in (self.patterns[in_a], self.patterns[~in_a])
        )
        u, v = log_a + self._log_boltzmann(a), log_b + self._log_boltzmann(b)
        p_a, p_b, cross = np.zeros(len(a)), np.zeros(len(b)), 0.0
        scaled_b = self.coupling / self.n_sites * b.astype(np.float64).T
        for start in range(0, len(a), max(1, BLOCK_PAIRS // len(b))):
            block = slice(start, start + max(1, BLOCK_PAIRS // len(b)))
            interaction = a[block].astype(np.float64) @ scaled_b
            joint = np.exp(u[block, None] + v + interaction - self.log_partition)
            p_a[block] = joint.sum(1)
            p_b += joint.sum(0)
            cross += float(np.vdot(joint, interaction))
        total = p_a.sum()  # 1 up to rounding, which is worth removing at large N
        p_a, p_b, cross = p_a / total, p_b / total, cross / total
        local = p_a @ (u - _log(p_a)) + p_b @ (v - _log(p_b))
        return float(local) + cross - self.log_partition - float(np.log(total))

    def log_hs_density(self, phi: np.ndarray) -> np.ndarray:
        """Unnormalised log ρ(φ) of the Hubbard–Stratonovich field, (G, K) → (G,).

        p(x) = ∫ ρ(φ) Π_i p(x_i | ξ_i·(h + φ)) dφ exactly, with
        ρ(φ) ∝ exp(−N|φ|²/2βJ + Σ_i A(ξ_i·(h + φ))) (Hubbard, Phys. Rev. Lett. 3, 77, 1959).
        """
        rows, sizes = gauge_classes(self.patterns)
        site_terms = self.site_family.log_partition((phi + self.field) @ rows.T) @ sizes
        return site_terms - self.n_sites / (2 * self.coupling) * (phi**2).sum(1)

    def channel_rate(self) -> float:
        """h(φ) − h(φ|x), the conditional entropy in closed form.

        Trapezoid rule on a grid of a third of the channel's width; ρ is that Gaussian smeared over
        discrete states, so the rule's error is far below double precision's.
        """
        width = np.sqrt(self.coupling / self.n_sites)
        reach = np.abs(self.coupling * self.collective_states / self.n_sites)
        likely = self.collective_law > 1e-18
        edge = reach[likely].max() + 8 * width
        axis = np.arange(-edge, edge + width / 3, width / 3)
        grid = np.stack(np.meshgrid(*[axis] * self.n_patterns, indexing="ij"), -1)
        log_density = self.log_hs_density(grid.reshape(-1, self.n_patterns))
        log_density -= logsumexp(log_density) + self.n_patterns * np.log(width / 3)
        density = np.exp(log_density) * (width / 3) ** self.n_patterns
        conditional = self.n_patterns / 2 * np.log(2 * np.pi * np.e * width**2)
        return float(-(density * log_density).sum() - conditional)
