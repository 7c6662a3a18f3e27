"""Active sites of a population in one group of rows, and the latent variables inferred from them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import require
from mfvae.figures.vocabulary import NEUTRAL, SiteWords

COLUMNS = ("quantity", "neuron", "bin", "index", "value", "spread", "single")
LATENT_HEIGHT, RASTER_HEIGHT = 0.62, 2.2  # inches


@style.print_style()
def draw(table: pd.DataFrame, words: SiteWords = NEUTRAL) -> Figure:
    """Raster of one group above, latent variables of all groups beneath, on one axis of time.

    Columns: quantity, neuron, bin, index, value, spread, single. Rows ``spike``: neuron (the site) and
    bin (the row, from 0 at the start of the group), sites from below in order of their number. Rows
    ``latent``: index (1 to d), bin, value (posterior mean, its mean over groups), spread (its standard
    deviation over groups: a band), single (its value in the group that is shown: a thin line), in
    standard deviations of the prior. A group without active sites is said to have none. Raises
    InputError for missing columns or latents.
    """
    require(table, COLUMNS, quantity=("latent",))
    spikes = table[table["quantity"] == "spike"]
    latents = [
        rows.sort_values("bin") for _, rows in table[table["quantity"] == "latent"].groupby("index")
    ]
    count = len(latents)
    height = RASTER_HEIGHT + LATENT_HEIGHT * count + 0.5
    figure = Figure(figsize=(style.DOUBLE_COLUMN, height), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.02, hspace=0.01)  # type: ignore[union-attr, call-arg]
    ratios = [RASTER_HEIGHT] + [LATENT_HEIGHT] * count
    raster, *axes = figure.subplots(count + 1, 1, sharex=True, height_ratios=ratios)
    bins = pd.concat(latents)["bin"]
    first, last = float(bins.min()), float(bins.max())
    shown = spikes[spikes["bin"].between(first, last)]
    squares: dict[str, Any] = {"s": 1.6, "marker": "s", "color": style.BLACK, "linewidths": 0}
    raster.scatter(words.step * (shown["bin"] + 0.5), shown["neuron"], rasterized=True, **squares)
    raster.set_ylabel(words.site)
    if spikes.empty:
        raster.set_yticks([])
        said = f"no {words.actives} in this {words.group}"
        raster.text(0.5, 0.5, said, ha="center", transform=raster.transAxes)
    else:
        raster.set_ylim(float(spikes["neuron"].min()) - 1, float(spikes["neuron"].max()) + 1)
    for ax, rows in zip(axes, latents, strict=True):
        time = words.step * (rows["bin"] + 0.5)
        low, high = rows["value"] - rows["spread"], rows["value"] + rows["spread"]
        ax.fill_between(time, low, high, color=style.COLOURS[0], alpha=0.5, linewidth=0)
        ax.plot(time, rows["value"], color=style.BLUE, linewidth=1.2)
        ax.plot(time, rows["single"], color=style.VERMILION, linewidth=0.6)
        ax.set_ylabel(f"$z_{{{rows['index'].iloc[0]:g}}}$")
    figure.align_ylabels([raster, *axes])
    axes[-1].set_xlim(words.step * first, words.step * (last + 1))
    axes[-1].set_xlabel(words.time_label)
    handles = [
        style.key(f"this {words.group}", color=style.VERMILION, linewidth=0.6),
        style.key(f"mean over {words.groups}", color=style.BLUE, linewidth=1.2),
        style.key(f"± s.d. over {words.groups}", color=style.COLOURS[0], alpha=0.5, linewidth=5),
    ]
    title = "posterior mean of $z$ (prior s.d.):"
    handles.insert(0, style.key(title, linestyle="none"))
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure
