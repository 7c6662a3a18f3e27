"""Models of a population beside each other: likelihood and what they reproduce."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.figures import style
from mfvae.figures.models import Series
from mfvae.figures.recording.population import is_data, population_series
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("model", "quantity", "value", "stderr")
LIKELIHOOD, PARAMETERS = "negative_log_likelihood", "n_parameters"
PANELS = {  # quantity → label, of the data set's words, and the value of a perfect model
    LIKELIHOOD: ("held-out\nnats per {words.row}", None),
    "p_silence": ("{words.no_actives}\n$P(K = 0)$", None),
    "p_k_total_variation": ("total variation\nof $P(K)$", 0.0),
    "correlation_of_correlations": ("$r$ of pair\ncorrelations", 1.0),
    "slope_of_correlations": ("slope of pair\ncorrelations", 1.0),
}
MARKER_SIZE = 4.5
FAR = 4.0  # median distances from a perfect model, or from the best: what is beyond is off the axis
MARGIN = 0.1  # of an axis
LINE_HEIGHT, REST = 0.21, 1.0  # inches


def _sorted_models(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Series]]:
    """The table by series, and these, the best held-out likelihood first; those without one last."""
    table, models = population_series(table)
    shown = set(table.loc[table["quantity"].isin(list(PANELS)), "model"])
    likelihood = table[table["quantity"] == LIKELIHOOD].set_index("model")["value"].to_dict()
    names = sorted(shown.intersection(models), key=list(models).index)
    names.sort(key=lambda name: likelihood.get(name, np.inf))
    return table, {name: models[name] for name in names}


def _reach(value: np.ndarray, stderr: np.ndarray, anchor: float) -> tuple[float, float]:
    """Limits of an axis that hold, with their errors, the values that are not far from the anchor."""
    off = np.abs(value - anchor)
    near = off <= FAR * np.median(off)
    low = min(anchor, float((value - stderr)[near].min()))
    high = max(anchor, float((value + stderr)[near].max()))
    edge = MARGIN * (high - low) if high > low else 1.0
    return low - edge, high + edge


def _panel(ax: Axes, rows: pd.DataFrame, models: dict[str, Series], anchor: float | None) -> None:
    """One quantity, one line per model; values beyond the axis are written at its end."""
    values, errors = (rows[name].fillna(0).to_numpy(dtype=np.float64) for name in ("value", "stderr"))
    low, high = _reach(values, errors, float(values.min()) if anchor is None else anchor)
    for line, (model, (_, look, _)) in enumerate(models.items()):
        own = rows[rows["model"] == model]
        if own.empty:
            continue
        value = float(own["value"].iloc[0])
        marker = {"marker": look["marker"], "markersize": MARKER_SIZE, "color": look["color"]}
        if low <= value <= high:
            style.bars_across(ax, [value], [line], own["stderr"], **marker, zorder=3)
            continue
        right = value > high
        beyond: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "color": look["color"]}
        ax.plot(0.96 if right else 0.04, line, marker=">" if right else "<", markersize=4, **beyond)
        text = {"ha": "right" if right else "left", "va": "center", "transform": beyond["transform"]}
        ax.text(0.88 if right else 0.12, line, f"{value:.3g}".replace("-", "−"), **text)
    ax.set_xlim(low, high)


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """One line per model, the best held-out likelihood on top, and one panel per quantity.

    Columns: model, quantity, value, stderr (bars of one standard error). Panels, of those quantities
    that the table has: negative_log_likelihood (held-out, nats per word; needed), p_silence (a row of
    the kind ``data`` is drawn as a line with a band of one standard error, and where it is 0 there is no
    panel), p_k_total_variation (½Σ|ΔP|), correlation_of_correlations and slope_of_correlations (of the
    pairs, model against data).
    Vertical lines are perfect models; a value far off the others is written at the end of its axis. The
    value of n_parameters is written beside a name. Raises InputError for missing columns or no
    likelihood.
    """
    require(table, COLUMNS, quantity=(LIKELIHOOD,))
    shown = table[table["quantity"].isin([*PANELS, PARAMETERS])]
    table, models = _sorted_models(shown)
    never = table[is_data(table) & (table["value"] == 0)]["quantity"]  # a panel of zeros tells nothing
    quantities = [one for one in PANELS if one in set(table["quantity"]) - set(never)]
    figure = Figure(
        figsize=(style.DOUBLE_COLUMN, LINE_HEIGHT * len(models) + REST), layout="constrained"
    )
    axes = figure.subplots(1, len(quantities), sharey=True, squeeze=False)[0]
    for ax, quantity in zip(axes, quantities, strict=True):
        rows = table[table["quantity"] == quantity]
        label, perfect = PANELS[quantity]
        truth = rows[is_data(rows)]
        if not truth.empty:
            perfect, error = float(truth["value"].iloc[0]), float(truth["stderr"].fillna(0).iloc[0])
            ax.axvspan(perfect - error, perfect + error, **style.SHADE)
        if perfect is not None:
            ax.axvline(perfect, color=style.BLACK, linewidth=0.8, zorder=1)
        _panel(ax, rows[~is_data(rows)], models, perfect)
        ax.grid(axis="y", color="0.9", linewidth=0.5)
        ax.set_axisbelow(True)
        ax.xaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
        ax.set_xlabel(label.format(words=words))
        ax.tick_params(axis="y", length=0)
    size = table[table["quantity"] == PARAMETERS].set_index("model")["value"].to_dict()
    names = [one.label + (f" ({size[m]:,.0f})" if m in size else "") for m, one in models.items()]
    axes[0].set_yticks(range(len(models)), names)
    axes[0].set_ylim(len(models) - 0.5, -0.5)
    if size:
        axes[0].set_title("model (parameters)", loc="right", x=-0.05, fontsize=8)
    if is_data(table).any():
        handle = style.key("data, or a perfect model", color=style.BLACK, linewidth=0.8)
        figure.legend(handles=[handle], loc="outside upper right")
    return figure
