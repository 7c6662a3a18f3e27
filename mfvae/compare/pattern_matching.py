"""How alike two generalized Hopfield models are, up to the symmetries that leave p(x) as it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import subspace_angles
from scipy.optimize import linear_sum_assignment

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield


@dataclass(frozen=True)
class Alignment:
    """How far a decoded model is from the true one, or from another decoded one.

    ``principal_angles`` between the spans of ξ, radians, the largest first; ``overlaps`` |cos| of
    canonical patterns, matched one to one, in the order of the true ones, ``correlations`` their
    |Pearson| coefficients over sites, ``matched`` the decoded one of each; ``bias_error`` the root mean
    square over sites of the error of b + ξ·⟨φ⟩, nats; ``field_error`` ‖C − C'‖/‖C'‖ of
    the covariance ξξᵀ of the fields (Frobenius).
    """

    principal_angles: np.ndarray
    overlaps: np.ndarray
    correlations: np.ndarray
    matched: np.ndarray
    bias_error: float
    field_error: float


def align(decoded: GeneralizedHopfield, truth: GeneralizedHopfield) -> Alignment:
    """Recovery of the true patterns and biases, both models in their canonical form.

    Where K differs, the smaller number is matched. Raises InputError for different N.
    """
    if decoded.n_sites != truth.n_sites:
        raise InputError("decoded", decoded.n_sites, f"N = {truth.n_sites} sites are needed")
    one, other = decoded.canonical(), truth.canonical()
    unit = [model.patterns / np.linalg.norm(model.patterns, axis=0) for model in (other, one)]
    cosine = np.abs(unit[0].T @ unit[1])
    true, matched = linear_sum_assignment(-cosine)
    k = other.n_patterns
    pearson = np.corrcoef(other.patterns, one.patterns, rowvar=False)[:k, k:]
    covariance = [model.patterns @ model.patterns.T for model in (one, other)]
    return Alignment(
        subspace_angles(one.patterns, other.patterns),
        cosine[true, matched],
        np.abs(pearson)[true, matched],
        matched,
        float(np.sqrt(np.mean((one.bias - other.bias) ** 2))),
        float(np.linalg.norm(covariance[0] - covariance[1]) / np.linalg.norm(covariance[1])),
    )


def match_patterns(decoded: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order and signs that bring decoded patterns (N, K) closest to the true ones (N, p).

    For judging. Returns a signed permutation P (K, p), with which decoded P is compared with the truth,
    and the |overlap| of each true pattern (p,). Where none is left for one, its column and overlap
    are 0.
    """
    overlap = decoded.T @ truth / len(truth)
    rows, columns = linear_sum_assignment(-np.abs(overlap))
    permutation, size = np.zeros(overlap.shape), np.zeros(truth.shape[1])
    permutation[rows, columns] = np.where(overlap[rows, columns] < 0, -1, 1)
    size[columns] = np.abs(overlap[rows, columns])
    return permutation, size


def rotate_patterns(decoded: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rotation R (K, p) that brings decoded R closest to the truth (N·dim, p), for judging.

    Orthogonal Procrustes (Schönemann, Psychometrika 31, 1, 1966). Returns R and the cosines of the
    principal angles between both spans (p,), descending, which are 1 where the truth's span is found.
    """
    left, _, right = np.linalg.svd(decoded.T @ truth, full_matrices=False)
    bases = [np.linalg.qr(patterns)[0] for patterns in (decoded, truth)]
    cosines = np.zeros(truth.shape[1])
    found = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    cosines[: len(found)] = found
    return left @ right, cosines


ALIGNMENTS = {"binary": match_patterns, "orthonormal": rotate_patterns}  # by what the decoding left open
