"""Replicas on clusters: how far latents, energies and decoders agree, and what finds the clusters."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = ("k", "d", "box", "quantity", "value", "stderr")
AGREEMENT = {
    "latent_raw": "latents",
    "latent_mean_correlation": "latents, matched",
    "latent_procrustes": "latents, rotated",
    "energy": "energies",
    "untrained_energy": "energies, untrained",
    "reconstruction": "decoded means",
}
SEPARABILITY = {
    "rand_data": "data",
    "rand_latent": "latents",
    "rand_psi": r"$\psi$",
    "rand_energy": "energies",
    "rand_untrained_energy": "energies, untrained",
}
LOOKS: dict[str, dict[str, Any]] = {
    "latents": {"color": style.COLOURS[0], "marker": "o", "linestyle": "-"},
    "latents, matched": {"color": style.COLOURS[5], "marker": "^", "linestyle": "--"},
    "latents, rotated": {"color": style.BLUE, "marker": "v", "linestyle": "-."},
    "energies": {"color": style.VERMILION, "marker": "s", "linestyle": "-"},
    "energies, untrained": {
        "color": style.VERMILION,
        "marker": "s",
        "linestyle": ":",
        "markerfacecolor": "white",
    },
    "decoded means": {"color": style.BLACK, "marker": "D", "linestyle": "-"},
    "data": {"color": style.BLACK, "marker": "P", "linestyle": ":"},
    r"$\psi$": {"color": style.COLOURS[4], "marker": "X", "linestyle": "--"},
}


def _curves(ax: Axes, rows: pd.DataFrame, names: dict[str, str]) -> None:
    """One curve a quantity against the number of latents."""
    ax.axhline(0, **style.MARK)
    for quantity, label in names.items():
        own = rows[rows["quantity"] == quantity].sort_values("d")
        style.points(ax, own["d"], own["value"], own["stderr"], **LOOKS[label])
    ax.xaxis.set_major_locator(FixedLocator(sorted(rows["d"].unique())))
    ax.xaxis.set_minor_locator(NullLocator())


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Above the mean similarity of pairs of replicas, below adjusted Rand indices; a column for every k.

    Columns: k (clusters), d (latents), box (setting of the energies; "shown" is drawn), quantity, value,
    stderr. 1 is agreement, 0 is chance. Error bars are one standard error over replicas. Raises
    InputError for missing columns and quantities.
    """
    require(table, COLUMNS, box=["shown"], quantity=[*AGREEMENT, *SEPARABILITY])
    table = table[table["box"] == "shown"]
    groups = [(k, rows) for k, rows in table.groupby("k")]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 4.4), layout="constrained")
    axes = figure.subplots(2, len(groups), sharex=True, sharey="row", squeeze=False)
    for (k, rows), (above, below) in zip(groups, axes.T, strict=True):
        _curves(above, rows, AGREEMENT)
        _curves(below, rows, SEPARABILITY)
        above.set_title(f"{k} clusters")
        below.set_xlabel("latents $d$")
        above.set_ylim(-0.6, 1.08)
        below.set_ylim(-0.08, 1.08)
    axes[0, 0].set_ylabel("agreement of replicas")
    axes[1, 0].set_ylabel("adjusted Rand index")
    handles = [style.key(label, **look) for label, look in LOOKS.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure
