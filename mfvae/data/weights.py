"""Weights of sequences that are alike, as relatives are drawn more often than strangers."""

from __future__ import annotations

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.errors import InputError

IDENTITY = 0.8  # share of equal sites from which on two sequences count as one
PAIRS_AT_ONCE = 1 << 24  # 64 MB


def sequence_weights(data: Configurations, identity: float = IDENTITY) -> np.ndarray:
    """1/(number of rows that are equal to a row at a share of its sites), itself included.

    Morcos et al., Proc. Natl. Acad. Sci. 108, E1293 (2011). The sum is the effective number of rows.
    Sites that were not observed in both rows do not count. Time grows as the square of the rows: 14,000
    sequences of 53 sites with 21 states take some ten seconds.

    Parameters
    ----------
    data : Configurations
        Potts states.
    identity : float
        The share of equal sites from which on rows count as one, above 0 and up to 1.

    Returns
    -------
    ndarray
        float64 (B,), from 1/B to 1, for ``Configurations.with_weights``.

    Raises
    ------
    InputError
        For other sites and shares.

    Examples
    --------
    >>> from mfvae.data import load
    >>> letters = np.array([list("AAAAC"), list("AAAAC"), list("AAACC"), list("CCCCA"), list("CACAC")])
    >>> data = load(letters, site="potts", axes="rows sites")
    >>> sequence_weights(data).round(3).tolist()
    [0.333, 0.333, 0.333, 1.0, 1.0]
    """
    if not data.site.startswith("potts"):
        raise InputError("site", data.site, "weights are for Potts states")
    if not 0 < identity <= 1:
        raise InputError("identity", identity, "a share above 0 and up to 1 is needed")
    seen = np.ones(data.array.shape, bool) if data.observed is None else data.observed
    states = np.unique(data.array[seen])
    known = seen.astype(np.float32)
    alike = [((data.array == state) & seen).astype(np.float32) for state in states]
    weights = np.empty(data.n_rows)
    size = max(1, PAIRS_AT_ONCE // data.n_rows)
    for start in range(0, data.n_rows, size):
        block = slice(start, start + size)
        equal = sum(one[block] @ one.T for one in alike)
        both = data.n_sites if data.observed is None else known[block] @ known.T
        weights[block] = 1 / np.maximum((equal >= identity * both - 1e-4).sum(1), 1)
    return weights
