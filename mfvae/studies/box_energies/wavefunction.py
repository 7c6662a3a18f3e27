"""The map from latents to functions of a box and their energies that Andrés-Terré & Lió propose.

A perceptron z → ψ(z) is trained, without labels, to minimise E = Σ_j E⁰(n_j) + E¹(n_j), the sum over
latents j, n_j the quantum number of ψ_j at z_j (arXiv:1907.05267; mfvae.box, of length 1). What keeps
this finite: ψ = √2·(1 − MARGIN)·tanh(…) lies within the arcsin's range, |z| has a floor, and the shift
has no poles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mfvae.errors import InputError
from mfvae.model.vae import perceptron
from mfvae.random import torch_seed
from mfvae.studies.box_energies.box import energy, first_order_shift, quantum_number
from mfvae.training.optimiser import Adam, one_cycle

MARGIN = 1e-6  # to the end of the arcsin, where its slope is infinite
SATURATED = 0.95  # of the largest quantum number that a latent allows
LEVELS = 400  # quantum numbers among which the smallest energy is sought


@dataclass(frozen=True)
class BoxConfig:
    """α of the unperturbed energies, t half waves of the potential, and the training of ψ.

    With ``learned`` α > 0 and t are parameters, too, and these their first values.
    """

    alpha: float = field(
        default=1.0,
        metadata={"help": "of the unperturbed energies, in units of the potential's strength"},
    )
    half_waves: float = field(
        default=2.0, metadata={"help": "t of the potential; every two have one minimum"}
    )
    floor: float = field(default=0.1, metadata={"help": "of |z|, in standard deviations of the prior"})
    widths: tuple[int, ...] = field(
        default=(32,), metadata={"help": "of the hidden layers of the perceptron"}
    )
    updates: int = field(default=400, metadata={"help": "steps of its training"})
    learning_rate: float = field(default=0.01, metadata={"help": "of its training"})
    learned: bool = field(
        default=False, metadata={"help": "whether alpha and half waves are trained, too"}
    )

    def __post_init__(self) -> None:
        for name in ("alpha", "half_waves", "floor", "learning_rate"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(name, getattr(self, name), "a finite number > 0 is needed")
        if self.updates < 1:
            raise InputError("updates", self.updates, "an integer ≥ 1 is needed")


class Spectrum(NamedTuple):
    """What a perceptron gives for latents (B, d)."""

    psi: np.ndarray  # (B, d)
    energy: np.ndarray  # E⁰ + E¹ of every latent, (B, d), in units of the potential's strength
    saturated: float  # share of ψ at the end of the arcsin's range
    alpha: float
    half_waves: float

    @property
    def total(self) -> np.ndarray:
        """E of every configuration, (B, 1)."""
        return self.energy.sum(1, keepdims=True)


class Wavefunction(nn.Module):
    """ψ: R^d → [−√2, √2]^d, and α and t, all in float64."""

    def __init__(self, latent_dim: int, config: BoxConfig) -> None:
        super().__init__()
        self.config = config
        self.network = perceptron([latent_dim, *config.widths, latent_dim])
        alpha, half_waves = torch.tensor([config.alpha, config.half_waves], dtype=torch.float64)
        self.log_alpha = nn.Parameter(alpha.log(), config.learned)
        self.half_waves = nn.Parameter(half_waves, config.learned)
        self.double()

    def forward(self, z: Tensor) -> Tensor:
        """(B, d) → (B, d)."""
        return math.sqrt(2) * (1 - MARGIN) * torch.tanh(self.network(z))

    def energies(self, psi: Tensor, z: Tensor) -> Tensor:
        """E⁰ + E¹ of every latent, (B, d)."""
        n = quantum_number(psi, z, floor=self.config.floor)
        return self.log_alpha.exp() * n**2 + first_order_shift(n, self.half_waves)

    @torch.no_grad()
    def spectrum(self, z: Tensor) -> Spectrum:
        """Of latents (B, d)."""
        psi = self(z)
        found = quantum_number(psi, z, floor=self.config.floor)
        largest = quantum_number(
            torch.full_like(psi, math.sqrt(2) * (1 - MARGIN)), z, 1.0, self.config.floor
        )
        share = (found > SATURATED * largest).double().mean().item()
        energies = self.energies(psi, z).numpy()
        return Spectrum(
            psi.numpy(), energies, share, self.log_alpha.exp().item(), self.half_waves.item()
        )


def spectra(latents: np.ndarray, config: BoxConfig, seed: int) -> tuple[Spectrum, Spectrum]:
    """Of latents (B, d) before and after training: the null, and what ψ converges to.

    Raises ArithmeticError when the energy stops being finite.
    """
    z = torch.from_numpy(np.asarray(latents, dtype=np.float64))
    with torch_seed(seed):
        model = Wavefunction(z.shape[1], config)
    untrained = model.spectrum(z)
    optimiser = Adam([p for p in model.parameters() if p.requires_grad], config.learning_rate)
    for step in range(config.updates):
        loss = model.energies(model(z), z).sum(1).mean()
        if not math.isfinite(loss.item()):
            raise ArithmeticError(f"step {step + 1}: energy is {loss.item()}, with {config}")
        optimiser.minimise(loss, one_cycle(step, config.updates))
    return untrained, model.spectrum(z)


def lowest_energy(latents: np.ndarray, config: BoxConfig) -> np.ndarray:
    """The smallest E⁰ + E¹ that any ψ can have at each latent, (B, d): a function of |z| alone."""
    share = np.linspace(0, 1, LEVELS)
    largest = quantum_number(
        np.full_like(latents, math.sqrt(2) * (1 - MARGIN)), latents, 1.0, config.floor
    )
    found = np.full(latents.shape, np.inf)
    for part in share:
        n = part * largest
        found = np.minimum(found, energy(n, config.alpha) + first_order_shift(n, config.half_waves))
    return found
