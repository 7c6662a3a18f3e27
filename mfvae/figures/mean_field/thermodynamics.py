"""Free energy, energy and entropy of the latent description against temperature, exact and trained."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import (
    axis_label,
    by_size,
    parameters_of,
    require,
    size_of,
    temperature_of,
    without_source,
)

COLUMNS = ("model", "quantity", "value", "stderr", "source")
OBJECTIVE = "exact"
DECODER: dict[str, Any] = {"marker": "o", "markersize": 3.2, "zorder": 3, "linestyle": "none"}
ENCODER: dict[str, Any] = DECODER | {
    "marker": "s",
    "markersize": 5,
    "markerfacecolor": "white",
    "zorder": 2,
}
PANELS = (  # quantity under the posterior, the same under q, per site, label
    ("ledger_helmholtz", None, True, r"free energy $F/N=(E-S)/N$" + "\n(nats per site)"),
    ("posterior_energy", "ledger_energy", True, "energy $E/N$\n(nats per site)"),
    ("posterior_entropy", "ledger_entropy", False, "entropy $S$ (nats)"),
)
QUANTITIES = tuple(quantity for quantity, *_ in PANELS)


def _points(ax: Axes, rows: pd.DataFrame, at: str, scale: float, **look: Any) -> None:
    rows = rows.sort_values(at)
    style.points(ax, rows[at], rows["value"] / scale, rows["stderr"] / scale, **look)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """F/N, E/N and S against temperature: the exact latent description (lines) and trained models.

    Columns: model, quantity, value, stderr, source (exact: curves), parameters. Energies −log p(x, z)
    and entropies of z given x, averaged over the data, are in nats: ledger_helmholtz (F),
    posterior_energy and posterior_entropy under the decoder's own posterior (full symbols),
    ledger_energy and ledger_entropy under the encoder's Gaussian (open); other rows are ignored. Drawn
    are the models of the objective ``exact`` if there are any, else all. Raises InputError for missing
    columns or rows.
    """
    require(table, COLUMNS, quantity=QUANTITIES)
    table, at, size = without_source(table), temperature_of(table), size_of(table)
    known = parameters_of(table)
    curves, measured = table[table["source"] == "exact"], table[table["source"].isna()]
    measured, models = as_series(measured, known)
    exact = [model for model, series in models.items() if series.objective == OBJECTIVE]
    if exact:
        measured = measured[measured["model"].isin(exact)]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 2.9), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    sizes = by_size(pd.concat([measured, curves]))
    for i, (_, of_size) in enumerate(sizes):
        look = style.series(i)
        for ax, (own, encoder, per_site, _) in zip(axes, PANELS, strict=True):
            scale = float(of_size[size].iloc[0]) if per_site else 1.0
            rows = of_size[of_size["quantity"] == own].sort_values(at)
            curve, points = rows[rows["source"] == "exact"], rows[rows["source"].isna()]
            line = {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 0.9}
            ax.plot(curve[at], curve["value"] / scale, **line)
            if encoder is not None:
                under_q = of_size[of_size["quantity"] == encoder]
                _points(ax, under_q, at, scale, color=look["color"], **ENCODER)
            _points(ax, points, at, scale, color=look["color"], **DECODER)
    for letter, ax, (*_, label) in zip("abc", axes, PANELS, strict=True):
        ax.set_title(f"({letter})", loc="left")
        ax.set_xlabel(axis_label(known[at]))
        ax.set_ylabel(label)
    handles = [
        style.key(label, **style.series(i) | {"marker": ""}) for i, (label, _) in enumerate(sizes)
    ]
    shown = measured["model"].unique()
    of_model = f", {models[shown[0]].label}" if len(shown) == 1 else ""
    handles += [
        style.key("exact latents", color="0.35", linewidth=0.9),
        style.key(f"decoder's posterior{of_model}", color="0.35", **DECODER),
        style.key(f"encoder's Gaussian $q${of_model}", color="0.35", **ENCODER),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure
