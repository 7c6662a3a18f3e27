"""Tables of samples: Parquet with spins packed into bits and metadata inside.

Pages carry checksums and the metadata a digest of what those leave out: damage is noticed on reading.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import mfvae
from mfvae.errors import InputError
from mfvae.storage import atomic_path

METADATA_KEY = b"mfvae"
SPIN_COLUMN = "spins"


def versions() -> dict[str, str]:
    """Versions that a sample depends on."""
    return {
        "mfvae": mfvae.__version__,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "pyarrow": version("pyarrow"),
    }


@dataclass(frozen=True)
class SampleMetadata:
    """What a table of samples says about itself."""

    system: str
    point: str  # e.g. "N~64/beta~1.0"
    site_family: str
    n_sites: int
    seed: int
    units: str = "dimensionless; spins are -1/+1, bit 1 is +1"


@dataclass(frozen=True)
class Samples:
    """Configurations (B, N), the other columns (B rows) and the metadata."""

    spins: np.ndarray
    columns: pd.DataFrame
    metadata: SampleMetadata

    def split(self, name: str) -> np.ndarray:
        """Configurations of the split ``train`` or ``test``."""
        chosen = self.spins[(self.columns["split"] == name).to_numpy()]
        if not len(chosen):
            raise InputError("split", name, "at least one configuration in it is needed")
        return chosen


def _footer_digest(header: Mapping[str, Any], table: pa.Table) -> str:
    """sha256 of what Parquet's page checksums do not cover: metadata, columns, number of rows."""
    types = [str(kind) for kind in table.schema.types]
    covered = json.dumps([dict(header), table.column_names, types, table.num_rows])
    return hashlib.sha256(covered.encode()).hexdigest()


def write_samples(
    path: str | Path, spins: np.ndarray, columns: Mapping[str, Any], metadata: SampleMetadata
) -> None:
    """Write spins (B, N) of ±1, eight to a byte, with further columns of length B."""
    packed = np.packbits(spins > 0, axis=1)
    width = packed.shape[1]
    buffer = pa.py_buffer(np.ascontiguousarray(packed))
    spin_array = pa.Array.from_buffers(pa.binary(width), len(packed), [None, buffer])
    table = pa.table({SPIN_COLUMN: spin_array, **columns})
    header: dict[str, Any] = {**asdict(metadata), "versions": versions()}
    header["footer_sha256"] = _footer_digest(header, table)
    table = table.replace_schema_metadata({METADATA_KEY: json.dumps(header).encode()})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def _read_checked(path: str | Path) -> tuple[pa.Table, SampleMetadata]:
    table = pq.read_table(path, page_checksum_verification=True)
    raw = (table.schema.metadata or {}).get(METADATA_KEY)
    if raw is None or SPIN_COLUMN not in table.column_names:
        raise InputError("file", str(path), "a Parquet table of mfvae samples is needed")
    header = json.loads(raw)
    if header.pop("footer_sha256") != _footer_digest(header, table):
        raise ValueError("its metadata and their checksum differ")
    header.pop("versions")
    return table, SampleMetadata(**header)


def read_samples(path: str | Path, system: str | None = None, point: str | None = None) -> Samples:
    """Read what ``write_samples`` wrote; spins come back as int8 (B, N).

    Raises InputError when the file is missing, damaged, not ours, or of another system than ``system``.
    """
    try:
        table, metadata = _read_checked(path)
    except InputError:
        raise
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise InputError("file", str(path), f"a whole Parquet file is needed ({error})") from error
    if system is not None and metadata.system != system:
        allowed = f"samples of {system!r} are needed, it holds {metadata.system!r}"
        raise InputError("file", str(path), allowed)
    if point is not None and metadata.point != point:
        allowed = f"samples at {point!r} are needed, it holds {metadata.point!r}"
        raise InputError("file", str(path), allowed)
    column = table.column(SPIN_COLUMN).combine_chunks()
    width = column.type.byte_width
    packed = np.frombuffer(column.buffers()[1], dtype=np.uint8)[: len(column) * width]
    bits = np.unpackbits(packed.reshape(len(column), width), axis=1, count=metadata.n_sites)
    spins = (2 * bits.astype(np.int8) - 1).astype(np.int8)
    return Samples(spins, table.drop_columns([SPIN_COLUMN]).to_pandas(), metadata)
