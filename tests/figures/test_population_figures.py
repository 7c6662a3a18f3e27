"""Figures that hold models against the recording: what is drawn is what the table holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from mfvae.errors import InputError
from mfvae.figures.models import LOOKS
from mfvae.figures.recording.count_law import KNOWN
from tests.helpers.figures.artists import bars, figure_of, legend, texts
from tests.helpers.figures.recording_tables import (
    COMPARED,
    OFF,
    WORDS,
    count_law,
    covariance_spectrum,
    group_comparison,
    model_comparison,
    pair_correlations,
    triplets,
    zipf,
)


def line_of(ax, model: str):
    """The line of a model, found by its colour."""
    colour = LOOKS[{"exact_d3": "exact", "hopfield_k3": "hopfield"}.get(model, model)]["color"]
    (line,) = [line for line in ax.lines if line.get_color() == colour and line.get_marker() == "None"]
    return line


def of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    return table[table["model"] == model]


def test_count_law_has_data_as_points_and_models_as_lines() -> None:
    table = count_law()
    _, (ax, _) = figure_of("count_law", table)
    (container,) = ax.containers
    data = of(table, "data").query("value > 0")
    np.testing.assert_array_equal(container[0].get_xdata(), data["index"])
    np.testing.assert_array_equal(container[0].get_ydata(), data["value"])
    for model in ("independent", "pairwise", "exact_d3"):
        line, own = line_of(ax, model), of(table, model)
        np.testing.assert_array_equal(line.get_ydata(), own["value"].iloc[line.get_xdata()])


def test_ratios_to_the_data_with_their_relative_error() -> None:
    table = count_law()
    figure, (_, ax) = figure_of("count_law", table)
    ((count, ones, relative),) = bars(ax)
    data = of(table, "data")
    data = data[(data["value"] > 0) & (data["stderr"] <= KNOWN * data["value"])]
    np.testing.assert_array_equal(count, data["index"])
    assert 2 < len(data) < len(of(table, "data"))
    np.testing.assert_array_equal(ones, 1)
    np.testing.assert_allclose(relative, data["stderr"] / data["value"])
    for model in ("pairwise", "exact_d3", "independent"):
        ratio = of(table, model)["value"].to_numpy()[count.astype(int)] / data["value"].to_numpy()
        np.testing.assert_allclose(line_of(ax, model).get_ydata(), ratio)
    assert legend(figure) == ["data ± s.e.", "independent", "pairwise", "VAE, exact likelihood"]


def panels(figure) -> list:
    return [ax for ax in figure.axes if ax.get_title()]


@pytest.mark.parametrize(
    ("kind", "make", "scale"), [("pair_correlations", pair_correlations, 1), ("triplets", triplets, 1e3)]
)
def test_every_model_against_the_data_with_pearson_and_slope(kind: str, make, scale: float) -> None:
    table = make()
    figure, _ = figure_of(kind, table)
    data = of(table, "data").set_index("index")["value"]
    axes = panels(figure)
    titles = ["independent", "pairwise", "VAE, exact likelihood", "VAE, Hopfield form,\n3 patterns"]
    assert [ax.get_title() for ax in axes] == titles
    for ax, model in zip(axes, OFF, strict=True):
        both = pd.DataFrame({"x": data, "y": of(table, model).set_index("index")["value"]}).dropna()
        r = both["x"].corr(both["y"])
        slope = both["x"].cov(both["y"]) / both["x"].var()
        shown = ax.texts[0].get_text().replace("−", "-")
        assert shown.startswith(f"$r$ = {r:.3f}\nslope ")
        assert float(shown.split()[-1]) == pytest.approx(slope, abs=0.006)
        (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
        assert np.ma.sum(mesh.get_array()) == len(both)
        assert ax.texts[1].get_text() == f"s.e. {scale * of(table, 'data')['stderr'].iloc[0]:.1g}"


def test_cells_lie_where_their_pairs_are() -> None:
    """Data along x, the model along y: a model of twice the correlations is above the identity."""
    value = np.linspace(0.01, 0.3, 50)
    table = pd.concat(
        pd.DataFrame(
            {"model": m, "quantity": "correlation", "index": range(50), "value": v, "stderr": 0.01}
        )
        for m, v in (("data", value), ("pairwise", 2 * value))
    )
    figure, _ = figure_of("pair_correlations", table)
    (ax,) = panels(figure)
    counts = np.ma.filled(ax.collections[0].get_array(), 0)
    row, column = np.nonzero(counts)
    assert (row > column).mean() > 0.9


def test_words_seen_few_times_have_no_bar_of_their_own_size() -> None:
    table = zipf()
    _, (ax,) = figure_of("zipf", table)
    (container,) = ax.containers
    x, y = container[0].get_data()
    heights = np.array([np.ptp(s[:, 1]) for s in container[2][0].get_segments()])
    np.testing.assert_array_equal(x, of(table, "data")["index"])
    assert (heights[y * WORDS < 4] == 0).all()
    seen_often = y * WORDS > 4.1
    np.testing.assert_allclose(heights[seen_often], 2 * np.sqrt(y[seen_often] / WORDS))
    np.testing.assert_array_equal(line_of(ax, "exact_d3").get_xdata(), of(table, "exact_d3")["index"])


def test_eigenvalues_start_at_rank_one_and_their_ratios_end_at_twenty() -> None:
    table = covariance_spectrum()
    _, (ax, ratio) = figure_of("covariance_spectrum", table)
    line = line_of(ax, "hopfield_k3")
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 161))
    np.testing.assert_array_equal(line.get_ydata(), of(table, "hopfield_k3")["value"])
    rank, value, _ = bars(ax)[0]
    by_rank = of(table, "data")["value"].to_numpy()
    np.testing.assert_array_equal(value, by_rank[rank - 1])
    assert {1, 2, 3, 160} <= set(rank)
    shown = line_of(ratio, "hopfield_k3")
    np.testing.assert_array_equal(shown.get_xdata(), np.arange(1, 21))
    np.testing.assert_allclose(shown.get_ydata(), [0.98] * 3 + [0.93] * 17)


def test_a_table_of_data_alone_has_no_model_to_show() -> None:
    for kind in ("count_law", "pair_correlations"):
        table = {"count_law": count_law, "pair_correlations": pair_correlations}[kind]()
        with pytest.raises(InputError, match="no rows"):
            figure_of(kind, of(table, "data"))


def test_models_are_compared_in_order_of_their_likelihood() -> None:
    figure, axes = figure_of("model_comparison")
    nats = {model: values[0] for model, values in COMPARED.items()}
    assert [text.get_text() for text in axes[0].get_yticklabels()] == [
        "RBM, 10 hidden (24,290)",
        "VAE, exact likelihood (60,320)",
        "pairwise (12,880)",
        "VAE, Hopfield form, 3 patterns (18,083)",
        "mixture, 20 components (16,159)",
        "VAE, IWAE (60,320)",
        "VAE, ELBO (60,320)",
        "population count (320)",
        "independent (160)",
        "generalized Hopfield",  # its likelihood is not known
    ]
    best = axes[0].containers[0][0]
    assert {float(c[0].get_xdata()[0]) for c in axes[0].containers} < set(nats.values())
    assert float(best.get_xdata()[0]) == nats["rbm"]
    assert float(best.get_ydata()[0]) == 0
    assert len(axes) == 5
    assert "data, or a perfect model" in {text.get_text() for text in texts(figure)}


def test_a_value_far_off_is_written_at_the_end_of_its_axis() -> None:
    _, axes = figure_of("model_comparison")
    for ax, column, hidden in (
        (axes[0], 0, {"independent", "population_count"}),
        (axes[2], 2, {"independent"}),
    ):
        shown = [float(c[0].get_xdata()[0]) for c in ax.containers]
        written = {text.get_text() for text in ax.texts}
        assert written == {f"{COMPARED[model][column]:.3g}" for model in hidden}
        assert len(shown) + len(hidden) == len(COMPARED)
    silence = axes[1]
    assert 0.2101 in {line.get_xdata()[0] for line in silence.lines}  # the data
    table = model_comparison()
    with pytest.raises(InputError):
        figure_of("model_comparison", table[table["quantity"] == "p_silence"])


def test_groups_are_points_beside_their_mean_and_its_error() -> None:
    table = group_comparison()
    _, (ax,) = figure_of("group_comparison", table)
    mean = table.groupby("model")["value"].mean().sort_values()
    assert list(mean.index) == ["rbm", "exact_d3", "hopfield_k3", "mixture"]
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "RBM, 10 hidden",
        "VAE, exact likelihood",
        "VAE, Hopfield form, 3 patterns",
        "mixture, 20 components",
    ]
    for i, model in enumerate(mean.index):
        groups, centre = ax.containers[2 * i : 2 * i + 2]
        own = of(table, model)
        np.testing.assert_array_equal(groups[0].get_xdata(), own["value"])
        assert centre[0].get_xdata()[0] == pytest.approx(mean[model])
        (segment,) = centre[2][0].get_segments()
        assert np.ptp(segment[:, 0]) == pytest.approx(2 * own["value"].std(ddof=1) / np.sqrt(10))
