"""Real-valued patterns decoded from a recording, sites that are alike beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram

from mfvae.figures import style
from mfvae.figures.clusters import order_of, tree_of
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("site", "pattern", "value", "mean_field")
TREE, ROW, FIELD, REST = 0.45, 0.26, 0.9, 0.5  # heights in inches
COLOURED = 0.98  # of the values are within the range of colours, that a few sites do not grey the others
LEAF = 10  # between leaves in the units of dendrogram()


def _draw_tree(ax: Axes, tree: np.ndarray) -> None:
    dendrogram(tree, ax=ax, no_labels=True, color_threshold=0, above_threshold_color="0.4")
    for lines in ax.collections:
        lines.set_linewidth(0.5)
    ax.set_xlim(0, LEAF * (len(tree) + 1))
    ax.axis("off")


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Heat map of the patterns, a column for every site, below a tree of the sites; and the mean field.

    Columns: site, pattern (from 1), value (change of the site's field along the pattern, nats) and
    mean_field (nats, the same in all rows of a site). Sites are in the order of the tree (see
    ``mfvae.figures.clusters``), those of a single pattern in order of their values. Lightness tells the
    signs apart. Pattern 0 stands for none. Raises InputError for missing columns.
    """
    import seaborn  # it loads pyplot, which figures do without

    require(table, COLUMNS)
    values = table.pivot(index="site", columns="pattern", values="value")
    if 0 in values:
        return style.notice("no pattern: held-out words ask for no collective variable")
    mean_field = table.drop_duplicates("site").set_index("site")["mean_field"].loc[values.index]
    n, count = values.shape
    branched = count > 1 and n > 1
    heights = [TREE] * branched + [ROW * count, FIELD]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, sum(heights) + REST), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.02, hspace=0.02)  # type: ignore[union-attr, call-arg]
    *above, heat, field = figure.subplots(len(heights), 1, height_ratios=heights)
    if branched:
        tree = tree_of(values.to_numpy())
        order = order_of(tree)
        _draw_tree(above[0], tree)
    else:
        order = np.argsort(values.to_numpy()[:, 0], kind="stable")
    size = np.abs(values.to_numpy())
    most = float(np.quantile(size, COLOURED)) or float(size.max()) or 1.0
    look: dict[str, Any] = {"cmap": style.COLOUR_MAP, "vmin": -most, "vmax": most, "rasterized": True}
    seaborn.heatmap(values.to_numpy()[order].T, ax=heat, cbar=False, xticklabels=False, **look)
    heat.set_yticks(np.arange(count) + 0.5, [rf"$\xi_i^{{{name}}}$" for name in values.columns])
    heat.tick_params(axis="y", length=0, rotation=0)
    extend = "both" if size.max() > most else "neither"
    bar = figure.colorbar(
        heat.collections[0], ax=[*above, heat], label=r"$\xi_i$ (nats)", aspect=8, extend=extend
    )
    bar.outline.set_visible(False)
    field.bar(np.arange(n) + 0.5, mean_field.to_numpy()[order], width=0.8, color="0.5", linewidth=0)
    field.axhline(0, color=style.BLACK, linewidth=0.5)
    field.set_xlim(0, n)
    field.set_xticks([])
    field.set_ylabel(r"$b_i$ (nats)")
    by = "alike beside each other" if branched else r"ordered by $\xi_i^1$"
    field.set_xlabel(f"{n} {words.sites} $i$, {by}")
    return figure
