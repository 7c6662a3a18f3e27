"""Free energy, energy and entropy of the latent description against temperature, exact and trained."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.table import (
    INVERSE_TEMPERATURE,
    by_objective,
    by_system,
    model_label,
    require,
    with_parameters,
)

COLUMNS = ("N", "beta", "model", "quantity", "value", "stderr", "source")
MODEL = "exact"
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


def _points(ax: Axes, rows: pd.DataFrame, scale: float, **look: Any) -> None:
    rows = rows.sort_values("beta")
    style.points(ax, rows["beta"], rows["value"] / scale, rows["stderr"] / scale, **look)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """F/N, E/N and S against β, per N: the exact latent description (lines) and trained models.

    Columns: N, beta, model, quantity, value, stderr, source (exact: curves). Energies −log p(x, z) and
    entropies of z given x, averaged over the data, are in nats: ledger_helmholtz (F), posterior_energy
    and posterior_entropy under the decoder's own posterior (full symbols), ledger_energy and
    ledger_entropy under the encoder's Gaussian (open); other rows are ignored. Drawn are the models of
    the objective ``exact`` if there are any, else all. Raises InputError for missing columns or rows.
    """
    require(table, COLUMNS, quantity=QUANTITIES)
    table = with_parameters(by_objective(table))
    curves, measured = table[table["source"] == "exact"], table[table["source"].isna()]
    if (measured["model"] == MODEL).any():
        measured = measured[measured["model"] == MODEL]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 2.9), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    sizes = by_system(pd.concat([measured, curves]))
    for i, (_, of_size) in enumerate(sizes):
        look = style.series(i)
        for ax, (own, encoder, per_site, _) in zip(axes, PANELS, strict=True):
            scale = float(of_size["N"].iloc[0]) if per_site else 1.0
            rows = of_size[of_size["quantity"] == own].sort_values("beta")
            curve, points = rows[rows["source"] == "exact"], rows[rows["source"].isna()]
            line = {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 0.9}
            ax.plot(curve["beta"], curve["value"] / scale, **line)
            if encoder is not None:
                under_q = of_size[of_size["quantity"] == encoder]
                _points(ax, under_q, scale, color=look["color"], **ENCODER)
            _points(ax, points, scale, color=look["color"], **DECODER)
    for letter, ax, (*_, label) in zip("abc", axes, PANELS, strict=True):
        ax.set_title(f"({letter})", loc="left")
        ax.set_xlabel(INVERSE_TEMPERATURE)
        ax.set_ylabel(label)
    handles = [
        style.key(label, **style.series(i) | {"marker": ""}) for i, (label, _) in enumerate(sizes)
    ]
    models = measured["model"].unique()
    of_model = f", {model_label(models[0])}" if len(models) == 1 else ""
    handles += [
        style.key("exact latents", color="0.35", linewidth=0.9),
        style.key(f"decoder's posterior{of_model}", color="0.35", **DECODER),
        style.key(f"encoder's Gaussian $q${of_model}", color="0.35", **ENCODER),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure
