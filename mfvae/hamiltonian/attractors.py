"""Attractors of a generalized Hopfield model: fixed points of its mean-field equations, minima of H.

At temperature T the mean-field free energy of independent spins with means a_i,

    f(a) = −b·a − N U(ξᵀa/N) − T Σ_i S(a_i),   S the entropy of a spin in nats,

is stationary at a_i = tanh((b_i + ξ_i·∇U(m))/T) with m = ξᵀa/N. U being convex, every iteration of these
equations lowers f (the concave–convex procedure: Yuille & Rangarajan, Neural Comput. 15, 915, 2003), so
that they need no damping. As T → 0 minima of f are words that no single flip lowers in H, which
steepest descent finds from any word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.special import entr

from mfvae.errors import InputError
from mfvae.hamiltonian._kernels import flip_factors, node_weights, tilted_sum
from mfvae.hamiltonian.model import GeneralizedHopfield

MAX_ITERATIONS = 20_000
MAX_STARTS = 500  # nodes that the default starts are taken from, at equal distances in their order
CONVERGED = 1e-12  # root mean square change of a in one iteration
SAME = 1e-4  # root mean square distance of a at which two fixed points count as one
MARGINAL = 1e-6  # of the largest eigenvalue around 1
TIE = 1e-9  # nats: a flip that gains less gains nothing


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """Fixed points of the mean-field equations, the lowest free energy first.

    Spin means a (A, N), overlaps m (A, K), ``free_energy`` f (A,) in nats, ``slope`` (A,): the largest
    eigenvalue of ∂m'/∂m of one iteration, below 1 at minima of f, and the share of starts that came
    here. ``unconverged`` starts are in no fixed point.
    """

    means: np.ndarray
    overlaps: np.ndarray
    free_energy: np.ndarray
    slope: np.ndarray
    share: np.ndarray
    unconverged: int

    @property
    def stable(self) -> np.ndarray:
        """Which are minima of f (A,); a critical point (slope 1) is not counted."""
        return self.slope < 1 - MARGINAL


def mean_field_free_energy(
    model: GeneralizedHopfield, means: np.ndarray, temperature: float = 1.0
) -> np.ndarray:
    """f(a) in nats, total: (B, N) → (B,). At T = 1 no less than −log Z = 0."""
    entropy = (entr((1 + means) / 2) + entr((1 - means) / 2)).sum(1)
    return model.energy(means) - temperature * entropy


def _slope(model: GeneralizedHopfield, means: np.ndarray, temperature: float) -> np.ndarray:
    """Largest eigenvalue of Hess U · ξᵀ diag(1 − a²) ξ/(NT): (B, N) → (B,)."""
    hessian = model.hessian(model.overlap(means))
    weight = (1 - means**2)[:, :, None] * model.patterns
    response = model.patterns.T @ weight / (model.n_sites * temperature)
    return np.linalg.eigvals(hessian @ response).real.max(1)


def fixed_points(
    model: GeneralizedHopfield, temperature: float = 1.0, starts: np.ndarray | None = None
) -> FixedPoints:
    """Fixed points that iteration reaches from spin means ``starts`` (B, N), all in [−1, 1].

    By default those of the model's own nodes, tanh(b + ξ·φ_g), which cover what it can reach. A start
    on a symmetry plane may end in a saddle, which ``slope`` tells. Raises InputError for T ≤ 0 and for
    starts that are no means of spins.
    """
    if not temperature > 0:
        raise InputError("temperature", temperature, "a number > 0 is needed")
    if starts is None:
        chosen = np.unique(np.linspace(0, len(model.nodes) - 1, MAX_STARTS).round().astype(int))
        starts = np.tanh(model.fields[chosen])
    if starts.ndim != 2 or starts.shape[1] != model.n_sites or not (np.abs(starts) <= 1).all():
        raise InputError("starts", starts.shape, f"numbers in [−1, 1], (B, {model.n_sites}), are needed")
    means, moving = starts.astype(np.float64), np.arange(len(starts))
    for _ in range(MAX_ITERATIONS):
        gradient = model.gradient(model.overlap(means[moving]))
        new = np.tanh((model.bias + gradient @ model.patterns.T) / temperature)
        change = np.sqrt(((new - means[moving]) ** 2).mean(1))
        means[moving] = new
        moving = moving[change > CONVERGED]
        if not len(moving):
            break
    settled = np.delete(means, moving, axis=0)
    free_energy = mean_field_free_energy(model, settled, temperature)
    found: list[int] = []
    count: list[int] = []
    for index in np.argsort(free_energy, kind="stable").tolist():
        distance = np.sqrt(((settled[found] - settled[index]) ** 2).mean(1))
        if len(found) and distance.min() < SAME:
            count[int(distance.argmin())] += 1
        else:
            found.append(index)
            count.append(1)
    points = settled[found]
    return FixedPoints(
        points,
        model.overlap(points),
        free_energy[found],
        _slope(model, points, temperature),
        np.array(count) / len(starts),
        len(moving),
    )


# -- words ------------------------------------------------------------------------------------------
@njit(cache=True)
def _steepest_flips(x, bias, patterns, nodes, offset, factor):  # type: ignore[no-untyped-def]
    """The site of every word (B, N) whose flip lowers H most, −1 where none does: (B,)."""
    weight, sites = np.empty(len(offset)), np.full(len(x), -1)
    for b in range(len(x)):
        _, total = node_weights(x[b], patterns, nodes, offset, weight)
        best = TIE
        for i in range(len(bias)):
            ratio = tilted_sum(weight, factor[(x[b, i] + 1) // 2, i]) / total
            gain = np.log(ratio) - 2.0 * x[b, i] * bias[i]
            if gain > best:
                best, sites[b] = gain, i
    return sites


def _distinct(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct words of (B, N), and which of them each word is (B,)."""
    packed = np.ascontiguousarray(np.packbits(x > 0, axis=1))
    key = packed.view(f"V{packed.shape[1]}")[:, 0]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return x[first], which


@dataclass(frozen=True, eq=False)
class Basins:
    """Local minima of H, words int8 (A, N), the one with most words first.

    H of each (A,) in nats, how many of the words given flow there (A,), and where each does (B,).
    """

    minima: np.ndarray
    energies: np.ndarray
    counts: np.ndarray
    basin: np.ndarray


def basins(model: GeneralizedHopfield, x: np.ndarray) -> Basins:
    """Where words (B, N) flow at T = 0, flip by flip, each time the one that lowers H most.

    As in Tkačik et al., PLoS Comput. Biol. 10, e1003408 (2014). Words that have met flow on as one.
    Raises InputError for other than spins ±1 of N sites.
    """
    if x.ndim != 2 or x.shape[1] != model.n_sites or not len(x) or (np.abs(x) != 1).any():
        raise InputError("x", x.shape, f"spins ±1 of shape (B, {model.n_sites}) are needed")
    bias, nodes, factor, _ = flip_factors(model)
    words, basin = _distinct(x.astype(np.int8))
    moving = np.ones(len(words), dtype=bool)
    while moving.any():
        site = np.full(len(words), -1)
        site[moving] = _steepest_flips(words[moving], bias, model.patterns, nodes, model.offset, factor)
        moving = site >= 0
        words[moving, site[moving]] *= -1
        words, which = _distinct(words)
        basin, still = which[basin], moving
        moving = np.ones(len(words), dtype=bool)
        moving[which[~still]] = False
    counts = np.bincount(basin, minlength=len(words))
    order = np.argsort(-counts, kind="stable")
    rank = np.argsort(order)
    return Basins(words[order], model.energy(words[order]), counts[order], rank[basin])
