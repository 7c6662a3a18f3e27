"""Figures of replicas: what each panel holds."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PathCollection

from mfvae.figures import style
from mfvae.figures.studies.degeneracy import AGREEMENT, SEPARABILITY
from mfvae.figures.studies.replicas import FLOOR, SHOWN
from mfvae.figures.studies.wells import LOWEST
from tests.helpers.figures.artists import bars, figure_of, legend
from tests.helpers.figures.degeneracy_tables import box_spectrum, degeneracy, replicas, wells


def test_measures_lie_side_by_side_for_every_number_of_clusters() -> None:
    table = degeneracy().query("box == 'shown'")
    figure, axes = figure_of("degeneracy", degeneracy())
    assert [ax.get_title() for ax in axes[:4]] == [f"{k} clusters" for k in (2, 3, 4, 5)]
    assert set(legend(figure)) == {*AGREEMENT.values(), *SEPARABILITY.values()}
    for k, above, below in zip((2, 3, 4, 5), axes[:4], axes[4:], strict=True):
        for ax, names in ((above, AGREEMENT), (below, SEPARABILITY)):
            for (d, value, error), quantity in zip(bars(ax), names, strict=True):
                rows = table[(table["k"] == k) & (table["quantity"] == quantity)]
                np.testing.assert_array_equal(d, rows["d"])
                np.testing.assert_array_equal(value, rows["value"])
                np.testing.assert_allclose(error, rows["stderr"], rtol=1e-6)


def test_functions_are_above_and_energies_in_the_plane_of_the_same_points() -> None:
    table = box_spectrum()
    figure, axes = figure_of("box_spectrum", table)
    assert legend(figure) == [f"cluster {i}" for i in range(1, 6)]
    for k, above, below in zip((2, 3, 4, 5), axes[:4], axes[4:8], strict=True):
        rows = table[table["k"] == k]
        dots = [[c for c in ax.collections if isinstance(c, PathCollection)] for ax in (above, below)]
        assert [len(found) for found in dots] == [k, k]
        for cluster in range(k):
            own = rows[rows["cluster"] == cluster]
            np.testing.assert_array_equal(dots[0][cluster].get_offsets(), own[["psi_1", "psi_2"]])
            np.testing.assert_array_equal(dots[1][cluster].get_offsets(), own[["tsne_1", "tsne_2"]])
            np.testing.assert_array_equal(dots[1][cluster].get_array(), own["energy"])


def test_energies_are_above_states_and_the_plane() -> None:
    table = wells()
    figure, axes = figure_of("wells", table)
    assert legend(figure) == [f"cluster {i}" for i in range(1, 6)]
    for k, above, middle, below in zip((2, 3, 4, 5), axes[:4], axes[4:8], axes[8:12], strict=True):
        rows = table[table["k"] == k]
        for line, d in zip(above.lines, (2, 3), strict=False):
            own = rows[(rows["quantity"] == "energy") & (rows["d"] == d)]
            np.testing.assert_array_equal(line.get_ydata(), own["value"].clip(lower=LOWEST))
            np.testing.assert_array_equal(np.round(line.get_xdata()), own["index"])
        assert above.lines[-1].get_xdata()[0] == k - 0.5
        states = rows[rows["quantity"] == "state"]
        assert len(middle.collections) == k
        (dots,) = below.collections
        np.testing.assert_array_equal(dots.get_offsets(), states[["tsne_1", "tsne_2"]])
        np.testing.assert_array_equal(dots.get_array(), states["psi_1"])


def test_disagreement_is_no_less_than_its_floor() -> None:
    table = replicas()
    figure, axes = figure_of("replicas", table)
    assert [ax.get_title() for ax in axes] == ["Hopfield", "retina"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == list(SHOWN.values())
    assert legend(figure) == ["latents", "invariants", "random order"]
    for ax, dataset in zip(axes, ("hopfield", "retina"), strict=True):
        rows = table[table["dataset"] == dataset].set_index("quantity")
        markers = {line.get_ydata()[0]: line for line in ax.lines if line.get_marker() in ("o", "<")}
        for place, quantity in enumerate(SHOWN):
            distance = 1 - rows.loc[quantity, "value"]
            assert markers[place].get_xdata()[0] == max(distance, FLOOR)
            assert (markers[place].get_marker() == "<") == (distance < FLOOR)
            invariant = quantity in ("span", "coupling", "covariances", "log_prob")
            assert markers[place].get_color() == (style.BLUE if invariant else style.VERMILION)
