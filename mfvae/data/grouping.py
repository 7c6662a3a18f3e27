"""Which rows belong together, and which of them a file holds out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.formats.raw import Raw
from mfvae.data.parts import PARTS
from mfvae.errors import InputError


def with_groups(data: Configurations, raw: Raw, groups: Any, split: Any, n_axis: int) -> Configurations:
    """Groups of rows from an axis, a vector, or equal lengths; what the files hold out."""
    labels = raw.groups
    n = data.n_rows
    if n_axis and groups is not None:
        raise InputError("groups", groups, "an axis of the array has the groups already")
    if n_axis:
        labels = np.repeat(np.arange(n_axis), n // n_axis)
    elif isinstance(groups, int) and not isinstance(groups, bool):
        if groups < 1 or n % groups:
            raise InputError("groups", groups, f"a number of rows that divides {n} is needed")
        labels = np.arange(n) // groups
    elif groups is not None and labels is None:
        if isinstance(groups, str):
            raise InputError("groups", groups, f"{raw.record['source']} has nothing of this name")
        labels = np.asarray(groups)
    if split is not None and raw.split is None:
        if isinstance(split, str):
            raise InputError("split", split, f"{raw.record['source']} has nothing of this name")
        raw.split = np.asarray(split)
    parts = None
    if raw.split is not None:
        parts = _checked_vector(raw.split, n, "split").astype(str)
        if other := sorted(set(parts.tolist()) - set(PARTS)):
            raise InputError("split", other[0], f"{', '.join(PARTS)} are possible")
    if labels is None:
        return replace(data, split=parts)
    names, members = np.unique(_checked_vector(labels, n, "groups"), return_inverse=True)
    members = members.astype(np.int64)
    sorted_rows = np.argsort(members, kind="stable")
    sizes = np.bincount(members)
    order = np.empty(n, dtype=np.int64)
    order[sorted_rows] = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    record = {
        **data.record,
        "groups": {"number": len(sizes), "fewest_rows": int(sizes.min()), "most_rows": int(sizes.max())},
    }
    if names.dtype.kind in "US":
        record["groups"]["names"] = names.tolist()
    return replace(data, groups=members, order=order, split=parts, record=record)


def _checked_vector(vector: np.ndarray, n: int, field: str) -> np.ndarray:
    if vector.shape != (n,):
        raise InputError(field, vector.shape, f"one for each of {n} rows is needed")
    missing = np.asarray(vector != vector)  # NaN
    if vector.dtype == object:
        missing = np.array([one is None or one != one for one in vector])
        vector = vector if missing.any() else vector.astype(str)
    if n_missing := int(missing.sum()):
        raise InputError(field, "NaN", f"one for each of {n} rows is needed, {n_missing} lack it")
    return vector
