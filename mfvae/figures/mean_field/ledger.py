"""The free-energy ledger during training: what the latents cost, and what they buy."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from mfvae.figures import style
from mfvae.figures.models import as_series
from mfvae.figures.table import label_of, parameters_of, require

COLUMNS = ("dataset", "model", "step", "decoder_steps", "quantity", "value", "stderr")
TERMS = ("helmholtz", "variational", "gap", "rate", "distortion", "entropy", "energy")
TICKS = (-100, -30, -10, 0, 10, 30, 100)  # nats, of the lower rows
LINEAR = (0.1, 5.0, 5.0)  # nats: the axes are linear up to these, logarithmic beyond
Curve = tuple[str, float, str, dict[str, Any]]  # quantity, sign, label, look
FREE_ENERGIES: tuple[Curve, ...] = (
    ("variational", 1, r"$F_q-H$, $F_q=-\mathrm{ELBO}$", {"color": style.BLACK, "marker": "D"}),
    ("helmholtz", 1, r"$F_p-H$, $F_p=-\log p_\theta(x)$", {"color": style.BLUE, "marker": "o"}),
    ("gap", 1, r"gap $F_q-F_p$", {"color": style.VERMILION, "marker": "s"}),
)
CHANNEL: tuple[Curve, ...] = (
    ("rate", 1, r"rate $R$: what the latents cost", {"color": "#009E73", "marker": "v"}),
    (
        "distortion",
        -1,
        r"$H-$distortion: what they buy",
        {"color": style.COLOURS[6], "marker": "P", "linestyle": "--"},
    ),
)
LATENTS: tuple[Curve, ...] = (
    ("entropy", 1, r"entropy $S_q$", {"color": style.COLOURS[4], "marker": "^"}),
    (
        "energy",
        1,
        r"energy $\langle E_p\rangle_q-H$",
        {"color": style.COLOURS[0], "marker": "X", "linestyle": "--"},
    ),
)
ROWS = (FREE_ENERGIES, CHANNEL, LATENTS)
LABELS = ("free energy\nabove $H(x)$ (nats)", "information (nats)", "entropy and energy\nof $z$ (nats)")
EXACT: dict[str, Any] = {"color": style.BLACK, "linestyle": ":", "linewidth": 1.0, "zorder": 1}
LEFT_OUT = "iwae"  # objective: its encoder may be far from the posterior that it reaches without


def _curve(ax: Axes, rows: pd.DataFrame, curve: Curve) -> None:
    """One term, its error bars where it has some, and the exact value."""
    quantity, sign, _, look = curve
    own = rows[rows["quantity"] == quantity]
    measured = own[own["step"].notna()].sort_values("step")
    shown = {"linestyle": "-", "linewidth": 0.9, "markersize": 3.2} | look
    style.points(ax, measured["step"] + 1, sign * measured["value"], measured["stderr"], **shown)
    for value in own.loc[own["step"].isna(), "value"]:
        ax.axhline(value, **EXACT)


@style.print_style()
def draw(table: pd.DataFrame) -> Figure:
    """Terms of the ledger against the training step, a column of panels per model, at one point.

    Columns: dataset, model, step (none: an exact value, a dotted line), decoder_steps (after which the
    encoder was trained alone: shaded, if steps follow), quantity, value, stderr, and the parameters of
    the point. Quantities are helmholtz, variational, distortion and energy, each less the mean −log p(x)
    of the same configurations, which stands for H, and gap, rate and entropy, all in nats per
    configuration. Above: F_q − H and F_p − H and their difference, the gap; in the middle the rate and H
    − distortion, whose difference is F_q − H; below entropy and energy, whose difference is that too.
    Models of the objective iwae are left out where there are others. Raises InputError for missing
    columns or quantities.
    """
    require(table, COLUMNS, quantity=TERMS)
    known = parameters_of(table)
    table, series = as_series(table, known)
    models = {m: one for m, one in series.items() if one.objective != LEFT_OUT} or series
    table = table[table["model"].isin(list(models))]
    width = style.SINGLE_COLUMN if len(models) == 1 else style.DOUBLE_COLUMN
    figure = Figure(figsize=(width, 5.6), layout="constrained")
    axes = figure.subplots(len(ROWS), len(models), sharex=True, sharey="row", squeeze=False)
    axes[0, 0].set_xscale("log")
    for ax, label, linear in zip(axes[:, 0], LABELS, LINEAR, strict=True):
        ax.set_yscale("symlog", linthresh=linear)
        ax.set_ylabel(label)
    for ax in axes[1:, 0]:
        ax.yaxis.set_major_locator(FixedLocator(TICKS))
        ax.yaxis.set_major_formatter(ScalarFormatter())
        ax.yaxis.set_minor_locator(NullLocator())
    shaded = False
    for column, model in zip(axes.T, models, strict=True):
        rows = table[table["model"] == model]
        last, whole = rows["step"].max() + 1, rows["decoder_steps"].iloc[0] + 1
        for ax, curves in zip(column, ROWS, strict=True):
            for curve in curves:
                _curve(ax, rows, curve)
            if whole < last:
                ax.axvspan(whole, last, **style.SHADE)
                shaded = True
        column[0].axhline(0, color="0.6", linewidth=0.6, zorder=0)
        column[0].set_title(models[model].label)
        column[-1].set_xlabel("training step + 1")
    figure.align_ylabels(axes[:, 0])
    handles = [
        style.key(name, **{"linestyle": "-", "markersize": 3.2} | look)
        for curves in ROWS
        for *_, name, look in curves
    ]
    handles.append(style.key("exact", **EXACT))
    if shaded:
        handles.append(style.key("encoder alone", color="0.87", linewidth=6))
    title = label_of(table.iloc[0], known)
    ncols = 1 if len(models) == 1 else 2  # two are wider than one panel
    figure.legend(handles=handles, loc="outside upper center", ncols=ncols, title=title)
    return figure
