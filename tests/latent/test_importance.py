"""Importance sampling over the latent space, against the lattice that few latents allow."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.latent import importance
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE
from mfvae.sites.spin import Spin
from tests.helpers.decoders import PROJECTION, identity
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.vaes import random_vae, spins

SITES, REPEATS = 6, 100


class Embedded:
    """A VAE with few latents k whose decoder looks at z ∈ R^d through k orthonormal directions.

    Their projections are again standard normal, so p_θ is that of the small VAE, which a lattice knows.
    The encoder is not the posterior: ``encoder`` is the prior, or narrow and displaced.
    """

    family = Spin()

    def __init__(self, inner: VAE, latent_dim: int, encoder: str = "prior") -> None:
        self.inner, self.latent_dim, self.encoder = inner, latent_dim, encoder
        normal = np.random.default_rng(12).normal(size=(latent_dim, inner.config.latent_dim))
        self.directions = torch.from_numpy(np.linalg.qr(normal)[0]).float()

    def fields(self, z: torch.Tensor) -> torch.Tensor:
        return self.inner.fields(z @ self.directions)

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        zero = torch.zeros(len(statistic), self.latent_dim)
        if self.encoder == "prior":
            return zero, zero
        return zero + 0.5 * statistic.mean(1, keepdim=True).float() + 0.2, zero - 0.3


def sampler(model, draws: int = importance.DRAWS, seed: int = 0) -> ImportanceSampler:
    return ImportanceSampler(model, torch.Generator().manual_seed(seed), draws)


def inner_vae(gain: float = 3.0) -> VAE:
    return random_vae(SITES, 2, seed=3, gain=gain)


def assert_marginals(model, exact: torch.Tensor, draws: int = importance.DRAWS) -> None:
    """p̂(x)/p(x) of repeated estimates averages to 1: draws of a fixed proposal leave p̂(x) unbiased."""
    x = spins(SITES).float().repeat(REPEATS, 1)
    found, _ = sampler(model, draws).log_marginal_with_error(x)
    ratio = (found - exact.repeat(REPEATS)).exp().numpy()
    assert_within_floor(ratio.mean(), 1.0, ratio.std(ddof=1) / np.sqrt(len(ratio)))


CASES = [(2, "prior"), (3, "displaced"), (5, "prior"), (5, "displaced"), (8, "prior"), (8, "displaced")]


@pytest.mark.parametrize(("latent_dim", "encoder"), CASES)
@pytest.mark.parametrize("draws", [32, 256])
def test_sampled_probabilities_are_those_of_the_lattice(latent_dim, encoder, draws):
    exact = LatentLattice(inner_vae(), 2).log_marginal(spins(SITES))
    assert_marginals(Embedded(inner_vae(), latent_dim, encoder), exact, draws)


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_sampled_probabilities_of_an_untrained_vae(latent_dim):
    model = random_vae(SITES, latent_dim, seed=latent_dim)
    assert_marginals(model, LatentLattice(model, latent_dim).log_marginal(spins(SITES)))


def test_twin_slightly_wrong_probabilities_are_caught():
    exact = LatentLattice(inner_vae(), 2).log_marginal(spins(SITES))
    other = LatentLattice(inner_vae(gain=3.05), 2).log_marginal(spins(SITES))
    for wrong in (exact + 0.005, other):
        with pytest.raises(AssertionError, match="floors"):
            assert_marginals(Embedded(inner_vae(), 5), wrong)


@pytest.mark.parametrize("degrees", [4, 6])
def test_twin_weights_of_another_proposal_are_caught(monkeypatch, degrees):
    """The volume of a Student's t with another number of degrees of freedom than is drawn."""
    exact = LatentLattice(inner_vae(), 2).log_marginal(spins(SITES))
    right, lgamma = importance.DEGREES, importance.math.lgamma
    moved = {right / 2: degrees / 2, (right + 5) / 2: (degrees + 5) / 2}
    monkeypatch.setattr(importance.math, "lgamma", lambda a: lgamma(moved[a]))
    with pytest.raises(AssertionError, match="floors"):
        assert_marginals(Embedded(inner_vae(), 5), exact)


@pytest.mark.parametrize("latent_dim", [5, 8])
def test_a_constant_decoder_is_sampled_as_the_product_over_sites(latent_dim):
    """In any dimension, and its posterior is the prior: nothing is learnt from x."""
    model = Embedded(random_vae(SITES, 2, seed=4, gain=0.0), latent_dim, "displaced")
    with torch.no_grad():
        model.inner.decoder[-1].bias.copy_(torch.linspace(-1, 1, SITES))
    fields = np.linspace(-1, 1, SITES)
    exact = torch.from_numpy(-np.log1p(np.exp(-2 * spins(SITES).numpy() * fields)).sum(1))
    assert_marginals(model, exact)
    mean, covariance = sampler(model).posterior_moments(spins(SITES).float(), identity(SITES))
    np.testing.assert_allclose(mean, np.broadcast_to(fields, mean.shape), atol=1e-6)
    np.testing.assert_allclose(covariance, 0, atol=1e-9)


