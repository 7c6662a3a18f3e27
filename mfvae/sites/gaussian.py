"""Real numbers with Gaussian noise of variance 1."""

from __future__ import annotations

import math

import numpy as np

from mfvae.sites.base import Array, SiteFamily
from mfvae.sites.checks import check_shape, check_sites
from mfvae.sites.masks import over_observed

LOG_TWO_PI = math.log(2 * math.pi)


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

    def log_base_measure(self, statistic: Array, observed: Array | None = None) -> Array:
        return -0.5 * over_observed(statistic**2 + LOG_TWO_PI, observed)

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent normal numbers, float32 (B, N)."""
        noise = rng.standard_normal(fields.shape, dtype=np.float32)
        return fields.astype(np.float32, copy=False) + noise
