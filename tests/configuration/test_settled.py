"""The configuration as the rules use it: replicas spelled out, and of what runs alone."""

from __future__ import annotations

import runpy
from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError, create_model

from mfvae.figures.models import KINDS
from mfvae.workflow.files.provenance import configuration_digest
from mfvae.workflow.settings.base import Settings, one_error, options_of
from mfvae.workflow.settings.dataset import BASELINE_KINDS, BASELINE_NEEDS, BASELINE_OPTIONS
from mfvae.workflow.settings.settle import settle
from tests.configuration.changes import DEFAULT, changed
from tests.conftest import ROOT

MODELS = ["curie_weiss", "hopfield", "ising_2d"]


def test_replicas_have_names_of_their_own():
    models = settle(changed(("systems.hopfield.models.elbo.replicas", 3)))["systems"]["hopfield"][
        "models"
    ]
    assert list(models) == ["exact", "elbo", "elbo_r2", "elbo_r3"]
    assert models["elbo_r3"] == models["elbo"] | {"replica": 3, "replica_of": "elbo"}
    assert "replicas" not in models["elbo"]
    none = settle(changed(("datasets.retina.models.elbo_d6.replicas", 0)))["datasets"]["retina"][
        "models"
    ]
    assert "elbo_d6" not in none


def test_everything_runs_without_a_choice():
    settled = settle(DEFAULT)
    systems = list(DEFAULT["systems"])
    assert settled["run"][: len(systems)] == systems
    for part in ("scaling", "figures", "recovery"):
        assert settled[part] == DEFAULT[part]
    for name, block in DEFAULT["systems"].items():
        assert settled["systems"][name]["figures"] == block["figures"]


@pytest.mark.parametrize(
    ("run", "figures", "of_recording"),
    [
        (["hopfield"], [], 0),
        (["hopfield", "figures"], ["bound", "replicas"], 0),
        (["ising_2d", "figures"], ["bound"], 0),
        (["curie_weiss", "ising_2d", "figures"], ["bound", "crossing"], 0),
        (["scaling", "degeneracy"], ["scaling", "degeneracy", "box_spectrum", "wells"], 0),
        (["recovery"], ["recovery"], 0),
        (["groups"], [], 1),
        (["retina"], [], 15),
        (["retina", "groups", "figures"], ["atlas", "replicas"], 16),
    ],
)
def test_figures_are_of_what_runs(run, figures, of_recording):
    settled = settle(changed(("run", run)))
    assert settled["figures"] == figures
    assert len(settled["datasets"]["retina"]["figures"]) == of_recording
    assert {name for name, block in settled["systems"].items() if block["figures"]} == {*run} & {
        *DEFAULT["systems"]
    }
    assert bool(settled["scaling"]) == ("scaling" in run)


@pytest.mark.parametrize(
    "settings",
    [{"kind": "chow_liu"}, {"kind": "quadratic_hopfield", "patterns": 2}, {"kind": "rbm", "hidden": 3}],
    ids=lambda settings: settings["kind"],
)
def test_every_kind_of_baseline_may_be_asked_for(settings):
    settled = settle(changed(("datasets.retina.baselines.another", settings)))
    assert settled["datasets"]["retina"]["baselines"]["another"].items() >= settings.items()


def test_every_kind_of_baseline_is_fitted_and_has_a_name():
    """The kinds are named in the settings, which import nothing heavy, and where they are fitted."""
    fits = runpy.run_path(str(ROOT / "scripts/train/baseline.py"))["FITS"]
    assert set(fits) == set(BASELINE_KINDS) <= set(KINDS)
    for kind, (_, options) in fits.items():
        needed = {BASELINE_NEEDS[kind]} if kind in BASELINE_NEEDS else set()
        assert set(options) == needed | BASELINE_OPTIONS.get(kind, set())


def test_a_recording_that_is_not_used_need_not_be_there():
    absent = ("datasets.retina.file", "/nowhere.mat")
    settle(changed(absent, ("run", ["hopfield", "surrogate"])))
    for part in ("retina", "groups", "halves"):
        with pytest.raises(
            ValueError, match=r"^datasets.retina.file = '/nowhere.mat': an existing file"
        ):
            settle(changed(absent, ("run", [part])))


def test_the_digest_is_of_what_is_asked_for_and_not_of_where():
    before = configuration_digest(DEFAULT)
    assert configuration_digest(changed(("seed", 2))) != before
    moved = DEFAULT["datasets"] | {"retina": {**DEFAULT["datasets"]["retina"], "file": "a.mat"}}
    elsewhere = {**DEFAULT, "pathvars": {}, "datasets": moved}
    assert configuration_digest(elsewhere) == before


# -- options that dataclasses declare --------------------------------------------------------------
@dataclass(frozen=True)
class Recipe:
    depth: int = field(metadata={"help": "of a net", "minimum": 1, "most": 9})
    widths: tuple[int, ...] = field(default=(3,), metadata={"help": "of layers", "minimum": 2})
    step: float = field(default=0.5, metadata={"help": "of a walk", "maximum": 1.0})
    kind: str = field(default="a", metadata={"help": "of it", "choices": ("a", "b")})


RECIPE = create_model("RECIPE", __base__=Settings, **options_of(Recipe))


def test_options_have_the_defaults_of_their_dataclass():
    made = RECIPE.model_validate({"depth": 2, "widths": [2, 4]})
    assert made.model_dump() == {"depth": 2, "widths": [2, 4], "step": 0.5, "kind": "a"}


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "depth = None: this key is required"),
        ({"depth": 10}, "depth = 10: a number ≤ 9 is needed"),
        ({"depth": "2"}, "depth = '2': an integer is needed"),
        ({"depth": 2, "widths": [3, 1]}, "widths[1] = 1: a number ≥ 2 is needed"),
        ({"depth": 2, "step": 1.5}, "step = 1.5: a number ≤ 1 is needed"),
        ({"depth": 2, "kind": "c"}, "kind = 'c': one of a, b is needed"),
    ],
)
def test_options_have_the_bounds_of_their_dataclass(given, line):
    with pytest.raises(ValidationError) as caught:
        RECIPE.model_validate(given)
    assert str(one_error(caught.value)) == line
