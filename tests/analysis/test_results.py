"""What results can do: be plotted, saved, compared with the data, shown in notebooks and on a page."""

from __future__ import annotations

import dataclasses
import hashlib
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

import mfvae
from mfvae.analysis import page
from mfvae.analysis.ladder import step_of
from mfvae.analysis.pace import Pace
from mfvae.analysis.reproduction import Reproduction
from mfvae.data import datasets
from mfvae.workflow.render import Picture
from tests.analysis.conftest import PATTERNS, SITES, independent_rows

SIGMAS = 5


@pytest.fixture(scope="module")
def with_gaps() -> mfvae.Fit:
    """A fit of Curie–Weiss configurations of which a fifth of the entries was not observed."""
    system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    x = system.sample(3000, np.random.default_rng(0)).astype(float)
    x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    return mfvae.fit(mfvae.load(x, missing="allow"), latents=2, epochs=6)


def test_gaps_change_no_answer(with_gaps):
    """One latent, one pattern, and the coupling that the data were drawn with."""
    theory, found = with_gaps.decode(), with_gaps.diagnose()
    assert (with_gaps.latents, theory.n_patterns, theory.kind) == (1, 1, "binary")
    assert theory.agree
    slope = theory.couplings.set_index("way").loc["slope"]
    assert abs(slope["value"] - 1.3) < SIGMAS * slope["stderr"] + 0.02 * 1.3
    assert found.null.value < 3 * found.null.stderr
    assert "not observed" in found.summary()
    assert [law for law in found.nats["law"] if "tree" in law] == []  # which asks for whole rows


def test_gaps_are_not_looked_at(with_gaps):
    """Whatever stands in them: scores, latents and imputed values are the same to the bit."""
    x, seen = with_gaps.data.array[:50], with_gaps.data.observed[:50]
    other = np.where(seen, x, 1).astype(np.int8)
    for name in ("log_prob", "latent_means", "impute"):
        method = getattr(with_gaps, name)
        assert np.array_equal(method(x, seen), method(other, seen))
    turned = np.where(seen, -x, x)
    assert not np.array_equal(with_gaps.impute(turned, seen), with_gaps.impute(x, seen))


def test_gaps_and_a_known_law_are_not_compared(with_gaps):
    system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    with pytest.raises(mfvae.InputError, match="rows without gaps"):
        with_gaps.diagnose(truth=system)


def test_rows_of_which_nothing_was_observed_take_no_part():
    x = independent_rows(3, 400, 5).astype(float)
    x[7] = np.nan
    fit = mfvae.fit(mfvae.load(x, missing="allow"), latents=1, epochs=1)
    assert fit.parts[7] == "gap"
    assert any("nothing was observed of 1 rows" in one for one in fit.cautions)
    x[:, 2] = np.nan
    with pytest.raises(mfvae.InputError):
        mfvae.fit(mfvae.load(x, missing="allow", constant_sites="keep"), latents=1, epochs=1)


def test_the_rule_is_that_of_the_selection(fit):
    """The ladder stops with the first latent that does not help, and says why."""
    assert fit.choice.offered == (0, 1, 2, 3)
    assert fit.latents == fit.choice.choice == PATTERNS
    found = mfvae.select_n_latents(fit.data, epochs=8)
    assert (found.choice, found.offered) == (fit.choice.choice, fit.choice.offered)
    gains = {(one.smaller, one.larger): one.gain for one in fit.choice.differences}
    assert gains[0, 2].value == pytest.approx((fit.laws[2].log_prob - fit.laws[0].log_prob).mean())
    assert fit.summary().startswith("2: ")


def test_independent_sites_have_no_latent_in_any_of_many_draws():
    """Three standard errors are exceeded once in 740 times: twice in twenty has probability 4e-4."""
    chosen = [
        mfvae.select_n_latents(independent_rows(seed, 400, 6), latents=[1], epochs=1).choice
        for seed in range(20, 40)
    ]
    assert sum(chosen) <= 1


def test_the_null_of_collective_data_is_nothing(fit):
    assert fit.null.value < 3 * fit.null.stderr
    gain = fit.choice.differences[0].gain
    assert gain.value > 100 * abs(fit.null.value)


def test_results_are_frozen_and_show_themselves(fit):
    results = [fit, fit.diagnose(baselines=()), fit.decode(), mfvae.reproduction(fit)]
    for result in results:
        with pytest.raises(dataclasses.FrozenInstanceError):
            result.anything = 1
        assert len(result.to_frame())
        assert str(result) == result.summary()
        shown = result._repr_html_()
        assert shown.startswith("<pre>")
        assert "<table" in shown


def test_the_model_reproduces_what_it_should(fit, empty):
    """As well as training rows resemble held-out ones, up to a half more; independent sites do not."""
    found = mfvae.reproduction(fit).to_frame().set_index("of")
    assert (found["model"] < 1.5 * found["training"]).all()
    without = dataclasses.replace(fit, choice=dataclasses.replace(fit.choice, choice=0), forms={})
    worse = mfvae.reproduction(without).to_frame().set_index("of")
    assert worse["model"]["pairs"] > 3 * worse["training"]["pairs"]
    assert isinstance(mfvae.reproduction(empty), Reproduction)


def test_counts_and_bounds_need_whole_rows(with_gaps):
    assert mfvae.reproduction(with_gaps).counts is None
    with pytest.raises(mfvae.InputError, match="without gaps"):
        mfvae.plot.counts(with_gaps)
    with pytest.raises(mfvae.InputError, match="without gaps"):
        mfvae.bipartite_information(with_gaps.data)


def test_information_of_two_parts():
    """Of copies it is an entropy, of independent sites nothing; parts are named or numbered."""
    x = independent_rows(5, 4000, 4)
    data = mfvae.load(np.hstack([x, x]))
    copies = mfvae.bipartite_information(data)
    counts = np.bincount(x.sum(1)) / len(x)
    entropy = -(counts[counts > 0] * np.log(counts[counts > 0])).sum()
    assert abs(copies.estimate.value - entropy) < SIGMAS * copies.estimate.stderr
    nothing = mfvae.bipartite_information(data, ["0", "1", 4, 5])
    assert abs(nothing.estimate.value) < SIGMAS * nothing.estimate.stderr  # copies are together
    half = mfvae.bipartite_information(mfvae.load(x), [0, 1])
    assert abs(half.estimate.value) < SIGMAS * half.estimate.stderr
    for sites in ([], [99], ["nobody"], range(8)):
        with pytest.raises(mfvae.InputError, match="sites = "):
            mfvae.bipartite_information(data, sites)


@pytest.mark.parametrize(
    "kind", ["ladder", "spectrum", "latents", "counts", "bound", "patterns", "couplings"]
)
def test_plots_go_where_they_are_told(fit, kind):
    result = {"bound": fit.diagnose(baselines=()), "patterns": fit.decode(), "couplings": fit.decode()}
    given = Figure().subplots()
    assert getattr(mfvae.plot, kind)(result.get(kind, fit), given) is given
    assert given.has_data()
    assert given.get_ylabel()
    own = getattr(mfvae.plot, kind)(result.get(kind, fit))
    assert own.figure is not given.figure


def test_there_is_no_plot_of_nothing(empty):
    for draw, result in (
        (mfvae.plot.spectrum, empty),
        (mfvae.plot.latents, empty),
        (mfvae.plot.latents_along, empty),
        (mfvae.plot.patterns, empty.decode()),
    ):
        with pytest.raises(mfvae.InputError):
            draw(result)


def test_a_saved_law_is_the_same_law(fit, empty, with_gaps, tmp_path):
    for name, one in (("fit", fit), ("empty", empty), ("gaps", with_gaps)):
        folder = mfvae.save(one, tmp_path / name)
        law = mfvae.load_model(folder)
        x, seen = one.data.array[:20], None if one.data.observed is None else one.data.observed[:20]
        assert np.array_equal(law.log_prob(x, seen), one.log_prob(x, seen))
        assert np.array_equal(law.sample(5), one.sample(5))
        assert (law.latents, law.n_sites) == (one.latents, one.data.n_sites)
    (tmp_path / "fit" / "law.pt").write_bytes(b"damaged")
    with pytest.raises(mfvae.InputError, match="whole saved law"):
        mfvae.load_model(tmp_path / "fit")


@pytest.fixture(scope="module")
def ordered() -> dict[str, tuple[np.ndarray, np.ndarray, mfvae.Fit]]:
    """Rows of one direction or state, the mask, and a fit of each, by the kind of site."""
    rng, found = np.random.default_rng(0), {}
    axis = rng.standard_normal((400, 1, 3)) + 0.15 * rng.standard_normal((400, 6, 3))
    unit = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    states = np.where(
        rng.random((400, 6)) < 0.1, rng.integers(3, size=(400, 6)), rng.integers(3, size=(400, 1))
    )
    for site, x in (("director", unit), ("vector3", unit), ("potts3", states.astype(float))):
        x = x.astype(np.float32)
        seen = rng.random((400, 6)) < 0.8
        gaps = np.where(seen.reshape(seen.shape + (1,) * (x.ndim - 2)), x, np.nan)
        axes = "rows sites" if x.ndim == 2 else "rows sites components"
        data = mfvae.load(gaps, axes=axes, site=site, missing="allow")
        found[site] = x, seen, mfvae.fit(data, latents=[2], epochs=5, hidden=(16,))
    return found


@pytest.mark.parametrize("site", ["director", "vector3", "potts3"])
def test_gaps_of_all_sites_are_filled_with_what_the_row_is_like(ordered, site):
    """Nearer to what was hidden than the values of another row are, by SIGMAS standard errors."""
    x, seen, found = ordered[site]
    for draw in (False, True):
        filled = found.impute(draw=draw)
        assert np.array_equal(filled[seen], found.data.array[seen])
        if site != "potts3":
            np.testing.assert_allclose(np.linalg.norm(filled, axis=-1), 1, atol=1e-6)

        def likeness(others: np.ndarray) -> np.ndarray:
            if site == "potts3":
                return (others == x)[~seen].astype(float)
            alike = (others * x).sum(-1)[~seen]
            return alike**2 if site == "director" else alike

        gain = likeness(filled) - likeness(np.roll(x, 1, axis=0))
        assert gain.mean() > SIGMAS * gain.std() / np.sqrt(len(gain))
    assert np.array_equal(found.impute(draw=True, seed=1), found.impute(draw=True, seed=1))
    assert not np.array_equal(found.impute(draw=True, seed=1), found.impute(draw=True, seed=2))


def test_the_page_answers_in_the_order_of_questions(fit, tmp_path):
    path = mfvae.report(fit, tmp_path / "ä b.html", baselines=(), command="mfvae analyse x")
    text = path.read_text()
    headings = re.findall(r"<h2>(.*?)</h2>", text)
    assert [one.partition(",")[0] for one in headings] == [
        "Why",
        "What was read",
        "How many latents",
        "Latents of the rows",
        "What the model reproduces",
        "What is missing",
        "Patterns",
        "Couplings",
        "Effective couplings between sites",
        "The null: what is found where there is nothing",
        "Training",
        "What the words mean",
        "How to cite",
        "Command and versions",
    ]
    assert text.index("latents describe") < text.index("<h2>")
    assert 'name="viewport"' in text
    assert "Made by: mfvae analyse x" in text
    assert text.count("data:image/png;base64,") == 10
    assert "2 over 1" in text
    rows = re.findall(r"<td>(\d+)</td><td>[−\d.]+</td><td>(−?1\.000)</td>", text)
    assert len(rows) == SITES
    values = [float(value.replace("−", "-")) for _, value in rows]
    assert values == sorted(values, reverse=True)


def test_the_time_left_falls_as_the_ladder_ends(fit):
    """A latent that helps asks for one more, and one that does not for patterns alone."""
    pace = Pace(fit.ladder, 5, unit=1.0)
    laws = {d: dataclasses.replace(law, seconds=0.0) for d, law in fit.laws.items()}
    form = dataclasses.replace(fit.forms[2], seconds=0.0)
    pairs = ((None, laws[0]), (laws[1], laws[2]), (laws[2], laws[3]), (laws[2], form))
    left = [pace.after(step_of(law, before, None)) for before, law in pairs]
    assert left[0] == pace.least() < pace.longest()
    assert left[1] > left[2] > left[3] > 0
    pace.last -= 7.0
    pace.after(step_of(dataclasses.replace(form, seconds=6.0), laws[2], None))
    assert pace.seconds == pytest.approx(7.0, abs=0.5)  # with its score


class Served:
    """A file that is served at an address without a network."""

    def __init__(self, monkeypatch, tmp_path, content: bytes) -> None:
        self.file = tmp_path / "served.csv"
        self.file.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        known = datasets.File("folder/served.csv", self.file.as_uri(), digest)
        entry = datasets.Dataset("served", "nobody", {"": known})
        monkeypatch.setitem(datasets.DATASETS, "served", entry)
        monkeypatch.delenv("MFVAE_DATA", raising=False)


def test_a_data_set_is_downloaded_once(monkeypatch, tmp_path):
    served = Served(monkeypatch, tmp_path, b"a,b\n0,1\n1,0\n1,1\n")
    assert mfvae.datasets.fetch("served", tmp_path / "kept").array.shape == (3, 2)
    served.file.unlink()
    assert mfvae.datasets.fetch("served", tmp_path / "kept").site_names == ("a", "b")
    with pytest.raises(mfvae.InputError, match="cannot be had"):
        mfvae.datasets.fetch("served", tmp_path / "elsewhere")
    monkeypatch.setenv("MFVAE_CACHE", str(tmp_path / "kept"))
    assert mfvae.datasets.fetch("served").n_rows == 3


def test_a_data_set_with_another_content_is_refused(monkeypatch, tmp_path):
    served = Served(monkeypatch, tmp_path, b"a,b\n0,1\n1,0\n1,1\n")
    served.file.write_bytes(b"a,b\n0,1\n1,1\n0,0\n")
    with pytest.raises(mfvae.InputError, match="sha256"):
        mfvae.datasets.fetch("served", tmp_path / "kept")
    assert not list((tmp_path / "kept" / "folder").iterdir())
    copies = tmp_path / "copies" / "folder"
    copies.mkdir(parents=True)
    (copies / "served.csv").write_bytes(b"a,b\n0,1\n1,0\n1,1\n")
    monkeypatch.setenv("MFVAE_DATA", str(tmp_path / "copies"))
    assert mfvae.datasets.fetch("served", tmp_path / "kept").n_rows == 3


def test_every_data_set_says_whom_to_cite():
    for name in mfvae.datasets.names():
        assert "Cite: " in mfvae.datasets.describe(name)
        for file in datasets.DATASETS[name].files.values():
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.url.startswith("https://")


def test_latents_are_drawn_in_the_order_of_the_rows():
    """Of a magnet whose rows come in long runs of one sign."""
    rng = np.random.default_rng(0)
    sign = np.repeat(rng.choice([-1, 1], size=150), 10)[:, None]
    x = np.where(rng.random((1500, 8)) < 0.1, -sign, sign)
    found = mfvae.fit(x, latents=1, epochs=3)
    line = mfvae.plot.latents_along(found).lines[0]
    rows, z = line.get_xdata(), line.get_ydata()
    assert (np.diff(rows) == 1).all()
    assert (found.parts[rows] == "test").all()
    assert abs(np.corrcoef(z, sign[rows, 0])[0, 1]) > 0.8
    captions = [block.caption for block in page.of_rows(found) if isinstance(block, Picture)]
    assert len(captions) == 2
    assert "in the order of the data" in captions[1]


def test_where_rows_are_independent_their_order_is_not_drawn(fit, empty):
    assert len([block for block in page.of_rows(fit) if isinstance(block, Picture)]) == 1
    assert not list(page.of_rows(empty))
