"""The exponential family of directors: unit vectors u ≡ −u with p(u|η) ∝ exp(η·T(u)) on the sphere.

T(u) holds the components of √(3/2)(uuᵀ − 1/3) in an orthonormal basis of the symmetric traceless 3×3
matrices, so that T(u)·T(v) = P₂(u·v) and |T| = 1. With M(η) the matrix of η·T(u) = uᵀM(η)u this is the
law of Bingham (Ann. Stat. 2, 1201, 1974), which Maier & Saupe (Z. Naturforsch. 14a, 882, 1959) found for
a molecule in a nematic. A(η) = log ∫ dΩ/4π exp(η·T(u)), in nats, depends on η through two invariants
only, |η|² and 4 det M(η).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array
from numpy.polynomial import chebyshev

Array = Any  # a NumPy array or a PyTorch tensor

DIM = 5
ROOT3 = math.sqrt(3.0)  # not a NumPy scalar, which would turn float32 into float64

POLAR_NODES = 32  # Gauss–Legendre nodes of A in polar form: 1e-13 nats up to |η| = 40


# -- geometry ------------------------------------------------------------------------------------------
def statistic(u: np.ndarray) -> np.ndarray:
    """T(u) of unit vectors, (..., 3) → (..., 5)."""
    x, y, z = np.moveaxis(u, -1, 0)
    t = (ROOT3 / 2 * (x * x - y * y), (3 * z * z - 1) / 2, ROOT3 * x * y, ROOT3 * y * z, ROOT3 * z * x)
    return np.stack(t, -1)


def quadratic_form(fields: np.ndarray) -> np.ndarray:
    """The symmetric traceless M with η·T(u) = uᵀMu, (..., 5) → (..., 3, 3)."""
    a, b, c, d, e = np.moveaxis(fields, -1, 0)
    rows = ((ROOT3 * a - b, ROOT3 * c, ROOT3 * e), (ROOT3 * c, -ROOT3 * a - b, ROOT3 * d))
    last = (ROOT3 * e, ROOT3 * d, 2 * b)
    return np.stack([np.stack(row, -1) for row in (*rows, last)], -2) / 2


def cubic_invariant(fields: Array) -> Array:
    """4 det M(η), (..., 5) → (...): S³ for the perfectly uniaxial η = S T(u). A harmonic function."""
    return _cubic([fields[..., k] for k in range(DIM)])


def _square(components: Any) -> Array:
    a, b, c, d, e = components
    return a * a + b * b + c * c + d * d + e * e


def _cubic(components: Any) -> Array:
    a, b, c, d, e = components
    even, odd = d * d + e * e, d * d - e * e
    uniaxial = b * (b * b - 3 * (a * a + c * c) + 1.5 * even)
    return uniaxial + 3 * ROOT3 * (c * d * e - 0.5 * a * odd)


def _cubic_gradient(components: Any) -> list[Array]:
    a, b, c, d, e = components
    dd, ee = d * d, e * e
    return [
        -6 * a * b - 1.5 * ROOT3 * (dd - ee),
        3 * (b * b - a * a - c * c + 0.5 * (dd + ee)),
        3 * ROOT3 * d * e - 6 * b * c,
        3 * (ROOT3 * (c * e - a * d) + b * d),
        3 * (ROOT3 * (c * d + a * e) + b * e),
    ]


def eigenvalues(r: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Eigenvalues of M(η), descending, from r = |η| and w = 4 det M/r³ ∈ [−1, 1]: (...) → (..., 3)."""
    angle = np.arccos(np.clip(w, -1, 1)) / 3
    return np.stack([r * np.cos(angle + turn * 2 * np.pi / 3) for turn in (0, -1, 1)], -1)


