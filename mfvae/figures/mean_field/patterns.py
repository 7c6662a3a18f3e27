"""Binary patterns: the stored ones, those decoded, and where the two differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import by_size, label_of, parameters_of, require, temperature_of

COLUMNS = ("model", "site", "pattern", "truth", "decoded")
INCHES_PER_ROW = 0.16


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """True and decoded patterns as images (black −1, white +1) and the wrong signs, sites along x.

    Columns: model, parameters, site, pattern (from 1), truth and decoded (±1, in the order and sign of
    the truth). Drawn is the first series of models, at its largest size, and there at the middle one of
    its temperatures. Raises InputError for missing columns.
    """
    require(table, COLUMNS)
    at = temperature_of(table)
    known = parameters_of(table)
    table, models = as_series(table, known)
    first = next(iter(models))
    _, table = by_size(table[table["model"] == first])[-1]
    present = sorted(table[at].unique())
    chosen = table[table[at] == present[len(present) // 2]]
    truth, decoded = (
        chosen.pivot(index="pattern", columns="site", values=name) for name in ("truth", "decoded")
    )
    wrong = (truth != decoded).to_numpy()
    n_patterns, n_sites = truth.shape
    height = 3 * INCHES_PER_ROW * n_patterns + 1.1
    figure = Figure(figsize=(style.DOUBLE_COLUMN, height), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True, sharey=True)
    extent = (-0.5, n_sites - 0.5, n_patterns + 0.5, 0.5)
    signs = ListedColormap([style.BLACK, "white"])
    errors = ListedColormap(["white", style.VERMILION])
    images = (
        (truth, signs, -1, "true\npattern"),
        (decoded, signs, -1, "decoded\npattern"),
        (wrong, errors, 0, "wrong\nsign"),
    )
    for ax, (image, colours, low, label) in zip(axes, images, strict=True):
        ax.imshow(np.asarray(image), cmap=colours, vmin=low, vmax=1, extent=extent, aspect="auto")
        ax.set_yticks(range(1, n_patterns + 1))
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
        ax.spines[["top", "right"]].set_visible(True)
        ax.tick_params(left=False)
    of_model = f", {models[first].label}" if len(models) > 1 else ""
    count = f"{wrong.sum()} of {wrong.size} signs wrong"
    axes[0].set_title(f"{label_of(chosen.iloc[0], known, [at])}{of_model}: {count}")
    axes[-1].set_xlabel("site")
    return figure
