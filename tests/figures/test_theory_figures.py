"""Figures of what is read off the population's models: latents, prices, landscapes, temperatures."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.figures import style
from mfvae.figures.models import LOOKS
from tests.helpers.figures.artists import bars, figure_of, legend, lines_of_style, texts
from tests.helpers.figures.recording_tables import (
    MINIMA,
    heat_capacity,
    latent_dimension,
    latent_raster,
    potential_surface,
    price_of_theory,
)


def test_every_replica_is_a_point_and_lines_join_means() -> None:
    table = latent_dimension()
    figure, (nats, information) = figure_of("latent_dimension", table)
    assert legend(figure) == ["exact likelihood", "ELBO", "IWAE"]
    for ax, quantities in (
        (nats, ["negative_log_likelihood"]),
        (information, ["rate", "model_bipartite_mi"]),
    ):
        drawn = iter(bars(ax))
        for objective in ("exact", "elbo", "iwae"):
            colour = LOOKS[objective]["color"]
            for quantity, style_ in zip(quantities, ("-", "--"), strict=False):
                own = table[(table["objective"] == objective) & (table["quantity"] == quantity)]
                d, value, stderr = next(drawn)
                np.testing.assert_allclose(d, own["latent_dim"], rtol=0.05)  # moved aside
                np.testing.assert_array_equal(value, own["value"])
                np.testing.assert_allclose(stderr, own["stderr"].fillna(0), atol=1e-12)
                (line,) = lines_of_style(ax, style_, colour)
                np.testing.assert_allclose(line.get_ydata(), own.groupby("latent_dim")["value"].mean())


def test_the_price_is_the_gap_between_the_best_form_and_the_free_decoder() -> None:
    table = price_of_theory()
    _, axes = figure_of("price_of_theory", table)
    assert [ax.get_title(loc="left") for ax in axes] == ["(a) $d = 1$", "(b) $d = 2$", "(c) $d = 3$"]
    for ax, (d, free) in zip(axes, ((1, 19.03), (2, 17.63), (3, 16.93)), strict=True):
        ((rank, value, _),) = bars(ax)
        own = table[(table["latent_dim"] == d) & (table["field_rank"] > 0)]
        np.testing.assert_array_equal(rank, own["field_rank"])
        np.testing.assert_array_equal(value, own["value"])
        (line,) = lines_of_style(ax, "-", style.BLUE)
        best = int(np.argmin(line.get_ydata()))
        price, k = line.get_ydata()[best] - free, line.get_xdata()[best]
        assert price == pytest.approx((own.groupby("field_rank")["value"].mean() - free).min())
        assert f"price of the theory\nwith $K = {k:g}$: {price:.2f} nats" in [
            text.get_text() for text in ax.texts
        ]
        horizontal = next(line for line in ax.lines if line.get_color() == style.BLACK)
        assert list(horizontal.get_ydata()) == pytest.approx([free, free])


def test_the_band_of_the_free_decoder_is_no_narrower_than_one_replicas_error() -> None:
    """Replicas share the held-out words, so that their mean is no better known than each."""
    _, (ax, *_) = figure_of("price_of_theory")
    (band,) = ax.patches
    assert band.get_height() == pytest.approx(2 * 0.03)
    table = price_of_theory()
    scattered = table["field_rank"] == 0
    table.loc[scattered, "value"] += (
        10 * (table.loc[scattered, "value"] - 19.03) * (table["latent_dim"] == 1)
    )
    _, (ax, *_) = figure_of("price_of_theory", table)
    assert ax.patches[0].get_height() == pytest.approx(2 * 0.22)  # from the spread of two replicas


def test_every_number_of_latents_needs_its_free_decoder() -> None:
    table = price_of_theory()
    with pytest.raises(InputError) as caught:
        figure_of("price_of_theory", table[(table["field_rank"] > 0) | (table["latent_dim"] != 2)])
    assert caught.value.field == "field_rank"


def test_spikes_and_latents_share_the_axis_of_time() -> None:
    table = latent_raster()
    _, (raster, *latents) = figure_of("latent_raster", table)
    spikes = table[table["quantity"] == "spike"]
    dots = raster.collections[0].get_offsets()
    np.testing.assert_allclose(dots[:, 0], 0.02 * (spikes["bin"] + 0.5))
    np.testing.assert_array_equal(dots[:, 1], spikes["neuron"])
    assert len(latents) == 2
    for index, ax in enumerate(latents, 1):
        own = table[(table["quantity"] == "latent") & (table["index"] == index)]
        mean, single = ax.lines
        np.testing.assert_allclose(mean.get_xdata(), 0.02 * (own["bin"] + 0.5))
        np.testing.assert_array_equal(mean.get_ydata(), own["value"])
        np.testing.assert_array_equal(single.get_ydata(), own["single"])
        assert ax.get_ylabel() == f"$z_{{{index}}}$"
    assert latents[-1].get_xlabel() == "time in the movie (s)"


def test_spikes_outside_the_window_of_the_latents_are_not_drawn() -> None:
    table = latent_raster()
    early = (table["quantity"] == "latent") & (table["bin"] >= 200)
    _, (raster, *_) = figure_of("latent_raster", table[early | (table["quantity"] == "spike")])
    assert raster.collections[0].get_offsets()[:, 0].min() >= 4.0


@pytest.mark.parametrize("quantity", ["potential", "free_energy"])
def test_attractors_lie_in_the_landscape_with_their_shares(quantity: str) -> None:
    table = potential_surface(quantity)
    figure, (ax, bar) = figure_of("potential_surface", table)
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    places = [(float(star.get_xdata()[0]), float(star.get_ydata()[0])) for star in stars]
    assert sorted(places) == sorted(MINIMA)
    labels = [text.get_text() for text in ax.texts]
    assert labels == [f"{100 * MINIMA[place]:.1f} ± 0.4 %" for place in places]
    words = table[table["quantity"] == "word"]
    (dots,) = [c for c in ax.collections if len(c.get_offsets()) == len(words)]
    np.testing.assert_array_equal(dots.get_offsets(), words[["m_1", "m_2"]])
    assert ("U(m)" in bar.get_ylabel()) == (quantity == "potential")
    assert bar.get_ylabel().endswith("(nats)")
    assert any("share of words" in text.get_text() for text in texts(figure))


def test_contours_are_along_the_axes_they_are_named_for() -> None:
    table = potential_surface()
    grid = table["quantity"] == "free_energy"
    table.loc[grid, "value"] = table.loc[grid, "m_2"]  # a plane: contours are horizontal
    _, (ax, _) = figure_of("potential_surface", table)
    surface = ax.collections[0]
    for path in surface.get_paths()[1:-2]:
        if len(path.vertices):
            assert np.ptp(path.vertices[:, 1]) < 0.3
            assert np.ptp(path.vertices[:, 0]) > 1


def test_peaks_are_marked_and_named_with_their_temperatures() -> None:
    table = heat_capacity()
    figure, (ax,) = figure_of("heat_capacity", table)
    assert legend(figure) == [
        "independent, peak at $T = 0.75$",
        "pairwise, peak at $T = 1.2$",
        "generalized Hopfield, peak at $T = 1.1$",
        "$T = 1$: the models of the data",
    ]
    marks = [line for line in ax.lines if line.get_marker() == "v"]
    assert [float(line.get_xdata()[0]) for line in marks] == pytest.approx([0.75, 1.2, 1.1])
    for (temperature, value, stderr), model in zip(
        bars(ax), ("independent", "pairwise", "hamiltonian"), strict=True
    ):
        own = table[table["model"] == model]
        np.testing.assert_array_equal(temperature, own["temperature"])
        np.testing.assert_array_equal(value, own["value"])
        np.testing.assert_allclose(stderr, own["stderr"])
