"""Decoders that are written down instead of trained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from mfvae.sites.spin import Spin

PROJECTION = torch.tensor([[1.0, 0.5, 0, 0, -2, 1], [0, 1, 1, 0, 0.3, 0]], dtype=torch.float64)


def identity(size: int) -> torch.Tensor:
    """P of φ = η."""
    return torch.eye(size, dtype=torch.float64)


class Fields:
    """A decoder from a function of z (G, d) → (G, N)."""

    family = Spin()

    def __init__(self, function) -> None:
        self.fields = function


class Sheet:
    """Fields η = b + ξ·φ(z) for given patterns ξ (N, K), bias b (N,) and φ: (G, d) → (G, K)."""

    family = Spin()

    def __init__(self, patterns: np.ndarray, phi: Callable, bias: np.ndarray | float = 0.0) -> None:
        self.patterns, self.phi = torch.from_numpy(patterns), phi
        self.bias = torch.as_tensor(bias, dtype=torch.float64)

    def fields(self, z: torch.Tensor) -> torch.Tensor:
        return self.bias + self.phi(z.double()) @ self.patterns.T


class Sampled(Sheet):
    """The sheet of one pattern on one direction of R^5, with the prior as encoder and float32 fields."""

    direction = torch.tensor([0.1, 0.7, -0.5, 0.1, 0.49])  # of unit length, to 1e-4
    direction = direction / direction.norm()

    def fields(self, z: torch.Tensor) -> torch.Tensor:
        return super().fields(z @ self.direction[:, None]).float()

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (torch.zeros(len(statistic), 5),) * 2
