"""Where the data need more information than the latent channel carries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mfvae.figures import style
from mfvae.figures.table import (
    TEMPERATURE,
    by_objective,
    label_of,
    model_label,
    models_of,
    of_points,
    require,
    system_label,
    with_parameters,
)

COLUMNS = ("system", "N", "beta", "L", "T", "model", "quantity", "value", "stderr")
HALF, CHECKERBOARD, EXACT = "bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate"
NEEDED = {"ising_2d": ("rate", HALF, CHECKERBOARD), "curie_weiss": ("rate", HALF, EXACT)}
CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    HALF: (r"$I(A;B)$, half against half", {"color": style.BLACK, "linestyle": "--"}),
    CHECKERBOARD: (r"$I(A;B)$, checkerboard", {"color": style.BLACK, "linestyle": "-"}),
    EXACT: ("rate of the exact channel", {"color": "0.45", "linestyle": "-."}),
}
LEAST = 1e-9  # nats: as good as nothing, and has a logarithm
MARKS = ["critical_temperature", "transition_beta"]
RATE: dict[str, Any] = {"linewidth": 0.7, "markersize": 3.5, "zorder": 3}


def _largest(rows: pd.DataFrame, size: str) -> pd.DataFrame:
    """Rows of one size: among those where the most models have a rate, the largest."""
    rates = rows[rows["quantity"] == "rate"]
    models = rates.groupby(size)["model"].nunique()
    return rows[rows[size] == models.index[models == models.max()].max()]


def _short_of_rate(rate: pd.Series, needed: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Temperatures of both curves and of their crossings, and whether the rate falls short there.

    Both are indexed by temperature; between their points they are straight.
    """
    low, high = max(rate.index.min(), needed.index.min()), min(rate.index.max(), needed.index.max())
    x = np.union1d(rate.index, needed.index)
    x = x[(x >= low) & (x <= high)]
    lack = np.interp(x, needed.index, needed) - np.interp(x, rate.index, rate)
    turn = np.flatnonzero(lack[:-1] * lack[1:] < 0)
    roots = x[turn] - lack[turn] * np.diff(x)[turn] / np.diff(lack)[turn]
    edges = np.concatenate([x, roots])
    short = np.concatenate([lack >= 0, np.full(len(roots), True)])
    return np.sort(edges), short[np.argsort(edges)]


def _panel(
    ax: Axes, rows: pd.DataFrame, looks: dict[str, dict[str, Any]], splits: tuple[str, ...]
) -> bool:
    """One system; returns whether there are temperatures to shade."""
    point = of_points(rows)
    for quantity, (_, line) in CURVES.items():
        curve = point[point["quantity"] == quantity].drop_duplicates("T").sort_values("T")
        if not curve.empty:
            ax.plot(curve["T"], curve["value"], **line)
    rates = rows[(rows["quantity"] == "rate") & rows["model"].notna()]
    for model, look in looks.items():
        own = rates[rates["model"] == model].sort_values("T")
        if not own.empty:
            style.points(ax, own["T"], own["value"], own["stderr"], **look)
    information = point[point["quantity"].isin(splits)]
    values = pd.concat([information["value"], rates["value"]])
    style.log_if_wide(ax, values[values > 0])
    best, worst = (t.groupby("T")["value"].max() for t in (rates, information))
    if ax.get_yscale() == "log":  # the lines are straight on the axes that are drawn
        best, worst = (np.log(curve.clip(lower=LEAST)) for curve in (best, worst))
    x, short = _short_of_rate(best, worst)
    ax.fill_between(x, 0, 1, where=short, transform=ax.get_xaxis_transform(), **style.SHADE)
    ax.set_xlabel(TEMPERATURE)
    return bool((short[1:] & short[:-1]).any())


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """I(A;B) and the trained rates R against temperature: the 2D Ising model beside Curie–Weiss.

    Columns: system (ising_2d and curie_weiss), N, beta, L, T, model (none: of the point), quantity,
    value, stderr; T of curie_weiss is 1/β. Drawn are, in nats, rate, bipartite_mi_half, and
    bipartite_mi_checkerboard (Ising) or exact_channel_rate (Curie–Weiss), at the largest of the sizes
    that have the most trained models; critical_temperature and transition_beta are vertical lines.
    Shaded is where the largest trained rate is below the largest I(A;B). Raises InputError for missing
    columns, systems or quantities.
    """
    require(table, COLUMNS, system=tuple(NEEDED))
    table = by_objective(with_parameters(table))
    table = table[(table["source"] != "limit") | table["quantity"].isin(MARKS)]
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 3.0), layout="constrained")
    axes = figure.subplots(1, 2)
    panels = {}
    for system, quantities in NEEDED.items():
        rows = table[table["system"] == system]
        require(rows, COLUMNS, quantity=quantities)
        size = "N" if system == "curie_weiss" else "L"
        panels[system] = _largest(rows[rows["quantity"].isin(quantities)], size)
    drawn = pd.concat(panels.values())
    models = models_of(drawn[drawn["quantity"] == "rate"])
    looks = {model: look | RATE for model, look in style.of_models(models).items()}
    shaded = False
    for letter, ax, (system, rows) in zip("ab", axes, panels.items(), strict=True):
        quantities, size = NEEDED[system], "N" if system == "curie_weiss" else "L"
        marks = table[(table["system"] == system) & table["quantity"].isin(MARKS)]
        if system == "curie_weiss":
            rows = rows.assign(T=1 / rows["beta"])
        shaded |= _panel(ax, rows, looks, tuple(q for q in quantities if q.startswith("bipartite")))
        for quantity, value in marks[["quantity", "value"]].drop_duplicates().to_numpy():
            style.mark(ax, 1 / value if quantity == "transition_beta" else value)
        ax.set_title(f"({letter}) {system_label(system)}, {label_of(rows.iloc[0], [size])}", loc="left")
    axes[0].set_ylabel("information (nats)")

    handles: list[Artist] = [style.key(label, **line) for label, line in CURVES.values()]
    handles += [style.key(f"trained rate $R$, {model_label(m)}", **look) for m, look in looks.items()]
    if table["quantity"].isin(MARKS).any():
        handles.append(style.key("critical temperature", **style.MARK))
    if shaded:
        handles.append(Patch(label="no faithful VAE of these rates", **style.SHADE))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure
