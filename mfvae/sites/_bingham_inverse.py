"""Which field a director's mean statistic belongs to: the inverse of ∇A in ``_bingham.py``."""

from __future__ import annotations

import numpy as np

from mfvae.sites._bingham import DIM, Lebedev, quadratic_form

INVERTED = Lebedev(40.0, 65)  # on which means are inverted; fields of ``LEAST`` are within its reach
LEAST = 0.02  # eigenvalue of ⟨uuᵀ⟩: a mean with a lesser one is mixed with disorder until it has it
NEWTON_STEPS, LONGEST_STEP = 40, 4.0
INVERTED_SITES = 256  # at once, in which sites × nodes × 5 numbers take 7 MB


def field_of_mean(mean: np.ndarray) -> np.ndarray:
    """The field η with ⟨T⟩ = mean, to 1e-5 in ⟨T⟩: (..., 5) → (..., 5), float64, |η| < 40.

    By Newton's method on the concave m·η − A(η). A mean at the edge of what is possible (all directors
    alike, or all in one plane) has no finite field: such a one is first mixed with as much disorder as
    brings every eigenvalue of ⟨uuᵀ⟩ to ``LEAST``.
    """
    flat = mean.reshape(-1, DIM).astype(np.float64)
    lowest = np.linalg.eigvalsh(quadratic_form(flat))[:, 0] * 2 / 3 + 1 / 3  # of ⟨uuᵀ⟩
    disorder = np.clip((LEAST - lowest) / (1 / 3 - lowest), 0, 1)
    flat *= 1 - disorder[:, None]
    starts = range(0, len(flat), INVERTED_SITES)
    parts = [_invert(flat[start : start + INVERTED_SITES]) for start in starts]
    return np.concatenate([np.empty((0, DIM)), *parts]).reshape(mean.shape)


def _invert(mean: np.ndarray) -> np.ndarray:
    """Newton's method for means (S, 5) inside of what is possible."""
    t, weight = INVERTED.nodes
    fields = np.zeros_like(mean)
    for _ in range(NEWTON_STEPS):
        exponent = fields @ t.T
        law = weight * np.exp(exponent - exponent.max(1, keepdims=True))  # (S, K)
        law /= law.sum(1, keepdims=True)
        now = law @ t
        covariance = (
            np.einsum("sk,ki,kj->sij", law, t, t, optimize=True) - now[:, :, None] * now[:, None]
        )
        step = np.linalg.solve(covariance, (mean - now)[:, :, None])[:, :, 0]
        length = np.linalg.norm(step, axis=1, keepdims=True)
        fields += step * np.minimum(1, LONGEST_STEP / np.maximum(length, LONGEST_STEP))
    return fields
