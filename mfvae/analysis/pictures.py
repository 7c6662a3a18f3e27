"""Pictures of one analysis: the ladder of latents, couplings read three ways, patterns over sites."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.analysis.fit import Fit
from mfvae.analysis.ladder import paired_gain
from mfvae.analysis.theory import WAYS, Theory
from mfvae.figures import style

INCHES_PER_PATTERN = 0.9


@style.print_style()
def ladder(fit: Fit) -> Figure:
    """Held-out nats of every number of latents and patterns above the best one, with paired errors."""
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.4), layout="constrained")
    ax = figure.subplots()
    kinds = {"free decoder": fit.laws, "b + ξ·φ(z)": fit.forms}
    best = max(fit.tried, key=lambda law: law.log_prob.mean())
    for i, (label, laws) in enumerate(kinds.items()):
        behind = [paired_gain(best, law, fit.groups) for law in laws.values()]
        if behind:
            x = [law.latents for law in laws.values()]
            values, errors = [one.value for one in behind], [one.stderr for one in behind]
            look = style.series(i) | {"linestyle": "-" if i == 0 else "none", "label": label}
            style.points(ax, np.array(x) + 0.08 * i, values, errors, **look)
    ax.set_yscale("symlog", linthresh=0.01)
    ax.axvline(fit.latents, **style.MARK)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number of latents")
    ax.set_ylabel("nats a row above the best")
    if fit.forms:
        ax.legend()
    return figure


@style.print_style()
def couplings(theory: Theory) -> Figure:
    """βJ of every pattern, read in each of the ways, with standard errors."""
    figure = Figure(figsize=(style.SINGLE_COLUMN, 2.4), layout="constrained")
    ax = figure.subplots()
    for i, way in enumerate(WAYS):
        rows = theory.couplings[theory.couplings["way"] == way]
        if len(rows):
            look = style.series(i) | {"linestyle": "none", "label": way}
            x = rows["pattern"].to_numpy() + 0.12 * (i - 1)
            style.points(ax, x, rows["value"], rows["stderr"], **look)
    ax.set_xlim(0.5, theory.n_patterns + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("pattern")
    ax.set_ylabel(r"coupling $\beta J$")
    ax.legend()
    return figure


@style.print_style()
def patterns(theory: Theory) -> Figure:
    """Every pattern over the sites, in their order."""
    k = theory.n_patterns
    figure = Figure(figsize=(style.DOUBLE_COLUMN, 0.6 + INCHES_PER_PATTERN * k), layout="constrained")
    axes = figure.subplots(k, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for number, ax in enumerate(axes, 1):
        values = theory.patterns[f"pattern_{number}"].to_numpy()
        ax.vlines(np.arange(len(values)), 0, values, color=style.BLUE, linewidth=1.5)
        ax.axhline(0, **style.MARK)
        ax.set_ylabel(f"pattern {number}")
    axes[-1].set_xlabel(f"{theory.patterns.index.name} (in the order of the file)")
    return figure


def as_png(figure: Figure) -> bytes:
    """The content of a PNG file."""
    drawn = io.BytesIO()
    with style.print_style():
        figure.savefig(drawn, format="png", dpi=style.PNG_DPI)
    return drawn.getvalue()
