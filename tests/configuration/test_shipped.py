"""What is shipped is right; and anything at all is right or refused in one line."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.workflow.settings.configuration import FIGURES_ACROSS, check_configuration
from tests.configuration.changes import (
    CURIE_WEISS,
    HOPFIELD,
    ISING,
    OPTIONAL,
    SCHEMA,
    SHIPPED,
    Config,
    changed,
    merged,
    read,
    refused,
)


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
        ("recording.models.elbo.latent_dim", 10),
        ("recording.models.elbo.field_rank", 2),
        ("recording.models.elbo_d6.replicas", 0),
        ("recording.grid.repeats", [11]),
        ("recording.baselines.rbm_h2.hidden", 16),
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
