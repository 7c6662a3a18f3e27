"""The spectrum of the latent space of a decoder."""

from __future__ import annotations

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


def wells_of_prior(model: Decoder, latent_dim: int, generator: torch.Generator) -> LatentSpectrum | None:
    """The spectrum at quasi-random draws of the prior.

    None where the metric of the sites has no flat chart, or where so many draws have one law that they
    have no density, as those of a latent without use.
    """
    if model.family.name not in CHARTED:
        return None
    try:
        return decoder_spectrum(model, shifted_nodes(POINTS, latent_dim, generator))
    except InputError:
        return None
