"""Figures of free energies: the gap of objectives, the ledger in training, thermodynamics of latents."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.figures.models import LOOKS, OBJECTIVES
from tests.helpers.figures.artists import bars, figure_of, legend
from tests.helpers.figures.tables import BETAS, GAPS, gap, ledger, thermodynamics

COLOURS = {look["color"]: name for name, look in LOOKS.items() if name in OBJECTIVES}


# -- gap -------------------------------------------------------------------------------------------
def test_gap_compares_the_objectives_where_all_are_trained() -> None:
    table = gap()
    figure, axes = figure_of("gap", table)
    assert figure.legends[0].get_title().get_text() == "$N = 256$"
    assert legend(figure) == ["exact likelihood", "ELBO", "IWAE", "below its standard error"]
    own = table[(table["N"] == 256) & (table["quantity"] == "variational_gap")]
    for container, (beta, value, _) in zip(axes[0].containers, bars(axes[0]), strict=True):
        rows = own[own["model"] == COLOURS[container[0].get_color()]]
        np.testing.assert_array_equal(beta, BETAS)
        np.testing.assert_array_equal(value, rows["value"])
    for ax, expected in ((axes[2], 5.0), (axes[3], 50.0)):  # per cent of a gap, of both signs
        measured = zip(ax.containers, bars(ax), strict=True)
        values = {COLOURS[c[0].get_color()]: y for c, (_, y, _) in measured}
        for model in ("elbo", "iwae"):
            np.testing.assert_allclose(values[model], expected * GAPS[model])


def test_gap_shows_what_is_below_its_error_as_that_error() -> None:
    _, axes = figure_of("gap")
    for ax, error in ((axes[1], 0.003), (axes[2], 0.2)):  # KL < 0 and a coupling within its error
        (line,) = [line for line in ax.lines if line.get_markerfacecolor() == "white"][:1]
        assert line.get_color() == LOOKS["exact"]["color"]
        np.testing.assert_allclose(line.get_ydata(), error)
        assert not [
            c for c in ax.containers if c[0].get_color() == line.get_color() and len(c[0].get_xdata())
        ]


def test_gap_of_a_well_measured_model_is_no_open_symbol() -> None:
    table = gap()
    table.loc[(table["quantity"] == "kl") & (table["model"] == "exact"), "value"] = 0.01
    _, axes = figure_of("gap", table)
    assert not any(
        len(line.get_xdata()) for line in axes[1].lines if line.get_markerfacecolor() == "white"
    )


# -- ledger ----------------------------------------------------------------------------------------
def test_ledger_has_a_column_per_model_and_a_row_per_balance() -> None:
    table = ledger()
    figure, axes = figure_of("ledger", table)
    assert figure.legends[0].get_title().get_text() == r"$N = 256$, $\beta = 1.5$"
    assert [ax.get_title() for ax in axes[:2]] == ["exact likelihood", "ELBO"]
    terms = (("variational", "helmholtz", "gap"), ("rate", "distortion"), ("entropy", "energy"))
    for column, model in enumerate(("exact", "elbo")):
        for ax, quantities in zip(axes[column::2], terms, strict=True):
            for (step, value, stderr), quantity in zip(bars(ax), quantities, strict=True):
                rows = table[(table["model"] == model) & (table["quantity"] == quantity)]
                rows = rows[rows["step"].notna()]
                np.testing.assert_array_equal(step, rows["step"] + 1)
                sign = -1 if quantity == "distortion" else 1
                np.testing.assert_array_equal(value, sign * rows["value"])
                np.testing.assert_allclose(stderr, rows["stderr"].fillna(0), atol=1e-12)
    for row, value in ((1, 0.95), (2, 0.47)):
        for ax in axes[2 * row : 2 * row + 2]:
            (exact,) = [line for line in ax.lines if line.get_linestyle() == ":"]
            assert list(exact.get_ydata()) == [value, value]


def test_ledger_differences_of_both_lower_rows_are_what_the_upper_shows() -> None:
    _, axes = figure_of("ledger")
    for column in range(2):
        free, channel, latents = ([y for _, y, _ in bars(ax)] for ax in axes[column::2])
        np.testing.assert_allclose(channel[0] - channel[1], free[0], atol=1e-9)
        np.testing.assert_allclose(latents[1] - latents[0], free[0], atol=1e-9)
        np.testing.assert_allclose(free[1] + free[2], free[0], atol=1e-9)


def test_ledger_shades_the_steps_of_the_encoder_alone() -> None:
    figure, axes = figure_of("ledger")
    spans = [[patch.get_x() for patch in ax.patches] for ax in axes]
    assert spans == [[501.0], []] * 3
    assert "encoder alone" in legend(figure)
    figure, _ = figure_of("ledger", ledger().query("model == 'elbo'"))
    assert "encoder alone" not in legend(figure)


# -- thermodynamics --------------------------------------------------------------------------------
def test_thermodynamics_holds_exact_curves_and_the_models_of_the_exact_objective() -> None:
    table = thermodynamics()
    figure, axes = figure_of("thermodynamics", table)
    assert [entry for entry in legend(figure) if entry.startswith("$N")] == ["$N = 64$", "$N = 1024$"]
    curves = table[table["source"] == "exact"]
    quantities = ("ledger_helmholtz", "posterior_energy", "posterior_entropy")
    for ax, quantity, count in zip(axes, quantities, (2, 4, 4), strict=True):
        lines = [
            line for line in ax.lines if line.get_marker() == "None" and len(line.get_xdata()) == 21
        ]
        assert len(ax.containers) == count  # with the encoder's, where it has another value
        for line, size in zip(lines, (64, 1024), strict=True):
            rows = curves[(curves["N"] == size) & (curves["quantity"] == quantity)]
            scale = 1 if quantity == "posterior_entropy" else size
            np.testing.assert_allclose(line.get_ydata(), rows["value"] / scale)
        for beta, value, stderr in bars(ax):
            np.testing.assert_array_equal(beta, [0.5, 1.0, 1.5])
            assert (value > -1).all()  # none of elbo's
            assert (stderr > 0).all()


@pytest.mark.parametrize("models", [["elbo"], ["elbo", "exact_large"]])
def test_thermodynamics_without_the_objective_draws_what_there_is(models) -> None:
    table = thermodynamics().query("source == 'exact' or model in @models")
    _, axes = figure_of("thermodynamics", table)
    drawn = np.concatenate([y for ax in axes for _, y, _ in bars(ax)])
    assert (drawn < -0.05).any() == (models == ["elbo"])
