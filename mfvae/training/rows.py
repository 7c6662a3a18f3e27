"""Rows of spins kept as bits: 32 times less memory than their statistics, unpacked a batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.sites.base import SiteFamily

LARGEST_IN_FLOATS = 2**28  # numbers in statistics, 1 GB, beyond which spins stay packed
PACKED_AT_ONCE = 2**24  # spins that are packed at once, so that no copy of all of them is made


class PackedSpins:
    """Statistics (B, N) of spins for ``mfvae.training.loop.train``, a bit for each.

    An index gives rows as a tensor, float32, the same numbers as of the statistics themselves, so that
    a training of packed rows ends with the same bits as one in floats.

    Parameters
    ----------
    packed : ndarray
        uint8 (B, ⌈N/8⌉), as ``Spin.pack`` gives them: bit 1 is +1.
    n_sites : int
        N.

    Raises
    ------
    InputError
        For what are not the bits of so many sites.

    Examples
    --------
    >>> rows = PackedSpins(np.packbits([[1, 0, 1], [0, 0, 1]], axis=1), 3)
    >>> rows[1:].tolist(), tuple(rows.shape)
    ([[-1.0, -1.0, 1.0]], (2, 3))
    """

    dtype = torch.float32

    def __init__(self, packed: np.ndarray, n_sites: int) -> None:
        if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != -(-n_sites // 8):
            allowed = f"uint8 (rows, {-(-n_sites // 8)}) is needed, the bits of {n_sites} sites"
            raise InputError("packed", f"{packed.dtype} {packed.shape}", allowed)
        self.packed, self.n_sites = packed, n_sites

    @property
    def shape(self) -> tuple[int, int]:
        """B and N."""
        return len(self.packed), self.n_sites

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, rows: Any) -> Tensor:
        chosen = self.packed[rows.numpy() if isinstance(rows, Tensor) else rows]
        bits = np.unpackbits(chosen, axis=-1, count=self.n_sites)
        return torch.from_numpy(bits).to(self.dtype).mul_(2).sub_(1)

    def index_select(self, _: int, rows: Tensor) -> Tensor:
        """The rows of these numbers, as ``Tensor.index_select`` gives them along its first axis."""
        return self[rows]


Rows = Tensor | PackedSpins


def rows_for_training(family: SiteFamily, x: np.ndarray) -> Rows:
    """Statistics (B, N·dim) of configurations (B, N, ...), packed where they are many spins.

    Raises InputError for what are no configurations of the family.
    """
    if family.name != "spin" or x.size <= LARGEST_IN_FLOATS:
        return torch.from_numpy(family.statistic(x))
    size = max(1, PACKED_AT_ONCE // x.shape[1])
    parts = [family.pack(x[start : start + size]) for start in range(0, len(x), size)]
    return PackedSpins(np.concatenate(parts), x.shape[1])
