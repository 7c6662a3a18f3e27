"""What a model lacks: couplings of pairs, alike beside each other, and a function of the count."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.clusters import order_of, tree_of
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords, shortened

COLUMNS = ("quantity", "index", "site", "other", "value", "stderr", "found")
NOT_ASKED = "not_asked"  # of a table that has nothing else
COUPLING, COUNT = "residual_coupling", "count_function"
SIZE = 3.3  # inches of the matrix
COUNT_WIDTH = 2.9
DIVERGING = "PuOr"  # lightness alone does not tell signs apart: its two hues do for the colour-blind


def _matrices(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites (n,), couplings (n, n) and which of them were found, bool (n, n)."""
    sites = np.unique(rows[["site", "other"]].to_numpy(dtype=int))
    place = {site: k for k, site in enumerate(sites.tolist())}
    values, found = np.zeros((len(sites),) * 2), np.zeros((len(sites),) * 2, dtype=bool)
    for site, other, value, is_found in rows[["site", "other", "value", "found"]].to_numpy():
        i, j = place[int(site)], place[int(other)]
        values[i, j] = values[j, i] = value
        found[i, j] = found[j, i] = bool(is_found)
    return sites, values, found


def _labels(rows: pd.DataFrame, sites: np.ndarray) -> list[str]:
    """Names of sites where the table has them, their numbers else."""
    if "site_name" not in rows:
        return list(map(str, sites.tolist()))
    names = dict(zip(rows["site"], rows["site_name"], strict=True))
    names |= dict(zip(rows["other"], rows["other_name"], strict=True))
    return [shortened(names[site]) for site in sites.tolist()]


def _draw_couplings(figure: Figure, ax: Axes, rows: pd.DataFrame, words: SiteWords) -> None:
    """All of them above the diagonal, those that are found below it."""
    import seaborn  # it loads pyplot, which figures do without

    sites, values, found = _matrices(rows)
    order = order_of(tree_of(values)) if len(sites) > 2 else np.arange(len(sites))
    values, found = values[np.ix_(order, order)], found[np.ix_(order, order)]
    below = np.tril(np.ones_like(found), k=-1)
    shown = np.where(below & ~found, np.nan, values)
    np.fill_diagonal(shown, np.nan)
    most = float(np.abs(values).max()) or 1.0
    look = {"cmap": DIVERGING, "vmin": -most, "vmax": most, "cbar": False, "square": True}
    seaborn.heatmap(shown, ax=ax, rasterized=True, xticklabels=False, yticklabels=False, **look)
    ax.set_facecolor("0.93")
    labels = np.array(_labels(rows, sites))[order]
    ax.set_yticks(np.arange(len(sites)) + 0.5, labels, fontsize=5, rotation=0)
    ax.tick_params(axis="y", length=0, pad=1)
    bar = figure.colorbar(ax.collections[0], ax=ax, shrink=0.8, aspect=25, label=r"missing $J_{ij}$")
    bar.outline.set_visible(False)
    number = int(np.triu(found, 1).sum())
    ax.set_title(f"(a) {number} of {len(rows)} pairs found", loc="left")
    ax.set_xlabel(f"{len(sites)} {words.sites}, alike beside each other\nabove: all pairs, below: found")


def _draw_counts(ax: Axes, rows: pd.DataFrame, words: SiteWords) -> None:
    ax.axhline(0, color=style.BLACK, linewidth=0.6)
    style.points(
        ax, rows["index"], rows["value"], rows["stderr"], marker="o", markersize=3, color=style.BLUE
    )
    ax.set_title("(b) function of the count", loc="left")
    ax.set_xlabel(f"number $K$ of {words.actives}")
    ax.set_ylabel(r"$\log P_\mathrm{data}(K)/P_\theta(K)$ (nats)")


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Residual couplings as a clustered heat map, and the function of the count beside it.

    Columns: quantity (residual_coupling, and of spins count_function; other rows are ignored), site and
    other (of a pair, from 1), index (the count), value, stderr, and found (1 for pairs that are reported
    at the rate of false discoveries). Sites are called by the columns site_name and other_name where
    there are such, and have the order of a tree of their couplings (see ``mfvae.figures.clusters``).
    Raises InputError for missing columns, or no couplings.
    """
    require(table, COLUMNS)
    if set(table["quantity"]) == {NOT_ASKED}:
        return style.notice("what is missing was not asked: there are too few rows, or gaps in them")
    require(table, COLUMNS, quantity=(COUPLING,))
    couplings = table[table["quantity"] == COUPLING]
    counts = table[table["quantity"] == COUNT].sort_values("index")
    widths = [SIZE + 0.9] + [COUNT_WIDTH] * (not counts.empty)
    figure = Figure(figsize=(sum(widths), SIZE + 0.4), layout="constrained")
    axes = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    _draw_couplings(figure, axes[0], couplings, words)
    if len(widths) > 1:
        _draw_counts(axes[1], counts, words)
    return figure
