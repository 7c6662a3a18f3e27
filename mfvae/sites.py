"""Site families: what one site of a configuration is, as an exponential family.

p(x_i | η_i) = h(x_i) exp(η_i · T(x_i) − A(η_i)), with statistic T, field η, log-partition A and base
measure h, which is 1 for spins (per state) and directors (per dΩ/4π). Fields and statistics of N sites
are stored flat, shape (..., N·dim), site after site. Formulas work on NumPy arrays and PyTorch tensors
alike (array API): samplers need no PyTorch, decoders differentiate through them.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from mfvae import bingham
from mfvae.site_checks import check_shape, check_sites, is_spin

LOG_TWO_PI = math.log(2 * math.pi)
UNIT_NORM = 16 * float(np.finfo(np.float32).eps)  # of |u|² about 1, after a few roundings to float32
SOFTPLUS_LINEAR = 40.0  # log(1 + eˣ) = x to double precision beyond

Array = Any  # a NumPy array or a PyTorch tensor


class SiteFamily(Protocol):
    """What the rest of the library may ask of a site."""

    name: str
    dim: int
    units: str  # of a configuration, in words

    def pack(self, x: np.ndarray) -> np.ndarray:
        """Configurations as bytes, uint8 (B, W), without loss; raises InputError for any other value."""

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """The inverse of ``pack``."""

    def check(self, x: np.ndarray) -> None:
        """Raise InputError unless x are configurations (B, N, ...), as ``pack`` and ``statistic`` do."""

    def statistic(self, x: np.ndarray) -> np.ndarray:
        """T(x) as float32, shape (B, N·dim), of configurations (B, N, ...).

        Raises InputError for what is no configuration. A statistic itself, as models take it, is not
        checked again.
        """

    def log_partition(self, fields: Array) -> Array:
        """A(η) of every site, in nats: (..., N·dim) → (..., N)."""

    def mean_statistic(self, fields: Array) -> Array:
        """⟨T⟩ = ∇A(η): (..., N·dim) → (..., N·dim)."""

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """The inverse of ``mean_statistic``, float64, (..., N·dim) → (..., N·dim)."""

    def log_base_measure(self, statistic: Array) -> Array:
        """Σ_i log h(x_i) in nats, which no field depends on: (..., N·dim) → (...), or 0 for all."""

    def log_prob(self, statistic: Array, fields: Array) -> Array:
        """Σ_i log p(x_i | η_i) in nats: statistic and fields (..., N·dim) → (...)."""
        linear = (statistic * fields).sum(-1) - self.log_partition(fields).sum(-1)
        return linear + self.log_base_measure(statistic)

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One configuration for every row of fields (B, N·dim)."""


