"""Roots and logarithms of equal bits everywhere are the right ones; their bits: end_to_end/emulated."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.portable import logarithm, square_root


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_roots_are_right_to_the_last_bits(dtype):
    x = torch.logspace(-30, 30, 1001, dtype=dtype)
    resolution = torch.finfo(dtype).eps
    assert ((square_root(x) ** 2 - x).abs() <= 4 * resolution * x).all()
    assert square_root(torch.zeros(3, dtype=dtype)).tolist() == [0.0] * 3
    assert square_root(torch.tensor([float("inf")], dtype=dtype)).item() == float("inf")


def test_the_argument_stays():
    x = torch.tensor([4.0, 9.0])
    torch.testing.assert_close(square_root(x), torch.tensor([2.0, 3.0]))
    assert x.tolist() == [4.0, 9.0]


def test_logarithms_are_those_of_numpy():
    x = torch.logspace(-300, 300, 1001, dtype=torch.float64)
    assert np.array_equal(logarithm(x).numpy(), np.log(x.numpy()))
