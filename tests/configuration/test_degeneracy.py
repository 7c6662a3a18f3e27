"""Replicas to be compared, and the study of degenerate latents: what is allowed and what is not."""

from __future__ import annotations

import math

import pytest

from mfvae.workflow.settings.configuration import check_configuration
from tests.configuration.changes import (
    CURIE_WEISS,
    HOPFIELD,
    ISING,
    SCHEMA,
    SHIPPED,
    changed,
    refused,
)

REPLICATED = SHIPPED["systems"]["hopfield"]["replicated"] | {"only": {}}
WRONG = [
    ("degeneracy.n_samples", 99, None, "≥ 100"),
    ("degeneracy.clusters", [], None, "at least 1"),
    ("degeneracy.clusters", [1], "degeneracy.clusters[0]", "≥ 2"),
    ("degeneracy.clusters", [2, 2], None, "once"),
    ("degeneracy.features.informative", 2, "degeneracy.clusters", "≤ 4"),
    ("degeneracy.features.separation", 0, None, "≥ "),
    ("degeneracy.features.noise", -1, None, "≥ 0"),
    ("degeneracy.latent_dim", [1], "degeneracy.latent_dim[0]", "≥ 2"),
    ("degeneracy.widths", [0], "degeneracy.widths[0]", "≥ 1"),
    ("degeneracy.number", 2, None, "≥ 3"),
    ("degeneracy.training.epochs", 0, None, "≥ 1"),
    ("degeneracy.training.objective", "exact", None, "unknown"),
    ("degeneracy.box.alpha", 0, None, "≥ "),
    ("degeneracy.box.alpha", math.nan, None, "number"),
    ("degeneracy.box.floor", 0.0, None, "≥ "),
    ("degeneracy.box.updates", 0, None, "≥ 1"),
    ("degeneracy.box.half_waves_per_cluster", 0, None, "≥ "),
    (f"{HOPFIELD}.replicated.replicas", 2, None, "≥ 3"),
    (f"{HOPFIELD}.replicated.latent_dim", 4, None, "≤ 3"),
    (f"{HOPFIELD}.replicated.only", {"beta": [9.0]}, f"{HOPFIELD}.replicated.only.beta", "part of the"),
    (f"{ISING}.replicated", REPLICATED, None, "patterns"),
    (f"{CURIE_WEISS}.models", {"replica": REPLICATED}, None, "not a replica's"),
    ("recording.name", "clusters", None, "nothing else"),
]


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    WRONG,
    ids=[f"{path}={value!r:.30}" for path, value, *_ in WRONG],
)
def test_a_wrong_value_is_refused(path, value, field, words):
    error = refused(changed((path, value)))
    assert error.field == (field or path)
    assert words in error.allowed


@pytest.mark.parametrize(
    "change",
    [
        (f"{HOPFIELD}.replicated.replicas", 0),
        (f"{CURIE_WEISS}.replicated", REPLICATED),
        ("degeneracy.clusters", [2, 20]),
        ("degeneracy.features.redundant", 0),
        ("degeneracy.latent_dim", [7]),
        ("degeneracy.box.half_waves_per_cluster", 0.5),
    ],
)
def test_what_is_allowed_passes(change):
    check_configuration(changed(change), SCHEMA)


def test_a_figure_of_replicas_needs_some():
    none = (("recording.replicated.replicas", 0), (f"{HOPFIELD}.replicated.replicas", 0))
    assert refused(changed(*none)).value == "replicas"
    check_configuration(changed(*none, ("figures", ["degeneracy", "box_spectrum"])), SCHEMA)
