"""Some of the rows of configurations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mfvae.data.configurations import Configurations


def rows_of(data: Configurations, rows: np.ndarray) -> Configurations:
    """The configurations of some rows, given as bool (B,) or as indices.

    Examples
    --------
    >>> import numpy as np
    >>> from mfvae.data import load
    >>> data = load(np.eye(6)[:, :3])
    >>> rows_of(data, [0, 2]).array.tolist()
    [[1, -1, -1], [-1, -1, 1]]
    """

    def chosen(of_rows: np.ndarray | None) -> np.ndarray | None:
        return None if of_rows is None else of_rows[rows]

    return replace(
        data,
        array=data.array[rows],
        observed=chosen(data.observed),
        groups=chosen(data.groups),
        order=chosen(data.order),
        split=chosen(data.split),
        weights=chosen(data.weights),
    )
