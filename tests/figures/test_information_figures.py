"""Figures of the capacity bound across systems: the bound itself, where it bites, how it grows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.path import Path

from mfvae.errors import InputError
from mfvae.figures import style
from tests.helpers.figures.artists import bars, figure_of, legend, lines_of_style, vertical
from tests.helpers.figures.tables import CRITICAL, TEMPERATURES, bound, crossing, half_split, scaling

LABELS = ["Curie–Weiss", "Hopfield", "Maier–Saupe", "2D Ising"]


def crosses(ax: Axes) -> np.ndarray:
    """(x, y, its standard errors) of every point with two error bars, (4, points)."""
    found = []
    for container in ax.containers:
        line, _, (horizontal, vertical) = container
        half_x = [np.ptp(segment[:, 0]) / 2 for segment in horizontal.get_segments()]
        half_y = [np.ptp(segment[:, 1]) / 2 for segment in vertical.get_segments()]
        found.append((*line.get_data(), half_x, half_y))
    return np.concatenate(found, axis=1)


def sides(table: pd.DataFrame, systems: list[str]) -> np.ndarray:
    """The same, out of the table."""
    blocks = []
    for system in systems:
        own = table[table["dataset"] == system]
        x, y = (own[own["quantity"] == q] for q in ("capacity_deficit", "elbo_gap"))
        blocks.append([x["value"], y["value"], x["stderr"], y["stderr"]])
    return np.concatenate(blocks, axis=1)


def by_deficit(points: np.ndarray) -> np.ndarray:
    return points[:, np.argsort(points[0])]


# -- bound -----------------------------------------------------------------------------------------
def test_bound_holds_every_model_with_both_errors() -> None:
    table = bound()
    figure, (ax, zoom) = figure_of("bound", table)
    systems = ["curie_weiss", "hopfield", "maier_saupe", "ising_2d"]
    expected = sides(table, systems)
    drawn = crosses(ax)
    np.testing.assert_allclose(by_deficit(drawn), by_deficit(expected), rtol=1e-6, atol=1e-12)
    x, y, *_ = expected
    spare = expected[:, (x < 0) & (y <= 1)]
    np.testing.assert_allclose(by_deficit(crosses(zoom)), by_deficit(spare), rtol=1e-6, atol=1e-12)
    assert legend(figure) == [*LABELS, "bound"]


def forbidden(ax: Axes) -> Path:
    """The outline of what is shaded."""
    shade = next(c for c in ax.collections if len(c.get_paths()) == 1 and c.get_zorder() == 0)
    return shade.get_paths()[0]


def test_bound_shades_what_is_forbidden_and_no_point_lies_there() -> None:
    _, axes = figure_of("bound")
    assert [t.get_text() for t in axes[0].texts] == ["forbidden"]
    for ax in axes:
        x, y, *_ = crosses(ax)
        assert not forbidden(ax).contains_points(np.column_stack([x, y])).any()


def test_bound_would_show_a_violation_inside_the_shade() -> None:
    table = bound()
    table.loc[(table["quantity"] == "elbo_gap") & (table["dataset"] == "ising_2d"), "value"] *= 0.5
    _, (ax, *_) = figure_of("bound", table)
    x, y, *_ = crosses(ax)
    assert forbidden(ax).contains_points(np.column_stack([x, y])).any()


def test_bound_without_spare_capacity_is_one_panel_and_unknown_systems_keep_their_name() -> None:
    table = bound().query("dataset == 'ising_2d' and L == 32 and T == 2.2").assign(dataset="potts")
    figure, axes = figure_of("bound", table)
    assert len(axes) == 1
    assert legend(figure) == ["potts", "bound"]


def test_bound_unknown_errors_are_no_bars() -> None:
    _, (ax, *_) = figure_of("bound", bound().assign(stderr=np.nan))
    *_, x_error, y_error = crosses(ax)
    np.testing.assert_array_equal(x_error, 0)
    np.testing.assert_array_equal(y_error, 0)


def test_bound_names_a_model_that_has_only_one_of_the_two() -> None:
    table = bound().reset_index(drop=True)
    lost = table.index[(table["quantity"] == "elbo_gap") & (table["dataset"] == "hopfield")][0]
    with pytest.raises(InputError, match="one elbo_gap and one capacity_deficit") as caught:
        figure_of("bound", table.drop(index=lost))
    assert caught.value.value == ["hopfield", "vae"]


# -- crossing --------------------------------------------------------------------------------------
def shaded(ax: Axes) -> list[tuple[float, float]]:
    """Intervals of temperature that are shaded and not empty."""
    spans = [p.vertices[:, 0] for c in ax.collections if c.get_zorder() == 0 for p in c.get_paths()]
    return [(float(x.min()), float(x.max())) for x in spans if np.ptp(x) > 0]


def test_crossing_draws_the_largest_size_that_has_the_most_models() -> None:
    table = crossing()
    table = table[~((table["L"] == 32) & (table["model"] == "d4"))]  # only two models at L = 32
    figure, (curie_weiss, ising) = figure_of("crossing", table)
    assert ising.get_title("left") == "(b) 2D Ising, $L = 16$"
    assert curie_weiss.get_title("left") == "(a) Curie–Weiss, $N = 256$"
    own = table[table["L"] == 16]
    (half,) = lines_of_style(ising, "--", style.BLACK)
    np.testing.assert_array_equal(half.get_ydata(), own[own["quantity"] == "bipartite_mi_half"]["value"])
    (checkerboard,) = lines_of_style(ising, "-", style.BLACK)
    expected = own[own["quantity"] == "bipartite_mi_checkerboard"]["value"]
    np.testing.assert_array_equal(checkerboard.get_ydata(), expected)
    rates = own[own["quantity"] == "rate"]
    for (t, rate, stderr), model in zip(bars(ising), ("d2", "d4", "d8"), strict=True):
        np.testing.assert_array_equal(t, TEMPERATURES)
        np.testing.assert_array_equal(rate, rates[rates["model"] == model]["value"])
        np.testing.assert_allclose(stderr, 0.02, rtol=1e-6)
    entries = legend(figure)
    assert entries[:3] == [
        "$I(A;B)$, half against half",
        "$I(A;B)$, checkerboard",
        "rate of the exact channel",
    ]
    assert entries[3:7] == [f"trained rate $R$, $d = {d}$" for d in (1, 2, 4, 8)]
    assert entries[7:] == ["transition", "no faithful VAE of these rates"]


def test_crossing_curie_weiss_is_against_one_over_beta() -> None:
    table = crossing()
    _, (ax, _) = figure_of("crossing", table)
    own = table[(table["N"] == 256)].sort_values("beta", ascending=False)
    for quantity, line, colour in (
        ("bipartite_mi_half", "--", style.BLACK),
        ("exact_channel_rate", "-.", "0.45"),
    ):
        rows = own[own["quantity"] == quantity]
        (curve,) = lines_of_style(ax, line, colour)
        np.testing.assert_allclose(curve.get_xdata(), 1 / rows["beta"], rtol=1e-12)
        np.testing.assert_array_equal(curve.get_ydata(), rows["value"])
    ((t, rate, _),) = bars(ax)
    np.testing.assert_allclose(t, 1 / own[own["quantity"] == "rate"]["beta"], rtol=1e-12)
    np.testing.assert_array_equal(rate, own[own["quantity"] == "rate"]["value"])
    assert 1.0 in vertical(ax)
    assert shaded(ax) == []


def test_crossing_shades_between_the_crossings_of_the_largest_rate_and_the_largest_information() -> None:
    table = crossing().query("dataset == 'curie_weiss' or L == 32")
    _, (_, ax) = figure_of("crossing", table)
    assert shaded(ax) == [(TEMPERATURES[0], TEMPERATURES[-1])]  # the checkerboard is always above
    is_rate = (table["quantity"] == "rate") & (table["dataset"] == "ising_2d")
    table = table[~is_rate | (table["model"] == "d2")].copy()
    is_rate = (table["quantity"] == "rate") & (table["dataset"] == "ising_2d")
    table.loc[is_rate, "value"] = half_split(32, 2.2)
    table.loc[table["quantity"] == "bipartite_mi_checkerboard", "value"] = 1e-3
    _, (_, ax) = figure_of("crossing", table)
    ((low, high),) = shaded(ax)
    assert low == pytest.approx(2.2)
    assert 2.27 < high < 2.4  # where the straight line between two points crosses, on these axes
    logarithm = np.log([half_split(32, 2.27), half_split(32, 2.4), half_split(32, 2.2)])
    fraction = (logarithm[0] - logarithm[2]) / (logarithm[0] - logarithm[1])
    assert high == pytest.approx(2.27 + 0.13 * fraction)
    table.loc[is_rate, "value"] = 1e3
    figure, (_, ax) = figure_of("crossing", table)
    assert shaded(ax) == []
    assert "no faithful VAE of these rates" not in legend(figure)


def test_crossing_transitions_may_come_with_curves_and_a_vanished_rate_is_no_error() -> None:
    table = crossing()
    is_mark = table["quantity"] == "critical_temperature"
    table = table.assign(source=np.where(is_mark, "limit", None))
    table.loc[(table["quantity"] == "rate") & (table["T"] > 3), "value"] = 0.0
    _, (_, ax) = figure_of("crossing", table)
    assert CRITICAL in vertical(ax)
    assert shaded(ax) == [(TEMPERATURES[0], TEMPERATURES[-1])]


def test_crossing_has_a_panel_for_any_data_set_of_its_table() -> None:
    table = crossing()
    _, axes = figure_of("crossing", table.query("dataset == 'ising_2d'"))
    assert [ax.get_title("left") for ax in axes] == ["(a) 2D Ising, $L = 32$"]
    hopfield = table.query("dataset == 'curie_weiss'").assign(dataset="hopfield", p=2)
    _, axes = figure_of("crossing", pd.concat([table, hopfield]))
    titles = ["(a) Curie–Weiss\n$N = 256$", "(b) Hopfield\n$N = 256$, $p = 2$"]
    assert [ax.get_title("left") for ax in axes] == [*titles, "(c) 2D Ising\n$L = 32$"]


# -- scaling ---------------------------------------------------------------------------------------
def test_scaling_draws_points_of_every_system_and_point() -> None:
    table = scaling()
    figure, axes = figure_of("scaling", table)
    mean_field = [
        r"Curie–Weiss, $\beta = 0.8$",
        r"Curie–Weiss, $\beta = 1$",
        r"Hopfield, $p = 3$, $\beta = 1$",
        r"Maier–Saupe, $\beta = 4$",
        r"Maier–Saupe, $\beta = 4.5$",
    ]
    assert legend(figure) == [*mean_field, "predicted growth"]
    points = [
        ("curie_weiss", 0.8),
        ("curie_weiss", 1.0),
        ("hopfield", 1.0),
        ("maier_saupe", 4.0),
        ("maier_saupe", 4.5),
    ]
    for ax, quantity in zip(axes, ("bipartite_mi_half", "exact_channel_rate"), strict=False):
        for (n, value, stderr), (system, beta) in zip(bars(ax), points, strict=True):
            own = table[(table["dataset"] == system) & (table["beta"] == beta)]
            own = own[own["quantity"] == quantity]
            np.testing.assert_array_equal(n, own["N"])
            np.testing.assert_array_equal(value, own["value"])
            np.testing.assert_allclose(stderr, own["stderr"].fillna(0), rtol=1e-6)


def test_scaling_guides_have_the_slope_of_the_table_and_end_at_the_largest_size() -> None:
    _, (left, middle, right) = figure_of("scaling")
    for ax in (left, middle):
        guides = lines_of_style(ax, "-", "0.6")
        last = [value[-1] for _, value, _ in bars(ax)]
        for guide, end, slope in zip(
            guides, (last[1], last[2], last[4]), (0.25, 0.75, 1.25), strict=True
        ):
            n, value = guide.get_data()
            np.testing.assert_allclose(np.diff(value) / np.diff(np.log(n)), slope, rtol=1e-9)
            assert value[-1] == pytest.approx(end)
        laws = [text.get_text() for text in ax.texts]
        assert laws == [r"$1/4\,\ln N$", r"$3/4\,\ln N$", r"$5/4\,\ln N$"]
    guides = lines_of_style(right, "-", "0.6")
    ends = [value[-1] for _, value, _ in bars(right)]
    for guide, end, power in zip(guides, ends, (1, 1, 2, 2), strict=True):
        width, value = guide.get_data()
        np.testing.assert_allclose(np.diff(np.log(value)) / np.diff(np.log(width)), power, rtol=1e-9)
        assert value[-1] == pytest.approx(end)


def test_scaling_without_predictions_has_guides_for_ising_only() -> None:
    table = scaling()
    _, (left, middle, right) = figure_of("scaling", table[table["quantity"] != "information_growth"])
    assert [len(lines_of_style(ax, "-", "0.6")) for ax in (left, middle, right)] == [0, 0, 4]
    assert len(left.texts) == len(middle.texts) == 0


def test_scaling_of_ising_has_both_splits_at_every_temperature() -> None:
    table = scaling()
    figure, (*_, ax) = figure_of("scaling", table)
    expected = [
        (quantity, t)
        for quantity in ("bipartite_mi_half", "bipartite_mi_checkerboard")
        for t in (2.0, CRITICAL)
    ]
    for (width, value, stderr), (quantity, t) in zip(bars(ax), expected, strict=True):
        own = table[(table["quantity"] == quantity) & (table["T"] == t)]
        np.testing.assert_array_equal(width, own["L"])
        np.testing.assert_array_equal(value, own["value"])
        np.testing.assert_allclose(stderr, own["stderr"], rtol=1e-6)
    assert ax.get_xlabel() == "linear size $L$"
    assert [t.get_text() for t in figure.legends[1].get_texts()] == [
        r"half against half, $T = 2$; $\propto L$",
        r"half against half, $T = 2.269$; $\propto L$",
        r"checkerboard, $T = 2$; $\propto L^2$",
        r"checkerboard, $T = 2.269$; $\propto L^2$",
    ]
