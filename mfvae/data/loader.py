"""The loader: a file or an object becomes configurations, and nothing that is done to it is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mfvae.data.arrange import arrange, with_number
from mfvae.data.axes import DIRECTOR, ROLE_OF, ROWS, SITES, VECTOR, axes_of, singular
from mfvae.data.configurations import UNITS, Configurations
from mfvae.data.constant import drop_constant_sites
from mfvae.data.formats.raw import Options, Raw
from mfvae.data.grouping import with_groups
from mfvae.data.interpret import SPIN, interpret, spikes_counted
from mfvae.data.parts import PARTS, read_one, read_parts
from mfvae.data.record import looked_at
from mfvae.data.site_values import COUNT, POTTS
from mfvae.data.values import Value
from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES

GAUSSIAN = "gaussian"
SITE_OPTIONS = "spin, gaussian, director, count, potts or vector"
DONE_WITH_CONSTANT = ("drop", "refuse", "keep")
TABLES = ("csv", "parquet", "frame")  # formats with columns
WITH_UNITS = ("nwb", "pynapple")  # formats with tables of units


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
    is_mapping = isinstance(source, Mapping) and not hasattr(source, "tocsr")  # as dok_array is, too
    if is_mapping and set(source) <= set(PARTS):
        raw = read_parts(source, format, axes, options)
    else:
        raw = read_one(source, format, options)
    _check_used(raw, options, axes)
    axes_found = axes_of(
        raw.values.shape, raw.axes if axes is None else axes, site, raw.record["source"], raw.assumed
    )
    raw.record["axes"] = {
        "names": axes_found,
        "from": "the options" if axes is not None else "the file" if raw.axes else "convention",
    }
    coded, observed, value_record = interpret(
        raw, site, values=values, threshold=threshold, clip=clip, missing=missing
    )
    array, observed, axis_groups = arrange(coded, observed, axes_found, site)
    site = with_number(site, array, value_record)
    data = Configurations(
        array,
        observed,
        site_names=_site_names(raw, axes_found, array.shape[1]),
        units=_units(units, raw, axes_found),
        site=site,
        record=raw.record | value_record,
    )
    if "spikes" in raw.record and site == SPIN:
        data = spikes_counted(data, raw.values)
    data = with_groups(data, raw, groups, split, axis_groups)
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


def _units(given: Mapping[str, str] | None, raw: Raw, axes: Sequence[str]) -> dict[str, str]:
    """What things are called: by a user, by the file, by the axes, or as always."""
    for name in given or {}:
        if name not in UNITS:
            raise InputError("units", name, f"one of {', '.join(UNITS)} is needed")
    of_axes = {ROLE_OF[name].removesuffix("s"): singular(name) for name in axes}
    named = {role: name for role, name in of_axes.items() if name and role in UNITS}
    return UNITS | named | raw.units | dict(given or {})
