"""Words that all readers are tried on, and the folder with real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mfvae.data import sources


@pytest.fixture(scope="session")
def words() -> np.ndarray:
    """Words of 0 and 1, uint8 (60, 5), with no constant site."""
    return (np.random.default_rng(0).random((60, 5)) < 0.3).astype(np.uint8)


@pytest.fixture(scope="session")
def spins(words: np.ndarray) -> np.ndarray:
    """The same as −1 and +1, int8."""
    return np.where(words > 0, 1, -1).astype(np.int8)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with copies of published files, where the environment names one."""
    folder = sources.folder()
    if folder is None:
        pytest.skip(f"{sources.FOLDER_VARIABLE} names no folder with published files")
    return folder
