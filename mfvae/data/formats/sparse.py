"""Sparse matrices: they become dense in the smallest type that holds their values."""

from __future__ import annotations

from typing import Any

import numpy as np

from mfvae.errors import InputError


def dense(matrix: Any, source: str) -> np.ndarray:
    """A scipy.sparse matrix as an array; whole numbers in as few bytes as they need.

    Zeros that are stored, and entries that are stored twice and add up, are as in the matrix. Raises
    InputError for indices outside of it, which damaged files have and SciPy would follow into other
    memory.
    """
    try:
        if hasattr(matrix, "check_format"):
            matrix.check_format(full_check=True)
        matrix = matrix.tocsr()
    except ValueError as error:
        raise InputError("file", source, f"a whole sparse matrix is needed ({error})") from error
    matrix.sum_duplicates()
    return matrix.astype(smallest_type(matrix.data)).toarray()


def smallest_type(numbers: np.ndarray) -> np.dtype:
    """The smallest type of whole numbers that holds these; their own where they are no whole numbers."""
    if numbers.dtype.kind == "b" or not numbers.size:
        return np.dtype(np.uint8)
    if numbers.dtype.kind == "f" and not (np.isfinite(numbers).all() and (numbers % 1 == 0).all()):
        return numbers.dtype
    if numbers.dtype.kind not in "fiu" or np.abs(numbers).max() > 2**31:
        return numbers.dtype
    low, high = int(numbers.min()), int(numbers.max())
    return np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high))
