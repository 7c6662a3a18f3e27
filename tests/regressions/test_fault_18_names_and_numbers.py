"""Names that YAML reads as no text were a TypeError, and numbers of extreme size ended as tracebacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.systems import SYSTEMS
from mfvae.training.config import MAX_LEARNING_RATE, TrainingConfig
from mfvae.workflow.settings.configuration import check_configuration
from tests.configuration.changes import BASE, changed, refused
from tests.helpers.checkout import Checkout, planned_rules
from tests.helpers.paths import ROOT

SCHEMA = json.loads((ROOT / "config" / "schema.json").read_text())
SETTINGS = BASE["systems"]["curie_weiss"]["models"]["elbo"]
UPPER, LOWER = {"maximum", "exclusiveMaximum"}, {"minimum", "exclusiveMinimum"}
EXTREME = [5e-324, 1e-320, 1e16, 1e300, 1e308, float("nan"), float("inf"), 10**400]
GRIDS: dict[str, dict[str, int | float]] = {
    "curie_weiss": {"N": 16, "beta": 1.0},
    "curie_weiss_field": {"N": 16, "h": 0.05, "beta": 1.0},
    "hopfield": {"N": 16, "p": 1, "beta": 1.0},
    "hopfield_pair": {"N": 16, "overlap": 0.25, "beta": 1.0},
    "maier_saupe": {"N": 8, "beta": 1.0},
    "curie_weiss_potts3": {"N": 16, "beta": 1.0},
    "curie_weiss_potts4": {"N": 16, "beta": 1.0},
    "potts_hopfield3": {"N": 18, "p": 2, "beta": 1.0},
    "mean_field_xy": {"N": 16, "beta": 1.0},
    "mean_field_heisenberg": {"N": 16, "beta": 1.0},
    "ising_2d": {"L": 4, "T": 2.0},
}


@pytest.mark.parametrize("name", [False, True, 1, None], ids=["no", "on", "1", "~"])
@pytest.mark.parametrize("block", ["systems.curie_weiss.models", "datasets.retina.baselines", "systems"])
def test_a_name_that_is_no_text_is_refused(block, name):
    entry: Any = SETTINGS if block.endswith("models") else {"kind": "independent"}
    config = changed()
    place = config
    for part in block.split("."):
        place = place[part]
    place[name] = entry
    error = refused(config)
    assert (error.field, error.value) == (f"{block}.{name}", name)
    assert "quotes" in error.allowed


def numbers(schema: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a schema that describes a number."""
    if isinstance(schema, dict):
        if schema.get("type") in ("integer", "number"):
            yield place, schema
        for key, value in schema.items():
            yield from numbers(value, f"{place}/{key}")
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from numbers(value, f"{place}/{number}")


def test_every_number_of_the_schema_is_bounded_on_both_sides():
    """But for values of grids, of which the systems know what they can be, and of data in files."""
    found = dict(numbers(SCHEMA))
    assert len(found) > 50
    free = [
        place for place, schema in found.items() if not (schema.keys() & UPPER and schema.keys() & LOWER)
    ]
    in_files = {
        name
        for name in ("values", "threshold", "missing", "where")
        for place in free
        if f"/{name}/" in place
    }
    assert in_files == {"values", "threshold", "missing", "where"}
    free = [place for place in free if not any(f"/{name}/" in place for name in in_files)]
    assert {place.rpartition("additionalProperties/")[2] for place in free} == {"items"}


@pytest.mark.parametrize("value", EXTREME, ids=repr)
@pytest.mark.parametrize(
    "path",
    ["systems.curie_weiss.models.elbo.learning_rate", "degeneracy.box.alpha", "degeneracy.box.floor"],
)
def test_extreme_settings_are_refused(path, value):
    assert refused(changed((path, value))).field == path


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_refuses_extreme_parameters_or_is_finite_there(name):
    for parameter in GRIDS[name]:
        for value in EXTREME:
            parameters = {**GRIDS[name], parameter: value}
            try:
                SYSTEMS[name].check(parameters, 1)
            except InputError:
                continue
            system = SYSTEMS[name].from_parameters(parameters, 1)
            x = system.sample(10, np.random.default_rng(0))
            assert np.isfinite(system.log_prob(x)).all()
            assert np.isfinite(system.entropy())


@pytest.mark.parametrize("value", [1e-6, 1000.0])
def test_the_edges_of_beta_are_allowed(value):
    check_configuration(changed(("systems.hopfield.grid.beta", [value])))


@pytest.mark.parametrize("rate", [1e300, 1e39, 0.0, -1.0, float("nan"), float("inf")])
def test_a_training_refuses_a_rate_that_its_weights_cannot_hold(rate):
    with pytest.raises(InputError, match="learning_rate = "):
        TrainingConfig(learning_rate=rate)
    TrainingConfig(learning_rate=MAX_LEARNING_RATE)


@pytest.mark.workflow
def test_points_are_taken_literally_in_the_rules(tmp_path, recording_file):
    """1e+16 holds a plus and 0.8 a point, which mean other things in a regular expression."""
    checkout = Checkout.make(tmp_path, recording_file)
    samples = "results/samples/curie_weiss/N~16/beta~{}.parquet"
    assert planned_rules(checkout.snakemake("--dry-run", "--", samples.format("0.8")).stdout)
    refused = checkout.snakemake("--dry-run", "--", samples.format("0x8"))
    assert refused.returncode != 0
    assert "No rule to produce" in refused.stdout
