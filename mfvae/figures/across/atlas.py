"""All data sets whose law nobody knows: what latents explain, what is missing, and the verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import require, system_label
from mfvae.information import FAITHFUL_KL

COLUMNS = ("dataset", "quantity", "model", "latents", "value", "stderr")
SHARE, VERDICT, MISSING = "share", "unknown_law_verdict", "kl_lower_limit"
RATE, INFORMATION = "rate", "data_information_lower_bound"
WORDS = {  # verdict → what a legend says, and how it looks
    1: ("no difference found", {"marker": "o", "color": style.BLUE}),
    0: ("undecided", {"marker": "D", "color": "0.55"}),
    -1: ("not faithful", {"marker": "X", "color": style.VERMILION}),
}
SMALLEST = 1e-3  # nats: where the logarithmic axis of what is missing begins
HEIGHT, REST = 0.32, 1.25  # inches a data set, and for the rest
APART = 0.22  # of a line, between numbers of latents


def _last_judged(own: pd.DataFrame) -> pd.DataFrame:
    """Rows of the model of a data set with the most latents that has a verdict."""
    judged = own[own["quantity"] == VERDICT].sort_values("latents", kind="stable")
    return own[own["model"] == judged["model"].iloc[-1]]


def _value(rows: pd.DataFrame, quantity: str) -> tuple[float, float]:
    """Value and error of a quantity, NaN where there is none."""
    found = rows.loc[rows["quantity"] == quantity, ["value", "stderr"]]
    return (np.nan, np.nan) if found.empty else tuple(found.iloc[0])


def _order(table: pd.DataFrame) -> list[str]:
    """Data sets: those without a difference first, then by what is missing."""
    known = [name for name in table["dataset"].unique() if VERDICT in set(_of(table, name)["quantity"])]

    def key(name: str) -> tuple[float, float]:
        last = _last_judged(_of(table, name))
        return -_value(last, VERDICT)[0], _value(last, MISSING)[0]

    return sorted(known, key=key)


def _of(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    return table[table["dataset"] == dataset]


def _look(last: pd.DataFrame) -> dict[str, Any]:
    return WORDS[int(_value(last, VERDICT)[0])][1]


def _grey(k: int, number: int) -> dict[str, Any]:
    """How the k-th number of latents looks: darker with each, since colours are verdicts."""
    shade = f"{0.7 * (1 - (k + 1) / number):.2f}"
    return {"marker": "s^vP*"[k % 5], "color": shade, "linestyle": "none", "markersize": 4.5}


def _shares(ax: Axes, table: pd.DataFrame, names: list[str]) -> list[Any]:
    """What each number of latents gains; returns keys for a legend."""
    judged = table.loc[table["quantity"] == VERDICT, ["dataset", "model"]]
    shares = table[table["quantity"] == SHARE].merge(judged, on=["dataset", "model"])
    dims = sorted(shares["latents"].unique())
    keys = []
    for k, d in enumerate(dims):
        look = _grey(k, len(dims))
        rows = shares[shares["latents"] == d].set_index("dataset")
        y = [place for place, name in enumerate(names) if name in rows.index]
        own = rows.loc[[names[place] for place in y]]
        up = APART * (k - (len(dims) - 1) / 2)
        style.bars_across(ax, own["value"], np.array(y) + up, own["stderr"], **look)
        keys.append(style.key(f"$d = {d:g}$", **look))
    ax.axvline(1, **style.MARK)
    ax.set_xlabel("share of the best law's gain")
    ax.set_xlim(right=1.02)
    return keys


def _missing(ax: Axes, table: pd.DataFrame, names: list[str]) -> None:
    """What is certainly missing of the largest model, at the left end where nothing is."""
    for place, name in enumerate(names):
        last = _last_judged(_of(table, name))
        lower = max(SMALLEST, _value(last, MISSING)[0])
        ax.plot([lower], [place], linestyle="none", markersize=6, **_look(last))
        ax.plot([SMALLEST, lower], [place, place], linewidth=0.8, color=_look(last)["color"], zorder=1)
    ax.set_xscale("log")
    ax.set_xlim(left=SMALLEST * 0.5)
    ax.axvline(FAITHFUL_KL, **style.MARK)
    ax.set_xlabel("missing, at least (nats)")


def _capacity(ax: Axes, table: pd.DataFrame, names: list[str]) -> None:
    """Rate against I(A;B), a point a data set."""
    highest = 0.0
    for name in names:
        last = _last_judged(_of(table, name))
        (x, x_error), (y, y_error) = _value(last, INFORMATION), _value(last, RATE)
        if np.isnan(x) or np.isnan(y):
            continue
        style.points(ax, [x], [y], [y_error], xerr=[np.nan_to_num(x_error)], **_look(last))
        ax.annotate(system_label(name), (x, y), (4, -7), textcoords="offset points", fontsize=6.5)
        highest = max(highest, x, y)
    edge = 1.15 * (highest or 1.0)
    ax.fill_between([0, edge], [0, edge], **style.SHADE)
    ax.text(0.96, 0.06, "forbidden", ha="right", va="bottom", color="0.3", transform=ax.transAxes)
    ax.set(xlim=(0, edge), ylim=(0, edge))
    ax.set_xlabel("$I(A;B)$ from below (nats)")
    ax.set_ylabel("rate $R$ (nats)")


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Three panels: shares that latents explain, nats that are missing, rates against I(A;B).

    Columns: dataset, quantity, model, latents, value, stderr. Shown are share (of the gain of the
    best law over independent sites) of every number of latents, and of the model with the most latents
    that was judged unknown_law_verdict (1, 0, −1), kl_lower_limit, rate and data_information_lower_bound
    where it is known, in nats. Data sets are sorted by verdict and by what is missing. Raises InputError
    for missing columns or quantities.
    """
    require(table, COLUMNS, quantity=(SHARE, VERDICT, MISSING))
    names = _order(table)
    size = (style.DOUBLE_COLUMN, max(2.6, HEIGHT * len(names) + REST))
    figure = Figure(figsize=size, layout="constrained")
    shares, missing, capacity = figure.subplots(1, 3, width_ratios=(1.25, 0.9, 1.25))
    keys = _shares(shares, table, names)
    _missing(missing, table, names)
    _capacity(capacity, table, names)
    places = np.arange(len(names))
    for ax in (shares, missing):
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_yticks(places, [system_label(name) for name in names] if ax is shares else [])
        for place in places[1:]:
            ax.axhline(place - 0.5, color="0.9", linewidth=0.5, zorder=0)
    for letter, ax in zip("abc", (shares, missing, capacity), strict=True):
        ax.set_title(f"({letter})", loc="left")
    given = {int(_value(_last_judged(_of(table, name)), VERDICT)[0]) for name in names}
    keys += [
        style.key(WORDS[one][0], linestyle="none", markersize=6, **WORDS[one][1])
        for one in WORDS
        if one in given
    ]
    figure.legend(handles=keys, loc="outside upper center", ncols=6)
    return figure
