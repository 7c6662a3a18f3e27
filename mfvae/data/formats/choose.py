"""Which reader a source needs: by the suffix of a file, the format that is named, or the kind of object.

Readers are imported when they are needed, so that nobody waits for libraries of other formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, from_array
from mfvae.errors import InputError

FASTA = "fasta"
FORMATS = ("npy", "npz", "csv", "parquet", "mat", "hdf5", "nwb", "fasta")
SUFFIXES = {
    **{f".{name}": name for name in FORMATS},
    **dict.fromkeys((".tsv", ".tab", ".txt", ".dat", ".data"), "csv"),
    **dict.fromkeys((".h5", ".he5"), "hdf5"),
    ".pq": "parquet",
    **dict.fromkeys((".fa", ".fas", ".faa", ".fna", ".afa", ".a2m", ".a3m"), "fasta"),
}


def format_of(path: Path) -> str | None:
    """What the suffix says, that below ``.gz`` where there is one; None where it says nothing.

    >>> format_of(Path("family.fasta.gz")), format_of(Path("spikes"))
    ('fasta', None)
    """
    suffix = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    return SUFFIXES.get(suffix.lower())


def read_file(path: Path, format: str | None, options: Options) -> Raw:
    """The array in a file, as it stands there; raises InputError for a file that cannot be read."""
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "there is none"
        raise InputError("file", str(path), f"an existing file is needed, {what}")
    if not path.stat().st_size:
        raise InputError("file", str(path), "a file with content is needed, this is empty")
    name = format_of(path) if format is None else SUFFIXES.get(f".{format}")
    if name not in (None, FASTA) and path.suffix.lower() == ".gz":
        raise InputError("format", path.suffix, "only FASTA files are read compressed: unpack it")
    if name is None:
        allowed = f"the suffix says no format, name one of {', '.join(FORMATS)}"
        raise InputError("format", path.suffix if format is None else format, allowed)
    raw = _reader(name)(path, options)
    raw.record = {"source": str(path), "format": name} | raw.record
    return raw


def read_object(source: Any, options: Options) -> Raw:
    """The array in an object of Python: NumPy, pandas, scipy.sparse, or what makes an array of itself.

    Spike times are such objects, too: those of pynapple, and a mapping or list of times of each unit.
    """
    if hasattr(source, "time_support") and hasattr(source, "keys"):
        from mfvae.data.formats.pynapple_objects import from_ts_group

        return _named(from_ts_group(source, options), "a TsGroup of pynapple", "pynapple")
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        from mfvae.data.formats.tables import from_frame

        return _named(from_frame(source, options), "a frame of pandas", "frame")
    if options.key is not None:
        raise InputError("key", options.key, "only arrays in files have names")
    if hasattr(source, "tocsr"):
        from mfvae.data.formats.sparse import dense

        return _named(
            from_array(dense(source, "the sparse matrix"), "the sparse matrix"),
            "a sparse matrix",
            "sparse",
        )
    if isinstance(source, Mapping) or (options.bin_s is not None and isinstance(source, list | tuple)):
        kind = "a mapping" if isinstance(source, Mapping) else "a list"
        return _named(_spike_times(source, options), kind, "spike times")
    return _named(from_array(_as_array(source), "the array"), "an array", "array")


def _named(raw: Raw, source: str, format: str) -> Raw:
    raw.record = {"source": source, "format": format} | raw.record
    return raw


def _spike_times(source: Mapping[Any, Any] | Sequence[Any], options: Options) -> Raw:
    """Times of each unit, which a mapping names."""
    from mfvae.data.spikes import from_spike_times

    times = list(source.values()) if isinstance(source, Mapping) else list(source)
    names = list(source) if isinstance(source, Mapping) else None
    for place, of_unit in enumerate(times):
        if np.ndim(of_unit) != 1:
            name = place if names is None else names[place]
            raise InputError("source", name, "a vector of spike times is needed for each unit")
    return from_spike_times(times, names, "the mapping" if names else "the list", options)


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
    if name == "nwb":
        from mfvae.data.formats.nwb import read_nwb

        return read_nwb
    if name == "fasta":
        from mfvae.data.formats.fasta import read_fasta

        return read_fasta
    if name == "parquet":
        from mfvae.data.formats.tables import read_parquet

        return read_parquet
    from mfvae.data.formats.tables import read_delimited

    return read_delimited
