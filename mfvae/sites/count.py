"""Counts 0, 1, 2 …: spikes in longer bins, photons, events."""

from __future__ import annotations

import math

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from mfvae.sites.base import Array, SiteFamily
from mfvae.sites.checks import check_fields, check_shape, check_sites, is_whole
from mfvae.sites.masks import over_observed

MAX_COUNT = 65_535  # two bytes
MAX_FIELD = math.log(MAX_COUNT)  # beyond it A goes on as a straight line
LEAST_MEAN = 1e-300  # of a count, so that its field is finite


class Count(SiteFamily):
    """x = 0, 1, 2 … with T(x) = x, A(η) = e^η and log h(x) = −log x!: the law of Poisson.

    Fields have no upper end, and e^η would overflow where a training goes astray. Beyond the largest
    count C = 65,535, at η = log C, A goes on along its tangent, C(1 + η − log C). There the sum of the
    probabilities of all counts that can be stored stays below 1, as log Σ_{x≤C} e^{ηx}/x! begins no
    higher than the tangent and is nowhere steeper: no likelihood comes out too high. Where means are
    that large, counts are no unit to be measured in.

    Counts of sites whose rate depends on latents vary more than Poisson's, by what the latents do to
    the rate (Cox, J. R. Stat. Soc. B 17, 129, 1955). A law that does so for one site alone (negative
    binomial) is no exponential family in a field of both signs, and is not needed for that.

    Examples
    --------
    >>> import numpy as np
    >>> Count().mean_statistic(np.log([0.5, 3.0])).round(12).tolist()
    [0.5, 3.0]
    """

    name = "count"
    dim = 1
    units = "events; little-endian uint16"

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.ascontiguousarray(x.astype("<u2")).view(np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """Counts, int32 (B, N)."""
        counts = np.ascontiguousarray(packed).view("<u2").reshape(len(packed), n_sites)
        return counts.astype(np.int32)

    def check(self, x: np.ndarray) -> None:
        check_shape(x)
        allowed = f"only counts, whole numbers from 0 to {MAX_COUNT}, are allowed"
        check_sites(x, lambda counts: is_whole(counts, MAX_COUNT), allowed)

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return x.astype(np.float32)

    def log_partition(self, fields: Array) -> Array:
        excess = array_namespace(fields).clip(fields, min=MAX_FIELD) - MAX_FIELD
        return self.mean_statistic(fields) * (1 + excess)

    def mean_statistic(self, fields: Array) -> Array:
        namespace = array_namespace(fields)
        return namespace.exp(namespace.clip(fields, max=MAX_FIELD))

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """log of the mean; finite for a mean of 0 and for one above ``MAX_COUNT``."""
        return np.log(np.clip(mean.astype(np.float64, copy=False), LEAST_MEAN, MAX_COUNT))

    def log_base_measure(self, statistic: Array, observed: Array | None = None) -> Array:
        if is_torch_array(statistic):
            return -over_observed(array_namespace(statistic).lgamma(statistic + 1), observed)
        from scipy.special import gammaln

        return -over_observed(gammaln(statistic + 1), observed)

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent counts, int32 (B, N), none above ``MAX_COUNT``.

        Raises ArithmeticError if a field is not finite.
        """
        check_fields(fields, "count")
        drawn = rng.poisson(self.mean_statistic(fields.astype(np.float64)))
        return np.minimum(drawn, MAX_COUNT).astype(np.int32)
