"""Directors: unit vectors without head or tail, as in nematics."""

from __future__ import annotations

import numpy as np

from mfvae.sites import _bingham
from mfvae.sites.base import Array, SiteFamily
from mfvae.sites.checks import check_fields, check_shape, check_sites, is_unit


class Director(SiteFamily):
    """x = a unit vector u on S², u ≡ −u, with T(u)·T(v) = P₂(u·v) and A the log-partition of Bingham.

    Configurations are float32 (B, N, 3), all else is in ``_bingham.py``. A(0) is measured in dΩ/4π.
    """

    name = "director"
    dim = _bingham.DIM
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
        return _bingham.statistic(x).astype(np.float32, copy=False).reshape(len(x), -1)

    def check(self, x: np.ndarray) -> None:
        check_shape(x, 3)
        check_sites(x, is_unit, "only unit vectors are allowed")

    def log_partition(self, fields: Array) -> Array:
        """To 1e-6 nats. Raises ArithmeticError for |η| > ``_bingham.MAX_FIELD``."""
        return _bingham.log_partition(_by_site(fields))

    def mean_statistic(self, fields: Array) -> Array:
        return _bingham.mean_statistic(_by_site(fields)).reshape(fields.shape)

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """To 1e-5 in the mean; finite at the edge of the possible (see ``_bingham_inverse.py``)."""
        from mfvae.sites._bingham_inverse import field_of_mean

        return field_of_mean(_by_site(mean)).reshape(mean.shape)

    def log_base_measure(self, statistic: Array, observed: Array | None = None) -> Array:
        return 0.0

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent directors, float32 (B, N, 3); raises ArithmeticError if a field is not finite."""
        from mfvae.sites._bingham_sampler import draw

        check_fields(fields, "director")
        double = np.ascontiguousarray(fields, dtype=np.float64)  # one type, compiled once
        return draw(double.reshape(-1, self.dim), rng).reshape(len(fields), -1, 3)


def _by_site(fields: Array) -> Array:
    """(..., N·dim) → (..., N, dim)."""
    return fields.reshape((*fields.shape[:-1], -1, _bingham.DIM))
