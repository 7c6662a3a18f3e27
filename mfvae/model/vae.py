"""A variational autoencoder whose decoder is conditionally independent over sites.

p_θ(x) = ∫ N(z; 0, 1) Π_i p(x_i | η_i(z)) dz is a finite-size mean-field factorisation: z is the
stochastic collective variable and η_i(z) the local field on site i. The site family is a parameter.
"""

from __future__ import annotations

from contextlib import nullcontext
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mfvae.model.config import VAEConfig
from mfvae.random import torch_seed
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import mask_argument, without_missing

SAMPLE_BLOCK = 8192  # configurations drawn at once


class ForwardPass(NamedTuple):
    """Per-sample terms of one pass, in nats."""

    distortion: Tensor  # −log p(x|z) at draws z ~ q(z|x), (..., B)
    rate: Tensor  # KL(q(z|x) ‖ N(0,1)), exact, (B,)


def perceptron(sizes: list[int]) -> nn.Sequential:
    """Linear layers with tanh between them: smooth, so that fields have a Jacobian everywhere."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


class Warp(nn.Module):
    """z + V tanh(W z + c): where the prior's mass lies on the surface of fields; the identity at first.

    To move mass along that surface, a decoder without it has to change most of its weights together,
    for gains of 0.01 nat that the noise of a batch hides. W and c begin as wide as the prior.
    """

    def __init__(self, latent_dim: int, units: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.empty(units, latent_dim))  # W
        self.offsets = nn.Parameter(torch.empty(units))  # c
        self.displacements = nn.Parameter(torch.empty(latent_dim, units))  # V
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.normal_(self.directions)
        nn.init.normal_(self.offsets)
        nn.init.zeros_(self.displacements)

    def forward(self, z: Tensor) -> Tensor:
        return z + torch.tanh(z @ self.directions.T + self.offsets) @ self.displacements.T


class VAE(nn.Module):
    """Gaussian encoder q(z|x), standard normal prior, decoder fields η(z).

    Weights are drawn from ``seed``, or where there is none from PyTorch's own generator as it is.
    """

    def __init__(
        self, family: SiteFamily, n_sites: int, config: VAEConfig, seed: int | None = None
    ) -> None:
        super().__init__()
        with nullcontext() if seed is None else torch_seed(seed):
            self._build(family, n_sites, config)

    def _build(self, family: SiteFamily, n_sites: int, config: VAEConfig) -> None:
        self.family, self.n_sites, self.config = family, n_sites, config
        n_fields = n_sites * family.dim
        n_inputs = n_fields + n_sites * config.gaps
        self.encoder = perceptron([n_inputs, *config.encoder_hidden, 2 * config.latent_dim])
        widths = [config.latent_dim, *config.decoder_hidden]
        if config.field_rank:
            collective = perceptron([*widths, config.field_rank])
            self.decoder = nn.Sequential(*collective, nn.Linear(config.field_rank, n_fields))
        else:
            self.decoder = perceptron([*widths, n_fields])
        self.warp = Warp(config.latent_dim, config.warp) if config.warp else nn.Identity()
        # z in units of the decoder's features: Adam moves every weight by about its learning rate, so
        # this sets how soon fields can be steep in a latent (see mfvae/training/start.py)
        self.latent_gain: Tensor
        self.register_buffer("latent_gain", torch.ones(config.latent_dim))
        self._bias_as_drawn: Tensor  # not saved: weights from a file are not to be changed
        self.register_buffer("_bias_as_drawn", self.output.bias.detach().clone(), persistent=False)

    @property
    def output(self) -> nn.Linear:
        """The decoder's last layer: weights (N·dim, K), biases (N·dim,)."""
        layer = self.decoder[-1]
        assert isinstance(layer, nn.Linear)
        return layer

    @property
    def device(self) -> torch.device:
        """Where the weights are, and where every tensor of a computation with them has to be."""
        return self.latent_gain.device

    @property
    def as_drawn(self) -> bool:
        """Whether the output's biases are those that the model was made with, or reset to."""
        return torch.equal(self.output.bias, self._bias_as_drawn)

    def reset(self) -> None:
        """Draw all weights anew, from PyTorch's global generator."""
        for module in self.modules():
            if isinstance(module, nn.Linear | Warp):
                module.reset_parameters()
        self.latent_gain.fill_(1.0)
        self._bias_as_drawn.copy_(self.output.bias.detach())

    def encode(self, statistic: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z|x): (B, N·dim) → two (B, d).

        Of sites that were not ``observed``, bool (B, N), the encoder sees T = 0, and with ``gaps`` that
        they were not.
        """
        if observed is not None:
            statistic = without_missing(statistic, observed, self.family.dim)
        if self.config.gaps:
            if observed is None:
                missing = statistic.new_zeros((*statistic.shape[:-1], self.n_sites))
            else:
                missing = (~observed).to(statistic)
            statistic = torch.cat([statistic, missing], -1)
        mean, log_std = self.encoder(statistic).chunk(2, dim=-1)
        return mean, log_std

    def placed(self, z: Tensor) -> Tensor:
        """z as the decoder's network sees it, warped and scaled: (..., d) → (..., d).

        It is in the precision of the weights and on their device, wherever z was.
        """
        return self.warp(z.to(self.latent_gain)) * self.latent_gain

    def fields(self, z: Tensor) -> Tensor:
        """Local fields η(z): (..., d) → (..., N·dim)."""
        return self.decoder(self.placed(z))

    def rate(self, mean: Tensor, log_std: Tensor) -> Tensor:
        """KL(q(z|x) ‖ N(0,1)) per sample in nats: (B, d) → (B,)."""
        return 0.5 * (mean**2 + (2 * log_std).exp() - 1).sum(-1) - log_std.sum(-1)

    def log_likelihood(self, statistic: Tensor, z: Tensor, observed: Tensor | None = None) -> Tensor:
        """log p(x|z) in nats: (..., N·dim), (..., d) → (...).

        Of the sites that were ``observed``, bool (..., N), if not all.
        """
        return self.family.log_prob(statistic, self.fields(z), *mask_argument(observed))

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent configurations of p_θ(x): z from the prior, then every site in its field."""
        blocks = []
        for start in range(0, n, SAMPLE_BLOCK):
            shape = (min(SAMPLE_BLOCK, n - start), self.config.latent_dim)
            z = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
            blocks.append(self.family.sample(self.fields(z).cpu().numpy(), rng))
        return np.concatenate(blocks)

    def forward(self, statistic: Tensor, noise: Tensor, observed: Tensor | None = None) -> ForwardPass:
        """One reparametrised pass: statistic (B, N·dim), standard normal noise (..., B, d)."""
        mean, log_std = self.encode(statistic, observed)
        z = mean + log_std.exp() * noise
        return ForwardPass(-self.log_likelihood(statistic, z, observed), self.rate(mean, log_std))
