"""Names, order and looks of the models of a population of neurons: the same in all figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = ("model", "quantity", "index", "value", "stderr")  # of what is compared entry by entry
DATA = "data"
POPULATION_MODELS = {  # in order of print
    DATA: "data",
    "independent": "independent",
    "population_count": "population count",
    "pairwise": "pairwise",
    "mixture": "mixture",
    "rbm": "RBM",
    "elbo": "VAE, ELBO",
    "iwae": "VAE, IWAE",
    "exact": "VAE, exact",
    "hopfield": "VAE, Hopfield",
    "hamiltonian": "generalized Hopfield",
}
VARIANTS = {  # what follows a model's name, such as exact_d3
    r"d(\d+)": r"$d = {}$",
    r"c(\d+)": "{} components",
    r"h(\d+)": "{} hidden",
    r"k1": "1 pattern",
    r"k(\d+)": "{} patterns",
}
# Okabe and Ito's, Tol's (muted, 2021) and a brown: apart under deuteranopia and protanopia, tints too
LOOKS: dict[str, dict[str, Any]] = {
    DATA: {"color": style.BLACK, "marker": "o", "linestyle": "none"},
    "independent": {"color": "0.7", "marker": "P", "linestyle": ":"},
    "population_count": {"color": "0.25", "marker": "X", "linestyle": "-."},
    "pairwise": {"color": "#E69F00", "marker": "D", "linestyle": "--"},
    "mixture": {"color": "#999933", "marker": "v", "linestyle": "-."},
    "rbm": {"color": "#6B3A00", "marker": "^", "linestyle": (0, (5, 1, 1, 1))},
    **style.OF_OBJECTIVES,
    "hopfield": {"color": "#882255", "marker": "p", "linestyle": "-"},
    "hamiltonian": {"color": "#332288", "marker": "h", "linestyle": (0, (4, 2))},
}
POINTS: dict[str, Any] = LOOKS[DATA] | {"markersize": 2.5}
FAR = 0.5  # from a ratio of one
REACH = 1.15  # of an axis of ratios: over the largest deviation of those that are not far
PALEST = 0.5  # share of white in the variant 1; it falls off with the variant's number
BAR_STOPS = 0.3  # of a value: how far down its bar reaches at most, on a logarithmic axis


def _variant(model: str) -> tuple[str, list[str]]:
    """Name among ``POPULATION_MODELS`` and what follows it; an unknown name follows none."""
    for name in sorted(POPULATION_MODELS, key=len, reverse=True):
        if model == name or model.startswith(f"{name}_"):
            return name, model[len(name) :].split("_")[1:]
    return "", [model]


def _number(parts: Sequence[str]) -> int:
    """The last number in what follows a model's name; 0 where there is none."""
    return int(([0] + [int(n) for part in parts for n in re.findall(r"\d+", part)])[-1])


def population_label(model: str) -> str:
    """``VAE, exact, $d = 3$`` of exact_d3; an unknown name as it is."""
    name, parts = _variant(model)
    words = [POPULATION_MODELS[name]] if name else []
    for part in parts:
        found = [(re.fullmatch(pattern, part), text) for pattern, text in VARIANTS.items()]
        words.append(next((text.format(*match.groups()) for match, text in found if match), part))
    return ", ".join(words)


def population_models(table: pd.DataFrame) -> list[str]:
    """The table's models but the data, in the order of ``POPULATION_MODELS`` and of their numbers."""

    def rank(model: str) -> tuple[int, list[int]]:
        name, parts = _variant(model)
        order = list(POPULATION_MODELS).index(name) if name else len(POPULATION_MODELS)
        return order, [int(n) for part in parts for n in re.findall(r"\d+", part)]

    present = [str(model) for model in table["model"].dropna().unique()]
    return sorted((model for model in present if model != DATA), key=rank)


def population_looks(models: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour, marker and line of every model; variants of one are tints of its colour."""
    unknown = [model for model in models if not _variant(model)[0]]
    looks = {}
    for model in models:
        name, parts = _variant(model)
        look, number = LOOKS.get(name), _number(parts)
        if look is None:
            look = style.coloured(unknown.index(model))
        elif number:
            white = PALEST / number
            red, green, blue = (white + (1 - white) * part for part in to_rgb(look["color"]))
            tint = to_hex((red, green, blue))
            look = style.series(number - 1) | {"color": tint}
        looks[model] = dict(look)
    return looks


def entries(table: pd.DataFrame, quantity: str) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Rows of the data and of every model, of one quantity, each in order of the index.

    Raises InputError for missing columns, without the quantity, and without the data or any model.
    """
    require(table, COLUMNS, quantity=(quantity,))
    rows = table[table["quantity"] == quantity].sort_values("index", kind="stable")
    require(rows, COLUMNS, model=(DATA,))
    of_models = {model: rows[rows["model"] == model] for model in population_models(rows)}
    require(pd.concat(list(of_models.values())) if of_models else rows.iloc[:0], COLUMNS)
    return rows[rows["model"] == DATA], of_models


def line_of(look: dict[str, Any]) -> dict[str, Any]:
    """The look of a model that is drawn as a line."""
    return {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 1.1}


def explain(figure: Figure, looks: dict[str, dict[str, Any]], columns: int) -> None:
    """A legend of the data's points and the models' lines above all panels."""
    handles = [style.key("data ± s.e.", **POINTS)]
    handles += [style.key(population_label(model), **line_of(look)) for model, look in looks.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(columns, len(handles)))


def data_points(ax: Axes, x: Any, y: Any, stderr: Any, **options: Any) -> ErrorbarContainer:
    """Data with error bars that end, on a logarithmic axis, at ``BAR_STOPS`` of their values."""
    y, error = np.asarray(y, dtype=np.float64), np.nan_to_num(np.asarray(stderr, dtype=np.float64))
    down = np.minimum(error, (1 - BAR_STOPS) * y) if ax.get_yscale() == "log" else error
    look = POINTS | {"elinewidth": 0.6, "capsize": 0, "zorder": 4}
    return style.points(ax, x, y, np.stack([down, error]), **look | options)


def ratios_to_data(
    ax: Axes, data: pd.DataFrame, models: dict[str, pd.DataFrame], looks: dict[str, dict[str, Any]]
) -> None:
    """Models over data for the entries of ``data``, with bands of the models' own standard errors.

    The data are points at 1 with their relative errors. Models that are off by more than ``FAR``
    anywhere do not widen the axis and leave it.
    """
    data = data.set_index("index")
    relative = data["stderr"].fillna(0) / data["value"]
    seen = [relative.max()]
    for model, rows in models.items():
        own, line = rows.set_index("index").reindex(data.index), line_of(looks[model])
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
