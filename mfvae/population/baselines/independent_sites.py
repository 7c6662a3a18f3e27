"""Independent sites of any family: p(x) = Π_i p(x_i | η_i), each in a field of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from mfvae.decoding.evidence import independent_fields, independent_log_prob
from mfvae.sites.base import SiteFamily


@dataclass(frozen=True, eq=False)
class IndependentSites:
    """Fields (N·dim,) of sites of one family."""

    family: SiteFamily
    fields: np.ndarray
    log_partition_error: ClassVar[float] = 0.0

    @property
    def n_parameters(self) -> int:
        return len(self.fields)

    def log_prob(self, x: np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
        """log p(x) in nats of configurations (B, N, ...), (B,); of what was ``observed``, bool (B, N).

        Raises InputError for what is no configuration.
        """
        statistic = torch.from_numpy(self.family.statistic(x))
        seen = None if observed is None else torch.from_numpy(observed)
        return independent_log_prob(self.family, self.fields, statistic, seen)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n configurations (n, N, ...)."""
        return self.family.sample(np.tile(self.fields, (n, 1)), rng)


def fit(family: SiteFamily, train: np.ndarray, observed: np.ndarray | None = None) -> IndependentSites:
    """Fields that give the means of ``train`` (B, N, ...), of what was ``observed``, bool (B, N).

    Examples
    --------
    >>> from mfvae.sites import SITE_FAMILIES
    >>> states = np.random.default_rng(0).integers(3, size=(200, 4))
    >>> law = fit(SITE_FAMILIES["potts3"], states)
    >>> law.n_parameters, law.log_prob(states).shape
    (8, (200,))
    """
    return IndependentSites(family, independent_fields(family, train, observed))
