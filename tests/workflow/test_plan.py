"""What a run makes follows from its configuration alone, and every need of every figure is known."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import yaml

from mfvae.figures import FIGURES
from mfvae.workflow.plan import FigureInputs, Files, Plan, any_of, growing, of_job, of_system
from mfvae.workflow.settings.settle import settle
from tests.helpers.paths import ROOT

EXACT = {"latent_dim": 1, "objective": "exact", "replica": 1}


@pytest.fixture(scope="module")
def default() -> Plan:
    return Plan(settle(yaml.safe_load((ROOT / "config" / "config.yaml").read_text())))


def plan_of(models: dict, **block: object) -> Plan:
    data = {"models": models, "baselines": {}, "draws": {}, "studies": {}, "site": "spin", **block}
    others = {"systems": {}, "surrogate": {"models": {}}, "run": ["mine"]}
    return Plan({"datasets": {"mine": data}, **others})


def test_a_model_for_a_part_of_the_grid_is_trained_at_those_points_alone(default: Plan) -> None:
    large = [path for path in default.models_of("curie_weiss") if path.endswith("/exact_large")]
    assert large == [f"N~1024/beta~{beta}/exact_large" for beta in (1.5, 2.0)]
    assert default.trained_at("curie_weiss", "N~1024/beta~0.8") == []
    assert {path.rpartition("/")[0] for path in default.most_trained("curie_weiss")} == {
        f"N~256/beta~{beta}" for beta in (0.5, 1.0, 1.2, 1.5, 2.0)
    }


def test_free_models_that_were_trained_exactly_are_judged_or_those_named_or_the_first() -> None:
    models = {"elbo": EXACT | {"objective": "elbo"}, "a": EXACT, "a_r2": EXACT | {"replica": 2}}
    models |= {"b": EXACT | {"latent_dim": 2}, "form": EXACT | {"field_rank": 2}}
    assert plan_of(models, verdict={}).judged_on("mine") == ["a", "b"]
    assert plan_of(models, verdict={}).largest_judged("mine") == "b"
    assert plan_of(models, verdict={"models": ["form"]}).judged_on("mine") == ["form"]
    assert plan_of({"elbo": models["elbo"]}, verdict={}).judged_on("mine") == ["elbo"]
    assert plan_of(models, verdict=None).judged_on("mine") == []


def test_an_atlas_needs_a_verdict_and_independent_sites() -> None:
    independent = {"baselines": {"sites": {"kind": "independent"}}}
    assert plan_of({"a": EXACT}, verdict={}, **independent).in_atlas() == ["mine"]
    assert plan_of({"a": EXACT}, verdict={}).in_atlas() == []
    assert plan_of({"a": EXACT}, verdict=None, **independent).in_atlas() == []


def test_a_replica_draws_from_a_stream_of_its_own() -> None:
    plan = plan_of({"a": EXACT | {"stream": "named"}, "b": EXACT | {"stream": "named", "replica": 3}})
    assert plan.stream_of("mine", "a") == "named"
    assert plan.stream_of("mine", "b") == "named_r3"
    assert plan.training_of("mine", "b") == {"latent_dim": 1, "objective": "exact"}


def test_every_need_of_every_figure_is_known(default: Plan) -> None:
    inputs = FigureInputs(default, Files(default))
    known = {*inputs._needs, *inputs._joined_needs}
    assert {need for kind in FIGURES for need in FIGURES[kind].needs} == known


def test_every_figure_of_the_default_run_is_drawn_from_something(default: Plan) -> None:
    files = Files(default)
    drawn = [path.removeprefix("<results>/figures/") for path in files.figures_of_all()]
    assert len(drawn) == len({*drawn}) > 60
    inputs = FigureInputs(default, files)
    for path in drawn:
        system, kind = path.removesuffix(".pdf").split("/")
        paths = inputs.of(system, kind)
        assert paths, path
        assert not [path for path in paths if "{" in path]


def test_what_is_collected_is_collected_once(default: Plan) -> None:
    paths = Files(default).metrics_of_all()
    assert len(paths) == len({*paths}) > 300


def test_a_constraint_of_no_names_matches_nothing() -> None:
    assert re.fullmatch(any_of(["b", "a"]), "a")
    assert not re.search(any_of([]), "")


def test_functions_of_wildcards() -> None:
    assert of_system(lambda first, name: first + name, "in ")(SimpleNamespace(system="x")) == "in x"
    assert of_job(lambda system, point: (system, point))({"system": "x", "point": "y"}) == ("x", "y")
    assert [growing(3)(None, attempt) for attempt in (1, 2, 3)] == [3, 6, 12]
