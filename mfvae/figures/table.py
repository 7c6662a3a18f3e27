"""What every figure asks of its table: columns, points by the roles of their parameters, labels.

The column ``dataset`` names what rows are about. Where that is a registered system, its declared
parameters are those of its points (``mfvae.systems.base.Parameter``), so that a figure asks for a role,
such as the temperature, and never for a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import SYSTEMS
from mfvae.systems.base import TEMPERATURES, Parameter, System, Transition

AXES = {"inverse temperature": "inverse temperature", "temperature": "temperature"}  # by role
COUNT = "collective_variables"  # the metric
PLACE = "place"  # a column that joined tables have for a while
NOTHING_DECODED = "no coupling: in no model were as many collective variables found as are stored"


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


def joined(
    left: pd.DataFrame, right: pd.DataFrame, keys: Sequence[str], suffixes: tuple[str, str]
) -> pd.DataFrame:
    """Rows of both sides with equal keys beside each other, and rows that one side lacks.

    They are in the order of the left side, those that it lacks last. Raises InputError where a side has
    two rows of equal keys: a key is missing, or a row is there twice.
    """
    for side in (left, right):
        twice = side[side.duplicated(list(keys))]
        if not twice.empty:
            allowed = f"one row of each of {', '.join(keys)} is needed"
            raise InputError("table", twice[list(keys)].iloc[0].to_dict(), allowed)
    left = left.assign(**{PLACE: range(len(left))})  # an outer join sorts by the keys
    both = left.merge(right, on=list(keys), how="outer", suffixes=suffixes, validate="one_to_one")
    return both.sort_values(PLACE, kind="stable", ignore_index=True).drop(columns=PLACE)


def nothing_decoded(table: pd.DataFrame) -> bool:
    """Whether no model has couplings, as none has the collective variables that its system stores."""
    if "quantity" not in table:
        return False
    found = set(table["quantity"])
    return COUNT in found and "coupling_from_mean" not in found


def systems_in(table: pd.DataFrame) -> list[type[System]]:
    """Classes of the registered systems in a table; those of all systems where it names none."""
    names = table["dataset"].dropna().unique() if "dataset" in table else list(SYSTEMS)
    return [SYSTEMS[name] for name in names if name in SYSTEMS]


def parameters_of(table: pd.DataFrame) -> dict[str, Parameter]:
    """Declared parameters of the points in a table, those with a column, by name.

    Raises InputError where two of its systems give one name to different things.
    """
    found: dict[str, Parameter] = {}
    for system in systems_in(table):
        for name, parameter in system.parameters.items():
            if name in table and found.setdefault(name, parameter) != parameter and "dataset" in table:
                allowed = f"one meaning in one table is needed, {system.name} gives it another"
                raise InputError("parameter", name, allowed)
    return found


def parameter_names(table: pd.DataFrame) -> list[str]:
    """Columns that are parameters of some system in a table, whatever they mean there."""
    return list(dict.fromkeys(n for cls in systems_in(table) for n in cls.parameters if n in table))


def temperature_of(table: pd.DataFrame) -> str:
    """The column that is the temperature or its inverse. Raises InputError unless there is one."""
    known = parameters_of(table)
    names = [name for name, parameter in known.items() if parameter.role in TEMPERATURES]
    names = [name for name in names if table[name].notna().any()] if len(names) > 1 else names
    if len(names) != 1:
        raise InputError("table", names, "one column of temperatures, or of their inverses, is needed")
    return names[0]


def size_of(table: pd.DataFrame) -> str:
    """The column that is the size. Raises InputError unless there is one."""
    names = [name for name, parameter in parameters_of(table).items() if parameter.role == "size"]
    names = [name for name in names if table[name].notna().any()] if len(names) > 1 else names
    if len(names) != 1:
        raise InputError("table", names, "one column of sizes is needed")
    return names[0]


def all_but_temperature(table: pd.DataFrame) -> list[str]:
    """Columns of parameters that are no temperature."""
    known = parameters_of(table)
    return [name for name, parameter in known.items() if parameter.role not in TEMPERATURES]


def axis_label(parameter: Parameter, short: bool = False) -> str:
    """What an axis says, such as ``inverse temperature $\\beta$``; short: the symbol alone."""
    words = "" if short else parameter.axis or AXES.get(parameter.role, "")
    unit = f"({parameter.unit})" if parameter.unit else ""
    return " ".join(part for part in (words, f"${parameter.symbol}$", unit) if part)


def label_of(row: Any, parameters: Mapping[str, Parameter], names: Sequence[str] | None = None) -> str:
    """Such as ``$L = 16$, $T = 2.269$``, of those parameters of a row that are known."""
    parts = []
    for name in parameters if names is None else names:
        if name in parameters and pd.notna(value := row.get(name)):
            digits = 4 if parameters[name].role in TEMPERATURES else 6
            parts.append(f"${parameters[name].symbol} = {value:.{digits}g}$")
    return ", ".join(parts)


def by_parameters(table: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of every combination of these columns, in their order."""
    if not names:
        return [("", table)]
    known = parameters_of(table)
    groups = [rows for _, rows in table.groupby(list(names), dropna=False)]
    return [(label_of(rows.iloc[0], known, names), rows) for rows in groups]


def by_size(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of every combination of the parameters that are no temperature."""
    return by_parameters(table, all_but_temperature(table))


def most_compared(table: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """(label, rows) of the last of those combinations of ``by_size`` that have the most models."""
    sizes = by_size(table)
    most = max(rows["model"].nunique() for _, rows in sizes)
    return [size for size in sizes if size[1]["model"].nunique() == most][-1]


def transitions_along(table: pd.DataFrame, name: str) -> dict[str, Transition]:
    """Transitions of the systems in a table at values of one parameter, by the name of a quantity."""
    found: dict[str, Transition] = {}
    for system in systems_in(table):
        found |= {quantity: at for quantity, at in system.transitions.items() if at.parameter == name}
    return found


def belonging_to(table: pd.DataFrame, point: Any, names: Sequence[str]) -> pd.DataFrame:
    """Rows that have this point's values in the columns named, or none there."""
    for name in names:
        if name in table:
            table = table[table[name].isna() | (table[name] == point[name])]
    return table


def without_source(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a column ``source``, if need be of NaN: rows that have one are curves."""
    return table if "source" in table else table.assign(source=float("nan"))


def of_points(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that belong to a point itself, not to a model."""
    return table[table["model"].isna()]


def system_label(name: str) -> str:
    """The title of a system in print; an unknown name as it is."""
    return SYSTEMS[name].title if name in SYSTEMS else name.replace("_", " ")


def datasets_of(table: pd.DataFrame) -> list[str]:
    """The data sets of a table, systems in the order of their registry, others after them."""
    present = list(table["dataset"].dropna().unique())
    return [s for s in SYSTEMS if s in present] + [s for s in present if s not in SYSTEMS]
