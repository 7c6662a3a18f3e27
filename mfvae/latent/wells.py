"""The spectrum of the latent space of a decoder."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.latent.lattice import Decoder, parameter_type
from mfvae.latent.nodes import shifted_nodes
from mfvae.latent.spectrum import (
    CHARTED,
    NEIGHBOURS,
    STATES,
    LatentSpectrum,
    fisher_chart,
    latent_spectrum,
)

POINTS = 2**12  # of the prior; a power of 2 suits its quasi-random nodes


@torch.no_grad()
def decoder_spectrum(
    model: Decoder, latents: Tensor, n_states: int = STATES, neighbours: int = NEIGHBOURS
) -> LatentSpectrum:
    """The spectrum of a decoder at latents (n, d), with other parameters of ``latent_spectrum``."""
    fields = model.fields(latents.to(parameter_type(model)))
    return latent_spectrum(
        fisher_chart(model.family, fields.double().cpu().numpy()), n_states, neighbours
    )


class Wells(NamedTuple):
    """How many wells there are, and the barriers between them in nats, one less than wells."""

    number: int
    barriers: list[float]


ONE_WELL = Wells(1, [])  # of independent sites


def wells_of_prior(model: Decoder, latent_dim: int, generator: torch.Generator) -> Wells | None:
    """Wells at quasi-random draws of the prior.

    One where so many draws have one law that they have no density, as those of a latent without use;
    None where the metric of the sites has no flat chart.
    """
    if model.family.name not in CHARTED:
        return None
    try:
        spectrum = decoder_spectrum(model, shifted_nodes(POINTS, latent_dim, generator))
    except InputError:
        return ONE_WELL
    return Wells(spectrum.wells, spectrum.barriers.tolist())
