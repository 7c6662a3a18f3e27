"""Models of a population of binary sites beside its data: their series, lines and ratios to the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.models import DATA, LOOKS, Series, as_series
from mfvae.figures.table import require

ENTRIES = ("model", "model_kind", "quantity", "index", "value", "stderr")  # columns of what is compared
POINTS: dict[str, Any] = LOOKS[DATA] | {"markersize": 2.5}
FAR = 0.5  # from a ratio of one
REACH = 1.15  # of an axis of ratios: over the largest deviation of those that are not far
BAR_STOPS = 0.3  # of a value: how far down its bar reaches at most, on a logarithmic axis


def is_data(table: pd.DataFrame) -> pd.Series:
    """Which rows are of the data: those of the kind ``data``, whatever their model is called."""
    return table["model_kind"] == DATA if "model_kind" in table else pd.Series(False, index=table.index)


def population_series(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Series]]:
    """The table with the label of its series in ``model``, and all series but the data's, by label."""
    table, series = as_series(table)
    of_models = set(table.loc[~is_data(table), "model"])
    return table, {label: one for label, one in series.items() if label in of_models}


def entries(
    table: pd.DataFrame, quantity: str
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, Series]]:
    """Rows of the data and of every model, of one quantity, in order of the index; and what models are.

    Raises InputError for missing columns, without the quantity, and without the data or any model.
    """
    require(table, ENTRIES, quantity=(quantity,))
    rows = table[table["quantity"] == quantity].sort_values("index", kind="stable")
    require(rows, ENTRIES, model_kind=(DATA,))
    require(rows[~is_data(rows)], ENTRIES)
    rows, series = population_series(rows)
    of_models = {label: rows[rows["model"] == label] for label in series}
    return rows[is_data(rows)], of_models, series


def line_of(look: dict[str, Any]) -> dict[str, Any]:
    """The look of a model that is drawn as a line."""
    return {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 1.1}


def explain(figure: Figure, models: dict[str, Series], columns: int) -> None:
    """A legend of the data's points and the models' lines above all panels."""
    handles = [style.key("data ± s.e.", **POINTS)]
    handles += [style.key(label, **line_of(look)) for label, look, _ in models.values()]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(columns, len(handles)))


def data_points(ax: Axes, x: Any, y: Any, stderr: Any, **options: Any) -> ErrorbarContainer:
    """Data with error bars that end, on a logarithmic axis, at ``BAR_STOPS`` of their values."""
    y, error = np.asarray(y, dtype=np.float64), np.nan_to_num(np.asarray(stderr, dtype=np.float64))
    down = np.minimum(error, (1 - BAR_STOPS) * y) if ax.get_yscale() == "log" else error
    look = POINTS | {"elinewidth": 0.6, "capsize": 0, "zorder": 4}
    return style.points(ax, x, y, np.stack([down, error]), **look | options)


def ratios_to_data(
    ax: Axes, data: pd.DataFrame, models: dict[str, pd.DataFrame], series: dict[str, Series]
) -> None:
    """Models over data for the entries of ``data``, with bands of the models' own standard errors.

    The data are points at 1 with their relative errors. Models that are off by more than ``FAR``
    anywhere do not widen the axis and leave it.
    """
    data = data.set_index("index")
    relative = data["stderr"].fillna(0) / data["value"]
    seen = [relative.max()]
    for model, rows in models.items():
        own, line = rows.set_index("index").reindex(data.index), line_of(series[model].look)
        ratio, error = own["value"] / data["value"], own["stderr"].fillna(0) / data["value"]
        ax.plot(ratio.index, ratio, **line)
        band = {"color": line["color"], "alpha": 0.15, "linewidth": 0}
        ax.fill_between(ratio.index, ratio - error, ratio + error, **band)
        off = (ratio - 1).abs().max()
        seen += [off] if off <= FAR else []
    data_points(ax, data.index, np.ones(len(data)), relative)
    reach = REACH * max(seen)
    ax.set_ylim(1 - reach, 1 + reach)
    ax.axhline(1, **style.MARK)
