"""Tables of samples: Parquet with configurations packed by their site family and metadata inside.

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
import pyarrow as pa
import pyarrow.parquet as pq

import mfvae
from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.masks import filled, unless_complete
from mfvae.workflow.files.atomic import Named, atomic_path
from mfvae.workflow.files.provenance import note_input, of_this_job

METADATA_KEY = b"mfvae"
CONFIGURATION_COLUMN = "configurations"
OBSERVED_COLUMN = "observed"  # bits of the sites that were observed, where not all of them were
PACKED_AT_ONCE = 8192  # configurations, so that a million of them need little more than their own memory


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


@dataclass(frozen=True)
class Samples:
    """Configurations (B, N, ...), the other columns (B rows) and the metadata.

    ``observed``, bool (B, N), says which sites were, and is None where all of them were. In the gaps of
    the others stands any state of their family.
    """

    configurations: np.ndarray
    columns: dict[str, np.ndarray]
    metadata: SampleMetadata
    observed: np.ndarray | None = None

    def in_split(self, name: str) -> np.ndarray:
        """Which rows are in the split ``train`` or ``test``, bool (B,)."""
        return np.asarray(self.columns["split"] == name)

    @property
    def has_groups(self) -> bool:
        """Whether rows belong together, so that errors come from groups of them."""
        return "repeat" in self.columns or "block" in self.columns

    @property
    def groups(self) -> np.ndarray:
        """Which rows belong together, (B,): a repeat, or where there are none a block of rows.

        Raises InputError for independent samples, which have neither.
        """
        for name in ("repeat", "block"):
            if name in self.columns:
                return self.columns[name]
        allowed = f"a column repeat or block is needed, found {', '.join(self.columns)}"
        raise InputError("samples", self.metadata.system, allowed)

    @property
    def order(self) -> np.ndarray:
        """The place of every row within its group, (B,)."""
        return self.columns["bin" if "repeat" in self.columns else "row"]

    def split(self, name: str) -> np.ndarray:
        """Configurations of a split."""
        chosen = self.configurations[self.in_split(name)]
        if not len(chosen):
            raise InputError("split", name, "at least one configuration in it is needed")
        return chosen

    def observed_in(self, name: str) -> np.ndarray | None:
        """Which sites were observed in the rows of a split, bool (B, N), or None where all were."""
        return None if self.observed is None else self.observed[self.in_split(name)]

    def check_complete(self, what: str) -> None:
        """Raise InputError for data with gaps, which ``what`` has no use for."""
        if self.observed is not None:
            share = 100 * (1 - self.observed.mean())
            raise InputError("missing", f"{share:.2g} %", f"{what} needs rows that were observed whole")


def index_column(numbers: np.ndarray) -> np.ndarray:
    """Numbers of bins, repeats or chains, from 0: int16 where all of them fit, else int64."""
    fits = not len(numbers) or numbers.max() <= np.iinfo(np.int16).max
    return numbers.astype(np.int16 if fits else np.int64)


def _bytes_column(packed: np.ndarray) -> pa.Array:
    """A column of rows of bytes (B, width)."""
    return pa.Array.from_buffers(pa.binary(packed.shape[1]), len(packed), [None, pa.py_buffer(packed)])


def _bytes_of(table: pa.Table, name: str) -> np.ndarray:
    """Rows of bytes (B, width) of a column."""
    column = table.column(name).combine_chunks()
    width = column.type.byte_width
    flat = np.frombuffer(column.buffers()[1], dtype=np.uint8)[: len(column) * width]
    return flat.reshape(len(column), width)


def _footer_digest(header: Mapping[str, Any], table: pa.Table) -> str:
    """sha256 of what Parquet's page checksums do not cover: metadata, columns, number of rows."""
    types = [str(kind) for kind in table.schema.types]
    covered = json.dumps([dict(header), table.column_names, types, table.num_rows])
    return hashlib.sha256(covered.encode()).hexdigest()


def write_samples(
    path: str | Path,
    configurations: np.ndarray,
    columns: Mapping[str, Any],
    metadata: SampleMetadata,
    source: str | None = None,
    observed: np.ndarray | None = None,
) -> None:
    """Write configurations (B, N, ...), packed without loss, with further columns of length B.

    ``source`` says in the metadata what they were made from, ``observed``, bool (B, N), which sites were
    observed, if not all: whatever stands in the gaps is not kept. Raises InputError for no
    configurations, or values that are none of their site family.
    """
    family = SITE_FAMILIES[metadata.site_family]
    observed = unless_complete(observed)
    if not configurations.size:
        raise InputError("configurations", configurations.shape, "at least one of one site is needed")
    if observed is not None:
        configurations = filled(configurations, observed)
        columns = {**columns, OBSERVED_COLUMN: _bytes_column(np.packbits(observed, axis=1))}
    blocks = range(0, len(configurations), PACKED_AT_ONCE)
    packed = np.concatenate([family.pack(configurations[i : i + PACKED_AT_ONCE]) for i in blocks])
    table = pa.table({CONFIGURATION_COLUMN: _bytes_column(packed), **columns})
    header: dict[str, Any] = {**asdict(metadata), "units": family.units, "versions": versions()}
    if source is not None:
        header["source"] = source
    if provenance := of_this_job():
        header["provenance"] = provenance
    header["footer_sha256"] = _footer_digest(header, table)
    table = table.replace_schema_metadata({METADATA_KEY: json.dumps(header).encode()})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def _read_checked(path: str | Path) -> tuple[pa.Table, SampleMetadata]:
    table = pq.read_table(path, page_checksum_verification=True)
    raw = (table.schema.metadata or {}).get(METADATA_KEY)
    if raw is None or CONFIGURATION_COLUMN not in table.column_names:
        raise InputError("file", str(path), "a Parquet table of mfvae samples is needed")
    header = json.loads(raw)
    if header.pop("footer_sha256") != _footer_digest(header, table):
        raise ValueError("its metadata and their checksum differ")
    metadata = SampleMetadata(**{name: header[name] for name in SampleMetadata.__dataclass_fields__})
    if metadata.site_family not in SITE_FAMILIES:
        raise ValueError(f"its site family {metadata.site_family!r} is unknown")
    return table, metadata


def read_samples(
    path: str | Path, system: str | None = None, point: str | None = None, family: str | None = None
) -> Samples:
    """Read what ``write_samples`` wrote; configurations come back unpacked.

    Raises InputError when the file is missing, damaged, not ours, or of another system, point or family
    of sites than those named.
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
    if family is not None and metadata.site_family != family:
        allowed = f"sites of the family {family!r} are needed, it holds {metadata.site_family!r}"
        raise InputError("file", str(path), allowed)
    note_input(path)
    configurations = SITE_FAMILIES[metadata.site_family].unpack(
        _bytes_of(table, CONFIGURATION_COLUMN), metadata.n_sites
    )
    observed = None
    if OBSERVED_COLUMN in table.column_names:
        bits = np.unpackbits(_bytes_of(table, OBSERVED_COLUMN), axis=1, count=metadata.n_sites)
        observed = bits.astype(bool)
    others = [name for name in table.column_names if name not in (CONFIGURATION_COLUMN, OBSERVED_COLUMN)]
    columns = {name: table.column(name).to_numpy() for name in others}
    return Samples(configurations, Named(f"columns of {path}", columns), metadata, observed)
