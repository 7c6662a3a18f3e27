"""The loader: a file or an object becomes configurations, and nothing that is done to it is silent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.axes import (
    COMPONENTS,
    DIRECTOR,
    GROUPS,
    ROLE_OF,
    ROWS,
    SITES,
    VECTOR,
    axes_of,
    components_of,
    parse_axes,
    singular,
)
from mfvae.data.configurations import UNITS, Configurations
from mfvae.data.constant import drop_constant_sites
from mfvae.data.formats.choose import read_file, read_object
from mfvae.data.formats.raw import Options, Raw
from mfvae.data.record import looked_at
from mfvae.data.site_values import COUNT, POTTS, counts, potts_states, real_numbers
from mfvae.data.values import Found, Value, blocks, choose_coding, count_values, shown
from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES

SPIN, GAUSSIAN = "spin", "gaussian"
SITE_OPTIONS = "spin, gaussian, director, count, potts or vector"
DONE_WITH_CONSTANT = ("drop", "refuse", "keep")
PARTS = ("train", "valid", "test")
TABLES = ("csv", "parquet", "frame")  # formats with columns
WITH_UNITS = ("nwb", "pynapple")  # formats with tables of units
UNIT_NORM = 1e-3  # by which the length of a vector may differ from 1 before it is no rounding


def load(
    source: Any,
    *,
    key: str | None = None,
    axes: str | Sequence[str] | None = None,
    format: str | None = None,
    site: str = SPIN,
    values: Mapping[Value, Value] | Sequence[Value] | None = None,
    threshold: float | None = None,
    clip: bool = False,
    missing: str | Sequence[Value] | None = None,
    constant_sites: str = "drop",
    groups: str | int | Sequence[Any] | np.ndarray | None = None,
    split: str | Sequence[str] | np.ndarray | None = None,
    units: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    long: Sequence[str] | None = None,
    header: bool | None = None,
    where: Mapping[str, Any] | None = None,
    bin_s: float | None = None,
    time_unit: str | float = "s",
) -> Configurations:
    """Read rows of sites from a file or an object.

    Parameters
    ----------
    source : path, array, frame of pandas, sparse matrix or mapping
        What to read. A mapping of ``train``, ``valid`` and ``test`` to sources of one kind reads them
        one after the other, and remembers which row was where. Spike times are read of NWB files, of a
        ``TsGroup`` of pynapple, of cells of MATLAB, of a table with a line a spike, and of a mapping or
        list of the times of each unit; ``bin_s`` cuts them into bins.
    key : str, optional
        The array that is meant, in a file with several; its path in an HDF5 file.
    axes : str or sequence of str, optional
        What the axes are, in the order of the file: ``"rows sites"``, ``"sites rows"``,
        ``"groups rows sites"`` … Trials, repeats and chains are groups; bins, times and samples rows;
        neurons, cells and spins sites; ``components`` are those of vectors. Without it two axes are
        rows and sites, if there are fewer sites than rows; three are refused.
    format : str, optional
        ``npy``, ``npz``, ``csv`` (any delimiter), ``parquet``, ``mat``, ``hdf5``, ``nwb`` or ``fasta``
        (``mfvae.data.formats.fasta`` says how letters are read), where the suffix does not say it.
    site : str
        ``spin``, ``gaussian`` (real numbers), ``director`` (unit vectors without head or tail, three
        numbers a site), ``count`` (0, 1, 2 …), ``potts`` (letters, categories, or states 0 … q − 1) or
        ``vector`` (unit vectors: an axis of components, or without one angles in radians). ``potts21``
        and ``vector3`` say the number of states or components; the columns of a table that are the
        components of ``vector3`` stand side by side.
    values : mapping or pair, optional
        How two values are read: ``{"yes": 1, "no": 0}``, or the value of −1 and that of +1. Several
        values can have one number. Without it the larger of two numbers is +1. For ``potts`` all values
        in the order of their states, such as ``"ACGT-"``; without it that of the alphabet of a FASTA
        file, or of the sorted text, or the numbers as they stand.
    threshold : float, optional
        Numbers above it are +1, all others −1.
    clip : bool
        Whether counts above 1 become 1; without it they are refused.
    missing : str or sequence, optional
        ``"allow"`` takes NaN, None, empty cells and masked entries for not observed; a list does so,
        too, and names further values that stand for nothing, as ``[7, 9]``. ``"refuse"`` is the default.
    constant_sites : str
        What is done with sites that never change: ``"drop"`` sets them aside (``record`` keeps their
        counts, ``mfvae.data.constant`` scores them), ``"refuse"``, or ``"keep"``.
    groups : str, int or array, optional
        Which rows belong together: a column of the table, another array of the file, a table of
        intervals of an NWB file such as ``trials``, one label a row, or the number of rows in each of
        equal groups.
    split : str or array, optional
        Likewise ``train``, ``valid`` or ``test`` of every row.
    units : mapping of str to str, optional
        What a ``site``, a ``row``, a ``group`` and a ``value`` of +1 are called.
    columns : sequence of str, optional
        Columns of a table that are sites; all that are nothing else without it.
    long : sequence of str, optional
        Three columns of a table with one entry a line: of the row, the site and the value. Two, of the
        unit and the time, of a table with one spike a line.
    header : bool, optional
        Whether the first line of a text file has names; seen in the file without it.
    where : mapping, optional
        Column → value or values: only such lines of a table; of an NWB file only such units (brain area,
        quality) and trials.
    bin_s : float, optional
        Width of a time bin in seconds, of spike times. A spike on an edge is in the later bin. Bins with
        several spikes need ``clip`` or ``threshold``; the record says what became of every spike.
    time_unit : str or float
        Unit of spike times: ``s``, ``ms``, ``us``, or a number of seconds.

    Returns
    -------
    Configurations

    Raises
    ------
    InputError
        In one line, before anything is computed, for a source that cannot be read or can be read in more
        than one way.

    Examples
    --------
    >>> import numpy as np
    >>> votes = np.where(np.random.default_rng(0).random((300, 5)) < 0.5, "yes", "no")
    >>> data = load(votes, values={"yes": 1, "no": 0}, units={"site": "senator"})
    >>> data.array.shape, data.array.dtype.name, sorted({-1, 1} & set(data.array[:, 0].tolist()))
    ((300, 5), 'int8', [-1, 1])

    Spike times of two neurons, in bins of 20 ms:

    >>> times = {"a": [0.01, 0.012, 0.05], "b": [0.03, 0.045]}
    >>> data = load(times, bin_s=0.02, clip=True)
    >>> data.array.tolist()
    [[1, -1], [-1, 1], [1, 1]]
    >>> print(data.describe())
    a mapping: spike times
    3 × 2 = rows × sites (the file); 3 rows of 2 sites
    values counts: 1 or more is +1 (spike), 0 is −1, 66.7 % of all
    missing: none
    clipped: 1 counts above 1 (16.7 %), which loses 1
    spikes: 5 in bins of 0.02 s from 0 s on, 4 are kept, 1 clipped, 0 outside of all bins
    """
    options = Options(key, groups, split, columns, long, header, where, bin_s, time_unit)
    _check_options(site, constant_sites, values, threshold, clip)
    of_parts = isinstance(source, Mapping) and not hasattr(
        source, "tocsr"
    )  # dok_array is a mapping, too
    if of_parts and set(source) <= set(PARTS):
        raw = _read_parts(source, format, axes, options)
    else:
        raw = _read(source, format, options)
    _check_used(raw, options, axes)
    axes_found = axes_of(
        raw.values.shape, raw.axes if axes is None else axes, site, raw.record["source"], raw.assumed
    )
    raw.record["axes"] = {
        "names": axes_found,
        "from": "the options" if axes is not None else "the file" if raw.axes else "convention",
    }
    coded, observed, value_record = _interpret(
        raw, site, values=values, threshold=threshold, clip=clip, missing=missing
    )
    array, observed, axis_groups = _arrange(coded, observed, axes_found, site)
    site = _with_number(site, array, value_record)
    data = Configurations(
        array,
        observed,
        site_names=_site_names(raw, axes_found, array.shape[1]),
        units=_units(units, raw, axes_found),
        site=site,
        record=raw.record | value_record,
    )
    if "spikes" in raw.record and site == SPIN:
        data = _spikes_counted(data, raw.values)
    data = _with_groups(data, raw, groups, split, axis_groups)
    if data.n_sites < 2:
        raise InputError("sites", data.n_sites, "two sites or more are needed")
    if constant_sites != "keep":
        data = drop_constant_sites(data, refuse=constant_sites == "refuse")
    return looked_at(data)


def _check_used(raw: Raw, options: Options, axes: Any) -> None:
    """Raise InputError for an option that the reader had no use for and would ignore in silence."""
    source, format = raw.record["source"], raw.record["format"]
    for field in ("columns", "long", "header", "where"):
        named = getattr(options, field)
        if named is None or format in TABLES or (field == "where" and format in WITH_UNITS):
            continue
        raise InputError(field, named, f"{source} is no table, which alone has columns")
    if "spikes" in raw.record:
        if axes is not None:
            raise InputError("axes", axes, "spike times have no axes: they become rows × sites")
        return
    if options.bin_s is not None:
        raise InputError("bin_s", options.bin_s, f"spike times are cut into bins, {source} has none")
    if options.time_unit != "s":
        raise InputError("time_unit", options.time_unit, f"spike times have units, {source} has none")


def _site_names(raw: Raw, axes: Sequence[str], n_sites: int) -> tuple[str, ...] | None:
    """Names of sites: of the columns, or of the lines where a table is turned."""
    turned = [ROLE_OF[name] for name in axes] == [SITES, ROWS]
    names = raw.row_names if turned else raw.site_names
    return names if names is not None and len(names) == n_sites else None  # components have no names


def _check_options(
    site: str, constant_sites: str, values: Any, threshold: float | None, clip: bool
) -> None:
    numbered = site in SITE_FAMILIES and site.startswith((POTTS, VECTOR))
    if site not in (SPIN, GAUSSIAN, DIRECTOR, COUNT, POTTS, VECTOR) and not numbered:
        raise InputError(
            "site", site, f"{SITE_OPTIONS} is needed, the last two with a number or without"
        )
    if constant_sites not in DONE_WITH_CONSTANT:
        raise InputError("constant_sites", constant_sites, f"one of {', '.join(DONE_WITH_CONSTANT)}")
    if site != SPIN and (threshold is not None or clip):
        raise InputError("site", site, "values, threshold and clip are for spins")
    if site != SPIN and not site.startswith(POTTS) and values is not None:
        raise InputError(
            "site", site, "values, threshold and clip are for spins, values for states, too"
        )


def _read(source: Any, format: str | None, options: Options) -> Raw:
    if isinstance(source, str | os.PathLike):
        return read_file(Path(source), format, options)
    if format is not None:
        raise InputError("format", format, "only files have formats")
    return read_object(source, options)


def _read_parts(sources: Mapping[str, Any], format: str | None, axes: Any, options: Options) -> Raw:
    """Files for training, validation and test as one array whose rows remember them."""
    if options.split is not None:
        raise InputError("split", options.split, "the files say what is held out")
    raws = {part: _read(sources[part], format, options) for part in PARTS if part in sources}
    if not raws:
        raise InputError("source", {}, f"a source for some of {', '.join(PARTS)} is needed")
    first = next(iter(raws.values()))
    for part, raw in raws.items():
        alike = raw.values.ndim == 2 and raw.values.shape[1] == first.values.shape[1]
        if not alike or raw.site_names != first.site_names:
            raise InputError("source", part, "the same sites as in the other files are needed")
        if "spikes" in raw.record:
            raise InputError("source", part, "spike times are read of one file: groups tells its trials")
        said = axes or raw.axes or raw.assumed
        if said is not None and [ROLE_OF[name] for name in parse_axes(said)] != [ROWS, SITES]:
            raise InputError("axes", said, "rows and sites, in this order, are needed in several files")
        if raw.labels is not None:
            raise InputError("source", part, "numbers are needed in all of several files")
    whole = Raw(np.concatenate([raw.values for raw in raws.values()]), site_names=first.site_names)
    if any(raw.skip is not None for raw in raws.values()):
        whole.skip = np.concatenate(
            [np.zeros(raw.values.shape, bool) if raw.skip is None else raw.skip for raw in raws.values()]
        )
    if all(raw.groups is not None for raw in raws.values()):
        whole.groups = np.concatenate([raw.groups for raw in raws.values()])
    whole.split = np.repeat(list(raws), [len(raw.values) for raw in raws.values()])
    whole.record = first.record | {
        "source": ", ".join(str(raw.record["source"]) for raw in raws.values()),
        "shape_in_file": list(whole.values.shape),
    }
    return whole


def _interpret(raw: Raw, site: str, **how: Any) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Spins, or other values, in the axes of the file; what was observed; and what is said of it."""
    name = str(raw.record["source"])
    if site.startswith(POTTS):
        return potts_states(raw, name, site, how["values"], how["missing"])
    if site == COUNT:
        return counts(raw, name, how["missing"])
    if site != SPIN:
        return real_numbers(raw, name, site, how["missing"])
    found = count_values(raw.values, raw.labels, raw.skip)
    coding = choose_coding(found, name, counted="spikes" in raw.record, **how)
    coded, observed = coding.apply(raw.values, raw.labels, raw.skip)
    above_text = None if coding.above is None else f"above {coding.above:g}"
    record: dict[str, Any] = {
        "values": {"found": "counts", "plus": "1 or more", "minus": "0"}
        if how["clip"]
        else _values_record(found, coding.minus, coding.plus, above_text)
    }
    n_missing = found.nan + sum(found.counts.get(value, 0) for value in coding.missing)
    if n_missing:
        record["missing"] = {
            "entries": n_missing,
            "share": n_missing / found.total,
            "values": [value for value in coding.missing if value in found.counts],
        }
    if how["clip"]:
        above = {
            value: n for value, n in found.counts.items() if value > 1 and value not in coding.missing
        }
        record["clipped"] = {
            "entries": sum(above.values()),
            "share": sum(above.values()) / (found.total - n_missing),
            "counts": sum((value - 1) * n for value, n in above.items()),
        }
    return coded, observed, record


