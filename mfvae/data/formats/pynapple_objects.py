"""Groups of spike times as pynapple has them, known by what they can do: it need not be installed."""

from __future__ import annotations

from typing import Any

import numpy as np

from mfvae.data.formats.raw import Options, Raw, listed_values
from mfvae.data.spikes import Windows, from_spike_times
from mfvae.errors import InputError


def from_ts_group(group: Any, options: Options) -> Raw:
    """Spikes of a ``TsGroup``, counted in bins through its ``time_support``.

    Intervals of the support are groups where there are several. ``options.where`` chooses units by their
    metadata, such as the brain area.
    """
    source = "the TsGroup"
    if options.time_unit != "s":
        raise InputError("time_unit", options.time_unit, "pynapple keeps times in seconds")
    keys = list(group.keys())
    chosen = keys
    for name, wanted in (options.where or {}).items():
        known = list(getattr(group, "metadata_columns", ()))
        if name not in known:
            listed = ", ".join(map(str, known)) or "none"
            raise InputError("where", name, f"{source} has these metadata: {listed}")
        values = dict(zip(keys, np.asarray(group.get_info(name)), strict=True))
        chosen = [key for key in chosen if values[key] in listed_values(wanted)]
    if not chosen:
        raise InputError("where", dict(options.where or {}), f"none of {len(keys)} units is such a one")
    support = np.asarray(group.time_support.values, dtype=float).reshape(-1, 2)
    windows = Windows(support[:, 0], support[:, 1], "interval")
    times = [np.asarray(group[key].t) for key in chosen]
    return from_spike_times(times, chosen, source, options, windows)
