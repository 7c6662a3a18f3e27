"""A file or an object, or several for training, validation and test, as one array."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mfvae.data.axes import ROLE_OF, ROWS, SITES, parse_axes
from mfvae.data.formats.choose import read_file, read_object
from mfvae.data.formats.raw import Options, Raw
from mfvae.errors import InputError

PARTS = ("train", "valid", "test")


def read_one(source: Any, format: str | None, options: Options) -> Raw:
    if isinstance(source, str | os.PathLike):
        return read_file(Path(source), format, options)
    if format is not None:
        raise InputError("format", format, "only files have formats")
    return read_object(source, options)


def read_parts(sources: Mapping[str, Any], format: str | None, axes: Any, options: Options) -> Raw:
    """Files for training, validation and test as one array whose rows remember them."""
    if options.split is not None:
        raise InputError("split", options.split, "the files say what is held out")
    raws = {part: read_one(sources[part], format, options) for part in PARTS if part in sources}
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