def _spikes_counted(data: Configurations, counts: np.ndarray) -> Configurations:
    """The same data, whose record says how many spikes are in spins, and how many are not."""
    ones = int(np.count_nonzero(data.array > 0))
    whole = int(counts.sum(dtype=np.int64))
    spikes = data.record["spikes"] | {"out": ones, "clipped": whole - ones}
    return replace(data, record={**data.record, "spikes": spikes})


def _values_record(
    found: Found, minus: Sequence[Value], plus: Sequence[Value], above: str | None
) -> dict[str, Any]:
    if above is not None:
        return {"found": "numbers", "plus": above, "minus": "all others"}
    return {"found": shown(found.values), "plus": shown(plus), "minus": shown(minus)}


def _arrange(
    values: np.ndarray, observed: np.ndarray | None, names: list[str], site: str
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """(B, N) or (B, N, n), rows of a group after each other; what was observed; number of groups."""
    roles = [ROLE_OF[name] for name in names]
    order = [roles.index(role) for role in (GROUPS, ROWS, SITES, COMPONENTS) if role in roles]
    n_groups = values.shape[roles.index(GROUPS)] if GROUPS in roles else 0
    n_sites = values.shape[roles.index(SITES)]
    n_components = values.shape[roles.index(COMPONENTS)] if COMPONENTS in roles else 0
    wanted = components_of(site) or (n_components if site == VECTOR else 0)
    if n_components and not wanted:
        raise InputError("axes", " ".join(names), f"a {site} has no components")
    after = [n_sites]
    if wanted:
        if not n_components and n_sites % wanted:
            raise InputError(
                "site", site, f"{wanted} columns a site are needed, found {n_sites} columns"
            )
        if n_components not in (0, wanted):
            raise InputError("site", site, f"{wanted} components are needed, found {n_components}")
        after = [n_sites if n_components else n_sites // wanted, wanted]
    array = np.ascontiguousarray(values.transpose(order)).reshape(-1, *after)
    if observed is not None:
        observed = np.ascontiguousarray(observed.transpose(order)).reshape(array.shape)
    if site == VECTOR and not wanted:
        array = np.stack([np.cos(array), np.sin(array)], -1)
    elif wanted:
        if observed is not None:
            observed = np.asarray(observed.all(-1))
            array[~observed] = np.nan
        _check_lengths(array, observed, site)
    return array, observed, n_groups


def _with_number(site: str, array: np.ndarray, record: Mapping[str, Any]) -> str:
    """The name of the family, with its number where it is one of those that have one."""
    if site == POTTS:
        return f"{POTTS}{len(record['states'])}"
    name = f"{VECTOR}{array.shape[-1]}" if site == VECTOR else site
    if name not in SITE_FAMILIES:
        raise InputError("site", name, "vectors of 2 to 16 components are possible")
    return name


def _check_lengths(array: np.ndarray, observed: np.ndarray | None, site: str) -> None:
    """Bring vectors to length 1, from which rounding alone may have kept them."""
    bad = 0
    for part in blocks(array):
        norm = np.sqrt(np.square(array[part], dtype=np.float64).sum(-1, keepdims=True))
        wrong = ~(np.abs(norm[..., 0] - 1) < UNIT_NORM)
        bad += int((wrong if observed is None else wrong & observed[part]).sum())
        if not bad:
            array[part] = array[part] / norm
    if bad:
        n_sites = array.shape[0] * array.shape[1]
        raise InputError("site", site, f"unit vectors are needed, {bad} of {n_sites} are none")


def _units(given: Mapping[str, str] | None, raw: Raw, axes: Sequence[str]) -> dict[str, str]:
    """What things are called: by a user, by the file, by the axes, or as always."""
    for name in given or {}:
        if name not in UNITS:
            raise InputError("units", name, f"one of {', '.join(UNITS)} is needed")
    of_axes = {ROLE_OF[name].removesuffix("s"): singular(name) for name in axes}
    named = {role: name for role, name in of_axes.items() if name and role in UNITS}
    return UNITS | named | raw.units | dict(given or {})


def _with_groups(data: Configurations, raw: Raw, groups: Any, split: Any, n_axis: int) -> Configurations:
    """Groups of rows from an axis, a vector, or equal lengths; what the files hold out."""
    labels = raw.groups
    n = data.n_rows
    if n_axis and groups is not None:
        raise InputError("groups", groups, "an axis of the array has the groups already")
    if n_axis:
        labels = np.repeat(np.arange(n_axis), n // n_axis)
    elif isinstance(groups, int) and not isinstance(groups, bool):
        if groups < 1 or n % groups:
            raise InputError("groups", groups, f"a number of rows that divides {n} is needed")
        labels = np.arange(n) // groups
    elif groups is not None and labels is None:
        if isinstance(groups, str):
            raise InputError("groups", groups, f"{raw.record['source']} has nothing of this name")
        labels = np.asarray(groups)
    if split is not None and raw.split is None:
        if isinstance(split, str):
            raise InputError("split", split, f"{raw.record['source']} has nothing of this name")
        raw.split = np.asarray(split)
    parts = None
    if raw.split is not None:
        parts = _checked_vector(raw.split, n, "split").astype(str)
        if other := sorted(set(parts.tolist()) - set(PARTS)):
            raise InputError("split", other[0], f"{', '.join(PARTS)} are possible")
    if labels is None:
        return replace(data, split=parts)
    names, members = np.unique(_checked_vector(labels, n, "groups"), return_inverse=True)
    members = members.astype(np.int64)
    sorted_rows = np.argsort(members, kind="stable")
    sizes = np.bincount(members)
    order = np.empty(n, dtype=np.int64)
    order[sorted_rows] = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    record = {
        **data.record,
        "groups": {"number": len(sizes), "fewest_rows": int(sizes.min()), "most_rows": int(sizes.max())},
    }
    if names.dtype.kind in "US":
        record["groups"]["names"] = names.tolist()
    return replace(data, groups=members, order=order, split=parts, record=record)


def _checked_vector(vector: np.ndarray, n: int, field: str) -> np.ndarray:
    if vector.shape != (n,):
        raise InputError(field, vector.shape, f"one for each of {n} rows is needed")
    missing = np.asarray(vector != vector)  # NaN
    if vector.dtype == object:
        missing = np.array([one is None or one != one for one in vector])
        vector = vector if missing.any() else vector.astype(str)
    if n_missing := int(missing.sum()):
        raise InputError(field, "NaN", f"one for each of {n} rows is needed, {n_missing} lack it")
    return vector
