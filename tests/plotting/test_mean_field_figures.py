"""Figures of one mean-field system: exact columns as lines, measurements with error bars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mfvae.plotting import style
from tests.plotting.artists import bars, figure_of, texts
from tests.plotting.tables import (
    BETAS,
    capacity,
    coupling,
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


def test_coupling_residual_is_the_relative_error_in_per_cent() -> None:
    table = coupling()
    figure, (upper, lower) = figure_of("coupling", table)
    np.testing.assert_array_equal(upper.lines[0].get_data(), (BETAS, BETAS))  # βJ = β
    assert len(upper.containers) == len(lower.containers) == 4  # two sizes, two readings
    for (beta, percent, error), expected in zip(
        bars(lower), ([1] * 4, [3, 3, 540, 540], [1] * 4, [3, 3, 2460, 2460]), strict=True
    ):
        np.testing.assert_array_equal(beta, BETAS)
        np.testing.assert_allclose(percent, expected, rtol=1e-9)
        scale = 0.5 if expected[0] == 1 else 1.0
        np.testing.assert_allclose(error, scale / np.array(BETAS), rtol=1e-6)
    # what is too large for the upper panel is a triangle in it, not a stretched axis
    triangles = [line for line in upper.lines if line.get_marker() == "^" and len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in triangles] == [[1.2, 1.5]] * 2
    assert len({float(line.get_ydata()[0]) for line in triangles}) == 2
    assert upper.get_ylim()[1] < 2 * max(BETAS)
    low, high = lower.get_ylim()
    assert low < -2
    assert high > 2460
    assert lower.get_yscale() == "symlog"
    assert lower.get_ylabel() == "relative error (%)"
    legend = {t.get_text() for t in figure.legends[0].get_texts()}
    assert {r"$N\cdot\mathrm{Cov}(\varphi|x)$", r"slope of $E[\varphi|x]$ against $m(x)$"} < legend
    assert {"$N = 64$", "$N = 256$"} < legend


def test_coupling_far_from_zero_fills_the_panel() -> None:
    table = coupling()
    table["beta"] = table["reference"] = 3 + table["beta"]  # as of Maier–Saupe
    table["value"] = 1.05 * table["beta"]
    spread = table["quantity"] == "coupling_from_spread"
    table.loc[spread & (table["beta"] > 4), "value"] *= np.where(table["N"] == 64, 2, 0.4)[
        spread & (table["beta"] > 4)
    ]
    figure, (upper, _) = figure_of("coupling", table)
    low, high = upper.get_ylim()
    assert 1.5 / (high - low) > 0.4  # true couplings, from 3.5 to 4.5, take their part
    for marker, edge in (("^", 4.5), ("v", 3.5)):
        shown = [line for line in upper.lines if line.get_marker() == marker and len(line.get_xdata())]
        assert [list(line.get_xdata()) for line in shown] == [[4.2, 4.5]]
        assert abs(shown[0].get_ydata()[0] - edge) < 0.6
    assert upper.get_ylabel() == r"coupling (units of $k_\mathrm{B}T$)"
    assert r"exact: $\beta$" in {t.get_text() for t in figure.legends[0].get_texts()}


def test_coupling_has_a_column_per_model_and_a_series_per_number_of_patterns() -> None:
    one, two = coupling().assign(p=2), coupling().assign(p=3, model="iwae")
    figure, axes = figure_of("coupling", pd.concat([one, one.assign(p=3), two]))
    assert len(axes) == 4
    assert {ax.get_title() for ax in axes} == {"vae", "iwae", ""}
    assert len(axes[2].containers) == 8  # two sizes, two numbers of patterns, two readings
    assert len(axes[3].containers) == 4
    assert "$N = 256$, $p = 3$" in {t.get_text() for t in figure.legends[0].get_texts()}


def test_capacity_draws_exact_curves_and_measured_points() -> None:
    table = capacity()
    figure, (left, right) = figure_of("capacity", table)
    assert left.get_ylabel().endswith("(nats per site)")
    assert right.get_ylabel().endswith("(nats)")
    assert len(left.containers) == len(right.containers) == 4  # two sizes, two models
    np.testing.assert_allclose([y[0] for _, y, _ in bars(left)], [1e-4, 2e-4] * 2)
    np.testing.assert_allclose(np.concatenate([e for *_, e in bars(left)]), 2e-5)
    curves = [line for line in right.lines if line.get_marker() == "None"]
    drawn = {(line.get_color(), line.get_linestyle()): line.get_ydata() for line in curves}
    for i, n_sites in enumerate((64, 256)):
        for quantity, linestyle in (("exact_channel_rate", "-"), ("bipartite_mi_half", "--")):
            rows = table[
                (table["N"] == n_sites) & (table["quantity"] == quantity) & (table["model"] == "a")
            ]
            np.testing.assert_array_equal(drawn[style.COLOURS[i], linestyle], rows["value"])
    assert max(y.max() for _, y, _ in bars(right)) < right.get_ylim()[1] < 77  # no elbo_gap
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["$N = 64$", "$N = 256$"]


def test_capacity_of_a_single_size_and_model() -> None:
    figure, (left, right) = figure_of("capacity", capacity((64,), ("vae",)))
    assert len(left.containers) == len(right.containers) == 1
    assert figure.legends[1].get_texts()[0].get_text() == "trained rate $R$"


def test_capacity_exact_rows_may_be_finer_and_name_no_model() -> None:
    finer = pd.DataFrame(
        {"N": 64, "beta": [0.6, 0.7], "quantity": "bipartite_mi_half", "value": 0.2, "stderr": 0.0}
    )
    table = pd.concat([capacity((64,), ("vae",)), finer])
    figure, (_, right) = figure_of("capacity", table)
    dashed = next(line for line in right.lines if line.get_linestyle() == "--")
    assert list(dashed.get_xdata()) == [0.5, 0.6, 0.7, 1.0, 1.2, 1.5]
    assert figure.legends[1].get_texts()[0].get_text() == "trained rate $R$"
    assert len(figure.legends[1].get_texts()) == 3


def test_singular_spectrum_marks_the_count_after_index_k() -> None:
    table = singular_spectrum()
    _, (ax,) = figure_of("singular_spectrum", table)
    assert ax.get_yscale() == "log"
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


@pytest.mark.parametrize("wrong", [0, 4])
def test_patterns_shows_the_closest_beta_and_counts_wrong_signs(wrong: int) -> None:
    table = patterns(wrong)
    _, axes = figure_of("patterns", table)
    chosen = table[table["beta"] == 1.1]
    truth, decoded, errors = (np.asarray(ax.images[0].get_array()) for ax in axes)
    np.testing.assert_array_equal(truth.ravel(), chosen["truth"])
    np.testing.assert_array_equal(decoded.ravel(), chosen["decoded"])
    assert errors.sum() == wrong
    assert axes[0].get_title() == rf"$\beta = 1.1$: {wrong} of 180 signs wrong"
    for sign, grey in ((-1, 0), (1, 1)):  # black and white
        image = axes[0].images[0]
        assert image.cmap(image.norm(sign)) == (grey, grey, grey, 1)


def test_overlaps_end_just_above_the_theory_line() -> None:
    table = overlaps()
    _, (ax,) = figure_of("overlaps", table)
    assert list(ax.lines[0].get_ydata()) == [1, 1]
    for line, (_, rows) in zip(ax.lines[1:], table.groupby("pattern"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), rows["overlap"])
        np.testing.assert_allclose(line.get_xdata(), rows["beta"], atol=0.02)
    low, high = ax.get_ylim()
    assert 0.92 < low < 0.94  # the smallest overlap is 0.94
    assert 1 < high < 1.01
