"""Reading by options in JSON, as a workflow hands them to its jobs."""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

from mfvae.data.configurations import Configurations
from mfvae.data.loader import load
from mfvae.errors import InputError


def load_as(reading: str, source: Any) -> Configurations:
    """What ``load`` reads by these options; constant sites are kept.

    Parameters
    ----------
    reading : str
        Options of ``load`` by name, a JSON object: ``'{"key": "spikes", "axes": "sites rows"}'``.
    source : path, array, frame or mapping
        As of ``load``.

    Raises
    ------
    InputError
        For what is no JSON object or has other options, and as ``load`` does.

    Examples
    --------
    >>> import numpy as np
    >>> votes = np.array([["yes", "no"], ["no", "no"], ["yes", "yes"]])
    >>> load_as('{"values": ["no", "yes"]}', votes).array.tolist()
    [[1, -1], [-1, -1], [1, 1]]
    """
    try:
        options = json.loads(reading)
    except ValueError as error:
        raise InputError("reading", reading, f"a JSON object is needed ({error})") from error
    if not isinstance(options, dict):
        raise InputError("reading", reading, "a JSON object is needed")
    known = signature(load).parameters
    for name in options:
        if name not in known:
            raise InputError("reading", name, f"one of {', '.join(known)} is needed")
    return load(source, **options, constant_sites="keep")
