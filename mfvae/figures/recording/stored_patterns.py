"""Real-valued patterns decoded from a recording."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("site", "pattern", "value", "mean_field")


def site_order(values: np.ndarray) -> np.ndarray:
    """Order of the sites (N,) of patterns (N, K): by angle in the plane of the first two."""
    key = values[:, 0] if values.shape[1] == 1 else np.arctan2(values[:, 1], values[:, 0])
    return np.argsort(key, kind="stable")


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """One panel of bars per pattern, on a common scale, and the mean field; the same order of sites.

    Columns: site, pattern (from 1), value (change of the site's field along the pattern, nats) and
    mean_field (nats, the same in all rows of a site). Pattern 0 stands for none. Raises InputError for
    missing columns.
    """
    require(table, COLUMNS)
    values = table.pivot(index="site", columns="pattern", values="value")
    if 0 in values:
        return style.notice("no pattern: held-out words ask for no collective variable")
    mean_field = table.drop_duplicates("site").set_index("site")["mean_field"].loc[values.index]
    order = site_order(values.to_numpy())
    count = values.shape[1]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 1.1 * (count + 1) + 0.4), layout="constrained")
    axes = figure.subplots(count + 1, 1, sharex=True)
    rank = np.arange(1, len(order) + 1)
    panels = [values[name].to_numpy() for name in values.columns] + [mean_field.to_numpy()]
    for i, (ax, heights) in enumerate(zip(axes, panels, strict=True)):
        ax.bar(rank, heights[order], width=0.8, color=style.BLUE if i < count else "0.5", linewidth=0)
        ax.axhline(0, color=style.BLACK, linewidth=0.5)
        ax.set_ylabel(rf"$\xi_i^{{{values.columns[i]}}}$ (nats)" if i < count else r"$b_i$ (nats)")
    for ax in axes[1:count]:
        ax.sharey(axes[0])
    axes[0].autoscale_view()
    axes[0].set_xlim(0, len(order) + 1)
    order_name = "angle in the plane of patterns 1 and 2" if count > 1 else r"$\xi_i^1$"
    axes[-1].set_xlabel(f"{words.site} $i$, ordered by {order_name}")
    return figure
