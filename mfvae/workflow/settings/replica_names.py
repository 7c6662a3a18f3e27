"""Replicas of a model: the same training with other seeds, named ``exact``, ``exact_r2`` and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REPLICATED = "replica"  # name of a model that is trained for nothing but comparing its replicas
FEWEST = 3  # for an error of what pairs of them have in common
SUFFIX = re.compile(r"_r([0-9]+)$")


def replicated(models: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every model as often as its ``replicas`` say, each under a name that seeds its training.

    Its settings have its number, ``replica``, and the name of the first, ``replica_of``.
    """
    expanded: dict[str, dict[str, Any]] = {}
    for name, settings in models.items():
        one = {key: value for key, value in settings.items() if key != "replicas"}
        for k in range(1, settings.get("replicas", 1) + 1):
            expanded[name if k == 1 else f"{name}_r{k}"] = {**one, "replica": k, "replica_of": name}
    return expanded


def replica(model: str) -> int:
    """Its number, 1 for the first."""
    found = SUFFIX.search(model)
    return int(found[1]) if found else 1


def original(model: str) -> str:
    """The model of which this one is a replica, itself for the first."""
    return SUFFIX.sub("", model)
