"""Which trainings failed, told by their free energies alone, for which no network is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfvae.stats import Estimate

SIGMAS = 3.0  # standard errors
FAILED = 0.1  # nats per configuration by which a failed training lies above the best one


def failed(free_energies: Sequence[Estimate]) -> np.ndarray:
    """Which replicas failed (R,), judged by −log p_θ of the same configurations: never by the truth.

    A replica has failed where it lies above the best one by 0.1 nat and by three standard errors of a
    single one, which overestimates the error of their difference.
    """
    values = np.array([energy.value for energy in free_energies])
    best = int(values.argmin())
    margin = np.array([max(SIGMAS * energy.stderr, FAILED) for energy in free_energies])
    return values - values[best] > margin
