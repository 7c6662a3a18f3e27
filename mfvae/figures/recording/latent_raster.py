"""Spikes of a population in one repeat of a stimulus, and the latent variables inferred from them."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import require

COLUMNS = ("quantity", "neuron", "bin", "index", "value", "spread", "single")
BIN = 0.02  # seconds
LATENT_HEIGHT, RASTER_HEIGHT = 0.62, 2.2  # inches


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Raster of one repeat above, latent variables of all repeats beneath, on one axis of time.

    Columns: quantity, neuron, bin, index, value, spread, single. Rows ``spike``: neuron and bin (20 ms,
    from 0 at the start of the stimulus), neurons from below in order of their number. Rows ``latent``:
    index (1 to d), bin, value (posterior mean, its mean over repeats), spread (its standard deviation
    over repeats: a band), single (its value in the repeat that is shown: a thin line), in standard
    deviations of the prior. A repeat without spikes is said to be silent. Raises
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
    raster.scatter(
        BIN * (shown["bin"] + 0.5), shown["neuron"], s=1.6, marker="s", color=style.BLACK, linewidths=0,
        rasterized=True,
    )  # fmt: skip
    raster.set_ylabel("neuron")
    if spikes.empty:
        raster.set_yticks([])
        raster.text(0.5, 0.5, "no spikes in this repeat", ha="center", transform=raster.transAxes)
    else:
        raster.set_ylim(float(spikes["neuron"].min()) - 1, float(spikes["neuron"].max()) + 1)
    for ax, rows in zip(axes, latents, strict=True):
        time = BIN * (rows["bin"] + 0.5)
        low, high = rows["value"] - rows["spread"], rows["value"] + rows["spread"]
        ax.fill_between(time, low, high, color=style.COLOURS[0], alpha=0.5, linewidth=0)
        ax.plot(time, rows["value"], color=style.BLUE, linewidth=1.2)
        ax.plot(time, rows["single"], color=style.VERMILION, linewidth=0.6)
        ax.set_ylabel(f"$z_{{{rows['index'].iloc[0]:g}}}$")
    figure.align_ylabels([raster, *axes])
    axes[-1].set_xlim(BIN * first, BIN * (last + 1))
    axes[-1].set_xlabel("time in the movie (s)")
    handles = [
        style.key("this repeat", color=style.VERMILION, linewidth=0.6),
        style.key("mean over repeats", color=style.BLUE, linewidth=1.2),
        style.key("± s.d. over repeats", color=style.COLOURS[0], alpha=0.5, linewidth=5),
    ]
    title = "posterior mean of $z$ (prior s.d.):"
    handles.insert(0, style.key(title, linestyle="none"))
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure
