"""One look for all figures: sizes, palette, markers, error bars, saving.

Figures are plain ``matplotlib.figure.Figure`` objects: no pyplot, no display, no global list to close.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

SINGLE_COLUMN, DOUBLE_COLUMN = 3.4, 7.0  # widths in inches
PNG_DPI = 200
PDF_DPI = 400  # of the rasterised parts; the rest is vectors

# Okabe & Ito, "Color Universal Design" (2008); series in this order differ in lightness, too.
COLOURS = ("#56B4E9", "#D55E00", "#0072B2", "#000000", "#E69F00", "#009E73", "#CC79A7")
VERMILION, BLUE, BLACK = COLOURS[1:4]
COLOURED = tuple(colour for colour in COLOURS if colour != BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))

OPEN: dict[str, Any] = {"marker": "o", "color": BLACK, "markerfacecolor": "white"}  # data beside models
MARK: dict[str, Any] = {"color": "0.55", "linestyle": "-", "linewidth": 0.6, "zorder": 0}
SHADE: dict[str, Any] = {"color": "0.87", "linewidth": 0, "zorder": 0}  # of regions
WIDE, DEEP = 30.0, 1e4  # ratio of values above which an axis is logarithmic; the most it shows

# Without its palest end, which would vanish on white paper.
COLOUR_MAP = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.93, 256)))

_RC: dict[str, Any] = {
    "figure.dpi": PNG_DPI,  # at which the layout is found
    "font.size": 8,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "figure.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "lines.markeredgewidth": 0.8,
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "pdf.fonttype": 42,  # TrueType: text stays text
}


@contextmanager
def print_style() -> Iterator[None]:
    """The shared style on top of matplotlib's own defaults; also a decorator: ``@print_style()``."""
    with matplotlib.style.context(["default", _RC]):
        yield


def points(ax: Axes, x: Any, y: Any, stderr: Any, **options: Any) -> ErrorbarContainer:
    """Markers with error bars of one standard error; NaN stands for an error that is not known."""
    error = np.nan_to_num(np.asarray(stderr, dtype=np.float64), nan=0.0)
    look = {"linestyle": "none", "elinewidth": 0.8, "capsize": 1.5, "capthick": 0.8, **options}
    return ax.errorbar(np.asarray(x), np.asarray(y), yerr=error, **look)


def bars_across(ax: Axes, x: Any, y: Any, stderr: Any, **options: Any) -> ErrorbarContainer:
    """Like ``points``, with the error in x."""
    error = np.nan_to_num(np.asarray(stderr, dtype=np.float64), nan=0.0)
    look = {"linestyle": "none", "elinewidth": 0.8, "capsize": 1.5, "capthick": 0.8, **options}
    return ax.errorbar(np.asarray(x), np.asarray(y), xerr=error, **look)


def series(i: int) -> dict[str, Any]:
    """Colour, marker and line style of series i; up to six series differ in each of the three."""
    return {
        "color": COLOURS[i % len(COLOURS)],
        "marker": MARKERS[i % len(MARKERS)],
        "linestyle": LINES[i % len(LINES)],
    }


def coloured(i: int) -> dict[str, Any]:
    """Like ``series``, where black belongs to data and exact lines; lines of one colour differ, too."""
    rounds, place = divmod(i, len(COLOURED))
    return series(i) | {"color": COLOURED[place], "linestyle": LINES[(i + rounds) % len(LINES)]}


def mark(ax: Axes, x: float) -> None:
    """A thin vertical line behind everything, such as a critical temperature."""
    ax.axvline(x, **MARK)


def log_if_wide(ax: Axes, values: Any) -> None:
    """A logarithmic y axis where positive values need one: the largest is WIDE times the smallest.

    It reaches down to the largest over DEEP at most, and what is below lies on its lower end.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size and 0 < WIDE * known.min() < known.max():
        ax.set_yscale("log")
        if known.max() < WIDE**2 * known.min():  # too few powers of ten
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
        if known.max() > DEEP * known.min():
            ax.set_ylim(bottom=known.max() / DEEP)


def key(label: str, **look: Any) -> Line2D:
    """An entry of a legend that stands for no single artist."""
    return Line2D([], [], label=label, **look)


def notice(text: str) -> Figure:
    """A figure that says why there is nothing to show."""
    figure = Figure(figsize=(SINGLE_COLUMN, 1.2), layout="constrained")
    figure.text(0.5, 0.5, text, ha="center", va="center", wrap=True)
    return figure
