"""A wrong configuration is refused in one line that names field, value and what is allowed."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import pytest

from mfvae.model.vae import VAEConfig
from mfvae.training.config import STARTS, TrainingConfig
from mfvae.training.objectives import OBJECTIVES
from mfvae.workflow.settings.configuration import FIGURES_OF, LEDGER_FIGURES, check_configuration
from tests.configuration.changes import (
    BASE,
    CURIE_WEISS,
    DEFAULTS,
    HOPFIELD,
    ISING,
    NEEDED_BY_SOME,
    OPTIONAL,
    SCHEMA,
    SHIPPED,
    changed,
    refused,
    without,
)

# -- what is not -----------------------------------------------------------------------------------
UNKNOWN = [
    "colour",
    "pathvars.colour",
    "systems.curie_weiss.colour",
    "systems.hopfield.models.elbo.colour",
    "recording.colour",
    "recording.grid.colour",
    "recording.models.elbo.colour",
    "evaluation.colour",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_key_is_refused_at_every_level(path):
    error = refused(changed((path, "red")))
    assert str(error).startswith(f"{path} = 'red': ")
    siblings = list(changed()[path.split(".")[0]]) if path.count(".") == 1 else []
    assert "unknown key" in error.allowed
    assert all(key in error.allowed for key in siblings)


def leaves(config: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of every key of the configuration that the schema names."""
    for key, value in config.items():
        yield f"{path}{key}"
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")


REQUIRED = [
    path
    for path in leaves(SHIPPED)
    if not re.fullmatch(
        r"systems\.\w+|(systems\.\w+|\w+)\.models\.\w+|recording\.baselines\.\w+|scaling\.\w+",
        path,
    )
    and not OPTIONAL & set(path.split("."))
]


def test_a_training_has_defaults_for_what_is_absent():
    """And the schema knows what a model and its training can be asked, and nothing else."""
    check_configuration(without(SHIPPED, OPTIONAL - NEEDED_BY_SOME), SCHEMA)
    asked = {field.name: field for config in (VAEConfig, TrainingConfig) for field in fields(config)}
    model = SCHEMA["$defs"]["model"]
    assert set(model["properties"]) == {*asked, "only", "replicas"}
    assert set(model["required"]) == set(asked) - DEFAULTS
    assert set(model["properties"]["objective"]["enum"]) == set(OBJECTIVES)
    assert set(model["properties"]["start"]["enum"]) == set(STARTS)
    for name in DEFAULTS:  # those of the library are allowed
        assert asked[name].default is not MISSING
        check_configuration(changed((f"{CURIE_WEISS}.models.iwae.{name}", asked[name].default)), SCHEMA)


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_key_is_refused_by_name(path):
    config = copy.deepcopy(BASE)
    *parents, last = path.split(".")
    place = config
    for part in parents:
        place = place[part]
    del place[last]
    assert refused(config).field == path


MODEL = f"{CURIE_WEISS}.models.elbo"
WRONG_VALUES = [  # path, value, field that is named (if another), words of what is allowed
    ("preset", "Paper!", None, "text that matches"),
    ("seed", -1, None, "≥ 0"),
    ("seed", 1.5, None, "integer"),
    ("pathvars.results", "", None, "at least 1"),
    ("systems", {}, None, "at least 1"),
    (f"{CURIE_WEISS}.n_samples", 99, None, "≥ 100"),
    (f"{CURIE_WEISS}.n_samples", 1e4 + 0.5, None, "integer"),
    (f"{CURIE_WEISS}.grid", {}, None, "at least 1"),
    (f"{CURIE_WEISS}.grid.beta", [], None, "at least 1"),
    (f"{CURIE_WEISS}.grid.beta", [1.0, 1.0], None, "once"),
    (f"{CURIE_WEISS}.grid.beta", [1.0, "hot"], f"{CURIE_WEISS}.grid.beta[1]", "number"),
    (f"{CURIE_WEISS}.grid.beta", [True], f"{CURIE_WEISS}.grid.beta[0]", "number"),
    (f"{CURIE_WEISS}.grid.beta", [0.0], None, "> 0"),
    (f"{CURIE_WEISS}.grid.beta", [0.5, -1.0], None, "> 0"),
    (f"{CURIE_WEISS}.grid.beta", [math.nan], None, "number"),
    (f"{CURIE_WEISS}.grid.beta", [math.inf], None, "number"),
    (f"{CURIE_WEISS}.grid.beta", [10**400], None, "number"),
    (f"{CURIE_WEISS}.grid.N", [65], None, "even"),
    (f"{CURIE_WEISS}.grid.N", [64.5], None, "even"),
    (f"{CURIE_WEISS}.grid.N", [0], None, "even"),
    (f"{CURIE_WEISS}.grid.N", [math.nan], None, ""),
    (f"{CURIE_WEISS}.grid.N", [10**12], None, "even"),
    (f"{CURIE_WEISS}.grid.p", [3], None, "N, beta"),
    (f"{CURIE_WEISS}.figures", ["patterns", "spectrum"], f"{CURIE_WEISS}.figures[1]", "capacity"),
    (f"{CURIE_WEISS}.figures", ["capacity"] * 2, None, "once"),
    (f"{CURIE_WEISS}.models", {}, None, "at least 1"),
    (f"{CURIE_WEISS}.models.My model", {}, f"{CURIE_WEISS}.models", "text that matches"),
    (f"{HOPFIELD}.grid.p", [0], None, "≥ 1"),
    (f"{HOPFIELD}.grid.p", [2.5], None, "≥ 1"),
    (f"{HOPFIELD}.grid.p", [9], None, "tempered block Gibbs"),
    (f"{HOPFIELD}.grid.p", [1000], None, "tempered block Gibbs"),
    (f"{MODEL}.latent_dim", 0, None, "≥ 1"),
    (f"{ISING}.models.d16.latent_dim", 65, None, "≤ 64"),
    (f"{MODEL}.latent_dim", 4, None, "≤ 3"),  # it keeps a ledger
    (f"{CURIE_WEISS}.models.exact.latent_dim", 4, None, "≤ 3"),
    (f"{ISING}.models.d16.checkpoints", 1, f"{ISING}.models.d16.latent_dim", "≤ 3"),
    (f"{ISING}.models.d16.objective", "exact", f"{ISING}.models.d16.latent_dim", "≤ 3"),
    (f"{MODEL}.objective", "", None, "elbo or iwae or exact"),
    (f"{MODEL}.start", "magic", None, "random or data"),
    (f"{MODEL}.starts", 0, None, "≥ 1"),
    (f"{MODEL}.starts", 1.5, None, "integer"),
    (f"{MODEL}.latent_draws", 0, None, "≥ 1"),
    (f"{MODEL}.final_draws", -1, None, "≥ 0"),
    (f"{MODEL}.checkpoints", -1, None, "≥ 0"),
    (f"{MODEL}.only", {"beta": []}, f"{MODEL}.only.beta", "at least 1"),
    (
        f"{MODEL}.only",
        {"beta": [0.5, 0.55]},
        f"{MODEL}.only.beta",
        str(BASE["systems"]["curie_weiss"]["grid"]["beta"]),
    ),
    (
        f"{MODEL}.only",
        {"beta": [0.5], "N": [65]},
        f"{MODEL}.only.N",
        str(BASE["systems"]["curie_weiss"]["grid"]["N"]),
    ),
    (f"{MODEL}.only", {"p": [3]}, f"{MODEL}.only.p", "no such parameter"),
    (f"{MODEL}.only", [0.5], None, "object"),
    (f"{CURIE_WEISS}.patterns", None, None, "binary or orthonormal"),
    (f"{CURIE_WEISS}.patterns", "real", None, "binary or orthonormal"),
    (f"{ISING}.patterns", "binary", None, "null"),
    (f"{ISING}.patterns", "orthonormal", None, "null"),
    *(
        (f"{ISING}.figures", [kind], f"{ISING}.figures", "ising_2d")
        for kind in sorted(set(FIGURES_OF) - set(LEDGER_FIGURES))
    ),
    *((f"{ISING}.figures", [kind], f"{ISING}.figures", "checkpoints") for kind in LEDGER_FIGURES),
    (f"{ISING}.grid.L", [7], None, ""),
    (f"{CURIE_WEISS}.observables", ["m", "m"], None, "once"),
    (f"{CURIE_WEISS}.observables", [""], f"{CURIE_WEISS}.observables[0]", "at least 1"),
    ("scaling", {"potts": {"N": [8]}}, "scaling.potts", ", ".join(BASE["systems"])),
    ("scaling.curie_weiss", {}, None, "at least 1"),
    ("scaling.curie_weiss", {"N": [16]}, "scaling.curie_weiss.beta", "N, beta"),
    ("scaling.curie_weiss", {"N": [16], "beta": [1.0], "p": [2]}, "scaling.curie_weiss.p", "N, beta"),
    ("scaling.curie_weiss.N", [16, 17], None, "even"),
    ("scaling.curie_weiss.beta", [-1.0], None, "> 0"),
    ("scaling.curie_weiss.beta", [math.nan], "scaling.curie_weiss.beta[0]", "number"),
    ("scaling.hopfield.p", [1000], None, "tempered block Gibbs"),
    ("figures", ["bound", "coupling"], "figures[1]", "crossing"),
    ("figures", ["bound", "bound"], None, "once"),
    ("evaluation.n_information", 99, None, "≥ 100"),
    ("recording.models.elbo.only", {"repeats": [296]}, "recording.models.elbo.only.repeats", "[297]"),
    ("recording.models.exact.latent_dim", 4, None, "≤ 3"),
    ("recording.models.exact.field_rank", -1, None, "≥ 0"),
    ("recording.models.exact.warp", -1, None, "≥ 0"),
    ("recording.models", {"data": BASE["recording"]["models"]["elbo"]}, None, "nothing else"),
    ("recording.baselines", {}, None, "at least 1"),
    ("recording.baselines.rbm_h2.kind", "boltzmann", None, "independent"),
    ("recording.baselines.rbm_h2.hidden", 17, None, "≤ 16"),
    ("recording.baselines.mixture_c2.components", 0, None, "≥ 1"),
    ("recording.baselines.pairwise.steps", 99, None, "≥ 100"),
    ("recording.baselines.pairwise.hidden", 2, None, "no such option"),
    ("recording.baselines", {"exact": {"kind": "independent"}}, None, "nothing else"),
    ("recording.baselines", {"data": {"kind": "independent"}}, None, "nothing else"),
    ("recording.baselines", {"pairwise_r2": {"kind": "pairwise"}}, None, "nothing else"),
    ("recording.baselines.deep", {"kind": "rbm"}, "recording.baselines.deep.hidden", "required"),
    ("recording.population.triplets", 0, None, "≥ 1"),
    ("recording.theory.model", "exact", None, "field_rank 2"),
    ("recording.theory.model", "hopfield_k3", None, "field_rank 2"),
    ("recording.theory.model", "absent", None, "field_rank 2"),
    ("recording.theory.chains", 1, None, "≥ 2"),
    ("recording.theory.kept", 3, None, "≥ 4"),
    ("recording.theory.n_words", 0, None, "≥ 1"),
    ("recording.theory.heat_capacity.temperatures", [0.8, 1.2], None, "1 is needed"),
    ("recording.theory.heat_capacity.temperatures", [0.0, 1], None, "≥ 0.01"),
    ("recording.population.shown", [], None, "at least 1"),
    ("recording.population.shown", ["potts"], None, "pairwise"),
    (f"{MODEL}.encoder_hidden", [], None, "at least 1"),
    (f"{MODEL}.decoder_hidden", [64, 0], f"{MODEL}.decoder_hidden[1]", "≥ 1"),
    (f"{MODEL}.objective", "maximum_likelihood", None, "elbo"),
    (f"{MODEL}.epochs", 0, None, "≥ 1"),
    (f"{MODEL}.batch_size", 0, None, "≥ 1"),
    (f"{MODEL}.learning_rate", 0, None, "≥ 1e-09"),
    (f"{MODEL}.learning_rate", 1e300, None, "≤ 100"),
    (f"{MODEL}.learning_rate", math.nan, None, "number"),
    (f"{MODEL}.learning_rate", math.inf, None, "number"),
    (f"{MODEL}.warmup", 1.5, None, "≤ 1"),
    (f"{MODEL}.warmup", -0.1, None, "≥ 0"),
    (f"{MODEL}.warmup", math.nan, None, "number"),
    ("recording.name", "../retina", None, "text that matches"),
    ("recording.name", "curie_weiss", None, ""),  # its results would lie among those of the system
    ("recording.sha256", "50fa", None, "text that matches"),
    ("recording.urls", ["ftp://example.org/a.mat"], "recording.urls[0]", "text that matches"),
    ("recording.grid.repeats", [10], "recording.grid.repeats[0]", "≥ 11"),
    ("recording.grid.repeats", [298], "recording.grid.repeats[0]", "≤ 297"),
    ("recording.figures", ["capacity"], "recording.figures[0]", "latent_plane"),
    ("groups.number", 1, None, "≥ 2"),
    ("groups.n_neurons", 161, None, "≤ 160"),
    ("groups.pairwise_steps", 10, None, "≥ 100"),
    ("groups.models.exact.only", {"repeats": [297]}, "groups.models.exact.only.repeats", "no such"),
    ("halves.models.hopfield_k2.field_rank", 0, None, "≥ 1"),
    ("halves.models.hopfield_k2.latent_dim", 4, None, "≤ 3"),
    ("surrogate.N", 2, None, "≥ 3"),
    ("surrogate.n_samples", 99, None, "≥ 100"),
    ("surrogate.models.hopfield_k1.field_rank", 0, None, "≥ 1"),
    ("recording.name", "surrogate", None, "nothing else"),
    ("evaluation.n_test", 99, None, "≥ 100"),
    ("evaluation.n_generated", 999, None, "≥ 1000"),
    ("headlines", ["*", ""], "headlines[1]", "at least 1"),
]


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    WRONG_VALUES,
    ids=[f"{path}={value!r:.40}" for path, value, *_ in WRONG_VALUES],
)
def test_a_wrong_value_is_refused_by_field_value_and_what_is_allowed(path, value, field, words):
    error = refused(changed((path, value)))
    assert error.field == (field or path) or (field is None and error.field == f"{path}[0]")
    assert str(error).startswith(f"{error.field} = {error.value!r}: ")
    absent = field in (
        f"{CURIE_WEISS}.models",
        "scaling.curie_weiss.beta",
        "recording.baselines.deep.hidden",
    )
    elsewhere = field is not None and field.endswith("latent_dim")  # what another key asks of it
    assert repr(error.value) in repr(value) or absent or elsewhere
    assert error.allowed
    assert words in error.allowed


INTEGERS = [
    "seed",
    f"{CURIE_WEISS}.n_samples",
    f"{MODEL}.epochs",
    f"{MODEL}.latent_dim",
    "evaluation.n_test",
]


@pytest.mark.parametrize("path", INTEGERS)
def test_whole_numbers_are_written_without_a_point(path):
    """``epochs: 40.0`` would reach a script as --epochs 40.0, which is no integer there."""
    config = changed()
    *parents, last = path.split(".")
    for part in parents:
        config = config[part]
    assert refused(changed((path, float(config[last])))).field == path


BLOCKS = [
    path
    for path in leaves(BASE)
    if path != "recording.file"
    and not re.match(r"systems\.(hopfield|maier_saupe)\.models", path)
    and not re.match(r"systems\.ising_2d\.models\.(?!d1(\.|$))", path)
    and not path.startswith("recording.models")
]


@pytest.mark.parametrize("value", [None, "text!", ["a", "list"], {"a": "mapping"}, True], ids=repr)
@pytest.mark.parametrize("path", BLOCKS)
def test_values_of_the_wrong_type_are_refused_by_field(path, value):
    is_text = isinstance(value, str) and path in (
        "pathvars.results",
        "pathvars.logs",
        "pathvars.benchmarks",
    )
    is_texts = isinstance(value, list) and path == "headlines"
    is_null = value is None and path == f"{ISING}.patterns"
    if is_text or is_texts or is_null:
        check_configuration(changed((path, value)), SCHEMA)
        return
    error = refused(changed((path, value)))
    assert error.field == path or re.match(re.escape(path) + r"[.\[]", error.field)


@pytest.mark.parametrize("value", [None, [], "text", 3, True], ids=repr)
def test_what_is_no_mapping_at_all_is_refused(value):
    assert refused(value).value == value


@pytest.mark.parametrize("keys", [(1, "colour"), (None, "colour"), (True, 2.5, "colour")], ids=repr)
def test_keys_that_are_no_text_are_refused_as_well(keys):
    """YAML allows them."""
    error = refused(SHIPPED | dict.fromkeys(keys, "red"))
    assert error.field in map(str, keys)


def test_a_key_of_two_lines_is_refused_in_one():
    assert "unknown key" in refused(SHIPPED | {"two\nlines": "red"}).allowed
