"""NumPy's own files: .npy, and .npz with arrays or a sparse matrix."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mfvae.data.formats.raw import Options, Raw, choose_key, from_array, groups_beside
from mfvae.data.formats.sparse import dense
from mfvae.errors import InputError

SPARSE = {"format", "shape", "data"}  # names of arrays in a file of scipy.sparse.save_npz
LOOKED_AT = 64  # bytes at the start of a file, by which text is known
TEXT = bytes(range(32, 127)) + b"\t\r\n"
DAMAGED = (
    *(
        OSError,
        ValueError,
        EOFError,
        KeyError,
        TypeError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
    ),
    *(SyntaxError, tokenize.TokenError),  # of a header, which is a line of Python
    *(zipfile.BadZipFile, zlib.error),
)


def read_npy(path: Path, options: Options) -> Raw:
    """The array in a .npy file, never unpickled."""
    if options.key is not None:
        raise InputError("key", options.key, f"{path} is one array without a name")
    try:
        _refuse_text(path)
        array = np.load(path, allow_pickle=False)
    except InputError:
        raise
    except DAMAGED as error:
        raise _refusal(path, error) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise InputError("format", "npy", f"{path} is an archive: say format='npz'")
    return from_array(array, str(path))


def read_npz(path: Path, options: Options) -> Raw:
    """One array of a .npz file, never unpickled, or the sparse matrix in it."""
    try:
        _refuse_text(path)
        with np.load(path, allow_pickle=False) as archive:
            if set(archive.files) >= SPARSE:
                return _read_sparse(path)
            vectors = {
                name: archive[name]
                for name in (options.groups, options.split)
                if isinstance(name, str) and name in archive.files
            }
            candidates = archive.files
            if len(candidates) > 1:
                candidates = [name for name in archive.files if len(_shape(archive, name)) > 1]
            key = choose_key(options.key, candidates, archive.files, str(path))
            raw = from_array(archive[key], f"{path}, {key}")
            names = dict.fromkeys(archive.files) | vectors
    except InputError:
        raise
    except (*DAMAGED, AttributeError) as error:
        raise _refusal(path, error) from error
    raw.groups = groups_beside(options.groups, names)
    raw.split = groups_beside(options.split, names, "split")
    raw.record["key"] = key
    return raw


def _refuse_text(path: Path) -> None:
    """Raise InputError for lines of text under the name of an array, as some programs save them."""
    with open(path, "rb") as file:
        start = file.read(LOOKED_AT)
    if start and all(byte in TEXT for byte in start):
        raise InputError(
            "file", str(path), "an array is needed, this is text: say format='csv' for lines of values"
        )


def _shape(archive: np.lib.npyio.NpzFile, name: str) -> tuple[int, ...]:
    """Shape of an array in an archive, of which no more than the header is read."""
    with archive.zip.open(f"{name}.npy") as member:  # type: ignore[union-attr]
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
        read = read or np.lib.format.read_array_header_2_0
        return read(member)[0]


def _read_sparse(path: Path) -> Raw:
    from scipy import sparse

    matrix = sparse.load_npz(path)
    raw = from_array(dense(matrix, str(path)), str(path))
    raw.record["sparse"] = matrix.format
    return raw


def _refusal(path: Path, error: Exception) -> InputError:
    if "allow_pickle" in str(error):
        return InputError(
            "file", str(path), "an array of numbers or text is needed, this is one of objects"
        )
    return InputError("file", str(path), f"a whole file of NumPy is needed ({error})")
