"""What it costs to demand a Hopfield form of the decoder, against the number of patterns."""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.errors import InputError
from mfvae.figures import style
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("latent_dim", "field_rank", "quantity", "value", "stderr")
QUANTITY = "negative_log_likelihood"
BESIDE = 0.07  # of the range of K: how far beyond the most K the arrow is


def _mean(rows: pd.DataFrame) -> tuple[float, float]:
    """Mean of replicas and the larger of its errors: from their own errors, from their spread."""
    value, error = rows["value"].to_numpy(), np.nan_to_num(rows["stderr"].to_numpy(dtype=np.float64))
    within = float(np.sqrt(np.mean(error**2)))  # of the same held-out words: it does not average out
    between = float(value.std(ddof=1) / np.sqrt(len(value))) if len(value) > 1 else 0.0
    return float(value.mean()), max(within, between)


def _price(ax: Axes, k: float, at: float, form: float, free: float) -> None:
    """The gap between both decoders as an arrow, with its size in words."""
    arrow = {"arrowstyle": "<->", "color": style.BLACK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (at, free), (at, form), arrowprops=arrow)
    ax.plot([k, at], [form, form], color="0.6", linewidth=0.5, zorder=0)
    text = f"price of the theory\nwith $K = {k:g}$: {form - free:.2f} nats".replace("-", "−")
    ax.text(0.98, 0.98, text, ha="right", va="top", transform=ax.transAxes)


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Held-out nats against the number K of patterns, a panel for every number d of latent variables.

    Columns: latent_dim (d), field_rank (K of η = b + ξ·φ(z); 0 is the free decoder), quantity
    (negative_log_likelihood; other rows are ignored), value and stderr (nats per word). Rows of equal d
    and K are replicas: all are points, the line joins their means. The free decoder is a horizontal line
    (mean) with a band of one standard error; its distance to the best K is the price of the theory.
    Raises InputError for missing columns, quantity, or a d without a free decoder.
    """
    require(table, COLUMNS, quantity=(QUANTITY,))
    table = table[table["quantity"] == QUANTITY]
    groups = list(table.groupby("latent_dim"))
    width = style.SINGLE_COLUMN if len(groups) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 2.8), layout="constrained")
    axes = figure.subplots(1, len(groups), squeeze=False)[0]
    for letter, ax, (d, rows) in zip(ascii_lowercase, axes, groups, strict=False):
        if 0 not in set(rows["field_rank"]):
            raise InputError("field_rank", sorted(set(rows["field_rank"])), f"0 is needed at d = {d}")
        form = rows[rows["field_rank"] > 0]
        free, error = _mean(rows[rows["field_rank"] == 0])
        ax.axhspan(free - error, free + error, **style.SHADE)
        ax.axhline(free, color=style.BLACK, linewidth=1)
        mean = form.groupby("field_rank")["value"].mean()
        ax.plot(mean.index, mean, color=style.BLUE, linewidth=1)
        look = {"color": style.BLUE, "marker": "o", "markersize": 3.5, "zorder": 3}
        style.points(ax, form["field_rank"], form["value"], form["stderr"], **look)
        if len(mean):
            least, most = float(mean.index.min()), float(mean.index.max())
            best = float(mean.index[int(mean.to_numpy().argmin())])
            _price(ax, best, most + BESIDE * (most - least), float(mean.loc[best]), free)
        ax.set_title(f"({letter}) $d = {d:g}$", loc="left")
        ax.set_xticks(mean.index)
        ax.margins(x=0.12, y=0.1)
        ax.set_xlabel("number of patterns $K$")
    axes[0].set_ylabel(rf"held-out $-\log p_\theta$ (nats per {words.row})")
    handles = [
        style.key("Hopfield form", color=style.BLUE, marker="o", markersize=3.5, linewidth=1),
        style.key("free decoder ± s.e.", color=style.BLACK, linewidth=1),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure
