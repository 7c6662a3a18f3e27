"""The law exp(η·u) of unit vectors u in n dimensions, relative to the uniform measure of their sphere.

With κ = |η|, A(κ) = log Γ(n/2) + (n/2 − 1) log(2/κ) + log I_{n/2−1}(κ) and |⟨u⟩| = A′(κ) (Mardia & Jupp,
Directional Statistics, Wiley 2000, section 9.3.2). A is log I₀ for n = 2 and log(sinh κ/κ) for n = 3;
beyond it is the quadrature over t = u·η/κ, whose density is ∝ (1 − t²)^((n−3)/2).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

Array = Any  # a NumPy array or a PyTorch tensor

NODES = 96  # of the quadrature: A to 1e-10 up to MAX_LENGTH, n ≤ 16
MAX_LENGTH = 300.0  # |η| in four dimensions and more
STRONGEST = 1e6  # |η| of a mean of length 1, in two and three dimensions
WEAK = 0.5  # κ below which sinh is a series, as differences of large numbers would lose digits
LOG_SINHC = (1 / 6, -1 / 180, 1 / 2835, -1 / 37800, 1 / 467775, -691 / 3831077250)  # in powers of κ²
NEWTON_STEPS = 30


@cache
def nodes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes t and weights of sum 1 (Gauss–Jacobi)."""
    from scipy.special import roots_jacobi

    t, weight = roots_jacobi(NODES, (n - 3) / 2, (n - 3) / 2)
    return t, weight / weight.sum()


def log_partition(length: Array, n: int) -> Array:
    """A(κ) in nats; raises ArithmeticError for κ > ``MAX_LENGTH`` where n > 3."""
    namespace = array_namespace(length)
    if n == 2:
        return namespace.log(_bessel(length)[0]) + length
    if n == 3:
        strong = namespace.clip(length, min=WEAK)
        far = strong + namespace.log(-namespace.expm1(-2 * strong) / (2 * strong))
        square = namespace.clip(length, max=WEAK) ** 2
        near = sum(c * square ** (k + 1) for k, c in enumerate(LOG_SINHC))
        return namespace.where(length > WEAK, far, near)
    value, _ = _by_quadrature(length, n)
    return value


def mean_length(length: Array, n: int) -> Array:
    """A′(κ) = |⟨u⟩|, from 0 to 1; raises as ``log_partition`` does."""
    namespace = array_namespace(length)
    if n == 2:
        zeroth, first = _bessel(length)
        return first / zeroth
    if n == 3:
        strong = namespace.clip(length, min=WEAK)
        far = 1 / namespace.tanh(strong) - 1 / strong
        weak = namespace.clip(length, max=WEAK)
        near = sum(2 * (k + 1) * c * weak ** (2 * k + 1) for k, c in enumerate(LOG_SINHC))
        return namespace.where(length > WEAK, far, near)
    _, mean = _by_quadrature(length, n)
    return mean


def length_of_mean(mean: np.ndarray, n: int) -> np.ndarray:
    """κ with A′(κ) = mean, float64; the strongest field that is allowed for a mean of 1.

    Newton's method, A″ = 1 − A′² − (n − 1)A′/κ, from κ = r(n − r²)/(1 − r²) (Banerjee et al., J. Mach.
    Learn. Res. 6, 1345, 2005).
    """
    most = STRONGEST if n <= 3 else MAX_LENGTH
    r = np.clip(mean, 0, mean_length(np.array(most), n))
    length = np.minimum(r * (n - r**2) / (1 - r**2), most)
    for _ in range(NEWTON_STEPS):
        found = mean_length(length, n)
        by_length = np.where(length > 1e-4, found / np.maximum(length, 1e-4), 1 / n)
        slope = np.maximum(1 - found**2 - (n - 1) * by_length, (n - 1) / (4 * most**2))
        length = np.clip(length + (r - found) / slope, 0, most)
    return length


def _bessel(length: Array) -> tuple[Array, Array]:
    """e^(−κ) I₀(κ) and e^(−κ) I₁(κ)."""
    if is_torch_array(length):
        special = array_namespace(length).special
        return special.i0e(length), special.i1e(length)
    from scipy.special import i0e, i1e

    return i0e(length), i1e(length)


def _by_quadrature(length: Array, n: int) -> tuple[Array, Array]:
    namespace = array_namespace(length)
    if not bool((length <= MAX_LENGTH).all()):
        raise ArithmeticError(f"field of a vector in {n} dimensions is not |η| ≤ {MAX_LENGTH:g}")
    kind = {"dtype": length.dtype, "device": device(length)}
    t, weight = (namespace.asarray(part, **kind) for part in nodes(n))
    weights = weight * namespace.exp(length[..., None] * (t - 1))
    total = weights.sum(-1)
    return namespace.log(total) + length, (weights * t).sum(-1) / total


def draw(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A unit vector in each of the fields (M, n): float64 (M, n).

    The component along the field by rejection from a transformed beta law (Wood, Commun. Stat. Simul.
    Comput. 23, 157, 1994), the direction across it uniform.
    """
    length = np.linalg.norm(fields, axis=1)
    along = _draw_along(length, fields.shape[1], rng)
    axis = np.zeros_like(fields)
    axis[:, 0] = 1.0  # where there is no field, any direction serves
    strong = length > 0
    axis[strong] = fields[strong] / length[strong, None]
    across = rng.standard_normal(fields.shape)
    across -= (across * axis).sum(1, keepdims=True) * axis
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return along[:, None] * axis + np.sqrt(np.maximum(1 - along**2, 0))[:, None] * across


def _draw_along(length: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """u·η/κ for every κ (M,); two draws out of three are accepted."""
    b = (n - 1) / (2 * length + np.sqrt(4 * length**2 + (n - 1) ** 2))
    centre = (1 - b) / (1 + b)
    bound = length * centre + (n - 1) * np.log(4 * b / (1 + b) ** 2)  # 1 − centre² = 4b/(1 + b)²
    along = np.empty_like(length)
    missing = np.arange(len(length))
    while len(missing):
        b_, centre_, length_ = b[missing], centre[missing], length[missing]
        z = rng.beta((n - 1) / 2, (n - 1) / 2, size=len(missing))
        w = (1 - (1 + b_) * z) / (1 - (1 - b_) * z)
        log_ratio = length_ * w + (n - 1) * np.log1p(-centre_ * w) - bound[missing]
        accepted = np.log(rng.random(len(missing))) < log_ratio
        along[missing[accepted]] = w[accepted]
        missing = missing[~accepted]
    return along