def bias_of(latent_dim: int, draws: int) -> tuple[float, float, float]:
    """True mean bias of log p̂(x), its standard error, and the bias that is stated."""
    exact = LatentLattice(inner_vae(), 2).log_marginal(spins(SITES)).repeat(4 * REPEATS)
    x = spins(SITES).float().repeat(4 * REPEATS, 1)
    found, stated = sampler(Embedded(inner_vae(), latent_dim), draws).log_marginal_with_error(x)
    missing = (exact - found).numpy()
    return missing.mean(), missing.std(ddof=1) / np.sqrt(len(missing)), stated


def assert_bias_is_covered(true: float, stderr: float, stated: float) -> None:
    assert stated >= true - FACTOR * stderr, f"{true} ± {stderr} is not covered by {stated}"


def test_the_stated_bias_covers_that_of_repeated_estimates():
    """log p̂(x) is low on average, by at most what is said; with more draws both shrink alike."""
    few, more = bias_of(5, 32), bias_of(5, 96)
    for true, stderr, stated in (few, more):
        assert_bias_is_covered(true, stderr, stated)
        assert stated < 0.03
    assert few[0] > FACTOR * few[1]  # there is a bias to be stated
    assert few[0] > 2 * more[0]
    with pytest.raises(AssertionError, match="not covered"):  # twin
        assert_bias_is_covered(*few[:2], 0.0)


def assert_moments(model, lattice: LatentLattice) -> None:
    """Repeated estimates of E[φ|x] and Cov(φ|x) of eight configurations: 56 comparisons.

    Half a floor is left for the bias of a ratio, O(1/draws) as against O(draws^-½ · REPEATS^-½).
    """
    x, projection = spins(SITES)[::8], PROJECTION
    exact = lattice.posterior_moments(x, projection)
    found = sampler(model).posterior_moments(x.float().repeat(REPEATS, 1), projection)
    for values, expected in zip(found, exact, strict=True):
        repeated = values.reshape(REPEATS, *expected.shape).numpy()
        floor = repeated.std(0, ddof=1) / np.sqrt(REPEATS)
        assert_within_floor(repeated.mean(0), expected.numpy(), floor, factor=FACTOR + 0.5)


@pytest.mark.parametrize(("latent_dim", "encoder"), CASES)
def test_sampled_moments_are_those_of_the_lattice(latent_dim, encoder):
    assert_moments(Embedded(inner_vae(), latent_dim, encoder), LatentLattice(inner_vae(), 2))


def test_twin_moments_of_another_decoder_are_caught():
    with pytest.raises(AssertionError, match="floors"):
        assert_moments(Embedded(inner_vae(), 5), LatentLattice(inner_vae(gain=3.1), 2))


def test_covariances_from_few_draws_are_not_too_small():
    """Weighted scatter around its own mean lacks Σw², here some percent: it is put back."""
    x = spins(SITES)[::8]
    _, exact = LatentLattice(inner_vae(), 2).posterior_moments(x, PROJECTION)
    model = sampler(Embedded(inner_vae(), 5), draws=48)
    _, found = model.posterior_moments(x.float().repeat(1500, 1), PROJECTION)
    variance = [part.diagonal(dim1=1, dim2=2).sum(1) for part in (found, exact.repeat(1500, 1, 1))]
    ratio = (variance[0] / variance[1]).numpy()
    floor = ratio.std(ddof=1) / np.sqrt(len(ratio))
    assert_within_floor(ratio.mean(), 1.0, floor)
    with pytest.raises(AssertionError, match="floors"):  # twin: as if all draws weighed the same
        assert_within_floor(ratio.mean() * (1 - 1 / 48), 1.0, floor)


def test_blocks_of_importance_sampling_keep_the_order(monkeypatch):
    x, model = spins(SITES).float(), Embedded(inner_vae(), 5)
    exact = LatentLattice(inner_vae(), 2).log_marginal(spins(SITES))
    monkeypatch.setattr(importance, "FIELD_ENTRIES", 10 * importance.DRAWS * SITES)
    blocks = [len(log_weight) for log_weight, _ in sampler(model)._blocks(x)]
    assert blocks == [10] * 6 + [4]
    assert exact.std() > 0.5
    torch.testing.assert_close(sampler(model).log_marginal_with_error(x)[0], exact, atol=0.3, rtol=0)


def test_sampled_sums_belong_to_their_generator():
    x, model = spins(SITES).float(), Embedded(inner_vae(), 5)
    first, again, other = (sampler(model, seed=s).log_marginal_with_error(x)[0] for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert (first != other).all()
    assert first.dtype == torch.float64
