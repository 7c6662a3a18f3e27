"""What every figure asks of its table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mfvae.errors import InputError


def require(table: pd.DataFrame, columns: Sequence[str], **values: Sequence[str]) -> None:
    """Raise InputError unless the table has rows, these columns, and in them each of these values."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError("table", missing, f"these columns are missing, needed are {', '.join(columns)}")
    if table.empty:
        raise InputError("table", "no rows", "at least one row is needed")
    for name, needed in values.items():
        absent = sorted(set(needed) - set(table[name]))
        if absent:
            raise InputError(name, absent, f"rows of each of {', '.join(needed)} are needed")


def by_system(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of every N, or of every (N, p) where the table has a column p."""
    names = [name for name in ("N", "p") if name in table]
    groups = []
    for _, rows in table.groupby(names, dropna=False):
        known = rows[names].iloc[0].dropna()
        groups.append((", ".join(f"${name} = {known[name]:g}$" for name in known.index), rows))
    return groups
