"""A spike recording: bringing the file, checking it, cutting it into words.

The salamander retina under a fish movie: Marre, Tkačik, Amodei, Schneidman, Bialek, Berry, IST Austria
data record 5562, DOI 10.15479/AT:ISTA:61; the statistics are in arXiv:1407.5946.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mfvae.errors import InputError
from mfvae.workflow.files.atomic import atomic_path
from mfvae.workflow.files.provenance import note_input

LOCAL_FILE_VARIABLE = "MFVAE_RETINA_FILE"
HOW_TO_SUPPLY = (
    f"set {LOCAL_FILE_VARIABLE} or recording.file in the configuration to a local copy "
    "(IST Austria data record 5562, DOI 10.15479/AT:ISTA:61)"
)
MATLAB_VARIABLE = "bint"
AXES_VARIABLE = "axes"
AXES = ("repeats", "neurons", "bins")
CHECKED_AT_ONCE = 1 << 20  # values
SHOWN_VALUES = 5  # in a message
DOWNLOAD_TIMEOUT_S = 30


def sha256_of(path: str | Path) -> str:
    """Hexadecimal sha256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_local_file(field: str, path: str | Path, sha256: str) -> None:
    """Raise InputError unless ``path`` is a file with exactly this content."""
    if not os.path.isfile(path):
        raise InputError(field, str(path), "an existing file is needed")
    found = sha256_of(path)
    if found != sha256:
        raise InputError(field, str(path), f"sha256 {sha256} is needed, this content has {found}")


def obtain(local: str | None, urls: Sequence[str], sha256: str, destination: str | Path) -> str:
    """Put the recording at ``destination`` and return where it came from.

    A local file, if named, is the only source; otherwise the URLs are tried in turn. Content with
    another sha256 is never kept. Raises InputError with all that was tried and how to supply the file.
    """
    if local:
        check_local_file("recording.file", local, sha256)
        with atomic_path(destination) as temporary:
            shutil.copyfile(local, temporary)
        return local
    failures = []
    for url in urls:
        try:
            with atomic_path(destination) as temporary:
                with (
                    urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_S) as response,
                    open(temporary, "wb") as handle,
                ):
                    shutil.copyfileobj(response, handle)
                found = sha256_of(temporary)
                if found != sha256:
                    raise InputError("sha256", found, f"{sha256} is needed")
            return url
        except (OSError, ValueError, http.client.HTTPException) as error:
            failures.append(f"{url} ({error})")
    tried = "; ".join(failures) or "no URL is configured"
    raise InputError("recording", None, f"not to be had: {tried}. To supply it, {HOW_TO_SUPPLY}")


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
    note_input(path)
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
