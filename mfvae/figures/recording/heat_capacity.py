"""Heat capacity of models of a population: is the recorded population near a critical point?"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mfvae.figures import style
from mfvae.figures.recording.population import line_of, population_series
from mfvae.figures.table import require

COLUMNS = ("model", "temperature", "value", "stderr")
ABOVE = 0.05  # of the axis: how far above its peak a mark is


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """C/N against the temperature T of every model; the data are at T = 1, peaks are in the legend.

    Columns: model, temperature (of p_T(x) ∝ p(x)^(1/T)), value (C/N in k_B) and stderr (bars of
    one standard error). A filled triangle marks the largest value of a model. Raises InputError for
    missing columns.
    """
    require(table, COLUMNS)
    table, series = population_series(table)
    figure = Figure(figsize=(style.SINGLE_COLUMN, 3.2), layout="constrained")
    ax = figure.subplots()
    style.mark(ax, 1)
    top = float(table["value"].max())
    handles = []
    for model, (label, look, _) in series.items():
        rows = table[table["model"] == model].sort_values("temperature")
        small = line_of(look) | {"marker": look["marker"], "markersize": 2.5}
        bars = {"elinewidth": 0.6, "capsize": 0}
        style.points(ax, rows["temperature"], rows["value"], rows["stderr"], **small, **bars)
        height = float(rows["value"].max())
        at = float(rows["temperature"].iloc[int(rows["value"].argmax())])
        ax.plot(at, height + ABOVE * top, marker="v", markersize=5, color=look["color"])
        handles.append(style.key(f"{label}, peak at $T = {at:.3g}$", **small))
    handles.append(style.key("$T = 1$: the models of the data", **style.MARK))
    ax.set_ylim(0, 1.12 * top)
    ax.set_xlabel("temperature $T$")
    ax.set_ylabel(r"heat capacity $C/N$ ($k_\mathrm{B}$)")
    figure.legend(handles=handles, loc="outside upper center", ncols=1)
    return figure
