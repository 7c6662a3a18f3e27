"""What is shipped is right, and the schema that is shipped says so, too."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from mfvae.workflow.settings.configuration import check_configuration
from mfvae.workflow.settings.schema import FILE, schema
from mfvae.workflow.settings.settle import settle
from tests.configuration.changes import DEFAULT, SHIPPED, changed

SCHEMA = json.loads(FILE.read_text())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_configuration_is_right(name):
    config = copy.deepcopy(SHIPPED[name])
    settle(config)
    assert config == SHIPPED[name]  # looked at, not changed
    Draft202012Validator(SCHEMA).validate(config)


def test_the_schema_is_that_of_the_settings():
    Draft202012Validator.check_schema(SCHEMA)
    assert FILE.read_text() == schema()  # else: python -m mfvae.workflow.settings.schema


@pytest.mark.parametrize(
    ("path", "value"),
    [("seed", 1.5), ("systems.hopfield.models.elbo.objective", "magic"), ("recovery.colour", "red")],
)
def test_the_schema_refuses_what_the_settings_refuse(path, value):
    assert not Draft202012Validator(SCHEMA).is_valid(changed((path, value)))


@pytest.mark.parametrize(
    "change",
    [
        ("pathvars.results", "a/new/folder"),
        ("systems.curie_weiss.grid.beta", [1e-3, 1, 50.0]),
        ("systems.hopfield.models.another", {"latent_dim": 2}),
        ("systems.ising_2d.models.d16.latent_dim", 64),
        ("systems.hopfield.models.elbo.only", {"N": [100], "p": [3], "beta": [0.8]}),
        ("systems.hopfield.replicated.replicas", 0),
        ("systems.curie_weiss.replicated", {"latent_dim": 1, "replicas": 3}),
        ("datasets.retina.models.elbo_d6.replicas", 0),
        ("degeneracy.box.half_waves_per_cluster", 0.5),
        ("run", ["hopfield"]),
        ("headlines", []),
    ],
)
def test_what_is_allowed_passes(change):
    check_configuration(changed(change))


def test_one_system_is_enough():
    system = {"curie_weiss": DEFAULT["systems"]["curie_weiss"]}
    check_configuration(changed(("systems", system), ("scaling", {}), ("figures", ["bound"])))


def test_a_check_imports_nothing_heavy():
    code = "import sys, mfvae.workflow.settings.settle; print({'torch', 'numba'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
