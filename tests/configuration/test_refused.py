"""A wrong configuration is refused in one line that names field, value and what is allowed."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.workflow.settings.configuration import check_configuration
from tests.configuration.changes import SHIPPED, Config, changed, refused

CURIE_WEISS, HOPFIELD, ISING = "systems.curie_weiss", "systems.hopfield", "systems.ising_2d"
MODEL = f"{CURIE_WEISS}.models.elbo"
WRONG: list[tuple[str, Any, str | None, str]] = [
    # path, value, field that is named (if another), words of what is allowed
    ("preset", "Paper!", None, "text that matches"),
    ("seed", True, None, "an integer"),
    ("pathvars.results", "", None, "at least 1"),
    ("evaluation.n_test", 1000.0, None, "an integer"),
    ("headlines", [{}, 3], "headlines[1]", "mapping"),
    (f"{CURIE_WEISS}.colour", "red", None, "unknown key, known are"),
    (f"{CURIE_WEISS}.grid.beta", [], None, "at least 1"),
    (f"{CURIE_WEISS}.grid.beta", [1.0, "1"], f"{CURIE_WEISS}.grid.beta[1]", "a finite number"),
    (f"{CURIE_WEISS}.grid.beta", [math.nan], f"{CURIE_WEISS}.grid.beta[0]", "a finite number"),
    (f"{CURIE_WEISS}.grid.beta", [1.0, 1], None, "once"),
    (f"{CURIE_WEISS}.grid.N", [64, 65], None, "even"),
    (f"{CURIE_WEISS}.grid.p", [3], None, "N, beta"),
    (f"{HOPFIELD}.grid.p", [9], None, "tempered_gibbs"),
    (f"{CURIE_WEISS}.figures", ["capacity", "dance"], f"{CURIE_WEISS}.figures[1]", "one of"),
    (f"{ISING}.figures", ["coupling"], None, "cannot be drawn of ising_2d"),
    (f"{ISING}.figures", ["ledger"], None, "checkpoints"),
    (f"{CURIE_WEISS}.patterns", None, None, "binary or orthonormal"),
    (f"{CURIE_WEISS}.observables", ["colour"], None, "one of"),
    (f"{CURIE_WEISS}.models.My model", {}, f"{CURIE_WEISS}.models", "text that matches"),
    (f"{CURIE_WEISS}.models", {"a": {}}, f"{CURIE_WEISS}.models.a.latent_dim", "required"),
    (f"{MODEL}.latent_dim", 4, None, "at most 3"),  # it keeps a ledger
    (f"{ISING}.models.d16.latent_dim", 65, None, "≤ 64"),
    (f"{MODEL}.epochs", 0, None, "≥ 1"),
    (f"{MODEL}.learning_rate", 1e9, None, "≤ 100"),
    (f"{MODEL}.decoder_hidden", [64, 0], f"{MODEL}.decoder_hidden[1]", "≥ 1"),
    (f"{MODEL}.objective", "magic", None, "elbo, iwae, exact"),
    (f"{MODEL}.only", {"beta": [0.5, 9.0]}, f"{MODEL}.only.beta", "part of the grid"),
    (f"{HOPFIELD}.replicated.replicas", 2, None, "≥ 3"),
    ("scaling", {"potts": {"N": [8]}}, "scaling.potts", "curie_weiss"),
    ("recovery.beta", [0.5, 1.0], "recovery.beta[1]", "< 1"),
    ("degeneracy.features.informative", 2, "degeneracy.clusters", "≤ 4"),
    ("datasets.hopfield", {"file": "README.md"}, "datasets", "a name that nothing else has"),
    ("datasets.mine", {}, "datasets.mine.file", "source.urls"),
    ("datasets.retina.source.urls", [], "datasets.retina.file", "source.urls"),
    ("datasets.mine", {"file": "absent.npy"}, "datasets.mine.file", "an existing file"),
    ("datasets.mine", {"file": "README.md", "site": "potts"}, "datasets.mine.site", "spin"),
    ("datasets.retina.baselines.pairwise.hidden", 2, None, "no such option"),
    (
        "datasets.retina.baselines",
        {"deep": {"kind": "rbm"}},
        "datasets.retina.baselines.deep.hidden",
        "required",
    ),
    ("datasets.retina.baselines.pairwise.patterns", 2, None, "no such option"),
    (
        "datasets.retina.baselines",
        {"few": {"kind": "quadratic_hopfield"}},
        "datasets.retina.baselines.few.patterns",
        "required",
    ),
    (
        "datasets.retina.baselines",
        {"many": {"kind": "quadratic_hopfield", "patterns": 4}},
        "datasets.retina.baselines.many.patterns",
        "≤ 3",
    ),
    ("datasets.retina.theory.model", "exact", None, "field_rank 2"),
    ("datasets.retina.population.shown", ["potts"], None, "pairwise"),
    ("datasets.retina.studies.halves.models.hopfield_k2.field_rank", 0, None, "≥ 1"),
    ("datasets.retina.units", {"row_s": -0.02}, "datasets.retina.units.row_s", "≥ 0 is"),
    ("datasets.retina.units", {"site": ""}, "datasets.retina.units.site", "at least 1 character"),
    ("datasets.retina.units", {"bin": "word"}, "datasets.retina.units.bin", "known are site"),
    ("run", ["hopfield", "potts"], None, "retina"),
    ("run", ["figures"], None, "drawn of"),
    ("skip", ["potts"], None, "retina"),
    (
        "datasets.senate.population",
        {"shown": ["independent"]},
        "datasets.senate.population",
        "without gaps",
    ),
    (
        "datasets.senate.baselines",
        {"tree": {"kind": "chow_liu"}},
        "datasets.senate.baselines.tree.kind",
        "without gaps",
    ),
    ("datasets.senate.figures", ["zipf"], None, "population is needed"),
    ("datasets.senate.missing", [0, []], "datasets.senate.missing[1]", "finite number"),
    ("datasets.senate.missing", {}, "datasets.senate.missing", "list"),
    ("datasets.senate.reader.long", ["one"], None, "at least 2"),
]


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    WRONG,
    ids=[f"{path}={value!r:.30}" for path, value, *_ in WRONG],
)
def test_a_wrong_value_is_refused_by_field_value_and_what_is_allowed(path, value, field, words):
    error = refused(changed((path, value)))
    assert error.field == (field or path)
    assert str(error).startswith(f"{error.field} = {error.value!r}: ")
    assert words in error.allowed


@pytest.mark.parametrize("key", [1, None, True, "two\nlines"], ids=repr)
def test_a_key_that_is_none_is_refused(key):
    """YAML allows them."""
    assert refused(changed() | {key: "red"}).field == str(key)


def test_a_figure_of_replicas_needs_some():
    none = (("datasets.retina.replicated.replicas", 0), (f"{HOPFIELD}.replicated.replicas", 0))
    assert refused(changed(*none)).value == "replicas"
    check_configuration(changed(*none, ("figures", ["degeneracy"])))


# -- anything --------------------------------------------------------------------------------------
Place = tuple[str | int, ...]
KINDS = {dict: "mapping", list: "list", str: "text", int: "number", float: "number"}
# What a change of one block can make wrong in another.
ELSEWHERE = {
    "systems": {"scaling", "figures", "datasets"},
    "scaling": {"figures"},
    "datasets": {"figures"},
}


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """The keys that lead to every part of a configuration."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*place, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*place, key))


