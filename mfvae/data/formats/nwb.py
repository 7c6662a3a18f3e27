"""Neurodata Without Borders: spike times of sorted units, cut into bins; trials are groups.

The files are read with pynwb, by those who keep the standard.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, listed_values
from mfvae.data.spikes import Windows, from_spike_times
from mfvae.errors import InputError

SPIKE_TIMES, OBSERVED = "spike_times", "obs_intervals"
LOCATION = "location"  # the brain area, of a unit itself or of the electrodes that saw it


def read_nwb(path: Path, options: Options) -> Raw:
    """Spikes of the units of an NWB file, counted in bins.

    ``options.where`` chooses units by columns of their table, such as the brain area (``location``) or
    ``quality``, and trials by columns of theirs. ``options.groups`` names a table of intervals, such as
    ``trials``; ``options.split`` a column of it. Without it bins run from the first spike to the last,
    or through the intervals in which all units were observed.
    """
    try:
        import pynwb
    except ImportError as error:
        raise InputError("format", "nwb", "NWB files need pynwb: pip install mfvae[neuro]") from error
    if options.key not in (None, "units"):
        raise InputError("key", options.key, f"of {path} the units are read, which need no key")
    try:
        with warnings.catch_warnings():
            # on versions of the standard that differ from the reader's own
            warnings.simplefilter("ignore")
            with pynwb.NWBHDF5IO(str(path), "r") as handle:
                return _read(handle.read(), path, options)
    except InputError:
        raise
    except Exception as error:  # pynwb raises many kinds on damaged files
        raise InputError("file", str(path), f"a whole NWB file is needed ({error})") from error


def _read(content: Any, path: Path, options: Options) -> Raw:
    units = content.units
    if units is None or SPIKE_TIMES not in units.colnames:
        raise InputError("file", str(path), "spike times of units are needed, it has none")
    table = _intervals(content, path, options)
    of_units, of_trials = {}, {}
    for name, wanted in (options.where or {}).items():
        if name in units.colnames or (name == LOCATION and _has_electrodes(units)):
            of_units[name] = wanted
        elif table is not None and name in table.colnames:
            of_trials[name] = wanted
        else:
            known = ", ".join([*units.colnames, *(() if table is None else table.colnames)])
            raise InputError("where", name, f"a column of {path} is needed: {known}")
    chosen = _rows_that_match({name: _of_units(units, name) for name in of_units}, of_units, len(units))
    if not len(chosen):
        raise InputError("where", dict(of_units), f"none of {len(units)} units of {path} is such a one")
    windows, split = None, None
    if table is not None:
        columns = {name: list(table[name][:]) for name in of_trials}
        rows = _rows_that_match(columns, of_trials, len(table))
        starts, stops = (
            np.asarray(table[name][:], dtype=float)[rows] for name in ("start_time", "stop_time")
        )
        windows = Windows(starts, stops, str(options.groups).removesuffix("s"))
        if isinstance(options.split, str):
            if options.split not in table.colnames:
                columns_there = ", ".join(table.colnames)
                raise InputError(
                    "split", options.split, f"a column of trials is needed: {columns_there}"
                )
            split = np.asarray(table[options.split][:])[rows]
    elif OBSERVED in units.colnames:
        windows = _observed(units, chosen, path)
    times = [units[SPIKE_TIMES][unit] for unit in chosen]
    names = [units.id[unit] for unit in chosen]
    raw = from_spike_times(times, names, str(path), options, windows)
    if split is not None:
        raw.split = split[raw.groups]
    raw.record["chosen_units"] = {"in_file": len(units), "chosen": len(chosen)}
    return raw


def _intervals(content: Any, path: Path, options: Options) -> Any:
    """The table of intervals that ``groups`` names; None where nothing is named."""
    if options.groups is None:
        if options.split is not None:
            raise InputError("split", options.split, "a column of trials, which groups names, is needed")
        return None
    if not isinstance(options.groups, str):
        raise InputError("groups", options.groups, "the name of a table of intervals is needed")
    present = dict(content.intervals or {})
    if options.groups not in present:
        listed = ", ".join(sorted(present)) or "none"
        raise InputError("groups", options.groups, f"{path} has these tables of intervals: {listed}")
    return present[options.groups]


def _has_electrodes(units: Any) -> bool:
    return bool({"electrodes", "electrode_group"} & set(units.colnames))


def _of_units(units: Any, name: str) -> list[Any]:
    """Values of a column of all units; the area of units that do not say it is their electrodes'."""
    if name in units.colnames:
        return [units[name][unit] for unit in range(len(units))]
    if "electrodes" in units.colnames:
        return [tuple(units["electrodes"][unit][name].unique()) for unit in range(len(units))]
    return [units["electrode_group"][unit].location for unit in range(len(units))]


def _rows_that_match(
    columns: Mapping[str, Sequence[Any]], wanted: Mapping[str, Any], n_rows: int
) -> np.ndarray:
    """Rows whose columns all have one of the wanted values."""
    matches = np.ones(n_rows, dtype=bool)
    for name, values in columns.items():
        listed = listed_values(wanted[name])
        matches &= np.array([_among(value, listed) for value in values], dtype=bool)
    return np.flatnonzero(matches)


def _among(value: Any, listed: Sequence[Any]) -> bool:
    """Whether a value, or the only one of several, is in a list."""
    if isinstance(value, tuple | list | np.ndarray):
        return len(value) == 1 and value[0] in listed
    return value in listed


def _observed(units: Any, chosen: np.ndarray, path: Path) -> Windows:
    """The intervals in which units were observed; raises InputError where they differ among units."""
    first = np.asarray(units[OBSERVED][chosen[0]], dtype=float).reshape(-1, 2)
    for unit in chosen[1:]:
        other = np.asarray(units[OBSERVED][unit], dtype=float).reshape(-1, 2)
        if not np.array_equal(first, other):
            raise InputError(
                "where",
                None,
                f"units {units.id[chosen[0]]} and {units.id[unit]} of {path} were observed at different "
                "times: choose units that were observed together, or name trials in groups",
            )
    return Windows(first[:, 0], first[:, 1], "interval")
