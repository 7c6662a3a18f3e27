"""Files of every format with given words, as other programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.io
from scipy import sparse

MATLAB_HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created by a test"
USER_BLOCK = 512  # bytes before the HDF5 of MATLAB


def write_matlab_73(path: Path, variables: Mapping[str, Any]) -> Path:
    """Arrays, sparse matrices, text and lists of vectors (cells) as MATLAB has them with -v7.3.

    MATLAB keeps arrays column by column, which HDF5 sees as the transposed array.
    """
    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        for name, value in variables.items():
            _write_variable(file, name, value)
    with open(path, "r+b") as handle:
        handle.write(MATLAB_HEADER.ljust(124) + b"\x00\x02IM")
    return path


def _write_variable(file: h5py.File, name: str, value: Any) -> None:
    if sparse.issparse(value):
        columns = sparse.csc_array(value)
        group = file.create_group(name)
        group.attrs["MATLAB_sparse"] = np.uint64(columns.shape[0])
        group.attrs["MATLAB_class"] = np.bytes_("double")
        group["jc"] = columns.indptr.astype(np.uint64)
        if columns.nnz:
            group["ir"], group["data"] = columns.indices.astype(np.uint64), columns.data
    elif isinstance(value, str):
        file[name] = np.array([[ord(letter)] for letter in value], dtype=np.uint16)
        file[name].attrs["MATLAB_class"] = np.bytes_("char")
    elif isinstance(value, list):
        references = np.empty((len(value), 1), dtype=h5py.ref_dtype)
        for place, cell in enumerate(value):
            _write_variable(file, f"#refs#/{name}{place}", cell)
            references[place, 0] = file[f"#refs#/{name}{place}"].ref
        file[name] = references
        file[name].attrs["MATLAB_class"] = np.bytes_("cell")
    elif not value.size:
        file[name] = np.array(value.shape, dtype=np.uint64)
        file[name].attrs["MATLAB_class"] = np.bytes_("double")
        file[name].attrs["MATLAB_empty"] = np.uint8(1)
    else:
        file[name] = value.reshape(-1, 1) if value.ndim == 1 else value.T
        file[name].attrs["MATLAB_class"] = np.bytes_(value.dtype.name)


def _table(words: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(words, columns=[f"cell {site}" for site in range(words.shape[1])])


def _npz(path: Path, words: np.ndarray) -> None:
    np.savez(path, spikes=words)


def _hdf5(path: Path, words: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        file["session/spikes"] = words


WRITERS = {
    "words.npy": lambda path, words: np.save(path, words),
    "words.npz": _npz,
    "sparse.npz": lambda path, words: sparse.save_npz(path, sparse.csr_array(words)),
    "words.csv": lambda path, words: _table(words).to_csv(path, index=False),
    "indexed.csv": lambda path, words: _table(words).to_csv(path),
    "bare.csv": lambda path, words: np.savetxt(path, words, fmt="%d", delimiter=","),
    "semicolons.csv": lambda path, words: _table(words).to_csv(path, index=False, sep=";"),
    "floats.txt": lambda path, words: np.savetxt(path, words),
    "words.tsv": lambda path, words: _table(words).to_csv(path, index=False, sep="\t"),
    "marked.csv": lambda path, words: _table(words).to_csv(path, index=False, encoding="utf-8-sig"),
    "bare.data": lambda path, words: np.savetxt(path, words, fmt="%d", delimiter=","),
    "words.parquet": lambda path, words: _table(words).to_parquet(path),
    "v4.mat": lambda path, words: scipy.io.savemat(path, {"spikes": words}, format="4"),
    "v5.mat": lambda path, words: scipy.io.savemat(path, {"spikes": words}),
    "v7.mat": lambda path, words: scipy.io.savemat(path, {"spikes": words}, do_compression=True),
    "sparse.mat": lambda path, words: scipy.io.savemat(path, {"spikes": sparse.csc_array(words * 1.0)}),
    "v73.mat": lambda path, words: write_matlab_73(path, {"spikes": words}),
    "sparse73.mat": lambda path, words: write_matlab_73(path, {"spikes": sparse.csc_array(words * 1.0)}),
    "words.h5": _hdf5,
}


def write(folder: Path, name: str, words: np.ndarray) -> Path:
    """A file with words of 0 and 1, (rows, sites); the name says how."""
    path = folder / name
    WRITERS[name](path, words)
    return path