@cache
def half_axis(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre nodes and weights on (0, 1)."""
    t, weight = np.polynomial.legendre.leggauss(nodes)
    return (t + 1) / 2, weight / 2


# -- log-partition -------------------------------------------------------------------------------------
def log_partition_polar(r: np.ndarray, w: np.ndarray, nodes: int = POLAR_NODES) -> np.ndarray:
    """A from |η| = r and w = 4 det M/r³ alone, to 1e-13 nats up to r = 40: (...) → (...).

    Around the axis of the lowest eigenvalue the azimuth is a Bessel function I₀; Gauss–Legendre in the
    cosine t of the angle to it, on (0, 1) as u ≡ −u.
    """
    from scipy.special import i0e  # which spins do without

    high, middle, low = (value[..., None] for value in np.moveaxis(eigenvalues(r, w), -1, 0))
    t, weight = half_axis(nodes)
    azimuth = (high - middle) / 2 * (1 - t**2)
    exponent = (low - high) * t**2 + (middle - high) / 2 * (1 - t**2) + azimuth
    return high[..., 0] + np.log((np.exp(exponent) * i0e(azimuth)) @ weight)


@dataclass(frozen=True)
class Series:
    """A for |η| ≤ reach as Σ_ij c_ij T_i(x) y^j, with T_i of Chebyshev, in the two invariants.

    x = 2|η|²/reach² − 1, y = 4 det M/reach³. A is analytic in both, so that few terms do what takes a
    quadrature a hundred nodes. All those with 2i + 3j ≤ ``degree`` (the degree in η) are fitted to the
    polar form by least squares.
    """

    reach: float
    degree: int
    block: ClassVar[int] = 16384  # sites at once, so that a block stays in the cache

    @cached_property
    def table(self) -> np.ndarray:
        """c_ij, a row for every j; below them the rows of ∂A/∂x."""
        shape = (self.degree // 2 + 1, self.degree // 3 + 1)
        roots = [np.cos(np.pi * (np.arange(2 * k) + 0.5) / (2 * k)) for k in shape]
        x, w = (axis.ravel() for axis in np.meshgrid(*roots, indexing="ij"))
        radius = np.sqrt((x + 1) / 2)
        design = chebyshev.chebvander2d(x, radius**3 * w, [k - 1 for k in shape])
        kept = np.add.outer(2 * np.arange(shape[0]), 3 * np.arange(shape[1])).ravel() <= self.degree
        fitted = np.zeros(kept.shape)
        fitted[kept] = np.linalg.lstsq(design[:, kept], log_partition_polar(self.reach * radius, w))[0]
        in_powers = np.zeros(shape)  # of y, for Horner's scheme
        for row, filled in zip(fitted.reshape(shape), in_powers, strict=True):
            powers = chebyshev.cheb2poly(row)
            filled[: len(powers)] = powers
        slope = np.pad(chebyshev.chebder(in_powers), ((0, 1), (0, 0)))
        return np.concatenate([in_powers.T, slope.T])

    def __call__(self, fields: Array, want_mean: bool) -> tuple[Array, Array | None]:
        """A (S,) and, if wanted, ∇A (S, 5) of fields (S, 5)."""
        namespace = array_namespace(fields)
        table = namespace.asarray(self.table, dtype=fields.dtype, device=device(fields))
        components = [column * 1 for column in fields.T]  # contiguous copies
        x = _square(components) * (2 / self.reach**2) - 1
        y = _cubic(components) * (1 / self.reach**3)
        polynomials, twice = [namespace.ones_like(x), x], 2 * x
        while len(polynomials) < table.shape[1]:
            polynomials.append(twice * polynomials[-1] - polynomials[-2])
        count = len(self.table) // 2  # of powers of y
        rows = (table if want_mean else table[:count]) @ namespace.stack(polynomials)
        value = rows[count - 1]
        if not want_mean:
            for power in reversed(range(count - 1)):
                value = value * y + rows[power]
            return value, None
        by_x, by_y = rows[2 * count - 1], namespace.zeros_like(y)
        for power in reversed(range(count - 1)):
            by_y = by_y * y + value
            value = value * y + rows[power]
            by_x = by_x * y + rows[count + power]
        by_x, by_y = by_x * (4 / self.reach**2), by_y * (1 / self.reach**3)
        slopes = zip(components, _cubic_gradient(components), strict=True)
        return value, namespace.stack([by_x * eta + by_y * slope for eta, slope in slopes], -1)


@dataclass(frozen=True)
class Lebedev:
    """A for |η| ≤ reach by quadrature: one of each pair u, −u of a rule of given degree on the sphere.

    Lebedev & Laikov, Doklady Mathematics 59, 477 (1999).
    """

    reach: float
    degree: int

    @cached_property
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """T(u_k) (K, 5) and weights (K,) that sum to one."""
        from scipy.integrate import lebedev_rule

        u, weight = lebedev_rule(self.degree)
        leading = u[np.argmax(np.abs(u) > 1e-9, axis=0), np.arange(len(weight))]  # first component ≠ 0
        weight = weight[leading > 0]
        return statistic(u.T[leading > 0]), weight / weight.sum()

    @property
    def block(self) -> int:
        """Sites at once, so that (site, node) pairs take 8 MB."""
        return max(1, 2**20 // len(self.nodes[1]))

    def __call__(self, fields: Array, want_mean: bool) -> tuple[Array, Array | None]:
        """A (S,) and, if wanted, ∇A (S, 5) of fields (S, 5)."""
        namespace = array_namespace(fields)
        t, weight = self.nodes
        tables = (t.T, np.column_stack([weight, weight[:, None] * t]))
        forth, back = (namespace.asarray(v, dtype=fields.dtype, device=device(fields)) for v in tables)
        exponent = fields @ forth
        largest = namespace.max(exponent, axis=-1, keepdims=True)
        moments = namespace.exp(exponent - largest) @ (back if want_mean else back[:, :1])
        value = largest[:, 0] + namespace.log(moments[:, 0])
        return value, moments[:, 1:] / moments[:, :1] if want_mean else None


# Cheapest first; each is right to 1e-6 nats up to its reach, which a test holds against the polar form.
RULES: tuple[Series | Lebedev, ...] = (
    *(Series(*of) for of in ((2.0, 12), (3.0, 16), (4.0, 22), (6.0, 30))),
    *(Lebedev(*of) for of in ((15.0, 41), (40.0, 65), (150.0, 131))),
)
MAX_FIELD = RULES[-1].reach
SERIES_REACH = max(rule.reach for rule in RULES if isinstance(rule, Series))


def _largest(fields: Array) -> float:
    """The largest |η| of fields (S, 5)."""
    return array_namespace(fields).max(_square(fields.T)).item() ** 0.5 if len(fields) else 0.0


def _evaluate(fields: Array, want_mean: bool) -> tuple[Array, Array | None]:
    """A (...) and, if wanted, ∇A (..., 5) of fields (..., 5); NaN where a field is not finite."""
    namespace = array_namespace(fields)
    flat = fields.reshape(-1, DIM)
    largest = _largest(flat)
    if not math.isfinite(largest):
        finite = namespace.isfinite(flat)
        largest = _largest(namespace.where(finite, flat, 0.0))
        flat = namespace.where(finite, flat, float("nan"))  # an infinity would come out as anything
    if largest > MAX_FIELD:
        raise ArithmeticError(f"field of a director = {largest:.6g}: at most {MAX_FIELD:g} is allowed")
    value, mean = _by_rules(flat, largest, want_mean)
    value = value.reshape(fields.shape[:-1])
    return value, mean if mean is None else mean.reshape(fields.shape)


def _by_rules(flat: Array, largest: float, want_mean: bool) -> tuple[Array, Array | None]:
    """A (S,) and, if wanted, ∇A (S, 5) of fields (S, 5), of which ``largest`` is the largest |η|."""
    namespace = array_namespace(flat)
    rule = next(rule for rule in RULES if largest <= rule.reach)
    if largest > SERIES_REACH and len(flat) > 1:
        weak = ~(_square(flat.T) > SERIES_REACH**2)  # NaN is as good here as there
        if namespace.any(weak):  # a few strong fields shall not put all the others on a grid of nodes
            value = namespace.empty_like(flat[:, 0])
            mean = namespace.empty_like(flat) if want_mean else None
            for part, reach in ((weak, SERIES_REACH), (~weak, largest)):
                if namespace.any(part):
                    value[part], slopes = _by_rules(flat[part], reach, want_mean)
                    if mean is not None:
                        mean[part] = slopes
            return value, mean
    starts = range(0, max(1, len(flat)), rule.block)
    parts = [rule(flat[start : start + rule.block], want_mean) for start in starts]
    if len(parts) == 1:
        return parts[0]
    values, means = zip(*parts, strict=True)
    return namespace.concat(values), namespace.concat(means) if want_mean else None


@cache
def _differentiable() -> Any:
    """``log_partition`` for PyTorch's autograd, which would else keep every intermediate array."""
    import torch

    class LogPartition(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, fields: torch.Tensor) -> torch.Tensor:
            value, mean = _evaluate(fields, want_mean=True)
            context.save_for_backward(fields, mean)
            return value

        @staticmethod
        def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
            fields, mean = context.saved_tensors
            if torch.is_grad_enabled():  # a second derivative is asked for: record the first
                mean = mean_statistic(fields)
            return gradient[..., None] * mean

    return LogPartition.apply


def log_partition(fields: Array) -> Array:
    """A(η) in nats, (..., 5) → (...), to 1e-6 or the array's precision; NaN where a field is not finite.

    Raises ArithmeticError for |η| > ``MAX_FIELD``.
    """
    if is_torch_array(fields) and fields.requires_grad and array_namespace(fields).is_grad_enabled():
        return _differentiable()(fields)
    return _evaluate(fields, want_mean=False)[0]


def mean_statistic(fields: Array) -> Array:
    """⟨T⟩ = ∇A(η), (..., 5) → (..., 5); otherwise like ``log_partition``."""
    return _evaluate(fields, want_mean=True)[1]
