"""One standard plot of each result, into axes that are given, or into those of a new figure.

>>> import mfvae
>>> x = np.random.default_rng(0).integers(2, size=(300, 4))
>>> ax = mfvae.plot.counts(mfvae.fit(x, latents=1, epochs=1))
>>> ax.get_xlabel()
'number of +1 in a row'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mfvae.analysis.diagnosis import Diagnosis
from mfvae.analysis.fit import Fit
from mfvae.analysis.interactions import Interactions
from mfvae.analysis.ladder import paired_gain
from mfvae.analysis.reproduction import Reproduction, reproduction
from mfvae.analysis.theory import PRIOR_DRAWS, WAYS, Theory
from mfvae.analysis.wells import LatentWells
from mfvae.decoding.collective import collective_variables
from mfvae.errors import InputError
from mfvae.figures import letters, style
from mfvae.figures.clusters import order_of, tree_of
from mfvae.figures.vocabulary import shortened
from mfvae.random import generator

if TYPE_CHECKING:
    import pandas as pd

HEIGHT = 2.4  # inches
MATRIX, COLOUR_BAR = 3.4, 0.9  # inches of a matrix of sites
NAME_SIZE = 5  # points of their names
SINGULAR_VALUES = 8  # beyond the number of patterns
PAIRS_SHOWN = 5000
MOST_SHOWN = 5000  # rows
STRETCH = 500  # rows whose latents are shown in their order
NAMES_SHOWN = 40  # sites whose names fit below an axis


def _axes(ax: Axes | None, width: float = style.SINGLE_COLUMN, height: float = HEIGHT) -> Axes:
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").subplots()


def ladder(fit: Fit, ax: Axes | None = None) -> Axes:
    """Nats by which every number of latents is behind the best law, with errors of the difference.

    The line marks the chosen number.
    """
    ax = _axes(ax)
    kinds = {"free decoder": fit.laws, "with patterns": fit.forms}
    best = max(fit.tried, key=lambda law: np.average(law.log_prob, weights=law.weights))
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
    ax.set_ylabel("nats a row behind the best")
    if fit.forms:
        ax.legend()
    return ax


def bound(diagnosis: Diagnosis, ax: Axes | None = None) -> Axes:
    """What the latents carry, the rate R, against what two halves of the sites share, I(A;B)."""
    ax, information = _axes(ax), diagnosis.information
    bars = {
        "R, carried\nby the latents": diagnosis.rate,
        "I(A;B) of the data,\nat least": None if information is None else information.estimate,
        "I(A;B) of\nthe model": diagnosis.model_information,
    }
    known = {name: found for name, found in bars.items() if found is not None}
    for i, found in enumerate(known.values()):
        style.points(ax, [i], [found.value], [found.stderr], **style.series(i))
    ax.set_xticks(range(len(known)), list(known))
    ax.set_xlim(-0.5, max(1, len(known)) - 0.5)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("nats a row")
    return ax


def spectrum(fit: Fit, ax: Axes | None = None) -> Axes:
    """Singular values of the fields of the free decoder; those of K patterns stand out.

    Raises InputError for a fit without latents.
    """
    ax = _axes(ax)
    if fit.free.model is None:
        raise InputError("latents", 0, "one latent at least is needed: there are no fields")
    rng = generator(fit.ladder.seed, "analysis/spectrum")
    found = collective_variables(fit.free.model, fit.latents, PRIOR_DRAWS, rng)
    values = found.singular_values[: fit.patterns + SINGULAR_VALUES]
    ax.semilogy(np.arange(1, len(values) + 1), values, marker="o", color=style.BLUE)
    ax.axvline(fit.patterns + 0.5, **style.MARK)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("direction of the fields")
    ax.set_ylabel("root mean square")
    return ax


def interactions(found: Interactions, ax: Axes | None = None) -> Axes:
    """Effective couplings of all pairs of sites, alike beside each other, by colour."""
    import seaborn  # it loads pyplot, which figures do without

    ax = _axes(ax, MATRIX + COLOUR_BAR, MATRIX)
    most = float(np.abs(found.pairs).max()) or 1.0
    alike = found.pairs + most * np.eye(len(found.pairs))  # a site is most like itself
    order = order_of(tree_of(alike)) if len(alike) > 2 else np.arange(len(alike))
    shown = found.pairs[np.ix_(order, order)].copy()
    np.fill_diagonal(shown, np.nan)
    names = [shortened(found.site_names[site]) for site in order] if len(order) <= NAMES_SHOWN else False
    seaborn.heatmap(
        shown, ax=ax, cmap="PuOr", vmin=-most, vmax=most, square=True, rasterized=True,
        xticklabels=False, yticklabels=names, cbar_kws={"label": "effective $J_{ij}$"},
    )  # fmt: skip
    ax.tick_params(axis="y", rotation=0, length=0, labelsize=NAME_SIZE)
    ax.set_xlabel(f"{len(order)} sites, alike beside each other")
    return ax


def against_truth(found: Interactions, ax: Axes | None = None) -> Axes:
    """Effective couplings against the true ones; equal on the line.

    Raises InputError where the true ones are not known.
    """
    if found.truth is None:
        raise InputError("truth", None, "interactions with known couplings are needed")
    table = found.to_frame()
    step = max(1, len(table) // PAIRS_SHOWN)
    shown = table.iloc[::step].rename(columns={"truth": "data", "value": "model"})
    ax = _against(shown, _axes(ax), "coupling of a pair")
    ax.set_xlabel("true $J_{ij}$")
    ax.set_ylabel("effective $J_{ij}$")
    return ax


def couplings(theory: Theory, ax: Axes | None = None) -> Axes:
    """βJ of every pattern, read in each of the ways, with standard errors."""
    ax = _axes(ax)
    for i, way in enumerate(WAYS):
        rows = theory.couplings[theory.couplings["way"] == way]
        if len(rows):
            look = style.series(i) | {"linestyle": "none", "label": way}
            x = rows["pattern"].to_numpy() + 0.12 * (i - 1)
            style.points(ax, x, rows["value"], rows["stderr"], **look)
    ax.set_xlim(0.5, max(1, theory.n_patterns) + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("pattern")
    ax.set_ylabel(r"coupling $\beta J$")
    if theory.n_patterns:
        ax.legend()
    return ax


def patterns(theory: Theory, ax: Axes | None = None, *, pattern: int = 1) -> Axes:
    """One pattern over the sites, sorted by its value; names stand below where they fit.

    Of sites with states or components a map of them over the sites, in the order of the data.
    Raises InputError for a pattern that the theory does not have.
    """
    ax = _axes(ax, style.DOUBLE_COLUMN)
    if not 1 <= pattern <= theory.n_patterns:
        raise InputError("pattern", pattern, f"one of 1 to {theory.n_patterns} is needed")
    if theory.patterns.index.nlevels > 1:
        return _map(theory.patterns[f"pattern_{pattern}"], ax, f"pattern {pattern}")
    values = theory.patterns[f"pattern_{pattern}"].sort_values(ascending=False, kind="stable")
    ax.vlines(np.arange(len(values)), 0, values, color=style.BLUE, linewidth=1.5)
    ax.axhline(0, **style.MARK)
    ax.set_ylabel(f"pattern {pattern}")
    if len(values) <= NAMES_SHOWN:
        ax.set_xticks(range(len(values)), map(shortened, values.index), rotation=90)
        ax.set_xlabel(str(values.index.name))
    else:
        ax.set_xlabel(f"{values.index.name}, sorted by the pattern")
    return ax


def _map(values: pd.Series, ax: Axes, name: str) -> Axes:
    """States or components against sites, 0 in the middle of the colours."""
    import seaborn  # it loads pyplot, which figures do without

    site, kind = values.index.names
    n_labels = values.index.get_level_values(1).nunique()
    table = values.to_numpy().reshape(-1, n_labels).T
    labels = values.index.get_level_values(1)[:n_labels]
    names = [shortened(name) for name in values.index.get_level_values(0)[::n_labels]]
    seaborn.heatmap(
        table, ax=ax, center=0, cmap="RdBu_r", rasterized=True, yticklabels=labels,
        xticklabels=names if len(names) <= NAMES_SHOWN else False, cbar_kws={"label": name},
    )  # fmt: skip
    ax.tick_params(axis="y", rotation=0)
    ax.set_xlabel(str(site))
    ax.set_ylabel(str(kind))
    return ax


def logo(theory: Theory, ax: Axes | None = None, *, pattern: int = 1) -> Axes:
    """One pattern of letters as a sequence logo: what it makes more likely above 0, less likely below.

    The height of a letter is the pattern at its position and state. Raises InputError for patterns that
    there are not, and for sites other than states of one character each.
    """
    if not theory.of_letters:
        raise InputError("theory", "no letters", "patterns of states of one character each are needed")
    if not 1 <= pattern <= theory.n_patterns:
        raise InputError("pattern", pattern, f"one of 1 to {theory.n_patterns} is needed")
    values = theory.patterns[f"pattern_{pattern}"]
    states = values.index.unique(1).tolist()
    ax = letters.logo(_axes(ax, style.DOUBLE_COLUMN), values.to_numpy().reshape(-1, len(states)), states)
    ax.set_xlabel(str(values.index.names[0]))
    ax.set_ylabel(f"pattern {pattern}")
    return ax


def conservation(found: Reproduction, ax: Axes | None = None) -> Axes:
    """How far every site of states is from all states alike, in held-out rows and in the model.

    That is log q − H of a site, in nats. Raises InputError for other sites than states.
    """
    if found.conservation is None:
        raise InputError("data", "no states", "Potts states are needed")
    ax, table = _axes(ax, style.DOUBLE_COLUMN), found.conservation
    positions = np.arange(1, len(table) + 1)
    ax.bar(positions, table["data"], color="0.8", label="held-out rows")
    ax.plot(positions, table["model"], "_", color=style.VERMILION, label="model")
    ax.set_xlabel("site")
    ax.set_ylabel("conservation (nats)")
    ax.legend()
    return ax


def latents(fit: Fit, ax: Axes | None = None) -> Axes:
    """Posterior means of the first two latents of held-out rows; of one, how they are distributed.

    Raises InputError for a fit without latents.
    """
    ax = _axes(ax)
    if not fit.latents:
        raise InputError("latents", 0, "one latent at least is needed")
    x = fit.data.array[fit.parts == "test"]
    seen = None if fit.data.observed is None else fit.data.observed[fit.parts == "test"]
    z = fit.latent_means(x[:MOST_SHOWN], None if seen is None else seen[:MOST_SHOWN])
    ax.set_xlabel("E[z₁ | row]")
    if fit.latents == 1:
        ax.hist(z[:, 0], bins=40, color=style.BLUE)
        ax.set_ylabel("held-out rows")
    else:
        ax.plot(z[:, 0], z[:, 1], ".", markersize=2, color=style.BLUE, alpha=0.5)
        ax.set_ylabel("E[z₂ | row]")
    return ax


def latents_along(fit: Fit, ax: Axes | None = None) -> Axes:
    """Posterior means of all latents over the longest stretch of held-out rows, in their order.

    Raises InputError for a fit without latents.
    """
    ax = _axes(ax, style.DOUBLE_COLUMN)
    if not fit.latents:
        raise InputError("latents", 0, "one latent at least is needed")
    rows = _longest_stretch(fit.parts == "test")[:STRETCH]
    seen = None if fit.data.observed is None else fit.data.observed[rows]
    z = fit.latent_means(fit.data.array[rows], seen)
    for k in range(fit.latents):
        look = style.coloured(k) | {"marker": "", "linewidth": 0.8, "label": f"$z_{{{k + 1}}}$"}
        ax.plot(rows, z[:, k], **look)
    ax.set_xlabel(f"{fit.data.units.get('row', 'row')} of the data")
    ax.set_ylabel("E[z | row]")
    if fit.latents > 1:
        ax.legend(ncols=fit.latents)
    return ax


def _longest_stretch(chosen: np.ndarray) -> np.ndarray:
    """Indices of the longest run of True in an array of bool (B,), the first of equals.

    >>> _longest_stretch(np.array([True, False, True, True, False])).tolist()
    [2, 3]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return np.arange(starts[longest], ends[longest])


