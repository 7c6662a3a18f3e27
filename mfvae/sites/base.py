"""Site families: what one site of a configuration is, as an exponential family.

p(x_i | η_i) = h(x_i) exp(η_i · T(x_i) − A(η_i)), with statistic T, field η, log-partition A and base
measure h, which is 1 for spins and Potts states (per state) and for directors and vectors (per uniform
measure of their sphere, normalised to 1). Fields and statistics of N sites are stored flat,
shape (..., N·dim), site after site. Formulas work on NumPy arrays and PyTorch tensors alike (array API):
samplers need no PyTorch, decoders differentiate through them.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from mfvae.sites.masks import mask_argument, over_observed, without_missing

Array = Any  # a NumPy array or a PyTorch tensor


class SiteFamily(Protocol):
    """What the rest of the library may ask of a site."""

    name: str
    dim: int
    units: str  # of a configuration, in words
    any_site: bool = False  # whether a field can be any law of a single site

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

    def log_base_measure(self, statistic: Array, observed: Array | None = None) -> Array:
        """Σ_i log h(x_i) in nats, which no field depends on: (..., N·dim) → (...), or 0 for all.

        Over the sites that were ``observed``, bool (..., N), if not over all.
        """

    def log_prob(self, statistic: Array, fields: Array, observed: Array | None = None) -> Array:
        """Σ_i log p(x_i | η_i) in nats: statistic and fields (..., N·dim) → (...).

        Over the sites that were ``observed``, bool (..., N), if not over all; nothing else is looked at.
        """
        if observed is not None:
            statistic = without_missing(statistic, observed, self.dim)
        partition = over_observed(self.log_partition(fields), observed)
        linear = (statistic * fields).sum(-1) - partition
        return linear + self.log_base_measure(statistic, *mask_argument(observed))

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One configuration for every row of fields (B, N·dim)."""
