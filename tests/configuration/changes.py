"""The shipped configurations, and changes of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from mfvae.errors import InputError
from mfvae.workflow.settings.configuration import check_configuration
from tests.conftest import ROOT

Config = dict[str, Any]
FILES = sorted((ROOT / "config").glob("*.yaml"))


def read(path: Path) -> Config:
    """Through JSON, so that what YAML's anchors share becomes separate."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text())))


def laid_over(config: Config, overlay: Config) -> Config:
    """As Snakemake lays a second --configfile over a first."""
    result = copy.deepcopy(config)
    update_config(result, overlay)
    return result


def without(config: Any, keys: set[str]) -> Any:
    """Without these keys at any level."""
    if not isinstance(config, dict):
        return config
    return {key: without(value, keys) for key, value in config.items() if key not in keys}


DEFAULT = read(ROOT / "config" / "config.yaml")
SHIPPED = {path.stem: laid_over(DEFAULT, read(path)) for path in FILES}
# What is changed: every model is trained on all of the grid, whatever the grid becomes.
BASE = without(DEFAULT, {"only"})


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
        check_configuration(config)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value
