"""The analysis as an estimator by the conventions of scikit-learn, which a grid search can drive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mfvae.analysis.fit import LATENTS, SHARE, Fit, fit
from mfvae.analysis.ladder import EPOCHS, HIDDEN
from mfvae.data.loader import load
from mfvae.errors import InputError


class LatentMeanField(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A latent mean-field theory of rows of two-valued sites.

    Parameters
    ----------
    latents : int or sequence of int
        The largest number of latents that is tried, or all numbers that are.
    holdout : str, optional
        ``group``, ``block`` or ``random``: see ``mfvae.hold_out``.
    share : float
        Share of the rows by which the number of latents is chosen.
    epochs : int
    hidden : tuple of int
    seed : int

    Attributes
    ----------
    fit_ : Fit
        Everything that was found; its ``diagnose``, ``decode`` and ``report`` go on from there.
    n_latents_ : int
        The number that held-out rows ask for.
    n_features_in_ : int
        N, the number of sites.
    values_ : tuple
        What stands for −1 and +1.

    Examples
    --------
    >>> import mfvae
    >>> system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    >>> x = system.sample(3000, np.random.default_rng(0))
    >>> model = mfvae.LatentMeanField(latents=1, epochs=4).fit(x)
    >>> model.transform(x[:5]).shape, model.score_samples(x[:5]).shape
    ((5, 1), (5,))
    """

    def __init__(
        self,
        latents: int | Sequence[int] = LATENTS,
        *,
        holdout: str | None = None,
        share: float = SHARE,
        epochs: int = EPOCHS,
        hidden: tuple[int, ...] = HIDDEN,
        seed: int = 0,
    ) -> None:
        self.latents = latents
        self.holdout = holdout
        self.share = share
        self.epochs = epochs
        self.hidden = hidden
        self.seed = seed

    def fit(self, X: Any, y: Any = None, groups: np.ndarray | None = None) -> Self:
        """Fit to rows X (B, N) of two values, the larger of which is +1; y is ignored.

        ``groups`` (B,) are labels of rows that belong together. Raises InputError for other values, and
        for sites that never change.
        """
        values = np.unique(np.asarray(X))
        if len(values) != 2:
            raise InputError("X", values[:5].tolist(), "rows of exactly two values are needed")
        self.values_: tuple[Any, Any] = (values[0].item(), values[1].item())
        data = load(
            np.asarray(X),
            axes="rows sites",
            values=self.values_,
            groups=groups,
            constant_sites="refuse",
        )
        self.fit_: Fit = fit(
            data,
            latents=self.latents,
            holdout=self.holdout,
            share=self.share,
            epochs=self.epochs,
            hidden=self.hidden,
            seed=self.seed,
        )
        self.n_features_in_, self.n_latents_ = data.n_sites, self.fit_.latents
        return self

    def _spins(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        rows = np.asarray(X)
        if rows.ndim != 2 or rows.shape[1] != self.n_features_in_:
            raise InputError("X", rows.shape, f"rows of {self.n_features_in_} sites are needed")
        low, high = self.values_
        if not ((rows == low) | (rows == high)).all():
            raise InputError("X", "other values", f"{low} and {high} alone are possible, as in training")
        return np.where(rows == high, 1, -1).astype(np.int8)

    def score_samples(self, X: Any) -> np.ndarray:
        """log p of every row, in nats, (B,)."""
        spins = self._spins(X)
        return self.fit_.log_prob(spins)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log p of rows, in nats; y is ignored."""
        return float(self.score_samples(X).mean())

    def transform(self, X: Any) -> np.ndarray:
        """E[z|x], the posterior means of the latents, (B, d)."""
        spins = self._spins(X)
        return self.fit_.latent_means(spins)

    def sample(self, n_samples: int = 1, seed: int = 0) -> np.ndarray:
        """Rows of the fitted law, in the values of the training rows, (n, N)."""
        check_is_fitted(self)
        low, high = self.values_
        return np.where(self.fit_.sample(n_samples, seed) > 0, high, low)
