"""A configuration is right, or refused in one line that names field, value and what is allowed."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.configuration import FIGURES_ACROSS, FIGURES_OF, LEDGER_FIGURES, check_configuration
from mfvae.errors import InputError
from mfvae.objectives import OBJECTIVES
from mfvae.recordings import LOCAL_FILE_VARIABLE, sha256_of
from mfvae.train import STARTS, TrainingConfig
from mfvae.vae import VAEConfig
from tests.conftest import ROOT

Config = dict[str, Any]
CURIE_WEISS, HOPFIELD, ISING = "systems.curie_weiss", "systems.hopfield", "systems.ising_2d"
DEFAULTS = {"latent_draws", "start", "starts", "checkpoints"}  # of a training, which has them itself
OPTIONAL = {"only", "replicas", *DEFAULTS}  # keys of the schema that may be left out


def read(name: str) -> Config:
    """Through JSON, so that what YAML's anchors share becomes separate."""
    return json.loads(json.dumps(yaml.safe_load((ROOT / "config" / name).read_text())))


def merged(base: Any, over: Any) -> Any:
    """``over`` laid over ``base``, mapping by mapping, as a second --configfile is."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: merged(base.get(key), value) for key, value in over.items()}


def without(config: Any, keys: set[str]) -> Any:
    """Without these keys at any level."""
    if not isinstance(config, dict):
        return config
    return {key: without(value, keys) for key, value in config.items() if key not in keys}


SCHEMA, SHIPPED = read("schema.yaml"), read("config.yaml")
# What is changed: every model is trained on all of the grid, whatever the grid becomes.
BASE = without(SHIPPED, {"only"})


@pytest.fixture(autouse=True, scope="module")
def _no_local_recording():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(LOCAL_FILE_VARIABLE, raising=False)
        yield


def changed(*changes: tuple[str, Any]) -> Config:
    """The configuration with other values at dotted paths; the last part may be new."""
    config = copy.deepcopy(BASE)
    for path, value in changes:
        *parents, last = path.split(".")
        place = config
        for part in parents:
            place = place[part]
        place[last] = value
    return config


def refused(config: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        check_configuration(config, SCHEMA)
    assert "\n" not in str(caught.value)
    return caught.value


# -- what is shipped -------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["config.yaml", "smoke.yaml"])
def test_shipped_configurations_are_right(name):
    before = merged(SHIPPED, read(name))
    config = copy.deepcopy(before)
    check_configuration(config, SCHEMA)
    assert config == before  # looked at, not changed


def test_every_level_of_the_schema_knows_its_keys_and_needs_them():
    """Wherever keys are named no others are allowed, and none has a hidden default.

    What narrows another part, beside it in ``allOf``, names only the keys that it narrows.
    """

    def objects(schema: Any, narrows: bool = False) -> Iterator[Config]:
        if isinstance(schema, dict):
            if "properties" in schema and not narrows:
                yield schema
            for key, part in schema.items():
                yield from objects(part, narrows or key == "allOf")
        elif isinstance(schema, list):
            for part in schema:
                yield from objects(part, narrows)

    found = list(objects(SCHEMA))
    assert len(found) > 6
    for part in found:
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"]) - OPTIONAL


@pytest.mark.parametrize(
    "change",
    [
        ("pathvars.results", "a/new/folder"),
        ("seed", 0),
        (f"{CURIE_WEISS}.grid.N", [2]),
        (f"{CURIE_WEISS}.grid.beta", [1e-3, 1, 50.0]),
        (f"{CURIE_WEISS}.figures", []),
        (f"{HOPFIELD}.models.elbo.latent_dim", 1),
        (f"{HOPFIELD}.models.elbo.warmup", 0),
        (f"{HOPFIELD}.models.another", SHIPPED["systems"]["hopfield"]["models"]["elbo"]),
        (f"{ISING}.models.d16.latent_dim", 64),
        (f"{ISING}.models.d16.checkpoints", 0),
        (f"{HOPFIELD}.models.elbo.latent_draws", 1),
        (f"{ISING}.models.d16.starts", 3),
        (f"{HOPFIELD}.models.elbo.only", {}),
        (f"{HOPFIELD}.models.elbo.only", {"beta": [1.0, 2.0]}),
        (f"{HOPFIELD}.models.elbo.only", {"N": [100], "p": [3], "beta": [0.8]}),
        (f"{HOPFIELD}.patterns", "orthonormal"),
        (f"{ISING}.figures", ["observables", "training_curve", "capacity", "capacity_by_dimension"]),
        (f"{ISING}.observables", []),
        ("scaling.curie_weiss", {"N": [2], "beta": [0.3, 2.0]}),
        ("figures", []),
        ("recording.models.elbo.latent_dim", 3),
        ("recording.models.elbo.only", {"repeats": [297]}),
        ("recording.urls", []),
        ("headlines", []),
    ],
)
def test_what_is_allowed_passes(change):
    check_configuration(changed(change), SCHEMA)


def test_one_system_is_enough():
    system = {"curie_weiss": SHIPPED["systems"]["curie_weiss"]}
    alone = changed(("systems", system), ("scaling", {}), ("figures", ["bound"]))
    check_configuration(alone, SCHEMA)


@pytest.mark.parametrize("kind", FIGURES_ACROSS)
@pytest.mark.parametrize("name", list(SHIPPED["scaling"]))
def test_figures_across_systems_are_drawn_only_of_what_is_there(kind, name):
    """Without a system on its grid of sizes: refused where the figure is nothing without it."""
    without = {key: grid for key, grid in SHIPPED["scaling"].items() if key != name}
    config = changed(("scaling", without), ("figures", [kind]))
    if kind == "scaling" and name in FIGURES_ACROSS[kind]:
        error = refused(config)
        assert (error.field, error.value) == ("figures", kind)
        assert name in error.allowed
    else:
        check_configuration(config, SCHEMA)
    del config["systems"][name]  # and without it altogether
    if name in FIGURES_ACROSS[kind]:
        assert name in refused(config).allowed
    else:
        check_configuration(config, SCHEMA)


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
    if not re.fullmatch(r"systems\.\w+|(systems\.\w+|recording)\.models\.\w+|scaling\.\w+", path)
    and not OPTIONAL & set(path.split("."))
]


def test_a_training_has_defaults_for_what_is_absent():
    """And the schema knows what a model and its training can be asked, and nothing else."""
    check_configuration(without(SHIPPED, OPTIONAL - {"checkpoints"}), SCHEMA)
    asked = {field.name: field for config in (VAEConfig, TrainingConfig) for field in fields(config)}
    model = SCHEMA["$defs"]["models"]["additionalProperties"]
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
    ("recording.models.elbo.latent_dim", 64, None, "≤ 3"),
    (f"{MODEL}.encoder_hidden", [], None, "at least 1"),
    (f"{MODEL}.decoder_hidden", [64, 0], f"{MODEL}.decoder_hidden[1]", "≥ 1"),
    (f"{MODEL}.objective", "maximum_likelihood", None, "elbo"),
    (f"{MODEL}.epochs", 0, None, "≥ 1"),
    (f"{MODEL}.batch_size", 0, None, "≥ 1"),
    (f"{MODEL}.learning_rate", 0, None, "> 0"),
    (f"{MODEL}.learning_rate", math.nan, None, "number"),
    (f"{MODEL}.learning_rate", math.inf, None, "number"),
    (f"{MODEL}.warmup", 1.5, None, "≤ 1"),
    (f"{MODEL}.warmup", -0.1, None, "≥ 0"),
    (f"{MODEL}.warmup", math.nan, None, "number"),
    ("recording.name", "../retina", None, "text that matches"),
    ("recording.name", "curie_weiss", None, ""),  # its results would lie among those of the system
    ("recording.sha256", "50fa", None, "text that matches"),
    ("recording.urls", ["ftp://example.org/a.mat"], "recording.urls[0]", "text that matches"),
    ("recording.grid.repeats", [1], "recording.grid.repeats[0]", "≥ 2"),
    ("recording.grid.repeats", [298], "recording.grid.repeats[0]", "≤ 297"),
    ("recording.figures", ["capacity"], "recording.figures[0]", "latent_plane"),
    ("recording.models.elbo.latent_dim", 4, None, "≤ 3"),
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
    absent = field in (f"{CURIE_WEISS}.models", "scaling.curie_weiss.beta") and "[" not in field
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


# -- files and folders -----------------------------------------------------------------------------
def test_a_recording_that_is_not_there_is_refused(tmp_path):
    error = refused(changed(("recording.file", str(tmp_path / "absent.mat"))))
    assert error.field == "recording.file"
    assert error.value == str(tmp_path / "absent.mat")
    assert refused(changed(("recording.file", str(tmp_path)))).field == "recording.file"  # a folder


def test_a_recording_of_other_content_is_refused_by_its_sum(tmp_path):
    path = tmp_path / "other.mat"
    path.write_bytes(b"something else")
    error = refused(changed(("recording.file", str(path))))
    assert error.field == "recording.file"
    assert SHIPPED["recording"]["sha256"] in error.allowed
    assert sha256_of(path) in error.allowed
    check_configuration(
        changed(("recording.file", str(path)), ("recording.sha256", sha256_of(path))), SCHEMA
    )


def test_the_environment_takes_precedence_and_is_named(tmp_path, monkeypatch):
    path = tmp_path / "right.mat"
    path.write_bytes(b"content")
    config = changed(("recording.file", "absent.mat"), ("recording.sha256", sha256_of(path)))
    monkeypatch.setenv(LOCAL_FILE_VARIABLE, str(path))
    check_configuration(config, SCHEMA)
    monkeypatch.setenv(LOCAL_FILE_VARIABLE, str(tmp_path / "absent.mat"))
    assert refused(config).field == LOCAL_FILE_VARIABLE


@pytest.mark.parametrize("below", ["results", "deep/er/results"])
def test_results_under_a_file_are_refused(tmp_path, below):
    (tmp_path / "file").write_text("not a folder")
    error = refused(changed(("pathvars.results", str(tmp_path / "file" / below))))
    assert error.field == "pathvars.results"
    assert str(tmp_path / "file") in error.allowed
    assert "written" in error.allowed


def test_results_are_not_created_by_the_check(tmp_path):
    check_configuration(changed(("pathvars.results", str(tmp_path / "new" / "folder"))), SCHEMA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["pathvars.results", "recording.file"])
@pytest.mark.parametrize("name", ["x" * 300, "a\0b"], ids=["too long", "with a null byte"])
def test_impossible_names_of_files_are_refused(path, name):
    assert refused(changed((path, name))).field == path


# -- anything --------------------------------------------------------------------------------------
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def places(config: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of the configuration, lists included."""
    items = config.items() if isinstance(config, dict) else enumerate(config)
    for key, value in list(items):
        yield config, key
        if isinstance(value, dict | list):
            yield from places(value)