def energies(found: LatentWells, ax: Axes | None = None) -> Axes:
    """Energies of the latent space by their index, and those of first-order perturbation theory.

    The line marks the gap that counts the wells. Energies below a thousandth of the first above the gap
    lie on the lower end of the axis.
    """
    ax = _axes(ax)
    table, gap = found.to_frame(), found.wells - 0.5
    lowest = found.spectrum.energies[found.wells] / 1000
    index = np.arange(len(table))
    first_order = table["first_order"].clip(lowest)
    ax.plot(index, first_order, linestyle="none", label="first order", **style.OPEN)
    full = table["energy"].clip(lowest)
    ax.plot(index, full, linestyle="none", marker="s", color=style.VERMILION, label="full operator")
    ax.axvline(gap, **style.MARK)
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("state $n$")
    ax.set_ylabel("energy (inverse squared length)")
    ax.legend()
    return ax


def state(found: LatentWells, ax: Axes | None = None, *, index: int = 1) -> Axes:
    """An eigenfunction ψ over the first two latents, by colour; of one latent, against it.

    Raises InputError for a state that was not computed.
    """
    ax = _axes(ax)
    states, z = found.spectrum.states, found.latents
    if not 0 <= index < states.shape[1]:
        raise InputError("index", index, f"one of 0 to {states.shape[1] - 1} is needed")
    psi, name = states[:, index], rf"$\psi_{{{index}}}$"
    ax.set_xlabel("$z_1$")
    if z.shape[1] == 1:
        order = np.argsort(z[:, 0])
        ax.plot(z[order, 0], psi[order], color=style.BLUE)
        ax.axhline(0, **style.MARK)
        ax.set_ylabel(name)
        return ax
    dots = ax.scatter(z[:, 0], z[:, 1], c=psi, s=4, linewidths=0, cmap=style.COLOUR_MAP)
    ax.figure.colorbar(dots, ax=ax, label=name)
    ax.set_ylabel("$z_2$")
    return ax


