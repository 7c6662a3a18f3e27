"""Exact draws of directors from Bingham laws, compiled by Numba (importing this module takes a second).

Rejection from an angular central Gaussian envelope: Kent, Ganeiban & Mardia, arXiv:1310.8110 (2013).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

NEWTON_STEPS = 8
NEWTON_TOLERANCE = 1e-6  # any 0 < b ≤ 3 is exact; the best b only wastes the fewest draws


@njit(cache=True)
def _envelope(a, b, c, d, e, chol, form):  # type: ignore[no-untyped-def]
    """Fill Λ = λ_max − M and the Cholesky factor of Ω = 1 + 2Λ/b, both as (xx, yx, yy, zx, zy, zz).

    Returns b, which solves Σ_i 1/(b + 2λ_i) = 1 over the eigenvalues of Λ.
    """
    half3 = math.sqrt(3.0) / 2
    xx, yy, zz = half3 * a - b / 2, -half3 * a - b / 2, b
    yx, zy, zx = half3 * c, half3 * d, half3 * e
    r = math.sqrt(a * a + b * b + c * c + d * d + e * e)
    w = 1.0
    if r > 0:
        det = xx * (yy * zz - zy * zy) - yx * (yx * zz - zy * zx) + zx * (yx * zy - yy * zx)
        w = min(1.0, max(-1.0, 4 * det / (r * r * r)))
    angle = math.acos(w) / 3
    top = r * math.cos(angle)
    second = 2 * (top - r * math.cos(angle - 2 * math.pi / 3))  # 2λ of the two others
    third = 2 * (top - r * math.cos(angle + 2 * math.pi / 3))
    bound = 1.0
    for _ in range(NEWTON_STEPS):  # from the left of a convex, falling function
        p, q, s = 1 / bound, 1 / (bound + second), 1 / (bound + third)
        step = (p + q + s - 1) / (p * p + q * q + s * s)
        bound += step
        if step < NEWTON_TOLERANCE:
            break
    bound = min(bound, 3.0)
    form[0], form[1], form[2] = top - xx, -yx, top - yy
    form[3], form[4], form[5] = -zx, -zy, top - zz
    scale = 2 / bound
    chol[0] = math.sqrt(1 + scale * form[0])
    chol[1] = scale * form[1] / chol[0]
    chol[2] = math.sqrt(1 + scale * form[2] - chol[1] * chol[1])
    chol[3] = scale * form[3] / chol[0]
    chol[4] = (scale * form[4] - chol[3] * chol[1]) / chol[2]
    chol[5] = math.sqrt(1 + scale * form[5] - chol[3] * chol[3] - chol[4] * chol[4])
    return bound


@njit(cache=True)
def draw(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One director, float32 (S, 3), in each of the finite fields (S, 5)."""
    out = np.empty((len(fields), 3), dtype=np.float32)
    chol, form = np.empty(6), np.empty(6)
    bound = constant = 0.0
    for site in range(len(fields)):
        field = fields[site]
        if site == 0 or (field != fields[site - 1]).any():  # sites of one configuration often share it
            bound = _envelope(
                float(field[0]), float(field[1]), float(field[2]), float(field[3]), float(field[4]),
                chol, form,
            )  # fmt: skip
            constant = (3 - bound) / 2 - 1.5 * math.log(3 / bound)
        while True:
            z = rng.standard_normal() / chol[5]  # Lᵀ(x, y, z) = three standard normals
            y = (rng.standard_normal() - chol[4] * z) / chol[2]
            x = (rng.standard_normal() - chol[1] * y - chol[3] * z) / chol[0]
            norm = x * x + y * y + z * z
            height = (
                form[0] * x * x + form[2] * y * y + form[5] * z * z
                + 2 * (form[1] * x * y + form[3] * x * z + form[4] * y * z)
            ) / norm  # fmt: skip
            log_ratio = constant - height + 1.5 * math.log1p(2 * height / bound)
            if rng.random() < math.exp(log_ratio):
                break
        length = math.sqrt(norm)
        out[site, 0], out[site, 1], out[site, 2] = x / length, y / length, z / length
    return out