PLACES = {name: list(places(config)) for name, config in SHIPPED.items()}
keys = st.text(min_size=1, max_size=8)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)


def dotted(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]


def block_at(config: Config, place: Place) -> Any:
    block: Any = config
    for key in place:
        block = block[key]
    return block


def verdict(config: Config) -> InputError | None:
    try:
        check_configuration(config)
    except InputError as error:
        return error
    return None


def names(error: InputError, place: Place) -> bool:
    """Whether an error is about a place, a part of it, or what it is a part of."""
    path = dotted(place)
    return error.field.startswith(path) or path.startswith(error.field)


@settings(max_examples=250)
@given(data=st.data())
def test_any_damage_is_harmless_or_refused_in_one_line_that_names_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SHIPPED)), "configuration")
    config = copy.deepcopy(SHIPPED[name])
    place = data.draw(st.sampled_from(PLACES[name]), "place")
    block, key = block_at(config, place[:-1]), place[-1]
    damage = data.draw(st.sampled_from(["replaced", "removed", "added"]), "damage")
    before = block[key]
    certain = False  # whether it cannot but be wrong
    if damage == "replaced":
        block[key] = data.draw(anything, "value")
        kinds = [KINDS.get(type(value)) for value in (before, block[key])]
        certain = (None not in kinds and kinds[0] != kinds[1]) or isinstance(block[key], bool)
    elif damage == "removed":
        del block[key]
    elif isinstance(before, dict):
        place = (*place, data.draw(keys.filter(lambda new: new not in before), "key"))
        before[place[-1]] = data.draw(anything, "value")
        certain = True
    elif isinstance(before, list):
        before.append(data.draw(anything, "value"))
    error = verdict(config)
    if error is None:
        assert not certain
        return
    assert len(str(error).splitlines()) == 1
    assert error.allowed
    top = error.field.split(".")[0].split("[")[0]
    assert names(error, place) if certain else top in {place[0], *ELSEWHERE.get(str(place[0]), ())}