def counts(fit: Fit | Reproduction, ax: Axes | None = None) -> Axes:
    """Share of the rows with each number of +1: of held-out rows and of the model.

    Raises InputError for other sites than spins, and for rows with gaps.
    """
    ax = _axes(ax)
    found = fit if isinstance(fit, Reproduction) else reproduction(fit)
    if found.counts is None:
        raise InputError("data", "no counts", "spins without gaps are needed")
    table = found.counts
    ax.plot(table["count"], table["data"], linestyle="none", label="held-out rows", **style.OPEN)
    ax.plot(table["count"], table["model"], color=style.VERMILION, label="model")
    ax.set_yscale("log")
    ax.set_xlabel("number of +1 in a row")
    ax.set_ylabel("share of the rows")
    ax.legend()
    return ax


def means(found: Reproduction, ax: Axes | None = None) -> Axes:
    """The mean of every site, in the model and in held-out rows; equal on the line."""
    return _against(found.means, _axes(ax), "mean of a site")


def pairs(found: Reproduction, ax: Axes | None = None) -> Axes:
    """The covariance of every pair, in the model and in held-out rows; equal on the line."""
    step = max(1, len(found.pairs) // PAIRS_SHOWN)
    return _against(found.pairs.iloc[::step], _axes(ax), "covariance of a pair")


def _against(table: object, ax: Axes, what: str) -> Axes:
    data, model = table["data"], table["model"]  # type: ignore[index]
    ax.plot(data, model, ".", markersize=3, color=style.BLUE, alpha=0.6)
    low, high = float(min(data.min(), model.min())), float(max(data.max(), model.max()))
    ax.plot([low, high], [low, high], **style.MARK)
    ax.set_xlabel(f"{what}, held-out rows")
    ax.set_ylabel("model")
    return ax
