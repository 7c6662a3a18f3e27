"""How far two descriptions of the same configurations agree: as they are, and up to symmetries.

A latent space is known up to what its prior and its decoder cannot tell apart: signs, rotations,
reparametrisations. Every similarity is 1 for descriptions that agree up to its own symmetry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from scipy.linalg import orthogonal_procrustes, subspace_angles
from scipy.optimize import linear_sum_assignment

from mfvae.stats import Estimate, jackknife

RANK = 1e-10  # singular values below this share of the largest are none

Similarity = Callable[[np.ndarray, np.ndarray], float]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Frobenius cosine ⟨a, b⟩/|a||b| of arrays of one shape; 0 where one of both vanishes."""
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / norm) if norm > 0 else 0.0


def raw(a: np.ndarray, b: np.ndarray) -> float:
    """Cosine of both (B, d), their means subtracted: nothing is aligned. For d = 1 Pearson's r."""
    return cosine(a - a.mean(0), b - b.mean(0))


def procrustes(a: np.ndarray, b: np.ndarray) -> float:
    """The largest ``raw`` over rotations and reflections (Schönemann, Psychometrika 31, 1, 1966)."""
    a, b = a - a.mean(0), b - b.mean(0)
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float(orthogonal_procrustes(a, b)[1] / norm) if norm > 0 else 0.0


def canonical(a: np.ndarray, b: np.ndarray) -> float:
    """Mean canonical correlation (Hotelling, Biometrika 28, 321, 1936): up to invertible linear maps.

    Directions that one of both lacks count as uncorrelated.
    """
    bases = []
    for centred in (a - a.mean(0), b - b.mean(0)):
        left, singular, _ = np.linalg.svd(centred, full_matrices=False)
        bases.append(left[:, singular > RANK * singular[:1]])
    found = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    return float(found.sum() / max(a.shape[1], b.shape[1]))


def mean_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Mean correlation coefficient: |r| of latents paired in the best order, up to order and signs.

    Khemakhem et al., arXiv:2002.11537.
    """
    d = a.shape[1]
    size = np.array([[abs(raw(a[:, [i]], b[:, [j]])) for j in range(d)] for i in range(d)])
    return float(size[linear_sum_assignment(-size)].mean())


def spans(a: np.ndarray, b: np.ndarray) -> float:
    """tr(P_a P_b)/K of the projectors on the columns' spans (N, K), K the larger number of columns.

    0 where one of both has no column.
    """
    if not (a.shape[1] and b.shape[1]):
        return 0.0
    cosines = np.cos(subspace_angles(a, b))
    return float((cosines**2).sum() / max(a.shape[1], b.shape[1]))


LATENT: dict[str, Similarity] = {
    "latent_raw": raw,
    "latent_procrustes": procrustes,
    "latent_canonical": canonical,
    "latent_mean_correlation": mean_correlation,
}


def over_pairs(similarity: Similarity, replicas: Sequence[np.ndarray]) -> Estimate:
    """Mean over all pairs of replicas, of which there are three at least.

    Pairs share replicas: the error is the jackknife's, which leaves out one replica after the other.
    """
    n = len(replicas)
    values = {pair: similarity(*(replicas[i] for i in pair)) for pair in combinations(range(n), 2)}

    def mean(left_out: int | None) -> float:
        return float(np.mean([value for pair, value in values.items() if left_out not in pair]))

    found = jackknife(range(n), mean)
    return Estimate(float(found.value), float(found.stderr))


def shuffled(
    similarity: Similarity, replicas: Sequence[np.ndarray], rng: np.random.Generator
) -> Estimate:
    """The same of replicas whose rows are in random order: what agrees by chance."""
    return over_pairs(similarity, [rng.permutation(replica) for replica in replicas])
