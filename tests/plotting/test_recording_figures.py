"""Figures of the recording: what is drawn is what the table holds."""

from __future__ import annotations

import numpy as np
import pytest

from tests.plotting.artists import bars, figure_of, texts
from tests.plotting.tables import (
    correlations,
    count_distribution,
    latent_plane,
    stored_patterns,
)


def test_count_distribution_ends_where_the_data_end() -> None:
    table = count_distribution()
    _, (ax,) = figure_of("count_distribution", table)
    (_, model, _), (count, data, stderr) = bars(ax)
    expected = table[(table["source"] == "data") & (table["probability"] > 0)]
    np.testing.assert_array_equal(count, expected["spike_count"])
    np.testing.assert_array_equal(data, expected["probability"])
    np.testing.assert_allclose(stderr, expected["stderr"], rtol=1e-9)
    assert len(model) == 161
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    independent = table[table["source"] == "independent"]
    np.testing.assert_array_equal(dashed[0].get_ydata(), independent["probability"])
    assert ax.get_yscale() == "log"
    assert 50 < ax.get_xlim()[1] <= 51
    assert data.min() / 10 < ax.get_ylim()[0] < data.min()
    assert "20 ms" in ax.get_xlabel()


def test_correlations_prints_pearson_and_slope_of_the_pairs_that_have_both() -> None:
    table = correlations()
    _, (ax, *_) = figure_of("correlations", table)
    pairs = table.dropna()
    r = pairs["data"].corr(pairs["model"])
    slope = pairs["data"].cov(pairs["model"]) / pairs["data"].var()
    assert ax.texts[0].get_text() == f"Pearson $r$ = {r:.3f}\nslope = {slope:.3f}"
    assert np.sum(ax.collections[0].get_array()) == len(pairs)
    x, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(x, y)
    assert ax.get_aspect() == 1


def test_latent_plane_draws_many_spikes_last_and_knows_silence() -> None:
    table = latent_plane()
    figure, (ax, *_) = figure_of("latent_plane", table)
    dots = ax.collections[0]
    colours = np.asarray(dots.get_array())
    np.testing.assert_array_equal(colours, np.sort(table["spike_count"]))
    last = table.loc[table["spike_count"].idxmax()]
    np.testing.assert_array_equal(dots.get_offsets()[-1], (last["z_1"], last["z_2"]))
    assert dots.norm(0) == 0
    assert dots.norm(colours.max()) == pytest.approx(1)
    assert dots.norm(1) > 2 / colours.max()  # stretched where most words are
    assert ax.get_aspect() == 1
    assert "spikes in the word" in {t.get_text() for t in texts(figure)}


def test_stored_patterns_keeps_one_order_and_one_scale() -> None:
    table = stored_patterns()
    _, axes = figure_of("stored_patterns", table)
    first, second, mean_field = (np.array([bar.get_height() for bar in ax.patches]) for ax in axes)
    wide = table.pivot(index="site", columns="pattern", values="value")
    order = np.argsort(np.arctan2(wide[2], wide[1])).to_numpy()
    np.testing.assert_array_equal(first, wide[1].to_numpy()[order])
    np.testing.assert_array_equal(second, wide[2].to_numpy()[order])
    np.testing.assert_array_equal(mean_field, table["mean_field"].to_numpy()[:40][order])
    assert axes[0].get_ylim() == axes[1].get_ylim() != axes[2].get_ylim()
    low, high = axes[0].get_ylim()
    assert low < table["value"].min()
    assert high > table["value"].max()
    assert all(ax.get_ylabel().endswith("(nats)") for ax in axes)


def test_a_single_stored_pattern_is_in_order_of_its_values() -> None:
    _, axes = figure_of("stored_patterns", stored_patterns(1))
    heights = [bar.get_height() for bar in axes[0].patches]
    assert heights == sorted(heights)
    assert len(axes) == 2
