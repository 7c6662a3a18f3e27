"""Which configurations are held out: the last tenth of independent samples, every tenth repeat."""

from __future__ import annotations

import numpy as np

TEST_STRIDE = 10


def train_size(n: int) -> int:
    """How many of n independent samples are for training."""
    return n - n // TEST_STRIDE


def split_samples(n: int) -> np.ndarray:
    """``train`` or ``test`` for each of n independent samples."""
    return np.repeat(["train", "test"], [train_size(n), n - train_size(n)])


def is_test_repeat(repeats: np.ndarray) -> np.ndarray:
    """Held-out repeats: index divisible by ten. Whole repeats, since bins of one repeat are alike."""
    return np.asarray(repeats) % TEST_STRIDE == 0
