"""Potts states: one of q letters, categories or colours."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace, device

from mfvae.errors import InputError
from mfvae.sites.base import Array, SiteFamily
from mfvae.sites.checks import check_fields, check_shape, check_sites, is_whole

MAX_STATES = 255  # a byte holds them, and one number more for what is missing
SAMPLE_ENTRIES = 1 << 21  # (site, state) pairs drawn at once: 8 MB
LEAST_PROBABILITY = 1e-300  # of a state, so that its field is finite


def simplex(n_states: int) -> np.ndarray:
    """Corners of the regular simplex, float64 (q, q − 1): V_a·V_b = (q δ_ab − 1)/(q − 1), Σ_a V_a = 0.

    They are the rows of Helmert's matrix, which leave out the constant direction (Lancaster, Amer. Math.
    Monthly 72, 4, 1965). For q = 2 they are −1 and +1.

    Examples
    --------
    >>> simplex(2).ravel().tolist()
    [-1.0, 1.0]
    """
    k = np.arange(1, n_states)
    state = np.arange(n_states)[:, None]
    corners = np.where(state < k, -1.0, np.where(state == k, k, 0.0)) / np.sqrt(k * (k + 1.0))
    return corners * np.sqrt(n_states / (n_states - 1))


class Potts(SiteFamily):
    """x = 0 … q − 1 with T(x) = V_x, a corner of the simplex, and A(η) = log Σ_a exp(η·V_a).

    Fields have q − 1 components, and no two fields are one law: a field for every state, of which a
    constant can be taken, has its sum set to zero by construction (Wu, Rev. Mod. Phys. 54, 235, 1982).
    With q = 2 all numbers are those of ``Spin``, state 1 for +1. States are counted: h = 1 for each.

    Parameters
    ----------
    n_states : int
        q, from 2 to 255. The family's name is ``potts`` with this number behind it.

    Raises
    ------
    InputError
        For another number.

    Examples
    --------
    >>> import numpy as np
    >>> family = Potts(3)
    >>> float(np.exp(family.log_partition(np.zeros(2)))[0].round(12))  # the number of states
    3.0
    """

    any_site = True

    def __init__(self, n_states: int) -> None:
        if not 2 <= n_states <= MAX_STATES:
            raise InputError("q", n_states, f"a number of states from 2 to {MAX_STATES} is needed")
        self.n_states = n_states
        self.name = f"potts{n_states}"
        self.dim = n_states - 1
        self.units = f"dimensionless; states 0 to {n_states - 1}, one byte each"
        self.corners = simplex(n_states)

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.ascontiguousarray(x, dtype=np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        """States, uint8 (B, N)."""
        return np.ascontiguousarray(packed).reshape(len(packed), n_sites)

    def check(self, x: np.ndarray) -> None:
        check_shape(x)
        allowed = f"only states 0 to {self.n_states - 1} are allowed"
        check_sites(x, lambda states: is_whole(states, self.n_states - 1), allowed)

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        corners = self.corners.astype(np.float32)
        return corners[x.astype(np.uint8, copy=False)].reshape(len(x), -1)

    def log_partition(self, fields: Array) -> Array:
        energies = self._energies(fields)
        namespace = array_namespace(fields)
        largest = namespace.max(energies, axis=-1, keepdims=True)
        return namespace.log(namespace.exp(energies - largest).sum(-1)) + largest[..., 0]

    def probabilities(self, fields: Array) -> Array:
        """p(a | η) of every state: (..., N·(q − 1)) → (..., N, q)."""
        energies = self._energies(fields)
        namespace = array_namespace(fields)
        weights = namespace.exp(energies - namespace.max(energies, axis=-1, keepdims=True))
        return weights / namespace.sum(weights, axis=-1, keepdims=True)

    def mean_statistic(self, fields: Array) -> Array:
        return (self.probabilities(fields) @ self._corners_like(fields)).reshape(fields.shape)

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        """Centred log-probabilities of the states; finite where one of them has none.

        Σ_b p_b V_a·V_b = (q p_a − 1)/(q − 1) gives the probabilities, ΣV_a V_aᵀ = q/(q − 1) the field.
        """
        q = self.n_states
        by_site = self._by_site(np.asarray(mean, dtype=np.float64))
        probabilities = (1 + (q - 1) * by_site @ self.corners.T) / q
        logs = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
        return ((q - 1) / q * (logs @ self.corners)).reshape(mean.shape)

    def log_base_measure(self, statistic: Array, observed: Array | None = None) -> Array:
        return 0.0

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Independent states, uint8 (B, N); probabilities are resolved to about 2⁻²³ (float32).

        Raises ArithmeticError if a field is not finite.
        """
        check_fields(fields, "Potts state")
        n_sites = fields.shape[1] // self.dim
        states = np.empty((len(fields), n_sites), dtype=np.uint8)
        size = max(1, SAMPLE_ENTRIES // (n_sites * self.n_states))
        for start in range(0, len(fields), size):
            block = fields[start : start + size].astype(np.float32, copy=False)
            cumulative = np.cumsum(self.probabilities(block), axis=-1)
            level = rng.random(cumulative.shape[:-1], dtype=np.float32) * cumulative[..., -1]
            below = cumulative[..., :-1] <= level[..., None]
            np.sum(below, axis=-1, out=states[start : start + size], dtype=np.uint8)
        return states

    def _by_site(self, fields: Array) -> Array:
        """(..., N·dim) → (..., N, dim)."""
        return fields.reshape((*fields.shape[:-1], -1, self.dim))

    def _energies(self, fields: Array) -> Array:
        """η·V_a of every state: (..., N·dim) → (..., N, q)."""
        return self._by_site(fields) @ self._corners_like(fields).T

    def _corners_like(self, fields: Array) -> Array:
        namespace = array_namespace(fields)
        return namespace.asarray(self.corners, dtype=fields.dtype, device=device(fields))
