"""Letters as high as numbers, piled up at every position: logos of sequences.

Schneider & Stephens, Nucleic Acids Res. 18, 6097 (1990); here heights have both signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from mfvae.figures import style

LEAST = 0.02  # of the highest pile, below which a letter cannot be read and is left out
WIDTH = 0.9  # of a letter, in positions
# By what amino acids do at a neutral pH, and nucleotides in their usual order; all others are grey.
COLOURS: Mapping[str, str] = {
    **dict.fromkeys("AVLIMFWCGP", style.BLACK),  # avoid water
    **dict.fromkeys("STNQYH", style.COLOURS[5]),  # polar
    **dict.fromkeys("KR", style.BLUE),  # positive
    **dict.fromkeys("DE", style.VERMILION),  # negative
}
OTHER = "0.6"
BOLD = FontProperties(family="DejaVu Sans", weight="bold")


@cache
def outline(letter: str) -> Path:
    """A letter's outline, in a square from 0 to 1."""
    path = TextPath((0, 0), letter, size=1, prop=BOLD)
    box = path.get_extents()
    scale = Affine2D().translate(-box.x0, -box.y0).scale(1 / box.width, 1 / box.height)
    return path.transformed(scale)


def logo(ax: Axes, heights: np.ndarray, letters: Sequence[str]) -> Axes:
    """Draw heights (N, q) of letters over positions 1 … N: above 0 what is positive, the largest on top.

    Parameters
    ----------
    ax : Axes
    heights : ndarray
        (N, q), of any unit; what is negative is piled up downwards, the largest at the end.
    letters : sequence of str
        q characters.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = logo(Figure().subplots(), np.array([[1.0, -0.5], [0.2, 0.0]]), "AC")
    >>> len(ax.patches), ax.get_ylim()[1] > 1
    (3, True)
    """
    piles = [np.where(sign * heights > 0, heights, 0).sum(1) for sign in (1, -1)]
    low, high = float(piles[1].min(initial=0)), float(piles[0].max(initial=0))
    least = LEAST * max(high, -low)
    for position, row in enumerate(heights, 1):
        for sign in (1, -1):
            level = 0.0
            for state in np.argsort(sign * row):
                if sign * row[state] > least:
                    _letter(ax, letters[state], position, level, row[state])
                    level += row[state]
    margin = 0.05 * (high - low) or 1.0
    ax.set_xlim(0.3, len(heights) + 0.7)
    ax.set_ylim(low - margin, high + margin)
    ax.axhline(0, **style.MARK)
    return ax


def _letter(ax: Axes, letter: str, position: float, level: float, height: float) -> None:
    """A letter from a level on, up or down, upright in either case."""
    bottom, size = min(level, level + height), abs(height)
    place = Affine2D().scale(WIDTH, size).translate(position - WIDTH / 2, bottom)
    colour = COLOURS.get(letter, OTHER)
    ax.add_patch(
        PathPatch(outline(letter), facecolor=colour, linewidth=0, transform=place + ax.transData)
    )
