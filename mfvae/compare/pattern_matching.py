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
