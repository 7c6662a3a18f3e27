"""Posterior means by nodes of the prior, beside those of a fine lattice."""

from __future__ import annotations

import pytest
import torch

from mfvae.latent.lattice import LatentLattice
from mfvae.latent.posterior import posterior_means
from tests.helpers.trainings import generator
from tests.helpers.vaes import random_vae, spins


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_posterior_means_match_the_lattice(latent_dim):
    model, x = random_vae(8, latent_dim, seed=1, gain=3.0), spins(8).float()
    lattice = LatentLattice(model, latent_dim)
    weights = torch.cat([block.softmax(1) for block in lattice.log_joint(x)])
    found = posterior_means(model, x, generator())
    # errors of 2¹³ shifted Sobol points grow with d
    torch.testing.assert_close(
        found.double(), weights @ lattice.nodes, atol=0.01 * latent_dim**2, rtol=0
    )
    assert (weights @ lattice.nodes).std() > 0.2  # they are not all at the origin
    with torch.no_grad():  # a twin: the encoder, which nothing has trained, is elsewhere
        assert (model.encode(x)[0] - found).abs().max() > 0.2


def test_means_of_many_latents_are_those_of_the_encoder():
    model, x = random_vae(6, 4, seed=1), spins(6).float()
    with torch.no_grad():
        torch.testing.assert_close(posterior_means(model, x, generator()), model.encode(x)[0])
