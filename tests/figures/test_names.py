"""Names mean nothing to figures: neither those of models nor those of parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import Collection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mfvae.errors import InputError
from tests.helpers.figures.artists import bars, figure_of, legend, lines_of_style, texts, vertical
from tests.helpers.figures.tables import TABLES, metric

WITH_MODELS = sorted(kind for kind, make in TABLES.items() if "model" in make())


def content(figure: Figure) -> list[object]:
    """Everything that is drawn: words, places, looks."""
    found: list[object] = [(text.get_text(), text.get_color()) for text in texts(figure)]
    for line in figure.findobj(Line2D):
        look = line.get_color(), line.get_linestyle(), line.get_marker(), line.get_markerfacecolor()
        found.append((np.asarray(line.get_xydata()).tolist(), *map(str, look)))
    for collection in figure.findobj(Collection):
        if isinstance(collection, QuadMesh):
            found.append(np.ma.filled(collection.get_array(), 0).tolist())
            continue
        paths = [path.vertices.tolist() for path in collection.get_paths()]
        values = collection.get_array()
        colours = collection.get_facecolor().tolist(), collection.get_edgecolor().tolist()
        found.append((paths, collection.get_offsets().tolist(), str(values), *colours))
    found += [patch.get_path().vertices.tolist() for patch in figure.findobj(Patch)]
    found += [image.get_array().tolist() for image in figure.findobj(AxesImage)]
    return found


# -- of models ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", WITH_MODELS)
def test_names_of_models_do_not_matter(kind: str) -> None:
    """With others, in the opposite order of the alphabet, everything that is drawn is the same."""
    table = TABLES[kind]()
    names = sorted(table["model"].dropna().unique())
    other = dict(zip(names, "zyxwvutsrqponmlkjihgfedcba", strict=False))
    renamed = table.assign(model=table["model"].map(other))
    assert renamed["model"].notna().equals(table["model"].notna())
    np.testing.assert_equal(content(figure_of(kind, renamed)[0]), content(figure_of(kind, table)[0]))


def test_settings_of_models_do_matter() -> None:
    """The twin of the test above: what is compared there tells these two figures apart."""
    table = TABLES["coupling"]()
    other = table.assign(objective="elbo")
    assert content(figure_of("coupling", other)[0]) != content(figure_of("coupling", table)[0])


def test_equal_names_in_two_data_sets_are_two_models() -> None:
    table = TABLES["crossing"]()
    has_model = table["model"].notna()
    table = table[~has_model | table["model"].isin(["elbo", "d4"])]
    of_ising = table["dataset"] == "ising_2d"
    table = table.assign(
        model=table["model"].where(table["model"].isna(), "vae"),
        objective=table["objective"].where(table["model"].isna() | of_ising, "exact"),
    )
    figure, (curie_weiss, ising) = figure_of("crossing", table)
    shown = ["trained rate $R$, exact likelihood", "trained rate $R$, ELBO"]
    assert [entry for entry in legend(figure) if "trained" in entry] == shown
    colours = [ax.containers[0][0].get_color() for ax in (curie_weiss, ising)]
    assert len(set(colours)) == 2


# -- of parameters -----------------------------------------------------------------------------------
def test_models_at_points_of_any_parameter_are_a_point_each(more_systems) -> None:
    """q is a parameter of no built-in system."""
    rows = [
        metric(quantity, value + q, 0.1, dataset="potts", N=64, q=q, beta=1.0, model="vae")
        for q in (3, 4)
        for quantity, value in (("elbo_gap", 1.0), ("capacity_deficit", 0.5))
    ]
    figure, (ax,) = figure_of("bound", pd.DataFrame(rows))
    ((deficit, gap, _),) = [points[:3] for points in bars_across_and_up(ax)]
    assert list(zip(deficit, gap, strict=True)) == [(3.5, 4.0), (4.5, 5.0)]
    assert legend(figure) == ["Potts", "bound"]


def bars_across_and_up(ax) -> list[tuple[np.ndarray, ...]]:
    return [(*container[0].get_data(), container) for container in ax.containers]


def test_a_point_that_is_there_twice_is_refused() -> None:
    """As are those of a system that is not registered, whose parameters nobody declares."""
    table = TABLES["bound"]()
    for twice in (pd.concat([table, table.iloc[[0]]]), table.assign(dataset="potts")):
        with pytest.raises(InputError, match="one row of each of dataset") as caught:
            figure_of("bound", twice)
        assert caught.value.field == "table"
        assert caught.value.value["dataset"] == twice["dataset"].iloc[0]


def nematic() -> pd.DataFrame:
    """Two sizes and two fields of a system whose temperature is called theta."""
    rows = [metric("clearing", 310.0, dataset="nematic"), metric("switching", 305.0, dataset="nematic")]
    for rods in (8, 16):
        for field in (0.0, 0.5):
            for theta in (300.0, 310.0, 320.0):
                point = {"dataset": "nematic", "M": rods, "E": field, "theta": theta}
                rows.append(metric("alignment", theta / rods + field, 0.01, **point))
                rows.append(metric("bipartite_mi_half", theta / rods + field, 0.01, **point))
                rows.append(metric("rate", theta - field, 0.01, model="elbo", **point))
    return pd.DataFrame(rows)


def test_observables_are_drawn_against_whatever_is_the_temperature(more_systems) -> None:
    table = nematic()
    figure, axes = figure_of(
        "observables", table[~table["quantity"].isin(["rate", "bipartite_mi_half"])]
    )
    assert [ax.get_title() for ax in axes] == [
        f"$M = {rods}$, $E = {field:g}$" for rods in (8, 16) for field in (0, 0.5)
    ]
    assert {ax.get_xlabel() for ax in axes} == {r"bath temperature $\vartheta$ (K)"}
    assert axes[0].get_ylabel() == "alignment of rods"
    for ax, (rods, field) in zip(axes, [(8, 0), (8, 0.5), (16, 0), (16, 0.5)], strict=True):
        ((theta, value, _),) = bars(ax)
        np.testing.assert_array_equal(theta, [300, 310, 320])
        np.testing.assert_array_equal(value, theta / rods + field)
        assert vertical(ax) == [310.0]  # and not the transition in the field
    assert legend(figure) == ["data", "clearing point"]


def test_the_crossing_shows_one_combination_of_all_other_parameters(more_systems) -> None:
    """The last with the most models: rows of another field are no points of these curves."""
    table = nematic()
    table = pd.concat([table, TABLES["crossing"]()])
    _, (_, _, ax) = figure_of("crossing", table)
    assert ax.get_title("left") == "(c) nematic\n$M = 16$, $E = 0.5$"
    assert ax.get_xlabel() == r"bath temperature $\vartheta$ (K)"
    assert vertical(ax) == [310.0]
    ((theta, rate, _),) = bars(ax)
    np.testing.assert_array_equal(rate, theta - 0.5)
    (half,) = lines_of_style(ax, "--", "#000000")
    np.testing.assert_array_equal(half.get_ydata(), np.array([300, 310, 320]) / 16 + 0.5)


@pytest.mark.parametrize(("kind", "refused"), [("observables", True), ("bound", False)])
def test_one_name_of_two_parameters_is_refused_where_it_would_be_an_axis(
    kind: str, refused: bool, more_systems
) -> None:
    rows = [
        metric(quantity, 1.0, 0.1, dataset=dataset, L=8, T=2.0, model="elbo")
        for dataset in ("ising_2d", "inverse_t")
        for quantity in ("elbo_gap", "capacity_deficit")
    ]
    if refused:
        with pytest.raises(InputError) as caught:
            figure_of(kind, pd.DataFrame(rows))
        assert (caught.value.field, caught.value.value) == ("parameter", "T")
    else:
        assert legend(figure_of(kind, pd.DataFrame(rows))[0]) == ["2D Ising", "inverse T", "bound"]


def test_lattices_of_equal_temperature_are_not_joined_to_one(more_systems) -> None:
    table = TABLES["scaling"]()
    other = table[table["dataset"] == "ising_2d"].assign(dataset="inverse_t")
    other["value"] = 2 * other["value"]
    figure, (*_, ax) = figure_of("scaling", pd.concat([table, other]))
    assert len(bars(ax)) == 8  # two splits at two temperatures, of two systems
    for width, value, _ in bars(ax):
        assert width.tolist() == [4, 8, 16, 32]
        assert (np.diff(value) > 0).all()
    labels = [text.get_text() for text in figure.legends[1].get_texts()]
    assert len(set(labels)) == 8
    assert labels[0] == r"half against half, 2D Ising, $T = 2$; $\propto L$"
    assert labels[2] == r"half against half, inverse T, $T = 2$; $\propto L$"
    assert ax.get_xlabel() == "linear size $L$"


def test_sizes_of_different_names_share_an_axis_of_none(more_systems) -> None:
    table = TABLES["scaling"]()
    other = table[table["dataset"] == "ising_2d"].assign(dataset="nematic")
    other = other.rename(columns={"L": "M", "T": "theta"})
    _, (*_, ax) = figure_of("scaling", pd.concat([table, other]))
    assert ax.get_xlabel() == "size"
    assert len(bars(ax)) == 8
