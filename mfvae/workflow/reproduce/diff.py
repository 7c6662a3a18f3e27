"""Whether two runs gave the same tables: every value to its last bit, whatever else the files say.

Compared are tables (CSV, JSON, Parquet) and trained weights; logs and times spent differ by nature,
drawings show tables, and where a table comes from (mfvae/workflow/files/provenance.py) is no value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mfvae.errors import InputError
from mfvae.workflow.files.atomic import read_json
from mfvae.workflow.files.samples import METADATA_KEY

BESIDE_VALUES = ("provenance", "versions", "footer_sha256")  # keys that say where a table comes from


def _values(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: value for key, value in content.items() if key not in BESIDE_VALUES}
    return content


def _in_json(a: Any, b: Any, place: str = "") -> str | None:
    """The first place where two JSON values differ."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        found = (_in_json(a[key], b[key], f"{place}.{key}".lstrip(".")) for key in a)
        return next(filter(None, found), None)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        found = (_in_json(*pair, f"{place}[{i}]") for i, pair in enumerate(zip(a, b, strict=True)))
        return next(filter(None, found), None)
    # as text, where 1 is not 1.0 nor 0.0 −0.0
    one, other = json.dumps(a), json.dumps(b)
    return None if one == other else f"{place or 'its content'}: {one:.60} is not {other:.60}"


def _json(a: Path, b: Path) -> str | None:
    return _in_json(*(_values(read_json(path)) for path in (a, b)))


def _text(a: Path, b: Path) -> str | None:
    lines = zip_longest(*(path.read_bytes().split(b"\n") for path in (a, b)))
    for number, (one, other) in enumerate(lines, 1):
        if one != other:
            shown = [
                "none" if line is None else f"{line.decode(errors='replace')!r:.60}"
                for line in (one, other)
            ]
            return f"line {number}: {shown[0]} is not {shown[1]}"
    return None


def _bits(column: pa.ChunkedArray) -> np.ndarray:
    """Values as integers or text, of which equal means equal to the bit; NaN equals itself."""
    values = column.to_numpy()
    return values.view(f"u{values.itemsize}") if values.dtype.kind == "f" else values


def _parquet(a: Path, b: Path) -> str | None:
    one, other = (pq.read_table(path, page_checksum_verification=True) for path in (a, b))
    bare = [table.schema.remove_metadata() for table in (one, other)]
    if not bare[0].equals(bare[1]):
        return f"columns {bare[0]!s:.80} are not {bare[1]!s:.80}".replace("\n", ", ")
    if len(one) != len(other):
        return f"{len(one)} rows are not {len(other)}"
    headers = [
        json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}")) for table in (one, other)
    ]
    if found := _in_json(_values(headers[0]), _values(headers[1]), "metadata"):
        return found
    for name in one.column_names:
        differ = np.flatnonzero(_bits(one.column(name)) != _bits(other.column(name)))
        if differ.size:
            row = int(differ[0])
            shown = [f"{table.column(name)[row].as_py()!r:.60}" for table in (one, other)]
            return f"column {name}, row {row}: {shown[0]} is not {shown[1]}"
    return None


def _binary(a: Path, b: Path) -> str | None:
    return "its bytes differ"


READERS = {".csv": _text, ".json": _json, ".parquet": _parquet, ".pt": _binary}


def tables(folder: Path) -> set[str]:
    """Paths below a results folder of all that is compared. Raises InputError if there are none."""
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in READERS and not path.name.startswith(".")
    }
    if not found:
        raise InputError("results", str(folder), "a folder with tables of a run is needed")
    return found


def difference(a: Path, b: Path) -> str | None:
    """The first difference of two tables of a kind, by value; None if there is none."""
    if a.read_bytes() == b.read_bytes():
        return None
    try:
        return READERS[a.suffix](a, b)
    except (OSError, ValueError) as error:
        return f"cannot be read ({' '.join(str(error).split())})"


def differences(a: Path, b: Path) -> Iterator[tuple[str, str]]:
    """(path, first difference) of every table that the folders do not share to the bit."""
    ours, theirs = tables(a), tables(b)
    for name in sorted(ours | theirs):
        if name not in ours & theirs:
            yield name, f"only in {a if name in ours else b}"
        elif (found := difference(a / name, b / name)) is not None:
            yield name, found
