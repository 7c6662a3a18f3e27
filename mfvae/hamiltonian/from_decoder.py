"""The generalized Hopfield model that a trained decoder of the form η(z) = b + ξ·φ(z) is."""

from __future__ import annotations

import math

import torch
from torch import nn

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield
from mfvae.latent.lattice import LATTICE_SPACING, LatentLattice
from mfvae.model.vae import VAE
from mfvae.sites.spin import Spin

RADIUS = {1: 5.5, 2: 5.0, 3: 4.5}  # of the lattice over z, in standard deviations, by latent dimension
SPACING = {**LATTICE_SPACING, 1: 0.02}


def generalized_hopfield(model: VAE) -> GeneralizedHopfield:
    """Biases, patterns and quadrature nodes of a decoder with ``field_rank`` K, in canonical form.

    Nodes are those of one lattice over z, so that Monte Carlo has few; the law differs from the
    decoder's by its quadrature alone. Raises InputError for sites that are not spins, for a decoder with
    free fields and for d > 3.
    """
    if not isinstance(model.family, Spin):
        allowed = "spin is needed: the generalized Hopfield model is one of spins"
        raise InputError("site_family", model.family.name, allowed)
    if not model.config.field_rank:
        raise InputError("field_rank", model.config.field_rank, "an integer ≥ 1 is needed")
    d, (*hidden, last) = model.config.latent_dim, model.decoder
    lattice = LatentLattice(model, d, SPACING.get(d), RADIUS.get(d, 0.0))
    half = slice(lattice.half_size)
    with torch.no_grad():
        z = model.placed(lattice.nodes[half].float())
        nodes = nn.Sequential(*hidden)(z).cpu().double().numpy()
        patterns, bias = (part.cpu().double().numpy() for part in last.parameters())
    log_weight = lattice.log_weight[half].cpu().numpy() + math.log(2)
    return GeneralizedHopfield(bias, patterns, nodes, log_weight).canonical()
