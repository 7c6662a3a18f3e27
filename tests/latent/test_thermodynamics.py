"""Energy and entropy of latent descriptions: exact ones, and those of a decoder's own posterior."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp, ndtri

from mfvae.capacity.ledger import ledger
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.posterior import posterior_energy_and_entropy
from mfvae.systems import build
from mfvae.systems.base import MeanFieldSystem
from tests.helpers.vaes import small_vae, spins


def latent_entropy_on_a_grid(system: MeanFieldSystem, points: int = 40_001) -> float:
    """E[h(φ|x)] + E[log dz/dφ] with the monotone z(φ) = Φ⁻¹(P(φ)) of a scalar φ, by sums over φ."""
    phi = np.linspace(-1, 1, points) * (system.coupling + 9 * np.sqrt(system.coupling / system.n_sites))
    log_density = system.log_hs_density(phi[:, None])
    log_weight = log_density - logsumexp(log_density)
    weight = np.exp(log_weight)
    z = ndtri(np.cumsum(weight) - weight / 2)
    seen = np.isfinite(z) & (weight > 1e-14)
    log_slope = log_weight - np.log(phi[1] - phi[0]) + (z**2 + math.log(2 * math.pi)) / 2
    conditional = math.log(2 * math.pi * math.e * system.coupling / system.n_sites) / 2
    return conditional + float((weight * log_slope)[seen].sum())


@pytest.mark.parametrize("n_sites", [16, 256])
@pytest.mark.parametrize("beta", [0.5, 1.0, 1.5])
def test_the_exact_entropy_is_that_of_the_monotone_image_of_the_field(n_sites, beta):
    system = build("curie_weiss", {"N": n_sites, "beta": beta}, 1)
    assert system.latent_entropy() == pytest.approx(latent_entropy_on_a_grid(system), abs=1e-4)
    colder = build("curie_weiss", {"N": n_sites, "beta": beta + 0.1}, 1)
    assert colder.latent_entropy() != pytest.approx(latent_entropy_on_a_grid(system), abs=1e-2)


def test_weakly_coupled_sites_leave_the_latents_their_prior():
    """One entropy of N(0, 1) for each pattern, as nothing is learnt from x."""
    prior = math.log(2 * math.pi * math.e) / 2
    for name, parameters, patterns in (
        ("curie_weiss", {"N": 16}, 1),
        ("hopfield", {"N": 16, "p": 2}, 2),
        ("hopfield_pair", {"N": 16, "overlap": 0.25}, 2),
    ):
        system = build(name, parameters | {"beta": 1e-6}, 1)
        assert system.latent_entropy() == pytest.approx(patterns * prior, abs=1e-4)


# -- a decoder's own posterior ---------------------------------------------------------------------
@pytest.mark.parametrize("latent_dim", [1, 2])
def test_a_posterior_s_energy_less_its_entropy_is_the_free_energy(latent_dim):
    model, statistic = small_vae(5, latent_dim, seed=2), spins(5)
    lattice = LatentLattice(model, latent_dim, 0.05, 8.0)
    energy, entropy = posterior_energy_and_entropy(lattice, statistic)
    helmholtz = ledger(model, statistic).helmholtz
    torch.testing.assert_close(energy - entropy, helmholtz, rtol=0, atol=1e-6)
    # twin: another lattice has other nodes and the same result, another posterior has not
    finer = posterior_energy_and_entropy(LatentLattice(model, latent_dim, 0.04, 8.0), statistic)
    torch.testing.assert_close(entropy, finer[1], rtol=0, atol=1e-6)
    assert (entropy - entropy.flip(0)).abs().max() > 1e-3


def test_a_decoder_that_ignores_z_leaves_the_prior():
    model, statistic = small_vae(4, 1, seed=2), spins(4)
    with torch.no_grad():
        model.latent_gain.zero_()
    energy, entropy = posterior_energy_and_entropy(LatentLattice(model, 1, 0.05, 8.0), statistic)
    prior = math.log(2 * math.pi * math.e) / 2
    assert entropy.numpy() == pytest.approx(prior, abs=1e-9)
    terms = ledger(model, statistic)
    assert energy.numpy() == pytest.approx((terms.helmholtz + prior).numpy(), abs=1e-6)
