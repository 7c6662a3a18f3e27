"""Whether configurations are what their site family says; what is wrong is counted, named, located."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mfvae.errors import InputError

BLOCK_ENTRIES = 1 << 18  # checked at once: they stay in the cache
SHOWN = 5  # distinct bad values in a message
UNIT_NORM = 16 * float(np.finfo(np.float32).eps)  # of |u|² about 1, after a few roundings to float32


def check_sites(
    x: np.ndarray, good: Callable[[np.ndarray], np.ndarray], allowed: str, field: str = "configurations"
) -> None:
    """Raise InputError unless ``good``, (b, N, ...) → bool (b, N), holds for all sites of x (B, N, ...).

    The message has the number of bad sites, their first distinct values, and the first row and site.
    """
    size = max(1, BLOCK_ENTRIES // max(1, x[:1].size))
    bad, first = 0, None
    values: list[object] = []
    for start in range(0, len(x), size):
        block = x[start : start + size]
        fine = good(block)
        if fine.all():
            continue
        where = np.argwhere(~fine)
        bad += len(where)
        if first is None:
            first = start + int(where[0, 0]), int(where[0, 1])
        if len(values) < SHOWN:
            values += [one.tolist() for one in block[~fine][:1000]]
            values = [one for k, one in enumerate(values) if repr(one) not in map(repr, values[:k])]
    if first is not None:
        n_sites = x.shape[0] * x.shape[1]
        raise InputError(
            field,
            values[0] if len(values) == 1 else values[:SHOWN],
            f"{allowed}; {bad} of {n_sites} are none, the first in row {first[0]} at site {first[1]}",
        )


def check_shape(x: np.ndarray, *after: int) -> None:
    """Raise InputError unless x is (B, N, *after)."""
    if x.ndim != 2 + len(after) or x.shape[2:] != after:
        wanted = ", ".join(["B", "N", *map(str, after)])
        raise InputError("configurations", x.shape, f"an array ({wanted}) is needed")


def is_spin(x: np.ndarray) -> np.ndarray:
    """Which are −1 or +1."""
    return (x == 1) | (x == -1)


def is_whole(x: np.ndarray, most: int) -> np.ndarray:
    """Which are whole numbers from 0 to ``most``, of whatever type."""
    within = (x >= 0) & (x <= most)
    return within & (np.trunc(x) == x) if x.dtype.kind == "f" else within


def is_unit(x: np.ndarray) -> np.ndarray:
    """Which vectors along the last axis have length 1, (..., n) → (...)."""
    return np.abs(np.square(x, dtype=np.float64).sum(-1) - 1) <= UNIT_NORM


def check_fields(fields: np.ndarray, of: str) -> None:
    """Raise ArithmeticError for fields in which nothing can be drawn, as they are not finite."""
    if not np.isfinite(fields).all():
        raise ArithmeticError(f"field of a {of} that is to be drawn is not finite")
