"""Which configuration lies nearest to a mean: what a gap is filled with where a mean is no value."""

from __future__ import annotations

import numpy as np

from mfvae.sites._bingham import quadratic_form
from mfvae.sites.base import SiteFamily
from mfvae.sites.director import Director
from mfvae.sites.potts import Potts
from mfvae.sites.vector import Vector


def nearest_configuration(family: SiteFamily, mean: np.ndarray) -> np.ndarray:
    """The configuration x that maximises T(x)·⟨T⟩, site by site.

    Parameters
    ----------
    family : SiteFamily
    mean : array, shape (B, N·dim)
        Mean statistics ⟨T⟩.

    Returns
    -------
    ndarray
        Of Potts states the most probable one, uint8 (B, N); of vectors the direction of the mean,
        float32 (B, N, n); of directors the leading axis of the mean tensor, whose sign is free, float32
        (B, N, 3). Of sites with one number the mean itself, float64 (B, N).

    Examples
    --------
    >>> from mfvae.sites import SITE_FAMILIES
    >>> family = SITE_FAMILIES["potts3"]
    >>> mean = family.statistic(np.array([[2, 0]], dtype=np.uint8)) * 0.3
    >>> nearest_configuration(family, mean).tolist()
    [[2, 0]]
    """
    by_site = np.asarray(mean, dtype=np.float64).reshape(len(mean), -1, family.dim)
    if isinstance(family, Potts):
        return np.argmax(by_site @ family.corners.T, axis=-1).astype(np.uint8)
    if isinstance(family, Vector):
        length = np.linalg.norm(by_site, axis=-1, keepdims=True)
        first = np.eye(family.dim)[0]  # any direction is as near to a mean of 0
        return np.where(length > 0, by_site / np.where(length > 0, length, 1), first).astype(np.float32)
    if isinstance(family, Director):
        return np.linalg.eigh(quadratic_form(by_site))[1][..., -1].astype(np.float32)
    return by_site[..., 0]
