"""Configurations of directors."""

from __future__ import annotations

import numpy as np


def directors(n: int, n_sites: int) -> np.ndarray:
    u = np.random.default_rng([2026, n, n_sites]).standard_normal((n, n_sites, 3))
    return (u / np.linalg.norm(u, axis=2, keepdims=True)).astype(np.float32)
