"""The analysis as an estimator by the conventions of scikit-learn, which a grid search can drive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    DensityMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from mfvae.analysis.begin import SHARE
from mfvae.analysis.fit import LATENTS, Fit, fit
from mfvae.analysis.ladder import EPOCHS, HIDDEN
from mfvae.analysis.law import FittedLaw
from mfvae.data.loader import load
from mfvae.errors import InputError

SPIN, GAUSSIAN = "spin", "gaussian"


class LatentMeanField(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator):  # type: ignore[misc]
    """A latent mean-field theory of rows of two-valued sites, or of real numbers.

    Entries that are NaN (or None) were not observed and take no part; they must be missing at random.

    Parameters
    ----------
    latents : int or sequence of int
        The largest number of latents that is tried, as long as each helps, or all numbers that are.
    site : str
        ``spin`` for two values, the larger of which is +1, or ``gaussian`` for real numbers, whose noise
        has variance 1: standardise them first.
    holdout : str, optional
        ``group``, ``block`` or ``random``: see ``mfvae.hold_out``.
    share : float
        Share of the rows by which the number of latents is chosen.
    epochs : int
    hidden : tuple of int
    seed : int
    threads : int, optional
        Of PyTorch, during a fit.
    device : str
        Where models are trained: ``auto``, ``cpu``, ``cuda``, ``mps`` or another device of PyTorch.

    Attributes
    ----------
    fit_ : Fit
        Everything that was found; its ``diagnose``, ``decode`` and ``report`` go on from there.
    n_latents_ : int
        The number that held-out rows ask for.
    n_features_in_ : int
        N, the number of sites.
    values_ : tuple or None
        What stands for −1 and +1; None for real numbers.

    Examples
    --------
    >>> import mfvae
    >>> system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    >>> x = system.sample(3000, np.random.default_rng(0))
    >>> model = mfvae.LatentMeanField(latents=1, epochs=4).fit(x)
    >>> model.transform(x[:5]).shape, model.score_samples(x[:5]).shape
    ((5, 1), (5,))

    One site of a row was not observed; its mean lies on the side of the others.

    >>> row = np.ones((1, 20))
    >>> row[0, 3] = np.nan
    >>> bool(model.impute(row)[0, 3] > 0.5)
    True
    """

    def __init__(
        self,
        latents: int | Sequence[int] = LATENTS,
        *,
        site: str = SPIN,
        holdout: str | None = None,
        share: float = SHARE,
        epochs: int = EPOCHS,
        hidden: tuple[int, ...] = HIDDEN,
        seed: int = 0,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.latents = latents
        self.site = site
        self.holdout = holdout
        self.share = share
        self.epochs = epochs
        self.hidden = hidden
        self.seed = seed
        self.threads = threads
        self.device = device

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []  # latents are float32, as the encoder's weights
        tags.input_tags.string = self.site == SPIN
        return tags

    def fit(self, X: Any, y: Any = None, groups: np.ndarray | None = None) -> Self:
        """Fit to rows X (B, N); y is ignored.

        ``groups`` (B,) are labels of rows that belong together. Raises InputError for other than two
        values of spins, and for sites that never change.
        """
        if self.site not in (SPIN, GAUSSIAN):
            raise InputError("site", self.site, f"{SPIN} or {GAUSSIAN} is needed")
        rows, observed = self._rows(X, reset=True)
        self.values_: tuple[Any, Any] | None = None
        if self.site == SPIN:
            values = np.unique(rows[observed]).tolist()
            if len(values) != 2:
                raise InputError("X", values[:5], "rows of exactly two values are needed")
            self.values_ = (values[0], values[1])
        data = load(
            self._coded(rows, observed),
            axes="rows sites",
            site=self.site,
            missing=None if observed.all() else "allow",
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
            threads=self.threads,
            device=self.device,
        )
        self.n_latents_ = self.fit_.latents
        return self

    def _rows(self, X: Any, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Rows (B, N) and which entries were observed, bool (B, N)."""
        dtype = "numeric" if self.site == GAUSSIAN else None
        rows = validate_data(
            self,
            X,
            reset=reset,
            dtype=dtype,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
            ensure_min_features=2 if reset else 1,
        )
        return rows, ~np.asarray(pd.isna(rows))

    def _coded(self, rows: np.ndarray, observed: np.ndarray) -> np.ndarray:
        """Float64 (B, N) of −1 and +1, or of numbers; NaN where nothing was observed."""
        if self.values_ is None:
            return np.where(observed, rows, np.nan).astype(np.float64)
        low, high = self.values_
        if not ((rows == low) | (rows == high) | ~observed).all():
            raise InputError("X", "other values", f"{low} and {high} alone are possible, as in training")
        return np.where(observed, np.where(rows == high, 1.0, -1.0), np.nan)

    def _configurations(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """What the fitted law takes: configurations, 0 in gaps, and the mask."""
        check_is_fitted(self)
        rows, observed = self._rows(X, reset=False)
        coded = np.nan_to_num(self._coded(rows, observed))
        return coded.astype(np.float32 if self.values_ is None else np.int8), observed

    def score_samples(self, X: Any) -> np.ndarray:
        """log p of what was observed of every row, in nats, (B,)."""
        return self.law_.log_prob(*self._configurations(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log p of rows, in nats; y is ignored."""
        return float(self.score_samples(X).mean())

    def transform(self, X: Any) -> np.ndarray:
        """E[z|x], the posterior means of the latents, (B, d), given what was observed."""
        return self.law_.latent_means(*self._configurations(X))

    def impute(self, X: Any, *, draw: bool = False, seed: int = 0) -> np.ndarray:
        """Rows whose gaps are filled, from what was observed of the same row.

        Parameters
        ----------
        X : array-like, shape (B, N)
        draw : bool
            Whether gaps get a draw of their law given the rest of the row, and not their mean.
        seed : int
            Of the draws.

        Returns
        -------
        ndarray
            (B, N), in the values of the training rows, means between the two; where those are no
            numbers, draws alone are possible.

        Raises
        ------
        InputError
            For means of values that are no numbers.
        """
        filled = self.law_.impute(*self._configurations(X), draw=draw, seed=seed)
        if self.values_ is None:
            return filled
        low, high = self.values_
        if draw:
            return np.where(filled > 0, high, low)
        if isinstance(low, str):
            raise InputError("draw", draw, f"True is needed: {low!r} and {high!r} have no mean")
        return np.asarray(low + (filled + 1) / 2 * (high - low))

    @property
    def law_(self) -> FittedLaw:
        """The chosen law by itself, without the data of its fit."""
        check_is_fitted(self)
        return self.fit_.law

    @property
    def _n_features_out(self) -> int:
        """How many columns ``transform`` gives."""
        return self.n_latents_

    def sample(self, n_samples: int = 1, seed: int = 0) -> np.ndarray:
        """Rows of the fitted law, in the values of the training rows, (n, N)."""
        drawn = self.law_.sample(n_samples, seed)
        if self.values_ is None:
            return np.asarray(drawn)
        low, high = self.values_
        return np.where(drawn > 0, high, low)
