"""Figures of the recording: what is drawn is what the table holds."""

from __future__ import annotations

import numpy as np

from tests.helpers.figures.artists import figure_of, texts
from tests.helpers.figures.tables import latent_plane, stored_patterns


def test_latent_plane_draws_many_spikes_last() -> None:
    table = latent_plane()
    figure, (ax, *_) = figure_of("latent_plane", table)
    dots = ax.collections[0]
    colours = np.asarray(dots.get_array())
    np.testing.assert_array_equal(colours, np.sort(table["spike_count"]))
    last = table.loc[table["spike_count"].idxmax()]
    np.testing.assert_array_equal(dots.get_offsets()[-1], (last["z_1"], last["z_2"]))
    assert "spikes in the word" in {t.get_text() for t in texts(figure)}


def test_stored_patterns_keeps_one_order() -> None:
    table = stored_patterns()
    _, axes = figure_of("stored_patterns", table)
    first, second, mean_field = (np.array([bar.get_height() for bar in ax.patches]) for ax in axes)
    wide = table.pivot(index="site", columns="pattern", values="value")
    order = np.argsort(np.arctan2(wide[2], wide[1])).to_numpy()
    np.testing.assert_array_equal(first, wide[1].to_numpy()[order])
    np.testing.assert_array_equal(second, wide[2].to_numpy()[order])
    np.testing.assert_array_equal(mean_field, table["mean_field"].to_numpy()[:40][order])
    assert all(ax.get_ylabel().endswith("(nats)") for ax in axes)


def test_a_single_stored_pattern_is_in_order_of_its_values() -> None:
    _, axes = figure_of("stored_patterns", stored_patterns(1))
    heights = [bar.get_height() for bar in axes[0].patches]
    assert heights == sorted(heights)
    assert len(axes) == 2
