"""Pictures of one analysis as a page holds them: the plots of ``mfvae.analysis.plot`` as PNG."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from mfvae.analysis import plot
from mfvae.analysis.theory import Theory
from mfvae.figures import style
from mfvae.figures.recording import missing_couplings

if TYPE_CHECKING:
    import pandas as pd

INCHES_PER_PATTERN = 1.5
INCHES_PER_LOGO = 1.8
INCHES_PER_STATE = 0.1  # of a map, so that names of states do not overlap


def png(draw: Callable[..., Any], *results: Any, **options: Any) -> bytes:
    """One plot as the content of a PNG file."""
    with style.print_style():
        return as_png(draw(*results, **options).figure)


def patterns(theory: Theory) -> bytes:
    """Every pattern over the sites, below each other."""
    with style.print_style():
        k, draw = theory.n_patterns, plot.patterns
        n_states = len(theory.patterns.index.unique(-1)) if theory.patterns.index.nlevels > 1 else 0
        each = INCHES_PER_PATTERN + INCHES_PER_STATE * n_states
        if theory.of_letters:
            each, draw = INCHES_PER_LOGO, plot.logo
        size = (style.DOUBLE_COLUMN, 0.3 + each * k)
        axes = Figure(figsize=size, layout="constrained").subplots(k, 1, squeeze=False)[:, 0]
        for number, ax in enumerate(axes, 1):
            draw(theory, ax, pattern=number)
        return as_png(axes[0].figure)


def lacks(table: pd.DataFrame) -> bytes:
    """Missing couplings and the function of the count, from ``Fit.missing``."""
    return as_png(missing_couplings.draw(table))


def as_png(figure: Figure) -> bytes:
    """The content of a PNG file."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=style.PNG_DPI)
    return drawn.getvalue()
