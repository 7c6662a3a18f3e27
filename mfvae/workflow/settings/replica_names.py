"""Replicas of a model: the same training with other seeds, named ``exact``, ``exact_r2`` and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mfvae.stats import Estimate

REPLICATED = "replica"  # name of a model that is trained for nothing but comparing its replicas
FEWEST = 3  # for an error of what pairs of them have in common
SUFFIX = re.compile(r"_r([0-9]+)$")
SIGMAS = 3.0  # standard errors
FAILED = 0.1  # nats per configuration by which a failed training lies above the best one


def replicated(models: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every model as often as its ``replicas`` say, each under a name that seeds its training."""
    expanded: dict[str, dict[str, Any]] = {}
    for name, settings in models.items():
        one = {key: value for key, value in settings.items() if key != "replicas"}
        names = (name if k == 1 else f"{name}_r{k}" for k in range(1, settings.get("replicas", 1) + 1))
        expanded |= dict.fromkeys(names, one)
    return expanded


def replica(model: str) -> int:
    """Its number, 1 for the first."""
    found = SUFFIX.search(model)
    return int(found[1]) if found else 1


def original(model: str) -> str:
    """The model of which this one is a replica, itself for the first."""
    return SUFFIX.sub("", model)


def failed(free_energies: Sequence[Estimate]) -> np.ndarray:
    """Which replicas failed (R,), judged by −log p_θ of the same configurations: never by the truth.

    A replica has failed where it lies above the best one by 0.1 nat and by three standard errors of a
    single one, which overestimates the error of their difference.
    """
    values = np.array([energy.value for energy in free_energies])
    best = int(values.argmin())
    margin = np.array([max(SIGMAS * energy.stderr, FAILED) for energy in free_energies])
    return values - values[best] > margin
