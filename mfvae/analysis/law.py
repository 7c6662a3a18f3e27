"""A fitted law by itself: scores, draws, latents and gaps of any rows, without the data of its fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mfvae.analysis.nearest import nearest_configuration
from mfvae.data.configurations import Configurations
from mfvae.decoding.evidence import independent_log_prob
from mfvae.errors import InputError
from mfvae.latent.choose import LatentIntegral, latent_integral
from mfvae.latent.missing import draw_given, impute
from mfvae.latent.posterior import posterior_means
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import check_observed, filled, mask_argument, without_missing


def statistic_of(
    family: SiteFamily, x: np.ndarray, observed: np.ndarray | None
) -> tuple[Tensor, Tensor | None]:
    """Statistics (B, N·dim), 0 in gaps, and the mask (B, N), which is None where there are no gaps."""
    if observed is None or observed.all():
        return torch.from_numpy(family.statistic(x)), None
    check_observed(observed, *x.shape[:2])
    seen = torch.from_numpy(np.ascontiguousarray(observed))
    statistic = torch.from_numpy(family.statistic(filled(x, observed)))
    return without_missing(statistic, seen, family.dim), seen


@dataclass(frozen=True, eq=False)
class FittedLaw:
    """What a fit says of configurations: p(x), with or without latents.

    Attributes
    ----------
    family : SiteFamily
    model : VAE or None
        None for independent sites.
    fields : ndarray
        Of independent sites, (N·dim,).
    site_names : tuple of str
    seed : int
        Of the numerical sums.
    values : mapping
        How the values of a file were read, as ``Configurations.record`` says it.

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(300, 4))
    >>> law = mfvae.fit(x, latents=1, epochs=1).law
    >>> law.log_prob(mfvae.load(x).array[:3]).shape
    (3,)
    """

    family: SiteFamily
    model: VAE | None
    fields: np.ndarray
    site_names: tuple[str, ...]
    seed: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_sites(self) -> int:
        """N."""
        return len(self.site_names)

    @property
    def latents(self) -> int:
        """d, 0 for independent sites."""
        return 0 if self.model is None else self.model.config.latent_dim

    def _given(self, x: Configurations | np.ndarray, observed: np.ndarray | None) -> Any:
        rows, seen = (x.array, x.observed) if isinstance(x, Configurations) else (x, observed)
        if rows.ndim < 2 or rows.shape[1] != self.n_sites:
            raise InputError("shape of x", rows.shape, f"rows of {self.n_sites} sites are needed")
        return statistic_of(self.family, rows, seen)

    def _noise(self, what: str) -> torch.Generator:
        return torch.Generator().manual_seed(integer_seed(self.seed, f"analysis/{what}"))

    def _integral(self, model: VAE, noise: torch.Generator, rows: Any) -> LatentIntegral:
        statistic, seen = rows
        return latent_integral(model, noise, fitted_to=statistic, observed=seen)

    def log_prob(self, x: Configurations | np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
        """log p of rows (B, N, ...) in nats, (B,); of sites that were ``observed``, bool (B, N)."""
        statistic, seen = rows = self._given(x, observed)
        if self.model is None:
            return independent_log_prob(self.family, self.fields, statistic, seen)
        integral = self._integral(self.model, self._noise("log_prob"), rows)
        found = integral.log_marginal_with_error(statistic, *mask_argument(seen))[0]
        return np.asarray(found.numpy())

    def latent_means(
        self, x: Configurations | np.ndarray, observed: np.ndarray | None = None
    ) -> np.ndarray:
        """E[z|x] of rows (B, N, ...), float32 (B, d), given the sites that were ``observed``."""
        statistic, seen = self._given(x, observed)
        if self.model is None:
            return np.zeros((len(statistic), 0), dtype=np.float32)
        return np.asarray(posterior_means(self.model, statistic, self._noise("latents"), seen).numpy())

    def impute(
        self,
        x: Configurations | np.ndarray,
        observed: np.ndarray | None = None,
        *,
        draw: bool = False,
        seed: int = 0,
    ) -> np.ndarray:
        """Rows whose gaps are filled, from what was observed of the same row.

        Parameters
        ----------
        x : Configurations or ndarray
            B rows of N sites; whatever stands in gaps is not looked at.
        observed : ndarray, optional
            bool (B, N), True where a site was observed; Configurations bring their own.
        draw : bool
            Whether gaps get a draw from p(x_missing | x_observed), which is a configuration again, and
            not the mean E[x_i | x_observed], which for spins is 2 P(x_i = +1) − 1. Where values have no
            mean, gaps get the nearest configuration to the mean statistic instead: the most probable
            state, the direction of the mean of a vector, the leading axis of directors.
        seed : int
            Of the draws.

        Returns
        -------
        ndarray
            float64 (B, N); configurations (B, N, ...) of sites with states or components.

        Raises
        ------
        InputError
            For rows of other sites.
        """
        statistic, seen = rows = self._given(x, observed)
        given = x.array if isinstance(x, Configurations) else np.asarray(x)
        if seen is None:
            return np.asarray(statistic.double().numpy()) if self.family.dim == 1 else given
        guess = self._guess(rows, draw, seed)
        mask = seen.numpy().reshape(*seen.shape, *[1] * (guess.ndim - 2))
        known = statistic.double().numpy() if self.family.dim == 1 else given
        return np.where(mask, known, guess)

    def _guess(self, rows: Any, draw: bool, seed: int) -> np.ndarray:
        """What could stand in the gaps of every row, (B, N, ...)."""
        statistic, seen = rows
        if self.model is None:
            if draw:
                return self.sample(len(statistic), seed)
            means = np.broadcast_to(self.family.mean_statistic(self.fields), statistic.shape)
            return nearest_configuration(self.family, means)
        integral = self._integral(self.model, self._noise("impute"), rows)
        if draw:
            noise = torch.Generator().manual_seed(integer_seed(seed, "analysis/impute/draw"))
            return draw_given(integral, statistic, seen, noise)
        return nearest_configuration(self.family, impute(integral, statistic, seen).numpy())

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """n independent configurations, (n, N, ...)."""
        rng = generator(seed, "analysis/sample")
        if self.model is not None:
            return self.model.sample(n, rng)
        return self.family.sample(np.broadcast_to(self.fields, (n, len(self.fields))), rng)
