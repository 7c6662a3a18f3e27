"""Many moments of a model against those of the data: one panel per model, entries per cell."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter

from mfvae.figures import style
from mfvae.figures.recording.population import entries

CELLS = 60  # along each axis
MARGIN = 0.04  # of an axis, on both sides of all values
HEIGHTS = {1: 2.7, 2: 3.35, 3: 2.35, 4: 1.75}  # of a row, inches, by the number of panels in it
CROSS: dict[str, Any] = {"color": style.VERMILION, "linewidth": 1.2, "zorder": 4}
TITLE, LINE_HEIGHT = 26, 0.15  # characters in a line; inches
NOTE: dict[str, Any] = {"va": "top", "path_effects": [withStroke(linewidth=2, foreground="white")]}
CORNER = 0.86, 0.3  # of the axes, where typical errors are shown
APART = 0.14  # of an axis, from zero: nearer powers of ten have no tick


def _joined(data: pd.DataFrame, model: pd.DataFrame, scale: float) -> pd.DataFrame:
    """Columns value, stderr, value_model, stderr_model of the entries that both have."""
    names = ["value", "stderr"]
    model = model.set_index("index")[names].add_suffix("_model")
    both = data.set_index("index")[names].join(model)
    return scale * both.dropna(subset=["value", "value_model"])


def _bent(values: Any, width: float) -> np.ndarray:
    """Places on an axis that is linear up to ``width`` and logarithmic beyond; 0 means linear."""
    return np.arcsinh(np.asarray(values) / width) if width > 0 else np.asarray(values)


def _edges(values: np.ndarray, width: float) -> np.ndarray:
    """Edges of cells (CELLS + 1,) that are even on the axes."""
    low, high = _bent([np.min(values), np.max(values)], width)
    edge = MARGIN * (high - low)
    even = np.linspace(low - edge, high + edge, CELLS + 1)
    return width * np.sinh(even) if width > 0 else even


def _rms(errors: pd.Series) -> float:
    return float(np.nan_to_num(np.sqrt((errors**2).mean())))


def _ticks(ax: Axes, edges: np.ndarray, width: float) -> None:
    """Few ticks, the same on both axes: zero and powers of ten where the axes are curved."""
    if not width > 0:
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.yaxis.set_major_locator(MaxNLocator(4))
        return
    decades = 10.0 ** np.arange(-12, 13)
    between = np.outer(decades, [1, 2, 5]).ravel()
    between = between[(between > width) & (between < np.abs(edges).max())]
    decades = decades[_bent(decades, width) > APART * np.ptp(_bent(edges[[0, -1]], width))]
    for name, axis in {"x": ax.xaxis, "y": ax.yaxis}.items():
        getattr(ax, f"set_{name}scale")("asinh", linear_width=width)
        axis.set_major_locator(FixedLocator([*-decades, 0, *decades]))
        axis.set_minor_locator(FixedLocator([*-between, *between]))  # they show that the axis is curved
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def _cross(ax: Axes, both: pd.DataFrame, edges: np.ndarray, width: float) -> None:
    """Root mean square errors of data (across) and model (up) in a corner, as long as at zero."""
    x, y = CORNER
    across, up = _rms(both["stderr"]), _rms(both["stderr_model"])
    right, above = _bent([across, up], width) / np.ptp(_bent(edges[[0, -1]], width))
    ax.plot([x - right, x + right], [y, y], transform=ax.transAxes, **CROSS)
    ax.plot([x, x], [y - above, y + above], transform=ax.transAxes, **CROSS)
    below = 0.98, y - above - 0.02
    ax.text(*below, f"s.e. {across:.1g}", ha="right", **NOTE, transform=ax.transAxes)


def _panel(ax: Axes, both: pd.DataFrame, edges: np.ndarray, width: float) -> QuadMesh:
    """Entries per cell, identity, r and slope, and typical errors as a cross below the identity."""
    x, y = both["value"].to_numpy(), both["value_model"].to_numpy()
    cells = np.histogram2d(x, y, [edges, edges])[0].T
    counts = np.ma.masked_equal(cells, 0)
    mesh = ax.pcolormesh(edges, edges, counts, cmap=style.COLOUR_MAP, rasterized=True)
    ends = edges[[0, -1]]
    ax.plot(ends, ends, color=style.BLACK, linewidth=0.8)
    r, slope = np.corrcoef(x, y)[0, 1], np.polyfit(x, y, 1)[0]
    found = f"$r$ = {r:.3f}\nslope {slope:.2f}".replace("-0.00", "0.00").replace("-", "−")
    ax.text(0.04, 0.97, found, **NOTE, transform=ax.transAxes)
    _cross(ax, both, edges, width)
    ax.set(xlim=ends, ylim=ends, box_aspect=1)
    return mesh


def title_of(label: str) -> str:
    """A label in lines that end between its parts."""
    parts = [part.replace(" ", "\N{NO-BREAK SPACE}") for part in label.split(", ")]
    return fill(", ".join(parts), TITLE, break_long_words=False).replace("\N{NO-BREAK SPACE}", " ")


def draw_against_data(
    table: pd.DataFrame, quantity: str, name: str, *, entry: str, scale: float = 1, curved: bool = False
) -> Figure:
    """Entries per cell of model against data, the identity, Pearson's r and the slope of regression.

    Values are multiplied by ``scale``. If ``curved``, axes are linear up to the data's root mean square
    standard error and logarithmic beyond (inverse hyperbolic sine). Entries without a value are left
    out. Raises InputError for missing columns, without data or without a model.
    """
    data, models, series = entries(table, quantity)
    panels = {model: _joined(data, rows, scale) for model, rows in models.items()}
    values = np.concatenate([both[["value", "value_model"]].to_numpy() for both in panels.values()])
    width = scale * _rms(data["stderr"]) if curved else 0.0
    edges = _edges(values, width)
    columns = min(max(HEIGHTS), len(models))
    rows = -(-len(models) // columns)
    page = style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN
    titles = {model: title_of(series[model].label) for model in models}
    lines = max(title.count("\n") for title in titles.values())  # beyond the first
    height = (HEIGHTS[columns] + LINE_HEIGHT * lines) * rows + 0.25
    figure = Figure(figsize=(page, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    meshes = []
    for ax, (model, both) in zip(axes.flat, panels.items(), strict=False):
        _ticks(ax, edges, width)
        meshes.append(_panel(ax, both, edges, width))
        ax.set_title(titles[model], fontsize=8)
    most = max(2.0, *(float(np.max(np.ma.asarray(mesh.get_array()))) for mesh in meshes))
    for mesh in meshes:
        mesh.set_norm(LogNorm(1, most))
    for i, ax in enumerate(axes.flat):
        ax.tick_params(labelbottom=i + columns >= len(models))
        if i >= len(models):
            ax.remove()
    figure.supxlabel(f"{name}, data")
    figure.supylabel(f"{name}, model")
    figure.colorbar(
        meshes[0], ax=list(axes.flat[: len(models)]), label=f"{entry} per cell", shrink=0.8, aspect=25
    )
    return figure
