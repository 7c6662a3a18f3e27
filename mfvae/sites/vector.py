"""Unit vectors: planar spins (n = 2), Heisenberg spins (n = 3), phases, directions."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from mfvae.errors import InputError
from mfvae.sites import _von_mises_fisher as law
from mfvae.sites.base import Array, SiteFamily
from mfvae.sites.checks import check_fields, check_shape, check_sites, is_unit

MAX_COMPONENTS = 16  # up to which the quadrature of ``_von_mises_fisher.py`` is tested


class Vector(SiteFamily):
    """x = a unit vector in n dimensions with T(x) = x, and A the log-partition of von Mises and Fisher.

    Configurations are float32 (B, N, n); all else is in ``_von_mises_fisher.py``. A(0) = 0:
    probabilities are relative to the uniform measure of the sphere, normalised to 1, and entropies are
    at most 0. A vector and its opposite differ, unlike those of ``Director``.

    Parameters
    ----------
    n_components : int
        n, from 2 to 16. The family's name is ``vector`` with this number behind it.

    Raises
    ------
    InputError
        For another number.

    Examples
    --------
    >>> import numpy as np
    >>> family = Vector(3)
    >>> family.mean_statistic(np.array([0.0, 0.0, 2.0])).round(6).tolist()  # coth 2 − 1/2
    [0.0, 0.0, 0.537315]
    """

    def __init__(self, n_components: int) -> None:
        if not 2 <= n_components <= MAX_COMPONENTS:
            allowed = f"a number of components from 2 to {MAX_COMPONENTS} is needed"
            raise InputError("n", n_components, allowed)
        self.name = f"vector{n_components}"
        self.dim = n_components
        self.units = f"dimensionless; unit vectors of {n_components} components, little-endian float32"

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.ascontiguousarray(x, dtype="<f4").reshape(len(x), -1).view(np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """Vectors, float32 (B, N, n)."""
        numbers = np.ascontiguousarray(packed).view("<f4").astype(np.float32, copy=False)
        return numbers.reshape(len(packed), n_sites, self.dim)

    def check(self, x: np.ndarray) -> None:
        check_shape(x, self.dim)
        check_sites(x, is_unit, "only unit vectors are allowed")

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return x.astype(np.float32, copy=False).reshape(len(x), -1)

    def log_partition(self, fields: Array) -> Array:
        """To 1e-9 nats; raises ArithmeticError for |η| > 300 where n > 3."""
        return law.log_partition(self._lengths(fields), self.dim)

    def mean_statistic(self, fields: Array) -> Array:
        length = self._lengths(fields)
        tiny = array_namespace(fields).finfo(fields.dtype).tiny
        ratio = law.mean_length(length, self.dim) / array_namespace(fields).clip(length, min=tiny)
        return (self._by_site(fields) * ratio[..., None]).reshape(fields.shape)

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """Finite where the mean has length 1 (see ``_von_mises_fisher.length_of_mean``)."""
        by_site = self._by_site(np.asarray(mean, dtype=np.float64))
        r = np.linalg.norm(by_site, axis=-1)
        ratio = law.length_of_mean(r, self.dim) / np.where(r > 0, r, 1)
        return (by_site * ratio[..., None]).reshape(mean.shape)

    def log_base_measure(self, statistic: Array, observed: Array | None = None) -> Array:
        return 0.0

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent vectors, float32 (B, N, n); raises ArithmeticError if a field is not finite."""
        check_fields(fields, "vector")
        drawn = law.draw(np.asarray(fields, dtype=np.float64).reshape(-1, self.dim), rng)
        return drawn.astype(np.float32).reshape(len(fields), -1, self.dim)

    def _by_site(self, fields: Array) -> Array:
        """(..., N·n) → (..., N, n)."""
        return fields.reshape((*fields.shape[:-1], -1, self.dim))

    def _lengths(self, fields: Array) -> Array:
        """|η| of every site, whose gradient at 0 is 0: (..., N·n) → (..., N)."""
        return array_namespace(fields).linalg.vector_norm(self._by_site(fields), axis=-1)
