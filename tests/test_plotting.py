"""What the figures show: exact columns as lines, measurements with error bars, units on the axes."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib import import_module

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import binom, poisson

import mfvae.plotting
from mfvae.errors import InputError
from mfvae.plotting import FIGURES, save_figure, style

BETAS = (0.5, 1.0, 1.2, 1.5)


def order_parameter_law() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    tables = []
    for n_sites, beta in ((64, 0.5), (256, 1.0)):
        m = np.arange(-n_sites, n_sites + 1, 2) / n_sites
        exact = binom.pmf(np.arange(n_sites + 1), n_sites, 0.5)
        for source in ("exact", "data", "model"):
            p = exact if source == "exact" else rng.multinomial(5000, exact) / 5000
            stderr = np.nan if source == "exact" else np.sqrt(p * (1 - p) / 5000)
            tables.append(
                pd.DataFrame(
                    {
                        "N": n_sites,
                        "beta": beta,
                        "m": m,
                        "source": source,
                        "probability": p,
                        "stderr": stderr,
                    }
                )
            )
    return pd.concat(tables)


def coupling() -> pd.DataFrame:
    rows = []
    for n_sites in (64, 256):
        for beta in BETAS:
            spread = beta * (1.03 if beta <= 1 else n_sites / 10)  # the bias of the ordered phase
            rows.append((n_sites, beta, "vae", "coupling_from_mean", 1.01 * beta, 0.005, beta))
            rows.append((n_sites, beta, "vae", "coupling_from_spread", spread, 0.01, beta))
            rows.append((n_sites, beta, "vae", "rate", 99.0, 0.01, np.nan))
    columns = ["N", "beta", "model", "quantity", "value", "stderr", "reference"]
    return pd.DataFrame(rows, columns=columns)


def capacity(sizes: tuple[int, ...] = (64, 256), models: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    rows = []
    for n_sites in sizes:
        for beta in BETAS:
            exact = beta * np.log(n_sites) / 4
            for i, model in enumerate(models):
                for quantity, value, stderr in (
                    ("kl_per_site", 1e-4 * (i + 1), 2e-5),
                    ("rate", 1.05 * exact, 0.01),
                    ("exact_channel_rate", exact, 0.0),
                    ("bipartite_mi", exact / 2, 0.0),
                    ("elbo_gap", 77.0, 0.1),
                ):
                    rows.append((n_sites, beta, model, quantity, value, stderr))
    return pd.DataFrame(rows, columns=["N", "beta", "model", "quantity", "value", "stderr"])


def singular_spectrum() -> pd.DataFrame:
    index = np.arange(1, 21)
    value = np.where(index <= 3, 0.5, 1e-3 * np.exp(-index / 6))
    tables = [
        pd.DataFrame({"beta": b, "index": index, "singular_value": b * value, "count": 3}) for b in BETAS
    ]
    return pd.concat(tables)


def patterns(wrong: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    site, pattern = (a.ravel() for a in np.meshgrid(np.arange(60), [1, 2, 3]))
    tables = []
    for beta in (0.5, 1.1, 1.5):
        truth = rng.choice([-1, 1], len(site))
        flipped = rng.permutation(len(site)) < (wrong if beta == 1.1 else 30)
        decoded = np.where(flipped, -truth, truth)
        tables.append(
            pd.DataFrame(
                {"beta": beta, "site": site, "pattern": pattern, "truth": truth, "decoded": decoded}
            )
        )
    return pd.concat(tables)


def overlaps() -> pd.DataFrame:
    rows = [(b, k, 1 - 0.02 * k * (b < 1)) for b in BETAS for k in (1, 2, 3)]
    return pd.DataFrame(rows, columns=["beta", "pattern", "overlap"])


def count_distribution() -> pd.DataFrame:
    count = np.arange(161)
    data = np.where(count <= 50, np.exp(-count / 6), 0)
    data /= data.sum()
    tables = [
        pd.DataFrame({"spike_count": count, "source": source, "probability": p, "stderr": stderr})
        for source, p, stderr in (
            ("data", data, 0.1 * data),
            ("independent", poisson.pmf(count, 5.7), np.nan),
            ("model", np.exp(-count / 6.2) / 6.7, 1e-6),
        )
    ]
    return pd.concat(tables)


def correlations() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    i, j = np.triu_indices(60, 1)
    data = rng.gamma(0.5, 0.07, len(i))
    model = 0.9 * data + 0.01 * rng.standard_normal(len(i))
    table = pd.DataFrame({"neuron_i": i, "neuron_j": j, "data": data, "model": model})
    table.loc[5, "data"] = np.nan  # a silent neuron
    return table


def latent_plane() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    z = rng.standard_normal((500, 2))
    return pd.DataFrame({"z_1": z[:, 0], "z_2": z[:, 1], "spike_count": rng.poisson(np.exp(z[:, 0]))})


def stored_patterns(count: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    mean_field = -2 + 0.3 * rng.standard_normal(40)
    tables = [
        pd.DataFrame(
            {
                "site": np.arange(40),
                "pattern": k,
                "value": rng.normal(1 / k, 0.4, 40),
                "mean_field": mean_field,
            }
        )
        for k in range(1, count + 1)
    ]
    return pd.concat(tables)


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    make.__name__: make
    for make in (
        order_parameter_law,
        coupling,
        capacity,
        singular_spectrum,
        patterns,
        overlaps,
        count_distribution,
        correlations,
        latent_plane,
        stored_patterns,
    )
}
every_kind = pytest.mark.parametrize("kind", sorted(TABLES))


def figure_of(kind: str, table: pd.DataFrame | None = None) -> tuple[Figure, list[Axes]]:
    figure = FIGURES[kind](TABLES[kind]() if table is None else table)
    return figure, figure.axes


def bars(ax: Axes) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(x, y, standard error) of every container of error bars."""
    found = []
    for container in ax.containers:
        line, _, (segments,) = container
        half = [np.ptp(segment[:, 1]) / 2 for segment in segments.get_segments()]
        found.append((*line.get_data(), np.array(half)))
    return found


def texts(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


# -- every figure ----------------------------------------------------------------------------------
def test_every_module_with_a_draw_is_registered() -> None:
    modules = {m.name for m in pkgutil.iter_modules(mfvae.plotting.__path__)} - {"style", "table"}
    assert set(FIGURES) == modules == set(TABLES)
    for kind, draw in FIGURES.items():
        assert draw is import_module(f"mfvae.plotting.{kind}").draw


@every_kind
def test_missing_column_is_named(kind: str) -> None:
    for column in import_module(f"mfvae.plotting.{kind}").COLUMNS:
        with pytest.raises(InputError) as caught:
            FIGURES[kind](TABLES[kind]().drop(columns=column))
        assert (caught.value.field, caught.value.value) == ("table", [column])


@every_kind
def test_docstring_names_every_column(kind: str) -> None:
    documented = FIGURES[kind].__doc__ or ""
    for column in import_module(f"mfvae.plotting.{kind}").COLUMNS:
        assert column in documented


@every_kind
def test_empty_table_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="no rows"):
        FIGURES[kind](TABLES[kind]().iloc[:0])


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("order_parameter_law", "source", "exact"),
        ("coupling", "quantity", "coupling_from_spread"),
        ("capacity", "quantity", "bipartite_mi"),
        ("count_distribution", "source", "model"),
    ],
)
def test_missing_rows_are_named(kind: str, column: str, value: str) -> None:
    table = TABLES[kind]()
    with pytest.raises(InputError) as caught:
        FIGURES[kind](table[table[column] != value])
    assert (caught.value.field, caught.value.value) == (column, [value])


@every_kind
def test_saved_twice_is_the_same_bytes(kind: str, tmp_path) -> None:
    figure, _ = figure_of(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a layout that does not fit is a warning
        first = [path.read_bytes() for path in save_figure(figure, tmp_path / "one" / kind)]
        second = [path.read_bytes() for path in save_figure(figure, tmp_path / "two" / kind)]
    assert first == second
    assert first[0].startswith(b"%PDF")
    assert b"CreationDate" not in first[0]
    assert first[1].startswith(b"\x89PNG")
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == [f"{kind}.pdf", f"{kind}.png"]
    # the caller's own settings and an earlier figure leave no trace
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 5, "axes.grid": True}):
        again = save_figure(figure_of(kind)[0], tmp_path / "three" / kind)
    assert [path.read_bytes() for path in again] == first


@every_kind
def test_print_size_and_no_text_is_cut(kind: str) -> None:
    before = dict(matplotlib.rcParams)
    figure, _ = figure_of(kind)
    assert dict(matplotlib.rcParams) == before
    assert figure.get_figwidth() in (style.SINGLE_COLUMN, style.DOUBLE_COLUMN)
    with style.print_style():
        figure.draw_without_rendering()
    page = figure.bbox.padded(1)
    ticks = {t for axis in figure.findobj(Axis) for t in axis.findobj(Text) if t is not axis.label}
    for text in texts(figure):
        box = text.get_window_extent()
        assert text.get_fontsize() >= 8
        if text not in ticks:  # those beyond the limits exist but are not drawn
            assert page.contains(box.x0, box.y0), text
            assert page.contains(box.x1, box.y1), text


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    figure, _ = figure_of("overlaps")
    pdf, png = save_figure(figure, tmp_path / "overlaps")
    before = pdf.read_bytes(), png.read_bytes()

    def broken(path, **_) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", broken)
    with pytest.raises(OSError, match="disk full"):
        save_figure(figure, tmp_path / "overlaps")
    assert (pdf.read_bytes(), png.read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2


def test_plotting_needs_neither_torch_nor_a_display() -> None:
    code = "import sys, mfvae.plotting; print({'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"


# -- one by one ------------------------------------------------------------------------------------
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
        for quantity, linestyle in (("exact_channel_rate", "-"), ("bipartite_mi", "--")):
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
        {"N": 64, "beta": [0.6, 0.7], "quantity": "bipartite_mi", "value": 0.2, "stderr": 0.0}
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
