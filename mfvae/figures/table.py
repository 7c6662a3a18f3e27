"""What every figure asks of its table, and the names that figures give to what is in it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from mfvae.errors import InputError
from mfvae.workflow.titles import SYSTEMS

SIZES = ("N", "L", "p", "overlap", "h")  # all of a point that is no temperature
SYMBOLS = {  # of a point's parameters
    "N": "N",
    "L": "L",
    "p": "p",
    "overlap": r"\xi^1\cdot\xi^2/N",
    "h": "h",
    "beta": r"\beta",
    "T": "T",
}
INVERSE_TEMPERATURE = r"inverse temperature $\beta$"
TEMPERATURE = r"temperature $T$ ($J/k_\mathrm{B}$)"
COUNT = "collective_variables"  # the metric
NOTHING_DECODED = "no coupling: in no model were as many collective variables found as are stored"
OBJECTIVES = {"exact": "exact likelihood", "elbo": "ELBO", "iwae": "IWAE"}  # models named for theirs


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


def nothing_decoded(table: pd.DataFrame) -> bool:
    """Whether no model has couplings, as none has the collective variables that its system stores."""
    if "quantity" not in table:
        return False
    found = set(table["quantity"])
    return COUNT in found and "coupling_from_mean" not in found


def with_parameters(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a column for every parameter of a point and for ``source``, if need be of NaN."""
    absent = [name for name in (*SYMBOLS, "source") if name not in table]
    return table.assign(**dict.fromkeys(absent, float("nan")))


def label_of(parameters: Any, names: Sequence[str] = tuple(SYMBOLS)) -> str:
    """Such as ``$L = 16$, $T = 2.269$``, of those parameters of a row that are known."""
    known = [(name, parameters[name]) for name in names if pd.notna(parameters.get(name))]
    digits = {name: 6 if name in SIZES else 4 for name in names}
    return ", ".join(f"${SYMBOLS[name]} = {value:.{digits[name]}g}$" for name, value in known)


def by_size(table: pd.DataFrame, names: Sequence[str] = SIZES) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of every size, which is a combination of the columns named."""
    groups = [rows for _, rows in table.groupby(list(names), dropna=False)]
    return [(label_of(rows.iloc[0], names), rows) for rows in groups]


def by_system(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of every combination of those of ``SIZES`` that the table has."""
    return by_size(table, [name for name in SIZES if name in table])


def belonging_to(table: pd.DataFrame, point: Any, names: Sequence[str] = SIZES) -> pd.DataFrame:
    """Rows that have this point's size, or that name none."""
    for name in names:
        table = table[table[name].isna() | (table[name] == point[name])]
    return table


def of_points(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that belong to a point itself, not to a model."""
    return table[table["model"].isna()]


def models_of(table: pd.DataFrame) -> list[str]:
    """The models by latent dimension, then those of ``OBJECTIVES``, then as in the table."""

    def rank(model: str) -> tuple[float, int]:
        named = list(OBJECTIVES).index(model) if model in OBJECTIVES else len(OBJECTIVES)
        return _dimension(model)[0], named

    return sorted(table["model"].dropna().unique(), key=rank)


def model_label(model: str) -> str:
    """``$d = 4$, long`` of d4_long; an objective in words; any other name as it is."""
    dimension, variant = _dimension(model)
    if dimension == math.inf:
        return OBJECTIVES.get(model, str(model))
    return f"$d = {dimension:g}${variant.replace('_', ', ')}"


def by_objective(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``exact_large`` called ``exact``, and so on, unless one point has both.

    One objective is one series, however its models had to be trained at some sizes.
    """
    names = {str(model): str(model).partition("_")[0] for model in table["model"].dropna().unique()}
    names = {model: name for model, name in names.items() if name in OBJECTIVES}
    known = [name for name in SYMBOLS if name in table]
    points = table[table["model"].isin(list(names))].drop_duplicates([*known, "model"])
    joined = points.assign(model=points["model"].map(names))
    twice = joined[joined.duplicated([*known, "model"])]["model"].unique()
    names = {model: name for model, name in names.items() if name not in twice}
    return table.assign(model=table["model"].replace(names))


def system_label(system: str) -> str:
    """The system's name in print; an unknown one as it is."""
    return SYSTEMS.get(system, system)


def systems_of(table: pd.DataFrame) -> list[str]:
    """The systems in the order of ``SYSTEMS``; others after them, in order of the table."""
    present = list(table["system"].unique())
    return [s for s in SYSTEMS if s in present] + [s for s in present if s not in SYSTEMS]


def _dimension(model: str) -> tuple[float, str]:
    """Latent dimension and the rest of a model's name; infinite where the name does not tell."""
    found = re.fullmatch(r"d(\d+)((?:_[a-z0-9]+)*)", str(model))
    return (int(found[1]), found[2]) if found else (math.inf, "")
