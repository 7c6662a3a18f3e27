"""The landscape of two order parameters, its attractors and the words of the data in it."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = ("quantity", "m_1", "m_2", "value", "stderr")
LANDSCAPES = {  # quantity → label of its colours
    "potential": r"potential $N\,U(m)$ (nats)",
    "free_energy": "free energy (nats)",
}
LEVELS = 14
REACHED = 0.995  # share of words below the highest contour: what is higher is not visited
STAR: dict[str, Any] = {
    "marker": "*",
    "markersize": 8,
    "markeredgecolor": "white",
    "color": style.VERMILION,
    "linestyle": "none",
}
BESIDE: dict[str, Any] = {"textcoords": "offset points", "ha": "left", "zorder": 5}
PLACES: tuple[dict[str, Any], ...] = (
    {"xytext": (5, 5), "va": "bottom"},
    {"xytext": (5, -5), "va": "top"},
)  # of labels, in turn
PALE = ListedColormap(0.5 + 0.5 * style.COLOUR_MAP(np.arange(256)))  # words are seen on it
MARGIN = 0.04  # of the range of words


def _levels(grid: pd.DataFrame, words: pd.DataFrame) -> np.ndarray:
    """Heights of contours: from the lowest of the landscape to what words reach."""
    heights = grid.to_numpy(dtype=np.float64)
    seen = heights[np.isfinite(heights)]
    if not words.empty:
        columns = np.abs(words["m_1"].to_numpy()[:, None] - grid.columns.to_numpy()).argmin(1)
        rows = np.abs(words["m_2"].to_numpy()[:, None] - grid.index.to_numpy()).argmin(1)
        at_words = heights[rows, columns]
        seen = at_words[np.isfinite(at_words)]
        seen = seen[seen <= np.quantile(seen, REACHED)]
    low = min(seen.min(), np.nanmin(heights))
    return np.asarray(MaxNLocator(LEVELS).tick_values(low, seen.max()))


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Contours of the landscape over (m_1, m_2), words as dots, attractors with their shares of words.

    Columns: quantity, m_1, m_2 (order parameters m = ξᵀx/N), value, stderr. Rows ``potential`` (N·U(m))
    or ``free_energy``: value in nats on a grid, NaN where it is not known. Rows ``word``: words of the
    data. Rows ``attractor``: value is the share of words in its basin, with stderr. Contours end at the
    height that 99.5 % of the words do not exceed. Raises InputError for missing columns, without a
    landscape or without attractors.
    """
    require(table, COLUMNS)
    name = next((n for n in LANDSCAPES if n in set(table["quantity"])), "potential")
    require(table, COLUMNS, quantity=(name, "attractor"))
    words, attractors = (table[table["quantity"] == kind] for kind in ("word", "attractor"))
    grid = table[table["quantity"] == name].pivot(index="m_2", columns="m_1", values="value")
    figure = Figure(figsize=(style.SINGLE_COLUMN, 3.2), layout="constrained")
    ax = figure.subplots()
    levels = _levels(grid, words)
    coordinates = grid.columns.to_numpy(), grid.index.to_numpy(), grid.to_numpy(dtype=np.float64)
    surface = ax.contourf(*coordinates, levels, cmap=PALE, extend="max")
    ax.contour(*coordinates, levels, colors="white", linewidths=0.4)
    ax.scatter(words["m_1"], words["m_2"], s=1.2, color=style.BLACK, linewidths=0, rasterized=True)
    found = attractors.sort_values("m_2", ascending=False)[list(COLUMNS[1:])].to_numpy(dtype=np.float64)
    for place, (m_1, m_2, share, stderr) in zip(cycle(PLACES), found, strict=False):
        ax.plot(m_1, m_2, **STAR | {"markersize": 10}, zorder=4)
        error = f" ± {100 * stderr:.1f}" if np.isfinite(stderr) else ""
        label = ax.annotate(f"{100 * share:.1f}{error} %", (m_1, m_2), **BESIDE, **place)
        label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    shown = pd.concat([words, attractors])
    for axis, column in (("x", "m_1"), ("y", "m_2")):
        low, high = shown[column].min(), shown[column].max()
        edge = MARGIN * (high - low)
        limits = max(low - edge, table[column].min()), min(high + edge, table[column].max())
        ax.set(**{f"{axis}lim": limits})
    ax.set_xlabel(r"order parameter $m_1 = \xi^1\!\cdot x/N$")
    ax.set_ylabel(r"order parameter $m_2 = \xi^2\!\cdot x/N$")
    figure.colorbar(surface, ax=ax, label=LANDSCAPES[name], shrink=0.9)
    handles = [style.key("attractor, share of words", **STAR)]
    if not words.empty:
        dots = {"marker": "o", "markersize": 1.5, "color": style.BLACK, "linestyle": "none"}
        handles.append(style.key("words of the data", **dots))
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure
