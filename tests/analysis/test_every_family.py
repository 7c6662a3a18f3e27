"""Every public function over every family of sites has a result, or one line that says why not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

import mfvae
from mfvae.analysis import plot
from mfvae.analysis.examine import oddities
from mfvae.analysis.fit import Fit
from mfvae.analysis.reproduction import compare
from mfvae.capacity.unknown_law.judgement import UnknownLawVerdict
from mfvae.data.configurations import Configurations
from mfvae.errors import InputError
from mfvae.index import PUBLIC
from mfvae.sites import SITE_FAMILIES
from mfvae.stats import Estimate

SITES, ROWS = 4, 300
FAMILIES = ("spin", "gaussian", "director", "count", "potts3", "vector2")
TRUTHS = {  # systems of a family, of which the law is known, and their β
    "spin": ("curie_weiss", 1.2),
    "director": ("maier_saupe", 4.0),
    "potts3": ("curie_weiss_potts3", 2.5),
    "vector2": ("mean_field_xy", 2.2),
}
CLASSES = {name for name in PUBLIC if name[0].isupper()}
QUICK = ("potts3", "vector2")  # asked by make test; the rest by make test-all
each_family = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.whole) for name in FAMILIES]
)


def rows_of(name: str) -> Configurations:
    """Draws of a system where there is one, else sites that follow one number with signs in turn."""
    if name in TRUTHS:
        system, beta = TRUTHS[name]
        law = mfvae.build(system, {"N": SITES, "beta": beta}, seed=0)
        return Configurations(law.sample(ROWS, np.random.default_rng(0)), site=name)
    rng = np.random.default_rng(0)
    fields = 0.8 * rng.normal(size=(ROWS, 1)) * np.where(np.arange(SITES) % 2, 1, -1)
    return Configurations(SITE_FAMILIES[name].sample(fields, rng), site=name)


@cache
def fit_of(name: str) -> Fit:
    """With one latent, whether it helps or not: what is asked here is a result, not a good one."""
    return mfvae.fit(rows_of(name), latents=1, epochs=2)


def drawn(draw: Callable[[], Axes]) -> Axes:
    """A plot, put on its canvas."""
    ax = draw()
    ax.figure.canvas.draw()
    return ax


def judged(fit: Fit) -> UnknownLawVerdict:
    """The verdict on the law of a fit from draws of it."""
    draws = Configurations(fit.sample(ROWS), site=fit.ladder.family.name)
    return mfvae.judge_draws(fit.data, draws)


# What is asked of a fit: by a public name, or one of its methods.
ASKED: dict[str, Callable[[Fit, Path], Any]] = {
    "bipartite_information": lambda fit, _: mfvae.bipartite_information(fit.data).estimate.value,
    "decode": lambda fit, _: mfvae.decode(fit).patterns.to_numpy(),
    "diagnose": lambda fit, _: fit.diagnose(baselines=()).gain.value,
    "fit": lambda fit, _: fit.nats["nats"].to_numpy(),
    "hold_out": lambda fit, _: (mfvae.hold_out(fit.data) == "test").mean(),
    "interactions": lambda fit, _: (found := mfvae.interactions(fit)) is None or found.pairs,
    "judge_draws": lambda fit, _: len(judged(fit).reasons),
    "latent_spectrum": lambda fit, _: mfvae.latent_spectrum(fit, points=300).spectrum.energies,
    "load_model": lambda fit, out: mfvae.load_model(mfvae.save(fit, out)).log_prob(fit.data.array[:3]),
    "report": lambda fit, out: len(mfvae.report(fit, out / "page.html", ()).read_text()),
    "reproduction": lambda fit, _: mfvae.reproduction(fit).pairs["model"].to_numpy(),
    "save": lambda fit, out: (mfvae.save(fit, out) / "law.json").stat().st_size,
    "select_n_latents": lambda fit, _: mfvae.select_n_latents(fit.data, latents=1, epochs=1).choice,
    "Fit.impute": lambda fit, _: fit.impute(fit.data.array[:3], np.eye(3, SITES) == 0),
    "Fit.latent_means": lambda fit, _: fit.latent_means(fit.data.array[:3]),
    "Fit.log_prob": lambda fit, _: fit.log_prob(fit.data.array[:3]),
    "Fit.lacks": lambda fit, _: fit.lacks is None or fit.lacks.couplings.values,
    "Fit.null": lambda fit, _: fit.null.value,
    "Fit.sample": lambda fit, _: fit.sample(5),
    "compare": lambda fit, _: compare(fit.data, fit.data).pairs["model"].to_numpy(),
    "oddities": lambda fit, _: len(oddities(fit.data)),
    "plot.ladder": lambda fit, _: drawn(lambda: plot.ladder(fit)).get_ylim(),
    "plot.bound": lambda fit, _: drawn(lambda: plot.bound(fit.diagnose(baselines=()))).get_ylim(),
    "plot.spectrum": lambda fit, _: drawn(lambda: plot.spectrum(fit)).get_ylim(),
    "plot.conservation": lambda fit, _: drawn(
        lambda: plot.conservation(mfvae.reproduction(fit))
    ).get_ylim(),
    "plot.logo": lambda fit, _: drawn(lambda: plot.logo(fit.decode())).get_ylim(),
    "plot.couplings": lambda fit, _: drawn(lambda: plot.couplings(fit.decode())).get_ylim(),
    "plot.patterns": lambda fit, _: drawn(lambda: plot.patterns(fit.decode())).get_ylim(),
    "plot.latents": lambda fit, _: drawn(lambda: plot.latents(fit)).get_ylim(),
    "plot.latents_along": lambda fit, _: drawn(lambda: plot.latents_along(fit)).get_ylim(),
    "plot.energies": lambda fit, _: drawn(
        lambda: plot.energies(mfvae.latent_spectrum(fit, points=300))
    ).get_ylim(),
    "plot.state": lambda fit, _: drawn(
        lambda: plot.state(mfvae.latent_spectrum(fit, points=300))
    ).get_ylim(),
    "plot.counts": lambda fit, _: drawn(lambda: plot.counts(fit)).get_ylim(),
    "plot.means": lambda fit, _: drawn(lambda: plot.means(mfvae.reproduction(fit))).get_ylim(),
    "plot.pairs": lambda fit, _: drawn(lambda: plot.pairs(mfvae.reproduction(fit))).get_ylim(),
}  # fmt: skip
OF_INTERACTIONS = {
    "plot.interactions",
    "plot.against_truth",
}  # of spins: tests/analysis/test_interactions
WITHOUT_FIT = {"build", "load"}  # of a system and of a file: tests/systems, tests/data
SPINS_ALONE = {"bipartite_information", "plot.counts"}
STATES_ALONE = {"plot.conservation", "plot.logo"}
FLAT_CHART = {"latent_spectrum", "plot.energies", "plot.state"}
WITH_LATENTS = FLAT_CHART | {
    "plot.spectrum", "plot.latents", "plot.latents_along", "plot.patterns", "plot.logo",
}  # fmt: skip


def refused(asked: str, fit: Fit) -> bool:
    """Whether a fit cannot be asked this."""
    family = fit.ladder.family
    return (
        (asked in SPINS_ALONE and family.name != "spin")
        or (asked in FLAT_CHART and family.name not in ("spin", "gaussian"))
        or (asked in STATES_ALONE and not family.name.startswith("potts"))
        or (asked in WITH_LATENTS and not fit.latents)
    )


def test_every_public_name_and_plot_is_asked():
    plots = {f"plot.{name}" for name, one in vars(plot).items() if is_plot(name, one)}
    assert set(ASKED) >= set(PUBLIC) - CLASSES - WITHOUT_FIT | plots - OF_INTERACTIONS


def is_plot(name: str, one: Any) -> bool:
    return callable(one) and getattr(one, "__module__", "") == plot.__name__ and name[0] != "_"


def test_every_kind_of_family_is_here():
    kinds = {"".join(filter(str.isalpha, name)) for name in SITE_FAMILIES}
    assert {"".join(filter(str.isalpha, name)) for name in FAMILIES} >= kinds


@each_family
@pytest.mark.parametrize("asked", sorted(ASKED))
def test_there_is_a_finite_result_or_one_line(asked, name, tmp_path):
    fit = fit_of(name)
    if refused(asked, fit):
        with pytest.raises(InputError) as error:
            ASKED[asked](fit, tmp_path)
        assert "\n" not in str(error.value)
        return
    found = np.asarray(ASKED[asked](fit, tmp_path), dtype=np.float64)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "name", ["potts3", "vector2", pytest.param("director", marks=pytest.mark.whole)]
)
def test_the_divergence_from_a_known_law_is_that_of_its_definition(name):
    """E[log p − log p_θ] over held-out rows; another law of the same sites is further away."""
    fit, (system, beta) = fit_of(name), TRUTHS[name]
    truth, other = (mfvae.build(system, {"N": SITES, "beta": b}, seed=0) for b in (beta, 2 * beta))
    rows = fit.data.array[fit.parts == "test"]
    direct = (truth.log_prob(rows) - fit.chosen.log_prob).mean()
    found = fit.diagnose(truth=truth, baselines=()).kl
    assert isinstance(found, Estimate)
    np.testing.assert_allclose(found.value, direct, atol=1e-9)
    assert found.value > -4 * found.stderr
    assert fit.diagnose(truth=other, baselines=()).kl.value < found.value - 4 * found.stderr


@each_family
def test_a_law_of_other_sites_is_refused(name):
    wrong = mfvae.build("curie_weiss", {"N": SITES + 2, "beta": 1.0}, seed=0)
    allowed = f"a law of the {SITES} sites of family {name}"
    with pytest.raises(InputError, match=f"of {SITES + 2} sites of family spin': {allowed}"):
        fit_of(name).diagnose(truth=wrong)
