"""MATLAB's files: v4 to v7 by SciPy, v7.3 as the HDF5 that it is, with its axes turned back.

A recording in ``bint`` is repeats × neurons × bins by custom, which is axes="groups sites rows"; a text
variable ``axes`` beside an array says what its axes are. A cell array may have the spike times of each
unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, choose_key, from_array, groups_beside
from mfvae.data.formats.sparse import dense
from mfvae.data.spikes import from_spike_times
from mfvae.errors import InputError

AXES_VARIABLE = "axes"
CUSTOMARY = {"bint": "repeats neurons bins"}
NUMBERS = {
    *("double", "single", "logical", "sparse"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}


def read_mat(path: Path, options: Options) -> Raw:
    """One variable of a .mat file of any version."""
    from scipy.io import loadmat, whosmat

    try:
        listed = whosmat(path, appendmat=False)
    except NotImplementedError:
        from mfvae.data.formats.hdf5 import read_hdf5

        return read_hdf5(path, options, matlab=True)
    except Exception as error:  # SciPy raises many kinds on damaged files
        if _is_hdf5(path):  # MATLAB turns axes, others do not
            allowed = f"{path} is HDF5 that MATLAB did not write: say format='hdf5'"
            raise InputError("format", "mat", allowed) from error
        raise _refusal(path, error) from error
    names = [name for name, _, _ in listed]
    if options.bin_s is None:
        arrays = [name for name, shape, kind in listed if kind in NUMBERS and min(shape) > 1]
    else:
        arrays = [name for name, _, kind in listed if kind == "cell"]
    key = choose_key(options.key, arrays, names, str(path))
    beside = [name for name in (options.groups, options.split) if isinstance(name, str)]
    try:
        content = loadmat(path, appendmat=False, variable_names=[key, AXES_VARIABLE, *beside])
    except Exception as error:
        raise _refusal(path, error) from error
    value, source = content.pop(key), f"{path}, {key}"
    if options.bin_s is not None and isinstance(value, np.ndarray) and value.dtype == object:
        raw = from_cells(list(value.ravel()), value.shape, source, options)
    else:
        raw = from_matlab(value, source)
    raw.record["key"] = key
    raw.assumed = CUSTOMARY.get(key)
    if key != AXES_VARIABLE and (axes := content.get(AXES_VARIABLE)) is not None:
        raw.axes = axes_in(axes)
    vectors = dict.fromkeys(names) | content
    raw.groups = groups_beside(options.groups, vectors)
    raw.split = groups_beside(options.split, vectors, "split")
    return raw


def axes_in(variable: Any) -> str | None:
    """The text of a variable ``axes``; None where it is no text, but data."""
    variable = np.asarray(variable)
    return " ".join(map(str, variable.ravel())) if variable.dtype.kind in "US" else None


def from_matlab(value: Any, source: str) -> Raw:
    """A variable as an array; raises InputError for cells and structs, with what they are."""
    if hasattr(value, "tocsr"):
        raw = from_array(dense(value, source), source)
        raw.record["sparse"] = "matlab"
        return raw
    if isinstance(value, np.ndarray) and value.dtype == object:
        cells = " × ".join(map(str, value.shape))
        raise InputError(
            "file", source, f"an array is needed, this is a cell array of {cells}: cat() joins its cells"
        )
    return from_array(value, source)


def from_cells(cells: Sequence[Any], shape: tuple[int, ...], source: str, options: Options) -> Raw:
    """Spike times in a cell for each unit."""
    if max(shape) != len(cells):
        found = " × ".join(map(str, shape))
        raise InputError("file", source, f"one cell for each unit is needed, found {found}")
    return from_spike_times(cells, None, source, options)


def _is_hdf5(path: Path) -> bool:
    import h5py

    return bool(h5py.is_hdf5(path))


def _refusal(path: Path, error: Exception) -> InputError:
    return InputError("file", str(path), f"a whole MATLAB file is needed ({error})")
