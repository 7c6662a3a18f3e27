"""Figures of the recording: what is drawn is what the table holds."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.figures.clusters import order_of, tree_of
from mfvae.figures.recording.stored_patterns import COLOURED
from mfvae.workflow.files.drawings import save_figure
from tests.helpers.figures.artists import figure_of, texts
from tests.helpers.figures.tables import TABLES, latent_plane, stored_patterns


def test_latent_plane_draws_many_spikes_last() -> None:
    table = latent_plane()
    figure, (ax, *_) = figure_of("latent_plane", table)
    dots = ax.collections[0]
    colours = np.asarray(dots.get_array())
    np.testing.assert_array_equal(colours, np.sort(table["spike_count"]))
    last = table.loc[table["spike_count"].idxmax()]
    np.testing.assert_array_equal(dots.get_offsets()[-1], (last["z_1"], last["z_2"]))
    assert "spikes in the bin" in {t.get_text() for t in texts(figure)}


def test_the_colours_of_the_latent_plane_begin_where_words_do() -> None:
    """Where no row is nearly silent the darker half of the colours would not be used."""
    table = latent_plane()
    table["spike_count"] += 30
    table.loc[0, "spike_count"] = 0
    _, (ax, bar) = figure_of("latent_plane", table)
    low, high = ax.collections[0].get_clim()
    assert 29 < low < high == table["spike_count"].max()
    assert len(bar.get_yticks()) >= 3


# -- stored patterns ---------------------------------------------------------------------------------
def test_stored_patterns_are_a_heat_map_in_the_order_of_the_tree() -> None:
    table = stored_patterns()
    _, (_, heat, field, _) = figure_of("stored_patterns", table)
    wide = table.pivot(index="site", columns="pattern", values="value").to_numpy()
    order = order_of(tree_of(wide))
    np.testing.assert_array_equal(np.asarray(heat.collections[0].get_array()), wide[order].T)
    heights = [bar.get_height() for bar in field.patches]
    np.testing.assert_array_equal(heights, table["mean_field"].to_numpy()[: len(order)][order])
    low, high = heat.collections[0].get_clim()
    assert low == -high == -np.quantile(np.abs(wide), COLOURED)


def test_a_single_stored_pattern_is_in_order_of_its_values() -> None:
    _, axes = figure_of("stored_patterns", stored_patterns(1))
    drawn = np.asarray(axes[0].collections[0].get_array()).ravel()
    assert list(drawn) == sorted(drawn)


def test_alike_are_beside_each_other() -> None:
    """Two groups, far from each other: no site is between those of the other group."""
    rng = np.random.default_rng(0)
    group = rng.permutation(np.arange(30) % 2)
    rows = 10 * group[:, None] + rng.standard_normal((30, 3))
    order = order_of(tree_of(rows))
    assert sorted(order) == list(range(30))
    assert np.count_nonzero(np.diff(group[order])) == 1
    assert np.count_nonzero(np.diff(group)) > 1  # as they came they were mixed


# -- correlation matrices ----------------------------------------------------------------------------
def test_data_are_below_the_diagonal_and_models_above() -> None:
    table = TABLES["correlation_matrices"]()
    rows = table[table["quantity"] == "correlation"]
    first, second = np.triu_indices(40, k=1)
    data, pairwise = (np.full((40, 40), np.nan) for _ in range(2))
    for name, matrix in {"data": data, "pairwise": pairwise}.items():
        own = rows[rows["model"] == name].sort_values("index")["value"]
        matrix[first, second] = matrix[second, first] = own
    order = order_of(tree_of(np.nan_to_num(data)))
    figure, axes = figure_of("correlation_matrices", table)
    (panel,) = [ax for ax in axes if ax.get_title() == "pairwise"]
    drawn = np.ma.filled(panel.collections[0].get_array(), np.nan)
    np.testing.assert_array_equal(np.triu(drawn, 1), np.triu(pairwise[np.ix_(order, order)], 1))
    np.testing.assert_array_equal(np.tril(drawn, -1), np.tril(data[np.ix_(order, order)], -1))
    assert np.isnan(drawn.diagonal()).all()
    assert figure.get_supxlabel().startswith("40 neurons")


def test_some_of_the_pairs_are_refused() -> None:
    table = TABLES["correlation_matrices"]()
    with pytest.raises(InputError, match="all N") as caught:
        figure_of("correlation_matrices", table[table["index"] != 7])
    assert caught.value.field == "index"


@pytest.mark.parametrize("kind", ["stored_patterns", "correlation_matrices"])
def test_heat_maps_saved_twice_are_the_same_bytes(kind: str, tmp_path) -> None:
    first, again = (save_figure(figure_of(kind)[0], tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
