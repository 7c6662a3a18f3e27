"""Which reader a source needs: by the suffix of a file, the format that is named, or the kind of object.

Readers are imported when they are needed, so that nobody waits for libraries of other formats.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, from_array
from mfvae.errors import InputError

FORMATS = ("npy", "npz", "csv", "parquet", "mat", "hdf5")
SUFFIXES = {
    **{f".{name}": name for name in FORMATS},
    **dict.fromkeys((".tsv", ".tab", ".txt", ".dat", ".data"), "csv"),
    **dict.fromkeys((".h5", ".he5"), "hdf5"),
    ".pq": "parquet",
}


def read_file(path: Path, format: str | None, options: Options) -> Raw:
    """The array in a file, as it stands there; raises InputError for a file that cannot be read."""
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "there is none"
        raise InputError("file", str(path), f"an existing file is needed, {what}")
    if not path.stat().st_size:
        raise InputError("file", str(path), "a file with content is needed, this is empty")
    named = format if format is not None else path.suffix.lower()
    name = SUFFIXES.get(named if format is None else f".{format}")
    if name is None:
        allowed = f"the suffix of the file says no format, name one of {', '.join(FORMATS)}"
        raise InputError("format", named, allowed)
    raw = _reader(name)(path, options)
    raw.record = {"source": str(path), "format": name} | raw.record
    return raw


def read_object(source: Any, options: Options) -> Raw:
    """The array in an object of Python: NumPy, pandas, scipy.sparse, or what makes an array of itself."""
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        from mfvae.data.formats.tables import from_frame

        raw = from_frame(source, options)
        raw.record = {"source": "a frame of pandas", "format": "frame"} | raw.record
        return raw
    if options.key is not None:
        raise InputError("key", options.key, "only arrays in files have names")
    if hasattr(source, "tocsr"):
        from mfvae.data.formats.sparse import dense

        raw = from_array(dense(source), "the sparse matrix")
        raw.record = {"source": "a sparse matrix", "format": "sparse"} | raw.record
        return raw
    raw = from_array(_as_array(source), "the array")
    raw.record = {"source": "an array", "format": "array"} | raw.record
    return raw


def _as_array(source: Any) -> np.ndarray:
    if isinstance(source, np.ndarray):
        return source
    try:
        return np.asarray(source)
    except ValueError as error:  # ragged lists
        raise InputError("source", type(source).__name__, f"an array is needed ({error})") from error


def _reader(name: str) -> Callable[[Path, Options], Raw]:
    if name == "npy":
        from mfvae.data.formats.numpy_files import read_npy

        return read_npy
    if name == "npz":
        from mfvae.data.formats.numpy_files import read_npz

        return read_npz
    if name == "mat":
        from mfvae.data.formats.matlab import read_mat

        return read_mat
    if name == "hdf5":
        from mfvae.data.formats.hdf5 import read_hdf5

        return read_hdf5
    if name == "parquet":
        from mfvae.data.formats.tables import read_parquet

        return read_parquet
    from mfvae.data.formats.tables import read_delimited

    return read_delimited
