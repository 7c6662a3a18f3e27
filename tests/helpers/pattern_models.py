"""Models of binary patterns, and the same laws by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.special import logsumexp

from mfvae.systems.base import Parameters
from mfvae.systems.binary_patterns import BinaryPatternModel
from tests.helpers.statistics import all_configurations


class AnyPatterns(BinaryPatternModel):
    """A model with the patterns and the field that it is given, in no grid."""

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        raise NotImplementedError

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> AnyPatterns:
        raise NotImplementedError


class BruteForce:
    """The same law from its Hamiltonian, one configuration at a time."""

    def __init__(self, model: BinaryPatternModel) -> None:
        xi = model.patterns
        self.x = all_configurations(model.n_sites)
        couplings = model.coupling / model.n_sites * xi @ xi.T
        x = self.x.astype(float)
        weights = 0.5 * np.einsum("bi,ij,bj->b", x, couplings, x) + x @ (xi @ model.field)
        self.log_partition = logsumexp(weights)
        self.log_prob = weights - self.log_partition
        self.prob = np.exp(self.log_prob)
        self.collective = np.rint(x @ xi).astype(int)

    def law_of_collective(self) -> dict[tuple[int, ...], float]:
        law: dict[tuple[int, ...], float] = {}
        for state, p in zip(map(tuple, self.collective.tolist()), self.prob, strict=True):
            law[state] = law.get(state, 0.0) + p
        return law


def first_half(model: BinaryPatternModel) -> np.ndarray:
    return np.arange(model.n_sites) < model.n_sites // 2


def information_by_marginals(brute: BruteForce, in_a: np.ndarray) -> float:
    """I(A;B) from the explicit joint table of x_A (rows) and x_B (columns)."""
    binary = brute.x > 0
    rows, columns = (
        np.ravel_multi_index(binary[:, part].T.astype(int), (2,) * part.sum()) for part in (in_a, ~in_a)
    )
    joint = np.zeros((2 ** in_a.sum(), 2 ** (~in_a).sum()))
    joint[rows, columns] = brute.prob
    return float((joint * np.log(joint / (joint.sum(1, keepdims=True) * joint.sum(0)))).sum())


def rate_by_mixture(model: BinaryPatternModel, brute: BruteForce, nodes: int) -> float:
    """I(x;φ) = Σ_M p(M) ⟨log p(φ|M)/p(φ)⟩ by Gauss–Hermite, p(φ) the explicit mixture over M."""
    law = brute.law_of_collective()
    p = np.array(list(law.values()))
    variance = model.coupling / model.n_sites
    means = model.coupling / model.n_sites * np.array(list(law), dtype=float)
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    noise = np.array(list(product(points, repeat=model.n_patterns)))  # in units of the width
    weight = np.prod(list(product(weights / weights.sum(), repeat=model.n_patterns)), axis=1)
    rate = 0.0
    for p_state, mean in zip(p, means, strict=True):
        phi = mean + np.sqrt(variance) * noise
        distances = ((phi[:, None, :] - means) ** 2).sum(-1)
        log_mixture = logsumexp(-distances / (2 * variance), axis=1, b=p)
        rate += p_state * weight @ (-0.5 * (noise**2).sum(1) - log_mixture)
    return rate