class Spin(SiteFamily):
    """x = ±1 with T(x) = x and A(η) = log 2cosh η."""

    name = "spin"
    dim = 1
    units = "dimensionless; spins are -1/+1, bit 1 is +1"

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.packbits(x > 0, axis=1)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """Spins, int8 (B, N)."""
        spins = np.unpackbits(packed, axis=1, count=n_sites).view(np.int8)
        spins *= 2  # in place: configurations are the largest thing in memory
        spins -= 1
        return spins

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return x.astype(np.float32)

    def check(self, x: np.ndarray) -> None:
        check_shape(x)
        check_sites(x, is_spin, "only spins -1 and +1 are allowed (0/1 spikes s are spins 2s - 1)")

    def log_partition(self, fields: Array) -> Array:
        namespace = array_namespace(fields)
        if is_torch_array(fields):  # one kernel forth and one back: a third less time in training
            softplus = namespace.nn.functional.softplus
            return softplus(2 * fields, threshold=SOFTPLUS_LINEAR) - fields
        return namespace.logaddexp(fields, -fields)

    def mean_statistic(self, fields: Array) -> Array:
        return array_namespace(fields).tanh(fields)

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """Half the log-odds of +1; infinite for means of ±1."""
        return np.arctanh(mean.astype(np.float64, copy=False))

    def log_prob(self, statistic: Array, fields: Array) -> Array:
        if is_torch_array(fields):  # −log(1 + e^(−2xη)) of every site, in two kernels instead of six
            softplus = array_namespace(fields).nn.functional.softplus
            return 2 * softplus(statistic * fields, beta=-2, threshold=SOFTPLUS_LINEAR).sum(-1)
        return super().log_prob(statistic, fields)

    def log_base_measure(self, statistic: Array) -> Array:
        return 0.0

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent spins, int8 (B, N); probabilities are resolved to 2⁻²⁴ (float32)."""
        # p(+1) = 1/(1+e^{-2η}) > u   ⇔   tanh η > 2u − 1
        uniform = rng.random(fields.shape, dtype=np.float32)
        up = np.tanh(fields.astype(np.float32, copy=False)) > 2 * uniform - 1
        return np.where(up, np.int8(1), np.int8(-1))


class Director(SiteFamily):
    """x = a unit vector u on S², u ≡ −u, with T(u)·T(v) = P₂(u·v) and A the log-partition of Bingham.

    Configurations are float32 (B, N, 3), all else is in ``mfvae.bingham``. A(0) is measured in dΩ/4π.
    """

    name = "director"
    dim = bingham.DIM
    units = "dimensionless; unit vectors (x, y, z) without head or tail, little-endian float32"

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.ascontiguousarray(x, dtype="<f4").reshape(len(x), -1).view(np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """Directors, float32 (B, N, 3)."""
        numbers = np.ascontiguousarray(packed).view("<f4").astype(np.float32, copy=False)
        return numbers.reshape(len(packed), n_sites, 3)

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return bingham.statistic(x).astype(np.float32, copy=False).reshape(len(x), -1)

    def check(self, x: np.ndarray) -> None:
        check_shape(x, 3)
        check_sites(
            x,
            lambda u: np.abs(np.square(u, dtype=np.float64).sum(-1) - 1) <= UNIT_NORM,
            "only unit vectors are allowed",
        )

    def log_partition(self, fields: Array) -> Array:
        """To 1e-6 nats. Raises ArithmeticError for |η| > ``bingham.MAX_FIELD``."""
        return bingham.log_partition(_by_site(fields))

    def mean_statistic(self, fields: Array) -> Array:
        return bingham.mean_statistic(_by_site(fields)).reshape(fields.shape)

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """To 1e-5 in the mean; finite at the edge of the possible (see ``mfvae.bingham_inverse``)."""
        from mfvae.bingham_inverse import field_of_mean

        return field_of_mean(_by_site(mean)).reshape(mean.shape)

    def log_base_measure(self, statistic: Array) -> Array:
        return 0.0

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent directors, float32 (B, N, 3); raises ArithmeticError if a field is not finite."""
        from mfvae.bingham_sampler import draw

        if not np.isfinite(fields).all():
            raise ArithmeticError("field of a director that is to be drawn is not finite")
        double = np.ascontiguousarray(fields, dtype=np.float64)  # one type, compiled once
        return draw(double.reshape(-1, self.dim), rng).reshape(len(fields), -1, 3)


def _by_site(fields: Array) -> Array:
    """(..., N·dim) → (..., N, dim)."""
    return fields.reshape((*fields.shape[:-1], -1, bingham.DIM))


class Gaussian(SiteFamily):
    """x real, of variance 1 around its field: T(x) = x, A(η) = η²/2, log h = −(x² + log 2π)/2.

    For standardised data. A precision that is learned with the mean (T = (x, x²)) makes likelihoods
    unbounded, and needs fields of one sign; at unit variance the field is the decoded mean itself.
    """

    name = "gaussian"
    dim = 1
    units = "standard deviations of the noise; little-endian float32"

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.ascontiguousarray(x, dtype="<f4").view(np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """Numbers, float32 (B, N)."""
        numbers = np.ascontiguousarray(packed).view("<f4").astype(np.float32, copy=False)
        return numbers.reshape(len(packed), n_sites)

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return x.astype(np.float32, copy=False)

    def check(self, x: np.ndarray) -> None:
        check_shape(x)
        check_sites(x, np.isfinite, "only finite numbers are allowed")

    def log_partition(self, fields: Array) -> Array:
        return 0.5 * fields**2

    def mean_statistic(self, fields: Array) -> Array:
        return fields

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        return mean.astype(np.float64, copy=False)

    def log_base_measure(self, statistic: Array) -> Array:
        return -0.5 * (statistic**2 + LOG_TWO_PI).sum(-1)

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent normal numbers, float32 (B, N)."""
        noise = rng.standard_normal(fields.shape, dtype=np.float32)
        return fields.astype(np.float32, copy=False) + noise


SITE_FAMILIES: dict[str, SiteFamily] = {
    family.name: family for family in (Spin(), Director(), Gaussian())
}
