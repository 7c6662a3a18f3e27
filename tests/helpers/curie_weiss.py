"""What is known of Curie–Weiss models of any size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.statistics import assert_law

SIZES = np.array([1000, 2000, 4000, 8000])


def half_half(system: BinaryPatternModel) -> float:
    """I(A;B) of the first half of the sites against the others."""
    return system.bipartite_mi(np.arange(system.n_sites) < system.n_sites // 2)


def information_at_infinite_n(beta: float) -> float:
    """−½ log(1 − r²), r = β/(2 − β) being the correlation of two Gaussian halves.

    For β > 1 the same with β(1 − m²), m = tanh βm, and log 2 for the sign that both halves share.
    """
    if beta < 1:
        r = beta / (2 - beta)
        return -0.5 * np.log1p(-(r**2))
    m = brentq(lambda m: m - np.tanh(beta * m), 1e-6, 1)
    return np.log(2) + information_at_infinite_n(beta * (1 - m**2))


def assert_approaches_like_one_over_n(values: np.ndarray, limit: float) -> None:
    """Every doubling of N halves the distance (to 3 %), and three sizes extrapolate to the limit.

    With distance a/N + b/N² + O(N⁻³), (8 I(4N) − 6 I(2N) + I(N))/3 leaves O(N⁻³), about 1e-6 here.
    """
    distance = values - limit
    np.testing.assert_allclose(distance[1:] / distance[:-1], 0.5, atol=0.015)
    assert (8 * values[-1] - 6 * values[-2] + values[-3]) / 3 == pytest.approx(limit, abs=1e-6)


def assert_law_of_magnetisation(x: np.ndarray, model: CurieWeiss) -> None:
    order = np.argsort(model.collective_states[:, 0])
    assert_law((x > 0).sum(1), model.collective_law[order])
