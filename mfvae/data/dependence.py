"""Whether neighbouring rows are alike, and whether the recording drifts: what a hold-out must know."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.constant import counts_of_ones
from mfvae.data.values import AT_ONCE
from mfvae.sites.potts import simplex
from mfvae.stats import integrated_autocorrelation_time

ROWS_LOOKED_AT = 100_000  # from the first: time series of this length tell
SITES_LOOKED_AT = 1000  # spread over all
DEPENDENT = 5.0  # standard errors of the overlap of neighbouring rows
BATCHES = 10  # stretches of a third, for the error of its mean
FEWEST_ROWS = 60  # two in each stretch
DRIFTS = 5.0  # standard errors: with 18 degrees of freedom one site in 10,000 by chance


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


def drift_of(data: Configurations) -> dict[str, Any] | None:
    """How the first third of the rows differs from the last, in the order of the file.

    Returns
    -------
    dict or None
        ``first`` and ``last``: mean over all sites and rows of a third, as the share of ones for spins.
        ``stderr`` of their difference from the scatter of ``BATCHES`` stretches of each third, which
        holds where rows are alike as long as those stretches are not. ``sites``: how many sites alone
        changed by more than ``DRIFTS`` standard errors, and ``most``, the name of the one that changed
        most. None for fewer than ``FEWEST_ROWS`` rows, and for directors, vectors and Potts states,
        which have no such mean.
    """
    if data.n_rows < FEWEST_ROWS or data.array.ndim > 2 or data.site.startswith("potts"):
        return None
    third = data.n_rows // 3
    edges = np.arange(BATCHES + 1) * third // BATCHES
    means, wholes = [], []
    for start in (0, data.n_rows - third):
        sums, seen = zip(
            *(_sums(data, slice(start + low, start + high)) for low, high in pairwise(edges)),
            strict=True,
        )
        with np.errstate(invalid="ignore"):  # sites that were not observed in a stretch
            means.append(np.array(sums) / np.array(seen))
        wholes.append(np.array([s.sum() for s in sums]) / np.array([n.sum() for n in seen]))
    first, last = (float(whole.mean()) for whole in wholes)
    _, stderr = _difference(*wholes)
    with np.errstate(invalid="ignore", divide="ignore"):
        change, spread = _difference(*means)
        size = np.nan_to_num(np.abs(change) / spread, nan=0.0)
    return {
        "first": first,
        "last": last,
        "stderr": float(stderr),
        "sites": int((size > DRIFTS).sum()),
        "most": data.name_of(int(size.argmax())),
    }


def _difference(first: np.ndarray, last: np.ndarray) -> tuple[Any, Any]:
    """Difference of means over stretches (BATCHES, …), and its standard error."""
    variance = (first.var(0, ddof=1) + last.var(0, ddof=1)) / BATCHES
    return last.mean(0) - first.mean(0), np.sqrt(variance)


def _sums(data: Configurations, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the values of every site over some rows, of ones for spins, and how many were observed."""
    known = None if data.observed is None else data.observed[rows]
    if data.site == "spin":
        return counts_of_ones(data.array[rows], observed=known)
    block = data.array[rows].astype(np.float64)
    if known is None:
        return block.sum(0), np.full(block.shape[1], len(block))
    return np.where(known, block, 0).sum(0), np.count_nonzero(known, axis=0)


def _centred(data: Configurations) -> np.ndarray:
    """Rows less the means of their sites, float32; what was not observed is 0, some rows and sites."""
    n_rows = max(2, min(data.n_rows, ROWS_LOOKED_AT, 16 * AT_ONCE // min(data.n_sites, SITES_LOOKED_AT)))
    step = -(-data.n_sites // SITES_LOOKED_AT)
    x = data.array[:n_rows, ::step]
    if data.site.startswith("potts"):  # numbers of states are no quantities
        q = int(data.site.removeprefix("potts"))
        x = simplex(q)[np.minimum(x, q - 1)]
    x = x.astype(np.float32)
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
