"""Gaussian sites: their law, and nats that are those of a linear model, whose law is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal, norm

from mfvae.capacity.ledger import ledger, residuals
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.gaussian import Gaussian
from mfvae.training.objectives import Draws, elbo, exact
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from tests.helpers.statistics import assert_mean, assert_within_floor

GAUSSIAN, SITES, LATENTS = Gaussian(), 4, 2
FIELDS = np.linspace(-3, 3, 7)


def linear() -> tuple[VAE, np.ndarray, np.ndarray]:
    """A model of fields b + Wz, exactly: N(b, 1 + WWᵀ); two tanh units far within their linear part."""
    torch.manual_seed(1)
    model = VAE(GAUSSIAN, SITES, VAEConfig(LATENTS, (8,), (LATENTS,))).double()
    small, rng = 1e-4, np.random.default_rng(1)
    weight, bias = rng.standard_normal((SITES, LATENTS)), rng.standard_normal(SITES)
    with torch.no_grad():
        first, last = model.decoder[0], model.decoder[2]
        first.weight.copy_(small * torch.eye(LATENTS))
        first.bias.zero_()
        last.weight.copy_(torch.from_numpy(weight / small))
        last.bias.copy_(torch.from_numpy(bias))
    return model, weight, bias


def drawn() -> tuple[VAE, torch.Tensor, np.ndarray]:
    """The model, draws from it, and log p of them."""
    model, weight, bias = linear()
    law = multivariate_normal(bias, np.eye(SITES) + weight @ weight.T, seed=2)
    x = law.rvs(300)
    return model, torch.from_numpy(x), law.logpdf(x)


# -- the family ------------------------------------------------------------------------------------
def test_log_prob_is_the_normal_density_with_its_base_measure():
    x = np.array([-2.0, 0.0, 0.3, 1.0, 5.0, -1.0, 2.0])
    explicit = norm.logpdf(x, loc=FIELDS)
    np.testing.assert_allclose(GAUSSIAN.log_prob(x[:, None], FIELDS[:, None]), explicit, rtol=1e-12)
    assert GAUSSIAN.log_prob(x, FIELDS) == pytest.approx(explicit.sum())
    tensors = torch.from_numpy(x), torch.from_numpy(FIELDS)
    assert GAUSSIAN.log_prob(*tensors).item() == pytest.approx(explicit.sum())
    for family in (SITE_FAMILIES["spin"], SITE_FAMILIES["director"]):
        assert family.log_base_measure(x) == 0


def test_derivative_of_log_partition_is_the_mean():
    fields = torch.tensor(FIELDS, requires_grad=True)
    (slope,) = torch.autograd.grad(GAUSSIAN.log_partition(fields).sum(), fields)
    np.testing.assert_array_equal(slope, GAUSSIAN.mean_statistic(FIELDS))


def test_samples_have_their_mean_and_unit_variance():
    x = GAUSSIAN.sample(np.tile(FIELDS, (40_000, 1)), np.random.default_rng(1))
    assert x.dtype == np.float32
    assert_mean(x, FIELDS, np.ones(7))
    assert_mean((x - FIELDS) ** 2, np.ones(7), np.full(7, 2.0))
    with pytest.raises(AssertionError, match="floors"):
        assert_mean(1.05 * x, FIELDS, np.ones(7))


def test_numbers_are_packed_without_loss(tmp_path):
    x = np.random.default_rng(1).standard_normal((5, 7)).astype(np.float32)
    for layout in (x, np.asfortranarray(x), x[::-1]):
        packed = GAUSSIAN.pack(layout)
        assert packed.dtype == np.uint8
        assert packed.shape == (5, 28)
        assert GAUSSIAN.unpack(packed, 7).tobytes() == np.ascontiguousarray(layout).tobytes()
    metadata = SampleMetadata("clusters", "k~2", "gaussian", 7, 1)
    write_samples(tmp_path / "x.parquet", x, {"split": ["train"] * 5}, metadata)
    read = read_samples(tmp_path / "x.parquet", "clusters", "k~2")
    np.testing.assert_array_equal(read.split("train"), x)
    assert GAUSSIAN.statistic(read.configurations).dtype == np.float32


# -- nats ------------------------------------------------------------------------------------------
def test_sums_over_latents_are_the_law_of_a_linear_model():
    model, x, expected = drawn()
    lattice = LatentLattice(model, LATENTS, spacing=0.05, radius=8.0)
    np.testing.assert_allclose(lattice.log_marginal(x), expected, atol=1e-5)
    whole, _ = lattice.log_marginal_with_error(x)
    np.testing.assert_allclose(whole, expected, atol=1e-5)
    _, weight, bias = linear()
    part = multivariate_normal(bias[:2], np.eye(2) + weight[:2] @ weight[:2].T).logpdf(x[:, :2])
    np.testing.assert_allclose(lattice.log_marginal(x, slice(0, 2)), part, atol=1e-5)


def test_importance_sampling_is_too():
    model, x, expected = drawn()
    sampler = ImportanceSampler(model.float(), torch.Generator().manual_seed(1))
    found, bias = sampler.log_marginal_with_error(x[:50].float())
    assert_within_floor(float(found.mean()), expected[:50].mean(), 0.01 + bias)


def test_free_energies_fulfil_their_identities():
    model, x, expected = drawn()
    terms = ledger(model, x[:20])
    np.testing.assert_allclose(-terms.helmholtz, expected[:20], atol=1e-5)
    for residual in residuals(terms).values():
        np.testing.assert_allclose(residual, 0, atol=1e-4)


def test_objectives_are_in_the_same_nats():
    """The bound lies above −log p of the data, and the exact objective at it."""
    model, x, expected = drawn()
    draws = Draws(4000, 1.0, torch.Generator().manual_seed(1))
    helmholtz = exact(model.float(), x.float(), draws).terms["free energy"].item()
    assert helmholtz == pytest.approx(-expected.mean(), abs=0.05)  # of 4000 nodes
    bound = elbo(model, x.float(), Draws(16, 1.0, torch.Generator().manual_seed(1))).value.item()
    assert bound > -expected.mean()
    constant = SITES / 2 * math.log(2 * math.pi)
    assert abs(helmholtz + expected.mean()) < constant / 10  # the base measure is not left out
