"""HDF5 files, those of MATLAB v7.3 among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, choose_key, from_array, groups_beside
from mfvae.errors import InputError

OF_MATLAB = ("#refs#", "#subsystem#")  # where MATLAB keeps what cells refer to
CLASS, SPARSE, EMPTY = "MATLAB_class", "MATLAB_sparse", "MATLAB_empty"


def read_hdf5(path: Path, options: Options, matlab: bool = False) -> Raw:
    """One data set of an HDF5 file, named by its path in it.

    ``matlab`` is for v7.3: axes are stored in the opposite order, and a group may be a sparse matrix.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = _datasets(file, matlab)
            cells = matlab and options.bin_s is not None
            arrays = [
                name
                for name, one in found.items()
                if (_class(one) == "cell" if cells else _is_array(one))
            ]
            key = choose_key(options.key, arrays, found, str(path))
            if cells and _class(found[key]) == "cell":
                raw = _cells(file, found[key], f"{path}, {key}", options)
            else:
                raw = _read(found[key], matlab, f"{path}, {key}")
            axes = file.get("axes")
            if matlab and key != "axes" and axes is not None and _class(axes) == "char":
                raw.axes = "".join(map(chr, np.asarray(axes).T.ravel()))
            vectors: dict[str, Any] = dict.fromkeys(found)
            for name in (options.groups, options.split):
                if isinstance(name, str) and name in found:
                    vectors[name] = _vector(found[name])
    except InputError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        needed = "MATLAB v7.3 (HDF5)" if matlab else "HDF5"
        raise InputError("file", str(path), f"a whole {needed} file is needed ({error})") from error
    raw.groups = groups_beside(options.groups, vectors)
    raw.split = groups_beside(options.split, vectors, "split")
    raw.record["key"] = key
    if matlab:
        from mfvae.data.formats.matlab import CUSTOMARY

        raw.assumed = CUSTOMARY.get(key)
    return raw


def _datasets(file: Any, matlab: bool) -> dict[str, Any]:
    """Path → data set, or sparse matrix of MATLAB, of all in a file."""
    import h5py

    found: dict[str, Any] = {}

    def note(name: str, one: Any) -> None:
        if matlab and (name.startswith(OF_MATLAB) or name.rpartition("/")[0] in found):
            return
        if isinstance(one, h5py.Dataset) or (matlab and SPARSE in one.attrs):
            found[name] = one

    file.visititems(note)
    return found


def _class(one: Any) -> str:
    """MATLAB's name for the type of a variable; empty for what others wrote."""
    kind = one.attrs.get(CLASS, b"")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _is_array(one: Any) -> bool:
    """Whether numbers with two axes or more are in it."""
    if SPARSE in one.attrs:
        return True
    return (
        one.dtype.kind in "biuf" and _class(one) != "char" and len(one.shape) > 1 and min(one.shape) > 1
    )


def _read(one: Any, matlab: bool, source: str) -> Raw:
    if SPARSE in one.attrs:
        raw = from_array(_sparse(one, source), source)
        raw.record["sparse"] = "matlab"
        return raw
    if matlab and one.attrs.get(EMPTY):
        raise InputError("file", source, "no axis may be empty, this variable is")
    if matlab and _class(one) == "cell":
        raise InputError(
            "file", source, "an array is needed, this is a cell array: cat() joins its cells"
        )
    if one.dtype.kind == "O":
        one = one.asstr() if _is_text(one) else one
    values = one[...]
    return from_array(values.T if matlab else _fixed(values), source)


def _cells(file: Any, one: Any, source: str, options: Options) -> Raw:
    """Spike times in a cell of MATLAB for each unit, each of which refers to its array."""
    from mfvae.data.formats.matlab import from_cells

    cells = [file[reference] for reference in one[...].ravel()]
    # an empty array is kept as its shape
    times = [np.empty(0) if cell.attrs.get(EMPTY) else cell[...].ravel() for cell in cells]
    return from_cells(times, one.shape, source, options)


def _is_text(one: Any) -> bool:
    import h5py

    return h5py.check_string_dtype(one.dtype) is not None


def _fixed(values: Any) -> Any:
    """Text of HDF5, which comes as objects, as text of NumPy."""
    if isinstance(values, np.ndarray) and values.dtype == object and values.size:
        kinds = {type(one) for one in values.ravel()[:1]}
        return values.astype(str) if kinds <= {str, bytes} else values
    return values


def _vector(one: Any) -> np.ndarray:
    return np.asarray(_fixed((one.asstr() if _is_text(one) else one)[...]))


def _sparse(one: Any, source: str) -> np.ndarray:
    """The sparse matrix in a group of MATLAB v7.3: columns compressed."""
    from scipy import sparse

    from mfvae.data.formats.sparse import dense

    columns = one["jc"][...].astype(np.int64)
    n_rows = int(one.attrs[SPARSE])
    if "data" not in one:  # nothing but zeros
        return np.zeros((n_rows, len(columns) - 1), dtype=np.uint8)
    parts = (one["data"][...], one["ir"][...].astype(np.int64), columns)
    return dense(sparse.csc_array(parts, shape=(n_rows, len(columns) - 1)), source)
