"""Spike times become counts in time bins, and no spike gets lost on the way.

A spike on the edge of two bins belongs to the later one, bins being [k·bin, (k + 1)·bin). In floating
point 0.58/0.02 is a little less than 29, so that the floor of a quotient puts such a spike one bin too
early. Here a quotient that is a whole number but for rounding is that whole number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw
from mfvae.errors import InputError

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
EDGE = 1e-6  # of a bin: far below the tick of any recording's clock, far above rounding
ROUNDINGS = 4  # last places of a time that arithmetic may have cost it
LONGEST_S = 1e6  # eleven days, which no recording of spikes lasts
FASTEST_HZ = 2000.0  # a neuron is refractory for half a millisecond or more
FEWEST_WHOLE = 20  # times, so many of which are not whole seconds by chance
MOST_COUNTS = 2**33  # bins × units


@dataclass(frozen=True)
class Windows:
    """Stretches of time, such as trials; bins are counted from the start of each."""

    starts: np.ndarray
    stops: np.ndarray
    called: str = "trial"


@dataclass(frozen=True)
class Binned:
    """Counts (rows, units), the window of every row, and how many spikes were in none."""

    counts: np.ndarray
    window: np.ndarray
    outside: int
    start: float


def seconds_in(time_unit: str | float) -> float:
    """Length of a unit of time in seconds; raises InputError for what is none."""
    if isinstance(time_unit, str) and time_unit in SECONDS:
        return SECONDS[time_unit]
    if isinstance(time_unit, int | float) and not isinstance(time_unit, bool) and 0 < time_unit < np.inf:
        return float(time_unit)
    raise InputError(
        "time_unit", time_unit, f"one of {', '.join(SECONDS)}, or a number of seconds, is needed"
    )


def bins_of(
    times: np.ndarray, bin_s: float, start: np.ndarray | float = 0.0, resolution: float = 2.0**-52
) -> np.ndarray:
    """Bin of each time, counted from ``start``, int64; a time on an edge is in the later bin.

    Parameters
    ----------
    times : ndarray
        In seconds.
    bin_s : float
        Width of a bin in seconds.
    start : ndarray or float
        Start of bin 0, in seconds.
    resolution : float
        Relative distance of neighbouring numbers of the type in which times were kept.

    Examples
    --------
    >>> import numpy as np
    >>> bins_of(np.array([0.0, 0.02, 0.58, 0.5799]), 0.02).tolist(), int(0.58 / 0.02)
    ([0, 1, 29, 28], 28)
    """
    times = np.asarray(times, dtype=np.float64)
    place = (times - start) / bin_s
    rounding = ROUNDINGS * resolution * np.maximum(np.abs(times), np.abs(start)) / bin_s
    nearest = np.rint(place)
    on_edge = np.abs(place - nearest) <= np.minimum(np.maximum(EDGE, rounding), 0.5)
    return np.where(on_edge, nearest, np.floor(place)).astype(np.int64)


def count_spikes(
    times: Sequence[np.ndarray],
    bin_s: float,
    windows: Windows | None = None,
    resolution: float = 2.0**-52,
) -> Binned:
    """Counts of spikes in bins.

    Parameters
    ----------
    times : sequence of ndarray
        Seconds, of each unit, in any order.
    bin_s : float
        Width of a bin in seconds.
    windows : Windows, optional
        Without overlap. What is left of a window after its last whole bin belongs to none. Without them
        bins run from that of the first spike to that of the last.
    resolution : float
        As in ``bins_of``.

    Raises
    ------
    InputError
        Where windows overlap, end before they start, or are all shorter than a bin; without windows
        where there is no spike.

    Examples
    --------
    >>> import numpy as np
    >>> times = [np.array([0.01, 0.03, 0.035]), np.array([0.06])]
    >>> count_spikes(times, bin_s=0.02).counts.tolist()
    [[1, 0], [2, 0], [0, 0], [0, 1]]
    >>> trials = Windows(np.array([0.0, 0.05]), np.array([0.02, 0.09]))
    >>> binned = count_spikes(times, 0.02, trials)
    >>> binned.counts.tolist(), binned.window.tolist(), binned.outside
    ([[1, 0], [0, 1], [0, 0]], [0, 1, 1], 2)
    """
    if windows is None and not sum(map(len, times)):
        raise InputError("times", [], "spikes are needed, there is none")
    if windows is None:
        placed = [bins_of(of_unit, bin_s, 0.0, resolution) for of_unit in times]
        first = min(int(one.min()) for one in placed if len(one))
        n_rows = max(int(one.max()) for one in placed if len(one)) - first + 1
        rows = [one - first for one in placed]
        counts = _counts(rows, n_rows)
        return Binned(counts, np.zeros(n_rows, dtype=np.int64), 0, first * bin_s)
    lengths = _whole_bins(windows, bin_s)
    in_order = np.argsort(windows.starts, kind="stable")
    starts = windows.starts[in_order]
    offset = np.cumsum(lengths) - lengths
    # a time that rounding has put a little before the start of a window is in it
    reach = np.minimum(np.maximum(EDGE * bin_s, ROUNDINGS * resolution * np.abs(starts)), bin_s / 2)
    rows, outside = [], 0
    for of_unit in times:
        of_unit = np.asarray(of_unit, dtype=np.float64)
        place = np.searchsorted(starts - reach, of_unit, side="right") - 1
        of_unit, place = of_unit[place >= 0], place[place >= 0]
        window = in_order[place]
        bins = bins_of(of_unit, bin_s, windows.starts[window], resolution)
        inside = (bins >= 0) & (bins < lengths[window])
        rows.append((offset[window] + bins)[inside])
    counts = _counts(rows, int(lengths.sum()))
    outside = sum(map(len, times)) - sum(map(len, rows))
    return Binned(counts, np.repeat(np.arange(len(lengths)), lengths), outside, float(starts[0]))


def _whole_bins(windows: Windows, bin_s: float) -> np.ndarray:
    starts, stops, called = windows.starts, windows.stops, f"{windows.called}s"
    if not len(starts):
        raise InputError("groups", called, "there is none of them")
    if bad := int((~(np.isfinite(starts) & np.isfinite(stops)) | ~(stops > starts)).sum()):
        raise InputError("groups", called, f"each must end after its start, {bad} do not")
    by_start = np.argsort(starts, kind="stable")
    late = stops[by_start][:-1] - starts[by_start][1:]
    if bad := int((late > EDGE * bin_s).sum()):
        raise InputError("groups", called, f"they must not overlap in time, {bad} run into the next")
    lengths = bins_of(stops, bin_s, starts)
    if not lengths.any():
        raise InputError("bin_s", bin_s, f"all {called} are shorter")
    return lengths


def _counts(rows: Sequence[np.ndarray], n_rows: int) -> np.ndarray:
    """Counts (n_rows, units) in the smallest type of whole numbers that holds them."""
    counts = np.zeros((n_rows, len(rows)), dtype=np.uint8)
    for unit, of_unit in enumerate(rows):
        column = np.bincount(of_unit, minlength=n_rows)
        kind = np.min_scalar_type(int(column.max(initial=0)))
        counts = counts.astype(np.promote_types(counts.dtype, kind), copy=False)
        counts[:, unit] = column
    return counts


def from_spike_times(
    times: Sequence[Any],
    names: Sequence[Any] | None,
    source: str,
    options: Options,
    windows: Windows | None = None,
) -> Raw:
    """Spike times of units, in ``options.time_unit``, as an array of counts.

    Raises
    ------
    InputError
        Without a width of the bins, for times that are no finite numbers, and for a unit of time that
        is wrong as far as can be seen: recordings of more than 10⁶ s, times that are all whole seconds,
        bins with more spikes than a neuron can have.
    """
    bin_s = options.bin_s
    if bin_s is None:
        raise InputError("bin_s", None, f"{source} has spike times: a bin's width in seconds is needed")
    if isinstance(bin_s, bool) or not isinstance(bin_s, int | float) or not 0 < bin_s < np.inf:
        raise InputError("bin_s", bin_s, "a number of seconds above 0 is needed")
    second = seconds_in(options.time_unit)
    kept, resolution = [], 2.0**-52
    for of_unit in times:
        found = np.asarray(of_unit)
        if found.size and found.dtype.kind not in "iuf":
            raise InputError("source", source, f"spike times are numbers, found {found.dtype}")
        if found.dtype.kind == "f" and found.size:
            resolution = max(resolution, float(np.finfo(found.dtype).eps))
        kept.append(found.astype(np.float64).ravel())
    _check_times(kept, source, options, second)
    in_seconds = [of_unit * second for of_unit in kept]
    if windows is not None:  # they are in the unit of the times
        windows = replace(windows, starts=windows.starts * second, stops=windows.stops * second)
    whole = sum(map(len, kept))
    span = max(of_unit.max() for of_unit in in_seconds if len(of_unit)) - min(
        of_unit.min() for of_unit in in_seconds if len(of_unit)
    )
    most = span / bin_s if windows is None else float((windows.stops - windows.starts).sum()) / bin_s
    if most * len(kept) > MOST_COUNTS:
        raise InputError("bin_s", bin_s, f"{most:.3g} bins of {len(kept)} units are too many")
    binned = count_spikes(in_seconds, float(bin_s), windows, resolution)
    if len(binned.counts) < 2:
        raise InputError("bin_s", bin_s, f"two bins or more are needed, the spikes span {span:g} s")
    possible = 1 + int(np.ceil(FASTEST_HZ * bin_s))
    if (top := int(binned.counts.max())) > possible:
        raise InputError(
            "time_unit",
            options.time_unit,
            f"{source} would have {top} spikes of one unit in a bin of {bin_s:g} s, where a neuron has "
            f"{possible} at most",
        )
    raw = Raw(binned.counts, axes="rows sites")
    raw.site_names = None if names is None else tuple(str(name) for name in names)
    raw.units = {"site": "unit", "row": f"bin of {_length(bin_s)}", "value": "spike"}
    if windows is not None and (len(windows.starts) > 1 or isinstance(options.groups, str)):
        raw.groups = binned.window
        raw.units["group"] = windows.called
    raw.record = {
        "shape_in_file": list(binned.counts.shape),
        "type_in_file": "spike times",
        "spikes": {
            "bin_s": float(bin_s),
            "start_s": binned.start,
            "in": whole,
            "outside": binned.outside,
        },
    }
    return raw


def _check_times(times: Sequence[np.ndarray], source: str, options: Options, second: float) -> None:
    """Raise InputError for times that are no times, or not in the unit that they should be in."""
    whole = np.concatenate(list(times)) if len(times) else np.empty(0)
    if not len(whole):
        raise InputError("source", source, "spikes are needed, there is none")
    if bad := int((~np.isfinite(whole)).sum()):
        raise InputError("source", source, f"{bad} of {len(whole)} spike times are no finite numbers")
    span = float(whole.max() - whole.min()) * second
    if span > LONGEST_S:
        raise InputError(
            "time_unit",
            options.time_unit,
            f"{source} would last {span:.3g} s, {LONGEST_S:.0e} s at most are possible",
        )
    assert options.bin_s is not None
    if second == 1 and options.bin_s < 1 and len(whole) >= FEWEST_WHOLE and (whole % 1 == 0).all():
        raise InputError(
            "time_unit",
            options.time_unit,
            f"all {len(whole)} spike times of {source} are whole numbers, as of ms or ticks of a clock: "
            "name their unit",
        )


def _length(bin_s: float) -> str:
    return f"{1000 * bin_s:g} ms" if bin_s < 1 else f"{bin_s:g} s"
