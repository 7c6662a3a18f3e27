"""Reading a spike recording from a file: what is in it is checked, and cut into words.

The salamander retina under a fish movie: Marre, Tkačik, Amodei, Schneidman, Bialek, Berry, IST Austria
data record 5562, DOI 10.15479/AT:ISTA:61; the statistics are in arXiv:1407.5946.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mfvae.errors import InputError

MATLAB_VARIABLE = "bint"
AXES_VARIABLE = "axes"
AXES = ("repeats", "neurons", "bins")
CHECKED_AT_ONCE = 1 << 20  # values
SHOWN_VALUES = 5  # in a message


@dataclass(frozen=True)
class Recording:
    """Binary spikes (repeats R, neurons N, time bins T), uint8 0/1."""

    spikes: np.ndarray

    @property
    def n_neurons(self) -> int:
        return self.spikes.shape[1]

    def words(self, repeats: np.ndarray) -> np.ndarray:
        """Spins −1/+1, int8 (len(repeats)·T, N): one word per bin, repeat after repeat."""
        n_bins = self.spikes.shape[2]
        words = np.empty((len(repeats) * n_bins, self.n_neurons), dtype=np.int8)
        for row, repeat in enumerate(repeats):
            words[row * n_bins : (row + 1) * n_bins] = self.spikes[repeat].T
        words *= 2
        words -= 1
        return words

    @property
    def description(self) -> str:
        """Which length belongs to what, and the share of spikes, in one line."""
        repeats, neurons, bins = self.spikes.shape
        ones = 100 * np.count_nonzero(self.spikes) / self.spikes.size
        return f"{repeats} repeats × {neurons} neurons × {bins} bins, {ones:.3g} % ones"


def read_recording(path: str | Path) -> Recording:
    """Read a MATLAB (≤ v7) file with variable ``bint`` (repeats × neurons × bins) of 0 and 1.

    A char variable ``axes`` in the same file may name another order, 'repeats bins neurons'. Without it
    a recording of as many neurons as bins or more is refused: its axes are more likely another's.
    Raises InputError naming the file when it is missing, damaged or of another kind.
    """
    from scipy.io import loadmat

    names = [MATLAB_VARIABLE, AXES_VARIABLE]
    try:
        content = loadmat(path, appendmat=False, variable_names=names)
    except NotImplementedError as error:
        raise InputError("file", str(path), "MATLAB v7.3 (HDF5): save it with -v7") from error
    except Exception as error:  # loadmat raises many kinds on damaged files
        raise InputError("file", str(path), f"a whole MATLAB file is needed ({error})") from error
    if MATLAB_VARIABLE not in content:
        raise InputError("file", str(path), f"a variable {MATLAB_VARIABLE!r} is needed")
    spikes = content.pop(MATLAB_VARIABLE)
    _check_kind(path, spikes)
    axes = _axes(path, content.get(AXES_VARIABLE), spikes.shape)
    _check_binary(path, spikes)
    return Recording(spikes.transpose([axes.index(name) for name in AXES]).astype(np.uint8, copy=False))


def _check_kind(path: str | Path, spikes: Any) -> None:
    """Raise InputError unless a variable is an array of real numbers of three axes, none empty."""
    needed = f"one array of numbers, {' × '.join(AXES)}"
    found = None
    if not isinstance(spikes, np.ndarray):
        found = "a sparse matrix: full() makes it an array"
    elif spikes.dtype.names is not None:
        found = f"a struct of fields {', '.join(spikes.dtype.names)}"
    elif spikes.dtype == object:
        found = f"a cell array of {' × '.join(map(str, spikes.shape))}: cat() joins its cells"
    elif spikes.dtype.kind in "US":
        found = "text"
    elif spikes.dtype.kind == "c":
        found = "complex numbers"
    if found:
        raise InputError("file", str(path), f"{needed}, is needed; {MATLAB_VARIABLE!r} is {found}")
    if spikes.ndim != len(AXES):
        raise InputError("file", str(path), f"{needed}, is needed; found {spikes.shape}")
    if not spikes.size:
        raise InputError("file", str(path), f"none of {' × '.join(AXES)} may be 0, found {spikes.shape}")


def _axes(path: str | Path, named: np.ndarray | None, shape: tuple[int, ...]) -> list[str]:
    """Names of the axes in the order of the file; raises InputError for unclear ones."""
    if named is None:
        repeats, neurons, bins = shape
        if neurons >= bins:
            raise InputError(
                "file",
                str(path),
                f"{' × '.join(AXES)} would be {repeats} × {neurons} × {bins}, as many neurons as bins "
                f"or more: permute {MATLAB_VARIABLE!r}, or name the order of its axes in a variable "
                f"{AXES_VARIABLE!r}, {' '.join(AXES)!r} if it is this",
            )
        return list(AXES)
    words = " ".join(map(str, named.ravel())).split()
    if sorted(words) != sorted(AXES):
        raise InputError(AXES_VARIABLE, " ".join(words), f"{', '.join(AXES)} in some order is needed")
    return words


def _check_binary(path: str | Path, spikes: np.ndarray) -> None:
    """Raise InputError for other values than 0 and 1: how many, which, and where the first is."""
    flat = spikes.ravel(order="K")  # no copy of what loadmat returns
    bad, first = 0, None
    values: set[str] = set()
    for start in range(0, flat.size, CHECKED_AT_ONCE):
        block = flat[start : start + CHECKED_AT_ONCE]
        if len(wrong := np.flatnonzero((block != 0) & (block != 1))):
            bad += len(wrong)
            first = start + int(wrong[0]) if first is None else first
            if len(values) < SHOWN_VALUES:
                values |= {f"{value:g}" for value in np.unique(block[wrong])[:SHOWN_VALUES]}
    if first is not None:
        order: Literal["C", "F"] = "C" if spikes.flags.c_contiguous else "F"
        place = tuple(int(index) + 1 for index in np.unravel_index(first, spikes.shape, order=order))
        shown = ", ".join(sorted(values, key=float)[:SHOWN_VALUES])
        allowed = (
            f"only 0 and 1 are allowed in a binary recording, {bad} of {flat.size} values are others"
        )
        raise InputError("file", str(path), f"{allowed} ({shown}), the first at {place}, counted from 1")
