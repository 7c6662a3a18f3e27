"""Whether neighbouring rows are alike, and whether the recording drifts: what a hold-out must know."""

from __future__ import annotations

from typing import Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.values import AT_ONCE
from mfvae.stats import integrated_autocorrelation_time

ROWS_LOOKED_AT = 100_000  # from the first: time series of this length tell
SITES_LOOKED_AT = 1000  # spread over all
DEPENDENT = 5.0  # standard errors of the overlap of neighbouring rows


def dependence_of(data: Configurations) -> dict[str, Any]:
    """How much neighbouring rows of one group have in common.

    Returns
    -------
    dict
        ``autocorrelation_time``: τ of the mean over sites in rows, ½ for independent ones (Sokal's
        window, ``mfvae.stats``), within groups where there are any. ``neighbour_overlap``: mean over
        neighbours of (x_t − m)·(x_{t+1} − m)/Σ var, 0 for independent rows and 1 for equal ones, with
        ``neighbour_stderr`` as it would be of independent rows; it sees sites that change together in
        opposite directions, which a mean does not. ``dependent``: whether it is more than
        ``DEPENDENT`` standard errors from 0.
    """
    x = _centred(data)
    follows = np.ones(len(x) - 1, dtype=bool)
    if data.groups is not None:
        inside = data.groups[: len(x)]
        follows = inside[1:] == inside[:-1]
    total = float(np.square(x, dtype=np.float64).sum() / len(x))
    record: dict[str, Any] = {"autocorrelation_time": 0.5, "dependent": False}
    if total == 0 or not follows.any():
        return record
    overlap = np.einsum("ij,ij->i", x[1:], x[:-1], dtype=np.float64)[follows] / total
    record["neighbour_overlap"] = float(overlap.mean())
    record["neighbour_stderr"] = float(overlap.std() / np.sqrt(len(overlap)))
    spread = record["neighbour_stderr"]
    record["dependent"] = bool(abs(record["neighbour_overlap"]) > DEPENDENT * spread > 0)
    record["autocorrelation_time"] = integrated_autocorrelation_time(x.mean(1, dtype=np.float64))
    return record


def _centred(data: Configurations) -> np.ndarray:
    """Rows less the means of their sites, float32; what was not observed is 0, some rows and sites."""
    n_rows = max(2, min(data.n_rows, ROWS_LOOKED_AT, 16 * AT_ONCE // min(data.n_sites, SITES_LOOKED_AT)))
    step = -(-data.n_sites // SITES_LOOKED_AT)
    x = data.array[:n_rows, ::step].astype(np.float32)
    known = None if data.observed is None else data.observed[:n_rows, ::step]
    x = x.reshape(len(x), x.shape[1], -1)
    if known is not None:
        x[~known] = 0
        n = np.maximum(1, known.sum(0))[:, None]
        x -= (x.sum(0, dtype=np.float64) / n).astype(np.float32)
        x[~known] = 0
    else:
        x -= x.mean(0, dtype=np.float64).astype(np.float32)
    return x.reshape(len(x), -1)
