"""What further latent variables are worth: likelihood, rate and information against their number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from mfvae.figures import style
from mfvae.figures.models import LOOKS, OBJECTIVES
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("objective", "latent_dim", "replica", "quantity", "value", "stderr")
LIKELIHOOD, RATE, INFORMATION = "negative_log_likelihood", "rate", "model_bipartite_mi"
ROOM = 0.25  # of an axis
DODGE = 1.03  # factor in d between objectives, which else would cover each other
OPEN: dict[str, Any] = {"markerfacecolor": "white"}


def _series(ax: Axes, rows: pd.DataFrame, look: dict[str, Any], shift: float) -> None:
    """Every replica as a point, their mean as a line."""
    mean = rows.groupby("latent_dim")["value"].mean()
    ax.plot(mean.index * shift, mean, color=look["color"], linestyle=look["linestyle"], linewidth=1)
    marker = look | {"linestyle": "none", "markersize": 3.5, "zorder": 3}
    style.points(ax, rows["latent_dim"] * shift, rows["value"], rows["stderr"], **marker)


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Against the number d of latent variables: held-out nats; rate R and the model's own I(A;B).

    Columns: objective (elbo, iwae, exact), latent_dim (d), replica (from 1), quantity, value,
    stderr. Drawn are, in nats per word, negative_log_likelihood, rate and model_bipartite_mi (of half
    the sites and the others, under the trained model): every replica is a point with a bar of one
    standard error, lines join the means. Raises InputError for missing columns or quantities.
    """
    require(table, COLUMNS, quantity=(LIKELIHOOD, RATE, INFORMATION))
    objectives = [name for name in OBJECTIVES if (table["objective"] == name).any()]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.1), layout="constrained")
    axes = figure.subplots(1, 2)
    for i, objective in enumerate(objectives):
        shift = DODGE ** (i - (len(objectives) - 1) / 2)
        own, colour = table[table["objective"] == objective], LOOKS[objective]
        solid, dashed = colour | {"linestyle": "-"}, colour | {"linestyle": "--"} | OPEN
        for ax, quantity, look in (
            (axes[0], LIKELIHOOD, solid),
            (axes[1], RATE, solid),
            (axes[1], INFORMATION, dashed),
        ):
            _series(ax, own[own["quantity"] == quantity], look, shift)
    for title, ax in zip(("(a) likelihood", "(b) information"), axes, strict=True):
        ax.set_xscale("log", base=2)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticks(np.unique(table["latent_dim"]))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set_title(title, loc="left")
        ax.set_xlabel("number of latent variables $d$")
    axes[0].set_ylabel(rf"held-out $-\log p_\theta$ (nats per {words.row})")
    axes[1].set_ylabel("information (nats)")
    axes[1].set_ylim(bottom=0)
    handles = [style.key(OBJECTIVES[o], **LOOKS[o] | {"linestyle": "-"}) for o in objectives]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    grey = {"color": "0.35", "marker": "o"}
    kinds = [
        style.key("rate $R$ of the encoder", **grey, linestyle="-"),
        style.key(r"$I_\theta(A;B)$ of halves, by the model", **grey, **OPEN, linestyle="--"),
    ]
    axes[1].legend(handles=kinds, loc="upper left", bbox_to_anchor=(0.0, 0.99), frameon=False)
    low, high = axes[1].get_ylim()
    axes[1].set_ylim(low, high + ROOM * (high - low))  # for the legend
    return figure
