"""Independent sites of any family: p(x) = Π_i p(x_i | η_i), each in a field of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import by_field, filled, mask_argument


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
        whole = x if observed is None else filled(x, observed)
        statistic = self.family.statistic(whole).astype(np.float64)
        return np.asarray(self.family.log_prob(statistic, self.fields, *mask_argument(observed)))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n configurations (n, N, ...)."""
        return self.family.sample(np.tile(self.fields, (n, 1)), rng)


def fit(family: SiteFamily, train: np.ndarray, observed: np.ndarray | None = None) -> IndependentSites:
    """Fields that give the means of ``train`` (B, N, ...), of what was ``observed``, bool (B, N).

    Every site has seen one configuration more, with the mean of all sites, so that none is certain.
    Raises InputError for what is no configuration.

    Examples
    --------
    >>> from mfvae.sites import SITE_FAMILIES
    >>> states = np.random.default_rng(0).integers(3, size=(200, 4))
    >>> law = fit(SITE_FAMILIES["potts3"], states)
    >>> law.n_parameters, law.log_prob(states).shape
    (8, (200,))
    """
    seen = np.ones(train.shape[:2], bool) if observed is None else observed
    statistic = family.statistic(filled(train, seen)).astype(np.float64)
    total = (statistic * by_field(seen, family.dim)).sum(0).reshape(-1, family.dim)
    counts = seen.sum(0)[:, None]
    common = (total.sum(0) + family.mean_statistic(np.zeros(family.dim))) / (counts.sum() + 1)
    return IndependentSites(family, family.field_of_mean(((total + common) / (counts + 1)).ravel()))
