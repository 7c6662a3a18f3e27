"""The shipped configuration, and changes of it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml

from mfvae.errors import InputError
from mfvae.workflow.settings.configuration import check_configuration
from tests.conftest import ROOT

Config = dict[str, Any]
CURIE_WEISS, HOPFIELD, ISING = "systems.curie_weiss", "systems.hopfield", "systems.ising_2d"
DEFAULTS = {
    "latent_draws",
    "final_draws",
    "start",
    "start_steps",
    "starts",
    "checkpoints",
    "field_rank",
    "warp",
}  # of a training, which has them itself
NEEDED_BY_SOME = {  # figures, a theory, baselines, replicas that are compared
    *("checkpoints", "field_rank", "warp", "components", "hidden"),
    *("replicated", "replicas"),
}
OPTIONAL = {
    "only",
    "replicas",
    "replicated",
    "steps",
    *NEEDED_BY_SOME,
    *DEFAULTS,
}  # keys that may be left out


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
