"""Figures of one mean-field system: exact columns as lines, measurements with error bars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from mfvae.figures import style
from mfvae.figures.models import LOOKS
from tests.helpers.figures.artists import bars, figure_of, legend, lines_of_style, texts
from tests.helpers.figures.tables import (
    BETAS,
    capacity,
    coupling,
    field,
    order_parameter_law,
    overlaps,
    patterns,
    singular_spectrum,
)


def test_order_parameter_law_exact_is_the_whole_column_and_points_take_turns() -> None:
    table = order_parameter_law()
    figure, axes = figure_of("order_parameter_law", table)
    assert len(axes) == 2
    for ax, (_, law) in zip(axes, table.groupby(["N", "beta"]), strict=True):
        exact, data, model = (law[law["source"] == s].set_index("m") for s in ("exact", "data", "model"))
        line = ax.lines[0]
        np.testing.assert_array_equal(line.get_xdata(), exact.index)
        np.testing.assert_array_equal(line.get_ydata(), exact["probability"])
        shown = bars(ax)
        for (m, p, stderr), source in zip(shown, (data, model), strict=True):
            assert 10 <= len(m) <= 20
            np.testing.assert_array_equal(p, source["probability"][m])
            np.testing.assert_allclose(stderr, source["stderr"][m], atol=1e-15)
        assert not set(shown[0][0]) & set(shown[1][0])
    assert [ax.get_title() for ax in axes] == [
        r"$N = 64$, $\beta = 0.5$",
        r"$N = 256$, $\beta = 1$",
    ]
    labels = {t.get_text() for t in texts(figure)}
    assert r"order parameter $m = M/N$ (magnetisation per spin)" in labels
    assert {r"probability $P(m)$", "exact", "data", "model"} <= labels


def arrows(ax: Axes, sign: str) -> list[list[float]]:
    """Where values are that the panel does not show, by series."""
    lines = [line for line in ax.lines if line.get_marker() == sign and len(line.get_xdata())]
    return [list(line.get_xdata()) for line in lines]


def test_coupling_residual_is_the_relative_error_in_per_cent() -> None:
    table = coupling()
    figure, (*uppers, lower, other) = figure_of("coupling", table)
    for upper in uppers:
        np.testing.assert_array_equal(upper.lines[0].get_data(), (BETAS, BETAS))  # βJ = β
        ((*beyond,),) = arrows(upper, r"$\uparrow$")
        assert beyond == [1.2, 1.5]
    assert [len(ax.containers) for ax in (*uppers, lower, other)] == [3] * 4  # the three ways
    for ax, far in ((lower, 540), (other, 2460)):
        for i, ((beta, percent, error), expected) in enumerate(
            zip(bars(ax), ([1] * 4, [3, 3, far, far], [-1] * 4), strict=True)
        ):
            np.testing.assert_allclose(beta, BETAS, atol=0.02)
            assert (np.sign(beta - BETAS) == i - 1).all()  # side by side
            np.testing.assert_allclose(percent, expected, rtol=1e-9)
            np.testing.assert_allclose(error, (0.5 if i == 0 else 1.0) / np.array(BETAS), rtol=1e-6)
    assert lower.get_ylabel() == "relative error (%)"
    entries = legend(figure)
    assert entries[:2] == [r"exact: $\beta$", r"a: slope of $E[\varphi|x]$ against $m(x)$"]
    assert entries[2:] == [r"b: $N\cdot\mathrm{Cov}(\varphi|x)$", r"c: potential of $\varphi$", "VAE"]


def test_coupling_has_a_column_per_size_and_a_colour_per_objective() -> None:
    small = coupling().query("N == 64").assign(model="exact")
    large = coupling().query("N == 256")
    table = pd.concat([small, small.assign(N=1024, model="exact_large")])
    table = pd.concat([table, *(large.assign(model=name) for name in ("iwae", "elbo", "exact"))])
    figure, axes = figure_of("coupling", table)
    assert [ax.get_title() for ax in axes[:3]] == ["$N = 64$", "$N = 256$", "$N = 1024$"]
    colours = [[container[0].get_color() for container in ax.containers] for ax in axes[3:]]
    exact, elbo = (LOOKS[name]["color"] for name in ("exact", "elbo"))
    assert colours == [[exact] * 3, [exact] * 3 + [elbo] * 3, [exact] * 3]  # none of iwae
    assert legend(figure)[-2:] == ["exact likelihood", "ELBO"]
    # sizes of several parameters
    _, axes = figure_of("coupling", pd.concat([small.assign(p=2), small.assign(p=3)]))
    assert [ax.get_title() for ax in axes[:2]] == ["$N = 64$, $p = 2$", "$N = 64$, $p = 3$"]
    _, axes = figure_of("coupling", pd.concat([small.assign(h=0.02), small.assign(h=0.05)]))
    assert [ax.get_title() for ax in axes[:2]] == ["$N = 64$, $h = 0.02$", "$N = 64$, $h = 0.05$"]


def test_coupling_may_lack_the_potential() -> None:
    table = coupling().query("N == 64 and quantity != 'coupling_from_potential'")
    figure, (upper, lower) = figure_of("coupling", table)
    assert len(upper.containers) == len(lower.containers) == 2
    assert not any("potential" in entry for entry in legend(figure))


def test_field_is_a_panel_per_field_with_the_truth_as_a_line() -> None:
    table = field()
    figure, axes = figure_of("field", table)
    for ax, h in zip(axes, (0.02, 0.05), strict=True):
        assert ax.get_title() == f"$N = 100$, $h = {h}$"
        assert list(ax.lines[0].get_ydata()) == [h, h]
        ((beta, value, stderr),) = bars(ax)
        np.testing.assert_array_equal(beta, BETAS)
        np.testing.assert_allclose(value, h + 0.001 * np.array(BETAS))
        np.testing.assert_allclose(stderr, 0.002)
    assert legend(figure) == ["exact", "exact likelihood"]


def test_capacity_draws_exact_curves_and_measured_points() -> None:
    table = capacity()
    figure, (upper, _, lower, other) = figure_of("capacity", table)
    assert upper.get_ylabel().endswith("(nats per site)")
    assert lower.get_ylabel().endswith("(nats)")
    assert len(upper.containers) == len(lower.containers) == 2  # models
    np.testing.assert_allclose([y[0] for _, y, _ in bars(upper)], [1e-4, 2e-4])
    np.testing.assert_allclose(np.concatenate([e for *_, e in bars(upper)]), 2e-5)
    for ax, n_sites in ((lower, 64), (other, 256)):
        for quantity, linestyle in (("exact_channel_rate", "-"), ("bipartite_mi_half", ":")):
            rows = table[(table["N"] == n_sites) & (table["quantity"] == quantity)]
            (curve,) = lines_of_style(ax, linestyle, style.BLACK)
            np.testing.assert_array_equal(curve.get_ydata(), rows[rows["model"] == "exact"]["value"])
        assert max(y.max() for _, y, _ in bars(ax)) < 77  # no elbo_gap
    assert [ax.get_title() for ax in (upper, lower)] == ["$N = 64$", ""]
    curves = ["rate of the exact channel", "$I(A;B)$, half against half"]
    assert legend(figure) == ["trained rate $R$, exact likelihood", "trained rate $R$, ELBO", *curves]


def test_capacity_of_one_objective_is_one_series_at_all_sizes() -> None:
    table = pd.concat(
        [capacity((64,), ("exact",)), capacity((256,), ("exact", "elbo"))]
        + [capacity((1024,), ("exact_large",))]
    )
    figure, axes = figure_of("capacity", table)
    assert legend(figure)[:2] == ["trained rate $R$, exact likelihood", "trained rate $R$, ELBO"]
    assert [len(ax.containers) for ax in axes[:3]] == [1, 2, 1]
    for ax in axes:
        assert ax.containers[0][0].get_color() == LOOKS["exact"]["color"]


def test_capacity_exact_rows_may_be_finer_and_name_no_model() -> None:
    finer = pd.DataFrame(
        {"N": 64, "beta": [0.6, 0.7], "quantity": "bipartite_mi_half", "value": 0.2, "stderr": 0.0}
    )
    figure, (_, lower) = figure_of("capacity", pd.concat([capacity((64,), ("vae",)), finer]))
    (dotted,) = lines_of_style(lower, ":", style.BLACK)
    assert list(dotted.get_xdata()) == [0.5, 0.6, 0.7, 1.0, 1.2, 1.5]
    assert len(legend(figure)) == 3


def test_capacity_of_a_system_without_an_exact_channel_lacks_its_curve() -> None:
    table = capacity((64,)).query("quantity != 'exact_channel_rate'")
    figure, (_, lower) = figure_of("capacity", table)
    assert not lines_of_style(lower, "-", style.BLACK)[1:]
    assert legend(figure)[2:] == ["$I(A;B)$, half against half"]


def test_singular_spectrum_marks_the_count_after_index_k() -> None:
    table = singular_spectrum()
    _, (ax,) = figure_of("singular_spectrum", table)
    assert "nats" in ax.get_ylabel()
    assert len(ax.lines) == len(BETAS) + 1
    for line, (_, rows) in zip(ax.lines, table.groupby("beta"), strict=False):
        np.testing.assert_array_equal(line.get_ydata(), rows["singular_value"][:12])
    assert list(ax.lines[-1].get_xdata()) == [3.5, 3.5]
    assert [t.get_text() for t in ax.texts] == ["$K = 3$"]
    _, (ax,) = figure_of("singular_spectrum", table.drop(columns="count"))
    assert len(ax.lines) == len(BETAS)


def test_singular_spectrum_has_a_panel_for_every_size() -> None:
    table = pd.concat([singular_spectrum().assign(N=size) for size in (64, 32)])
    table.loc[table["N"] == 64, "singular_value"] *= 3
    _, axes = figure_of("singular_spectrum", table)
    assert [ax.get_title() for ax in axes] == ["$N = 32$", "$N = 64$"]
    for ax, size in zip(axes, (32, 64), strict=True):
        rows = table[(table["N"] == size) & (table["beta"] == min(BETAS))]
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), rows["singular_value"][:12])


def test_singular_spectrum_has_a_panel_for_every_model() -> None:
    table = singular_spectrum().assign(N=100, model="exact")
    other = table.assign(model="elbo", singular_value=2 * table["singular_value"])
    _, axes = figure_of("singular_spectrum", pd.concat([table, other]))
    assert [ax.get_title() for ax in axes] == ["$N = 100$, exact likelihood", "$N = 100$, ELBO"]
    for ax, factor in zip(axes, (1, 2), strict=True):
        rows = table[table["beta"] == min(BETAS)]
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), factor * rows["singular_value"][:12])


def test_patterns_are_those_of_the_first_model() -> None:
    table = patterns(3).assign(model="exact")
    both = pd.concat([table, patterns(3).assign(model="elbo", decoded=1)])
    _, axes = figure_of("patterns", both)
    assert axes[0].get_title() == r"$\beta = 1.1$, exact likelihood: 3 of 180 signs wrong"


def test_overlaps_have_a_panel_for_every_model() -> None:
    table = pd.concat([overlaps().assign(model="exact"), overlaps().assign(model="elbo")])
    figure, axes = figure_of("overlaps", table)
    assert [ax.get_title() for ax in axes] == ["exact likelihood", "ELBO"]
    for ax in axes:
        assert len(ax.lines) == 4
    assert legend(figure) == ["perfect", "pattern 1", "pattern 2", "pattern 3"]


@pytest.mark.parametrize("wrong", [0, 4])
def test_patterns_shows_the_middle_temperature_and_counts_wrong_signs(wrong: int) -> None:
    table = patterns(wrong)
    _, axes = figure_of("patterns", table)
    chosen = table[table["beta"] == 1.1]
    truth, decoded, errors = (np.asarray(ax.images[0].get_array()) for ax in axes)
    np.testing.assert_array_equal(truth.ravel(), chosen["truth"])
    np.testing.assert_array_equal(decoded.ravel(), chosen["decoded"])
    assert errors.sum() == wrong
    assert axes[0].get_title() == rf"$\beta = 1.1$: {wrong} of 180 signs wrong"


def test_overlaps_lie_beside_the_line_of_perfect_ones() -> None:
    table = overlaps()
    _, (ax,) = figure_of("overlaps", table)
    assert list(ax.lines[0].get_ydata()) == [1, 1]
    for line, (_, rows) in zip(ax.lines[1:], table.groupby("pattern"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), rows["pattern_overlap"])
        np.testing.assert_allclose(line.get_xdata(), rows["beta"], atol=0.02)


def test_overlaps_of_two_sizes_are_two_panels() -> None:
    table = pd.concat([overlaps().assign(N=n, pattern_overlap=1 - 8 / n) for n in (64, 32)])
    _, axes = figure_of("overlaps", table)
    assert [ax.get_title() for ax in axes] == ["$N = 32$", "$N = 64$"]
    for ax, n in zip(axes, (32, 64), strict=True):
        for line in ax.lines[1:]:
            np.testing.assert_array_equal(line.get_ydata(), 1 - 8 / n)


def test_coupling_is_called_beta_only_where_it_is() -> None:
    table = coupling().query("N == 64")
    assert legend(figure_of("coupling", table)[0])[0] == r"exact: $\beta$"
    ising = table.rename(columns={"N": "L", "beta": "T"})
    assert legend(figure_of("coupling", ising)[0])[0] == "exact"