def verdict(config: Config) -> InputError | None:
    try:
        check_configuration(config, SCHEMA)
    except InputError as error:
        return error
    return None


@settings(max_examples=600)
@given(st.data())
def test_any_change_passes_or_is_refused_in_one_line(data):
    """One to three random mutations: a branch or leaf replaced, deleted, copied elsewhere or added."""
    config = copy.deepcopy(SHIPPED)
    for _ in range(data.draw(st.integers(1, 3), "mutations")):
        everywhere = list(places(config))
        container, key = everywhere[data.draw(st.integers(0, len(everywhere) - 1), "place")]
        kind = data.draw(st.sampled_from(["replace", "delete", "copy", "add"]), "kind")
        if kind == "replace":
            container[key] = data.draw(json_values, "value")
        elif kind == "delete":
            del container[key]
        elif kind == "copy":
            other, name = everywhere[data.draw(st.integers(0, len(everywhere) - 1), "source")]
            container[key] = copy.deepcopy(other[name])
        elif isinstance(container, dict):
            container[data.draw(st.text(max_size=9), "key")] = data.draw(json_values, "value")
        else:
            container.append(data.draw(json_values, "value"))
        if not config:
            break
    if error := verdict(config):
        assert " = " in str(error)
        assert error.allowed
        assert "\n" not in str(error)
