"""What every figure owes: it draws without a warning, cuts no text, and names bad input."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import warnings
from importlib import import_module

import matplotlib
import pytest
from matplotlib.axis import Axis
from matplotlib.text import Text

import mfvae.figures
from mfvae.errors import InputError
from mfvae.figures import FIGURES
from mfvae.figures.style import print_style
from mfvae.workflow.files.drawings import save_figure
from tests.helpers.figures.artists import figure_of, texts
from tests.helpers.figures.tables import TABLES

every_kind = pytest.mark.parametrize("kind", sorted(TABLES))


def columns_of(kind: str) -> tuple[str, ...]:
    return import_module(FIGURES[kind].module).COLUMNS


def test_every_module_that_draws_is_registered() -> None:
    names = (found.name for found in pkgutil.walk_packages(mfvae.figures.__path__, "mfvae.figures."))
    drawing = {name for name in names if hasattr(import_module(name), "draw")}
    assert {figure.module for figure in FIGURES.values()} == drawing
    assert set(FIGURES) == set(TABLES)


@every_kind
def test_missing_column_is_named(kind: str) -> None:
    for column in columns_of(kind):
        with pytest.raises(InputError) as caught:
            FIGURES[kind](TABLES[kind]().drop(columns=column))
        assert (caught.value.field, caught.value.value) == ("table", [column])


@every_kind
def test_empty_table_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="no rows"):
        FIGURES[kind](TABLES[kind]().iloc[:0])


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("order_parameter_law", "source", "exact"),
        ("coupling", "quantity", "coupling_from_spread"),
        ("atlas", "quantity", "unknown_law_verdict"),
        ("bound", "quantity", "capacity_deficit"),
        ("capacity", "quantity", "bipartite_mi_half"),
        ("capacity_by_dimension", "quantity", "kl_per_site"),
        ("crossing", "quantity", "bipartite_mi_half"),
        ("scaling", "quantity", "exact_channel_rate"),
        ("count_law", "quantity", "count_probability"),
        ("count_law", "model_kind", "data"),
        ("pair_correlations", "model_kind", "data"),
        ("correlation_matrices", "quantity", "correlation"),
        ("triplets", "quantity", "triplet_covariance"),
        ("zipf", "model_kind", "data"),
        ("covariance_spectrum", "quantity", "covariance_eigenvalue"),
        ("model_comparison", "quantity", "negative_log_likelihood"),
        ("latent_dimension", "quantity", "model_bipartite_mi"),
        ("price_of_theory", "quantity", "negative_log_likelihood"),
        ("latent_raster", "quantity", "latent"),
        ("potential_surface", "quantity", "attractor"),
        ("field", "quantity", "field_from_mean"),
        ("degeneracy", "box", "shown"),
        ("degeneracy", "quantity", "rand_psi"),
        ("wells", "quantity", "state"),
        ("replicas", "quantity", "coupling"),
        ("gap", "quantity", "variational_gap"),
        ("ledger", "quantity", "distortion"),
        ("thermodynamics", "quantity", "posterior_entropy"),
    ],
)
def test_missing_rows_are_named(kind: str, column: str, value: str) -> None:
    table = TABLES[kind]()
    with pytest.raises(InputError) as caught:
        FIGURES[kind](table[table[column] != value])
    assert (caught.value.field, caught.value.value) == (column, [value])


@every_kind
def test_drawn_without_a_warning_and_no_text_is_cut(kind: str) -> None:
    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a layout that does not fit is a warning
        figure, _ = figure_of(kind)
        assert dict(matplotlib.rcParams) == before
        with print_style():
            figure.draw_without_rendering()
    page = figure.bbox.padded(1)
    ticks = {t for axis in figure.findobj(Axis) for t in axis.findobj(Text) if t is not axis.label}
    for text in set(texts(figure)) - ticks:  # ticks beyond the limits exist but are not drawn
        box = text.get_window_extent()
        assert page.contains(box.x0, box.y0), text
        assert page.contains(box.x1, box.y1), text


# -- files -----------------------------------------------------------------------------------------
def test_saved_twice_is_the_same_bytes(tmp_path) -> None:
    first = [path.read_bytes() for path in save_figure(figure_of("overlaps")[0], tmp_path / "one")]
    assert first[0].startswith(b"%PDF")
    assert b"CreationDate" not in first[0]
    assert first[1].startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pdf", "one.png"]
    # the caller's own settings and an earlier figure leave no trace
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 5, "axes.grid": True}):
        again = save_figure(figure_of("overlaps")[0], tmp_path / "two")
    assert [path.read_bytes() for path in again] == first


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    figure, _ = figure_of("overlaps")
    pdf, png = save_figure(figure, tmp_path / "overlaps")
    before = pdf.read_bytes(), png.read_bytes()

    def broken(path, **_) -> None:
        path.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", broken)
    with pytest.raises(OSError, match="disk full"):
        save_figure(figure, tmp_path / "overlaps")
    assert (pdf.read_bytes(), png.read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2


def test_drawing_needs_neither_torch_nor_a_display() -> None:
    code = (
        "import sys; from importlib import import_module; from mfvae.figures import FIGURES; "
        "[import_module(figure.module) for figure in FIGURES.values()]; "
        "print({'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"
