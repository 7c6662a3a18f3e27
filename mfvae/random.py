"""Random generators seeded by (global seed, name of the output that they serve).

A draw therefore depends neither on the order of jobs nor on how many run at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


def seed_words(seed: int, name: str) -> list[int]:
    """Eight 32-bit words that identify ``(seed, name)``."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4)]


def generator(seed: int, name: str) -> np.random.Generator:
    """A NumPy generator of its own for the output called ``name``."""
    return np.random.default_rng(np.random.SeedSequence(seed_words(seed, name)))


def integer_seed(seed: int, name: str) -> int:
    """A 63-bit seed for libraries that take an integer (PyTorch)."""
    low, high = seed_words(seed, name)[:2]
    return (low << 32 | high) & (2**63 - 1)


@contextmanager
def torch_seed(seed: int) -> Iterator[None]:
    """Within the block PyTorch's own generator starts at this seed; afterwards it is as it was.

    Layers draw their weights from that generator alone.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
