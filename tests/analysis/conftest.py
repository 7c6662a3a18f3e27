"""Data and fits that tests of the analysis share, each trained once."""

from __future__ import annotations

import numpy as np
import pytest

import mfvae
from mfvae.analysis.fit import Fit
from mfvae.systems.base import MeanFieldSystem

SITES, PATTERNS, BETA, ROWS = 40, 2, 1.2, 5000


@pytest.fixture(scope="session")
def hopfield() -> MeanFieldSystem:
    return mfvae.build("hopfield", {"N": SITES, "p": PATTERNS, "beta": BETA}, seed=0)


@pytest.fixture(scope="session")
def rows(hopfield: MeanFieldSystem) -> np.ndarray:
    return hopfield.sample(ROWS, np.random.default_rng(0))


@pytest.fixture(scope="session")
def fit(rows: np.ndarray) -> Fit:
    return mfvae.fit(rows, epochs=8)


def independent_rows(seed: int, n: int = 1500, sites: int = 20) -> np.ndarray:
    """0 and 1 of uneven means, bool (n, sites)."""
    return np.random.default_rng(seed).random((n, sites)) < np.linspace(0.05, 0.7, sites)


@pytest.fixture(scope="session")
def empty() -> Fit:
    """A fit of rows in which there is nothing to find."""
    return mfvae.fit(independent_rows(0), latents=2, epochs=4)
