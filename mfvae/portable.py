"""Square roots and logarithms of tensors whose last bit no processor changes.

PyTorch takes both from a vector library that chooses its instructions by the processor, whatever its
settings say. With the settings of ``make BITS=portable``, trainings that keep to these two end with the
same bits on every x86-64 processor that has AVX2.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def square_root(x: Tensor) -> Tensor:
    """√x, element by element, x ≥ 0; rounded twice, so that the last bit may not be torch.sqrt's."""
    return x.rsqrt().reciprocal_()  # by the processor's own root and division, which are exact


def logarithm(x: Tensor) -> Tensor:
    """log x, element by element, of a tensor on the CPU that needs no gradient."""
    return torch.from_numpy(np.log(x.numpy()))


def in_double(x: Tensor) -> Tensor:
    """x in double precision on its own device, or on the CPU where that device has none (Apple's)."""
    return (x.cpu() if x.device.type == "mps" else x).double()
