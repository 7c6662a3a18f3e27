"""Figures across a transition: observables, what latent dimension buys, training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mfvae.errors import InputError
from mfvae.figures import style
from tests.helpers.figures.artists import bars, figure_of, legend, lines_of_style, texts, vertical
from tests.helpers.figures.tables import (
    CRITICAL,
    DIMENSIONS,
    TEMPERATURES,
    WIDTHS,
    capacity_by_dimension,
    metric,
    observables,
    training_curve,
)

IN_ORDER = [r"$d = 2$", r"$d = 4$", r"$d = 8$"]


def mean_field_observables() -> pd.DataFrame:
    rows = [metric("transition_beta", 4.54, dataset="maier_saupe"), metric("critical_temperature", 0.22)]
    for size in (32, 128):
        for beta in (4.0, 5.0):
            point = {"dataset": "maier_saupe", "N": size, "beta": beta}
            rows.append(metric("order_parameter_squared", 0.1 * beta, 0.01, **point))
            rows.append(metric("alignment", 0.2 * beta, 0.01, model="vae", **point))
    return pd.DataFrame(rows)


def panels(axes: list[Axes], columns: int) -> np.ndarray:
    return np.array(axes).reshape(-1, columns)


# -- observables -----------------------------------------------------------------------------------
def test_observables_has_a_row_per_quantity_and_a_column_per_size() -> None:
    table = observables()
    figure, axes = figure_of("observables", table)
    grid = panels(axes, len(WIDTHS))
    assert grid.shape == (3, 3)
    assert [ax.get_title() for ax in grid[0]] == ["$L = 8$", "$L = 16$", "$L = 32$"]
    assert [ax.get_ylabel() for ax in grid[:, 0]] == [
        "energy\nper site ($J$)",
        "specific heat\nper site ($k_\\mathrm{B}$)",
        "magnetisation\n$\\langle|m|\\rangle$",
    ]
    assert {ax.get_xlabel() for ax in grid[-1]} == {r"temperature $T$ ($J/k_\mathrm{B}$)"}
    metrics = table[table["source"].isna()]
    for row, quantity in zip(grid, ("energy", "specific_heat", "mean_abs_magnetisation"), strict=True):
        for ax, width in zip(row, WIDTHS, strict=True):
            own = metrics[(metrics["quantity"] == quantity) & (metrics["L"] == width)]
            drawn = bars(ax)
            assert len(drawn) == 4
            models = [own[own["model"].isna()], *(own[own["model"] == d] for d in ("d2", "d4", "d8"))]
            for (t, value, stderr), expected in zip(drawn, models, strict=True):
                np.testing.assert_array_equal(t, TEMPERATURES)
                np.testing.assert_array_equal(value, expected["value"])
                np.testing.assert_allclose(stderr, expected["stderr"], rtol=1e-9)
    assert legend(figure) == ["exact", "thermodynamic limit", "data", *IN_ORDER, r"$T_\mathrm{c}$"]


def test_observables_exact_is_solid_black_and_a_limit_of_no_size_is_in_every_column() -> None:
    table = observables()
    _, axes = figure_of("observables", table)
    energy, heat, magnetisation = panels(axes, len(WIDTHS))
    limit = table.loc[table["source"] == "limit", "value"]
    for ax, width in zip(energy, WIDTHS, strict=True):
        exact = table[(table["source"] == "exact") & (table["L"] == width)]
        (solid,) = lines_of_style(ax, "-", style.BLACK)
        np.testing.assert_array_equal(solid.get_ydata(), exact[exact["quantity"] == "energy"]["value"])
        (dashed,) = lines_of_style(ax, "--", "0.5")
        np.testing.assert_array_equal(dashed.get_ydata(), limit)
        assert vertical(ax) == [CRITICAL]
    assert all(not lines_of_style(ax, "--", "0.5") for ax in heat)
    assert all(not lines_of_style(ax, "-", style.BLACK) for ax in magnetisation)


def test_observables_of_mean_field_are_against_beta_without_what_is_absent() -> None:
    figure, axes = figure_of("observables", mean_field_observables())
    assert [ax.get_title() for ax in axes] == ["$N = 32$", "$N = 128$", "", ""]
    assert [ax.get_xlabel() for ax in axes[2:]] == [r"inverse temperature $\beta$"] * 2
    assert [ax.get_ylabel() for ax in axes[::2]] == [
        "order parameter\n$\\langle|m|^2\\rangle$",
        "alignment",
    ]
    assert legend(figure) == ["data", "VAE", "transition"]  # the temperature is not on this axis
    assert all(vertical(ax) == [4.54] for ax in axes)
    few = mean_field_observables().drop(columns=["source", "L", "T", "p"])
    assert legend(figure_of("observables", few)[0]) == legend(figure)


def test_observables_transitions_may_come_with_the_curves() -> None:
    table = observables()
    table.loc[table["quantity"] == "critical_temperature", "source"] = "limit"
    figure, axes = figure_of("observables", table)
    assert all(vertical(ax) == [CRITICAL] for ax in axes)
    assert legend(figure)[-1] == r"$T_\mathrm{c}$"


def test_observables_has_a_row_for_each_of_ten_quantities() -> None:
    names = [f"quantity_{i}" for i in range(10)]
    rows = [metric(name, 1.0, dataset="hopfield", N=9, p=2, beta=1.0) for name in names]
    _, axes = figure_of("observables", pd.DataFrame(rows))
    assert [ax.get_ylabel() for ax in axes] == names
    assert axes[0].get_title() == "$N = 9$, $p = 2$"


@pytest.mark.parametrize("query", ["source == 'exact'", "quantity == 'critical_temperature'"])
def test_observables_without_metrics_at_a_temperature_are_refused(query: str) -> None:
    with pytest.raises(InputError, match="no metrics"):
        figure_of("observables", observables().query(query))


# -- capacity_by_dimension -------------------------------------------------------------------------
def test_capacity_by_dimension_draws_kl_above_and_information_below() -> None:
    table = capacity_by_dimension()
    figure, axes = figure_of("capacity_by_dimension", table)
    upper, lower = panels(axes, len(WIDTHS))
    assert [ax.get_title() for ax in upper] == ["$L = 8$", "$L = 16$", "$L = 32$"]
    assert upper[0].get_ylabel().endswith("(nats per site)")
    assert lower[0].get_ylabel() == "information (nats)"
    for above, below, width in zip(upper, lower, WIDTHS, strict=True):
        own = table[table["L"] == width]

        def of(quantity: str, model: str | None = None, own: pd.DataFrame = own) -> np.ndarray:
            rows = own[own["quantity"] == quantity]
            rows = rows[rows["model"].isna() if model is None else rows["model"] == model]
            return rows[["T", "value", "stderr"]].to_numpy().T

        models = ("d2", "d4", "d8")
        for drawn, model in zip(bars(above), models, strict=True):
            np.testing.assert_allclose(drawn, of("kl_per_site", model), rtol=1e-6)
        splits = [of("bipartite_mi_half"), of("bipartite_mi_checkerboard")]
        for drawn, expected in zip(
            bars(below), [*splits, *(of("rate", m) for m in models)], strict=True
        ):
            np.testing.assert_allclose(drawn, expected, rtol=1e-6)
        assert CRITICAL in vertical(above)
        assert vertical(below) == [CRITICAL]
    splits = ["$I(A;B)$, half against half", "$I(A;B)$, checkerboard"]
    assert legend(figure) == [*IN_ORDER, *splits, r"$T_\mathrm{c}$"]


def test_capacity_by_dimension_has_the_limit_beside_the_divergences_of_every_size() -> None:
    temperature = np.linspace(1.5, 4, 20)
    limit = pd.DataFrame({"T": temperature, "value": 0.3 / temperature, "L": 8}).assign(
        dataset="ising_2d", quantity="kl_per_site", source="limit"
    )
    other = limit.assign(source="exact", value=5.0)
    table = pd.concat([capacity_by_dimension(), limit, limit.assign(L=16), other])
    figure, axes = figure_of("capacity_by_dimension", table)
    upper, lower = panels(axes, len(WIDTHS))
    for above, below in zip(upper, lower, strict=True):
        curves = [line for line in above.lines if len(line.get_xdata()) == len(temperature)]
        assert len(curves) == 1
        np.testing.assert_array_equal(curves[0].get_ydata(), limit["value"])
        assert not [line for line in below.lines if len(line.get_xdata()) == len(temperature)]
    assert r"$L\to\infty$, latents that know the phase alone" in legend(figure)


def test_capacity_by_dimension_without_a_checkerboard_has_the_halves_alone() -> None:
    table = capacity_by_dimension().query("quantity != 'bipartite_mi_checkerboard'")
    figure, axes = figure_of("capacity_by_dimension", table)
    _, lower = panels(axes, len(WIDTHS))
    assert [len(ax.containers) for ax in lower] == [4] * 3  # one split and three models
    assert legend(figure) == [*IN_ORDER, "$I(A;B)$, half against half", r"$T_\mathrm{c}$"]


# -- training_curve --------------------------------------------------------------------------------
def dotted(ax: Axes) -> list[Line2D]:
    return [line for line in ax.lines if line.get_linestyle() == ":"]


def test_training_curve_draws_gap_band_and_positive_floors() -> None:
    table = training_curve()
    figure, axes = figure_of("training_curve", table)
    assert [ax.get_title() for ax in axes] == ["$L = 16$, $T = 2.269$", "$L = 32$, $T = 2.269$"]
    for ax, width in zip(axes, (16, 32), strict=True):
        own = table[table["L"] == width]
        curves = [line for line in ax.lines if line not in dotted(ax)]
        for line, band, model in zip(curves, ax.collections, ("d2", "d4", "d8"), strict=True):
            rows = own[own["model"] == model]
            np.testing.assert_array_equal(line.get_xdata(), rows["step"])
            np.testing.assert_array_equal(line.get_ydata(), rows["gap_per_site"])
            edge = band.get_paths()[0].vertices
            assert edge[:, 1].max() == pytest.approx(rows["gap_per_site"].max() + 0.002)
        floors = [float(line.get_ydata()[0]) for line in dotted(ax)]
        np.testing.assert_allclose(floors, [0.03 / DIMENSIONS["d2"], 0.03 / DIMENSIONS["d4"]])
        assert [line.get_color() for line in dotted(ax)] == [line.get_color() for line in curves[:2]]
    assert legend(figure) == [*IN_ORDER, "capacity bound $(I(A;B)-R)/N$"]
    assert "$(-\\mathrm{ELBO}-H(x))/N$ (nats per site)" in {t.get_text() for t in texts(figure)}


def test_training_curve_leaves_out_step_zero_and_negative_floors() -> None:
    table = training_curve().query("L == 16 and model == 'd8'")
    start = table.iloc[:1].assign(step=0, gap_per_site=-5.0)
    figure, (ax,) = figure_of("training_curve", pd.concat([start, table]))
    assert ax.lines[0].get_xdata()[0] == 1
    assert dotted(ax) == []
    assert legend(figure) == ["ELBO"]
    with pytest.raises(InputError, match="no rows"):
        figure_of("training_curve", start)


def test_training_curve_floors_far_below_the_gaps_are_left_out() -> None:
    table = training_curve()
    figure, (ax, _) = figure_of("training_curve", table.assign(floor_per_site=1e-6))
    assert dotted(ax) == []
    assert len(legend(figure)) == 3


def test_training_curve_of_mean_field_and_of_noise_around_zero() -> None:
    table = training_curve().drop(columns=["L", "T"]).query("model == 'd4'")
    table = table.assign(dataset="curie_weiss", N=64, beta=1.0)
    _, (ax,) = figure_of("training_curve", table.assign(gap_per_site=table["gap_per_site"] - 0.03))
    assert ax.get_title() == r"$N = 64$, $\beta = 1$"
