"""Tables: CSV, Parquet, frames of pandas; wide (a column a site) or long (a row an entry or a spike)."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, encode, listed_values
from mfvae.data.formats.sparse import smallest_type
from mfvae.data.spikes import from_spike_times
from mfvae.data.values import number_if_one
from mfvae.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SNIFFED = 50  # lines that are looked at for delimiter and header
DELIMITERS = ",;\t|"
VALUES_AT_ONCE = 4_000_000  # of a file, as pandas holds eight bytes for each
COUNTED_NAMES = 3  # columns from which on 0, 1, 2 … are names that pandas has made up


def read_delimited(path: Path, options: Options) -> Raw:
    """A text file of rows; the delimiter and whether the first line has names are seen in it."""
    import pandas as pd

    _refuse_key(options, path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            lines = [line for line in islice(handle, SNIFFED) if line.strip()]
        if not lines:
            raise InputError("file", str(path), "at least one row is needed, the file is empty")
        delimiter = _delimiter(lines[0], path)
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
        header = has_header(rows) if options.header is None else options.header
        if options.header or (options.header is None and not header):
            _refuse_names_twice(rows, path)
        frames = pd.read_csv(
            path,
            sep=delimiter,
            header=0 if header else None,
            chunksize=max(1000, VALUES_AT_ONCE // len(rows[0])),
            skipinitialspace=True,
            encoding="utf-8-sig",
            index_col=False,
        )
        with frames, warnings.catch_warnings():
            # pandas would drop cells of lines that are longer than the first
            warnings.simplefilter("error", pd.errors.ParserWarning)
            raw = from_frames(frames, str(path), options, named=header)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError("file", str(path), f"text in UTF-8 is needed: save it so ({error})") from error
    except (OSError, ValueError, csv.Error, pd.errors.ParserWarning) as error:
        raise InputError("file", str(path), f"a readable table is needed ({error})") from error
    raw.record |= {"delimiter": delimiter, "header": header}
    return raw


def read_parquet(path: Path, options: Options) -> Raw:
    """A table in Parquet, of which only the columns that are asked for are read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _refuse_key(options, path)
    try:
        file = pq.ParquetFile(path)
        wanted = None
        if options.columns is not None or options.long is not None:
            beside = [name for name in (options.groups, options.split) if isinstance(name, str)]
            wanted = [*(options.columns or ()), *(options.long or ()), *beside, *(options.where or {})]
            wanted = [name for name in wanted if name in file.schema_arrow.names]
        size = max(1000, VALUES_AT_ONCE // len(wanted or file.schema_arrow.names))
        frames = (part.to_pandas() for part in file.iter_batches(size, columns=wanted))
        return from_frames(frames, str(path), options)
    except InputError:
        raise
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        raise InputError("file", str(path), f"a whole Parquet file is needed ({error})") from error


def from_frame(frame: pd.DataFrame, options: Options) -> Raw:
    """A frame of pandas; levels of its index can name groups."""
    source = "the frame"
    _refuse_key(options, source)
    levels = [name for name in (options.groups, options.split) if isinstance(name, str)]
    if levels := [name for name in levels if name in frame.index.names]:
        frame = frame.reset_index(level=levels)
    raw = from_frames(iter([frame]), source, options)
    if options.long is None and options.where is None and frame.index.dtype == "str":
        raw.row_names = tuple(frame.index)
    return raw


def from_frames(
    frames: Iterator[pd.DataFrame], source: str, options: Options, named: bool = True
) -> Raw:
    """Parts of one table, each of which is made small before the next is read."""
    if options.long is not None:
        return _long(frames, source, options)
    groups, split, parts = [], [], []
    sites: list[Any] | None = None
    for frame in frames:
        frame = _filtered(frame, options, source)
        if options.groups is not None and isinstance(options.groups, str):
            groups.append(_column(frame, options.groups, "groups", source).to_numpy())
        if isinstance(options.split, str):
            split.append(_column(frame, options.split, "split", source).to_numpy())
        if sites is None:
            sites = _sites(frame, options, source, named)
        parts.append(_values(frame[sites]))
    if sites is None or not sum(len(part) for part in parts):
        raise InputError("file", source, "at least one row is needed, there is none")
    shape = [sum(map(len, parts)), len(sites)]
    raw = Raw(*_joined(parts), record={"shape_in_file": shape})
    raw.record["type_in_file"] = "text" if raw.labels else str(raw.values.dtype)
    made_up = not named or sites == list(range(len(sites)))
    raw.site_names = None if made_up else tuple(str(number_if_one(name)) for name in sites)
    raw.groups = np.concatenate(groups) if groups else None
    raw.split = np.concatenate(split) if split else None
    return raw


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of some rows of text has the names of columns.

    It has if some of its cells is no number, all cells differ and none that is no number is a value
    further down; or if it counts its columns, 0, 1, 2 … or 1, 2, 3 …, as pandas does.
    """
    first, rest = [number_if_one(cell) for cell in rows[0]], rows[1:]
    texts = {cell for cell in first if isinstance(cell, str) and cell}
    if not texts:
        return len(first) >= COUNTED_NAMES and first in (
            list(range(len(first))),
            list(range(1, len(first) + 1)),
        )
    if len(set(map(str, first))) < len(first):
        return False
    return not texts & {cell for row in rest for cell in row}


def _refuse_names_twice(rows: Sequence[Sequence[str]], path: Path) -> None:
    """Raise InputError for a first line of text that no other line has and that names columns alike."""
    first = [cell for cell in rows[0] if cell]
    further = {cell for row in rows[1:] for cell in row}
    named = len(first) == len(rows[0]) and not any(
        cell in further or not isinstance(number_if_one(cell), str) for cell in first
    )
    if not named or len(rows) < 2 or len(set(first)) == len(first):
        return
    twice = sorted({name for name in first if first.count(name) > 1})
    raise InputError(
        "columns",
        twice,
        f"names of columns must differ, {path} has {', '.join(map(repr, twice))} more than once "
        "(header=False where its first line is a row of values)",
    )


def _delimiter(line: str, path: Path) -> str:
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    most = max(DELIMITERS, key=line.count)  # the first of equals
    if most in line:
        return most
    return " " if " " in line.strip() else ","  # names have spaces where something else delimits


def _sites(frame: pd.DataFrame, options: Options, source: str, named: bool) -> list[Any]:
    """Columns that are sites: those that are asked for, or all that are nothing else."""
    if options.columns is not None:
        for name in options.columns:
            _column(frame, name, "columns", source)
        return list(options.columns)
    other = {options.groups if isinstance(options.groups, str) else None}
    other |= {options.split if isinstance(options.split, str) else None, *(options.where or {})}
    sites = [name for name in frame.columns if name not in other]
    if named and sites and str(sites[0]) in ("", "Unnamed: 0"):  # an index that was written with it
        sites = sites[1:]
    if len(set(sites)) < len(sites):
        twice = next(name for name in sites if sites.count(name) > 1)
        raise InputError("columns", twice, f"names of sites must differ, {source} has this one twice")
    return sites


def _column(frame: pd.DataFrame, name: str, field: str, source: str) -> pd.Series:
    if name not in frame.columns:
        first = ", ".join(map(str, frame.columns[:20]))
        raise InputError(field, name, f"a column of {source} is needed: {first}")
    return frame[name]


def _filtered(frame: pd.DataFrame, options: Options, source: str) -> pd.DataFrame:
    """Rows that have the wanted values in other columns."""
    for name, wanted in (options.where or {}).items():
        column = _column(frame, name, "where", source)
        frame = frame[column.isin(listed_values(wanted))]
    return frame


def _values(frame: pd.DataFrame) -> np.ndarray:
    """Values of a frame as numbers in as few bytes as they need; as objects where some are text."""
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    kinds = set(frame.dtypes)
    if any(is_complex_dtype(kind) for kind in kinds):
        raise InputError("file", "the table", "numbers or text are needed, it has complex numbers")
    if len(kinds) == 1 and isinstance(next(iter(kinds)), np.dtype) and next(iter(kinds)).kind in "biuf":
        whole = frame.to_numpy()
        return whole.view(np.uint8) if whole.dtype == bool else whole.astype(_type(whole), copy=False)
    if all(is_numeric_dtype(kind) or is_bool_dtype(kind) for kind in kinds):
        columns = [column.to_numpy(dtype=np.float64, na_value=np.nan) for _, column in frame.items()]
        types = [_type(column) for column in columns]
        values = np.empty(frame.shape, dtype=np.result_type(*types))
        for place, column in enumerate(columns):
            values[:, place] = column
        return values
    return frame.astype(object).to_numpy()


def _type(numbers: np.ndarray) -> np.dtype:
    """The smallest type for numbers, of which some may be missing."""
    if numbers.dtype.kind == "f" and (known := ~np.isnan(numbers)).any() and not known.all():
        kind = smallest_type(numbers[known])
        return np.promote_types(kind, np.float16)
    return smallest_type(numbers)


def _joined(parts: list[np.ndarray]) -> tuple[np.ndarray, list[Any] | None]:
    """All parts as one array, and labels where some part has text."""
    if all(part.dtype != object for part in parts):
        return (parts[0] if len(parts) == 1 else np.concatenate(parts)), None
    flat = np.concatenate([part.astype(object).ravel() for part in parts])
    codes, labels = encode(flat)
    return codes.reshape(-1, parts[0].shape[1]), labels


def _long(frames: Iterator[pd.DataFrame], source: str, options: Options) -> Raw:
    """A table of entries: which row, which site, which value. Entries that it lacks are missing."""
    import pandas as pd

    assert options.long is not None
    names = list(options.long)
    if options.bin_s is not None:
        return _spikes(frames, source, options)
    if len(names) != 3 or len(set(names)) != 3:
        raise InputError("long", names, "three columns are needed: of rows, of sites and of values")
    if options.columns is not None:
        raise InputError("columns", options.columns, "of a long table, long names the columns")
    beside = [name for name in (options.groups, options.split) if isinstance(name, str)]
    kept = []
    for frame in frames:
        for name, field in [*((name, "long") for name in names), *((name, "groups") for name in beside)]:
            _column(frame, name, field, source)
        kept.append(_filtered(frame, options, source)[[*names, *beside]])
    table = pd.concat(kept)
    if not len(table):
        raise InputError("file", source, "at least one row is needed, there is none")
    if unnamed := int(table[names[:2]].isna().any(axis=1).sum()):
        raise InputError("long", names[:2], f"every entry needs its row and site, {unnamed} have not")
    row, rows = pd.factorize(table[names[0]], sort=True)
    site, sites = pd.factorize(table[names[1]], sort=True)
    place = row * len(sites) + site
    if twice := len(place) - len(np.unique(place)):
        raise InputError(
            "long", names, f"one value for each row and site is needed, {twice} entries come again"
        )
    values = _values(table[[names[2]]])
    entries, labels = _joined([values])
    dense = np.zeros((len(rows), len(sites)), dtype=entries.dtype)
    skip = np.ones(dense.shape, dtype=bool)
    dense.ravel()[place] = entries.ravel()
    skip.ravel()[place] = False
    absent = int(skip.sum())
    raw = Raw(dense, labels, skip if absent else None, axes="rows sites")
    raw.site_names = tuple(str(number_if_one(name)) for name in sites)
    raw.record = {
        "shape_in_file": [len(table), 3],
        "type_in_file": str(table[names[2]].dtype),
        "long": names,
        "entries_absent": absent,
    }
    for name in beside:
        of_rows = _of_rows(table[name].to_numpy(), row, len(rows), name)
        if name == options.groups:
            raw.groups = of_rows
        if name == options.split:
            raw.split = of_rows
    return raw


def _spikes(frames: Iterator[pd.DataFrame], source: str, options: Options) -> Raw:
    """A table of spikes: of which unit, and when."""
    import pandas as pd

    names = list(options.long or ())
    if len(names) != 2 or len(set(names)) != 2:
        raise InputError("long", names, "two columns are needed for spikes: of units and of times")
    for field, given in (("groups", options.groups), ("split", options.split)):
        if isinstance(given, str):
            raise InputError(field, given, "a table of spikes has no column for rows, which are bins")
    kept = []
    for frame in frames:
        for name in names:
            _column(frame, name, "long", source)
        kept.append(_filtered(frame, options, source)[names])
    table = pd.concat(kept)
    if unnamed := int(table[names[0]].isna().sum()):
        raise InputError("long", names, f"every spike needs its unit, {unnamed} have none")
    units, distinct = pd.factorize(table[names[0]], sort=True)
    times = table[names[1]].to_numpy()
    by_unit = [times[units == unit] for unit in range(len(distinct))]
    raw = from_spike_times(by_unit, [number_if_one(name) for name in distinct], source, options)
    raw.record["long"] = names
    return raw


def _of_rows(values: np.ndarray, row: np.ndarray, n_rows: int, name: str) -> np.ndarray:
    """One value for every row, of entries that agree."""
    first = np.empty(n_rows, dtype=values.dtype)
    first[row] = values
    if (first[row] != values).any():
        raise InputError("groups", name, "entries of one row must have the same")
    return first


def _refuse_key(options: Options, source: Any) -> None:
    if options.key is not None:
        raise InputError("key", options.key, f"{source} is a table: columns and long name what is in it")
