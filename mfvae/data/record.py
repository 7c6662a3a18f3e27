"""What is looked at in loaded data before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.constant import counts_of_ones
from mfvae.data.dependence import drift_of


def looked_at(data: Configurations) -> Configurations:
    """The same data, whose record says how many rows and sites they are, and of what."""
    record: dict[str, Any] = {
        **data.record,
        "n_rows": data.n_rows,
        "n_sites": data.n_sites,
        "site": data.site,
        "units": dict(data.units),
    }
    if data.site == "spin":
        ones, seen = counts_of_ones(data.array, observed=data.observed)
        record["share_of_ones"] = float(ones.sum() / seen.sum())
    if data.observed is not None:
        record["rows_without_entries"] = int(np.count_nonzero(~data.observed.any(1)))
    if (drift := drift_of(data)) is not None:
        record["drift"] = drift
    return replace(data, record=record)
