"""Quadrature over the latent space on a lattice, against sums done another way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chi2

from mfvae.errors import InputError
from mfvae.latent import lattice as quadrature
from mfvae.latent.lattice import LATTICE_RADIUS, LATTICE_SPACING, LatentLattice
from mfvae.model.vae import VAE
from tests.helpers.decoders import PROJECTION, Fields, identity
from tests.helpers.vaes import in_double, perceptron_by_hand, random_vae, spins

ROUNDING = 1e-5  # nats: float32 fields of a handful of sites


def truncated(latent_dim: int, radius: float = LATTICE_RADIUS) -> float:
    """Prior mass that a lattice may leave out: all beyond the outermost whole cell of the ball."""
    spacing = LATTICE_SPACING[latent_dim]
    return float(chi2.sf((radius - spacing * np.sqrt(latent_dim)) ** 2, latent_dim))


# -- weights ---------------------------------------------------------------------------------------
def assert_weights_are_the_prior(lattice: LatentLattice, latent_dim: int) -> None:
    """Σ w p(z), Σ w p(z) z and Σ w p(z) zzᵀ of a standard normal, within what is truncated."""
    weight = lattice.log_weight.exp()
    allowed = truncated(latent_dim) + 1e-12
    assert abs(weight.sum().item() - 1) <= allowed, "mass"
    assert (weight @ lattice.nodes).abs().max() <= LATTICE_RADIUS * allowed, "mean"
    second = lattice.nodes.T @ (weight[:, None] * lattice.nodes)
    # |z|² beyond the ball: d · P(χ²_{d+2} > r²)
    reach = LATTICE_RADIUS - LATTICE_SPACING[latent_dim] * np.sqrt(latent_dim)
    allowed = latent_dim * chi2.sf(reach**2, latent_dim + 2) + 1e-12
    assert (second - torch.eye(latent_dim)).abs().max() <= allowed, "variance"


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_weights_are_the_prior(latent_dim):
    lattice = LatentLattice(random_vae(3, latent_dim, seed=0), latent_dim)
    assert lattice.nodes.shape == (len(lattice.log_weight), latent_dim)
    assert lattice.fields.shape == (len(lattice.nodes), 3)
    assert (lattice.nodes.norm(dim=1) <= LATTICE_RADIUS).all()
    assert lattice.spacing == LATTICE_SPACING[latent_dim]
    for half in (slice(lattice.half_size), slice(lattice.half_size, None)):  # each a rule of its own
        mass = 2 * lattice.log_weight[half].exp().sum().item()
        assert mass == pytest.approx(1, abs=truncated(latent_dim))
    assert_weights_are_the_prior(lattice, latent_dim)


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
@pytest.mark.parametrize("wrong", [{"spacing": 3.0}, {"radius": 4.0}], ids=["too coarse", "too small"])
def test_twin_poor_lattices_are_caught(latent_dim, wrong):
    lattice = LatentLattice(random_vae(3, latent_dim, seed=0), latent_dim, **wrong)
    with pytest.raises(AssertionError, match="mass"):
        assert_weights_are_the_prior(lattice, latent_dim)


@pytest.mark.parametrize("latent_dim", [4, 5, 100])
def test_too_many_latents_are_refused(latent_dim):
    with pytest.raises(InputError) as caught:
        LatentLattice(random_vae(3, latent_dim, seed=0), latent_dim)
    assert caught.value.field == "latent_dim"
    assert caught.value.value == latent_dim
    assert "3" in caught.value.allowed


# -- log p(x) --------------------------------------------------------------------------------------
def evidence_by_quad(model: VAE, x: np.ndarray, weight=lambda z: 1.0) -> float:
    """∫ N(z; 0, 1) weight(z) p(x|z) dz for one latent, adaptively, from the weights in NumPy."""
    decoder = in_double(model).decoder

    def joint(z: float) -> float:
        fields = perceptron_by_hand(decoder, np.array([z]))
        return float(np.exp(-(z**2) / 2) / np.prod(1 + np.exp(-2 * x * fields)) * weight(z))

    return quad(joint, -12, 12, epsabs=1e-12, limit=200)[0] / np.sqrt(2 * np.pi)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_log_marginal_is_the_integral_over_the_latent(seed):
    model = random_vae(4, 1, seed, gain=4.0)
    exact = np.array([evidence_by_quad(model, x) for x in spins(4).numpy()])
    found = LatentLattice(model, 1).log_marginal(spins(4).float()).exp().numpy()
    np.testing.assert_allclose(found, exact, rtol=ROUNDING, atol=truncated(1))


@settings(max_examples=20)
@given(
    latent_dim=st.sampled_from([1, 2, 3]),
    seed=st.integers(0, 10_000),
    gain=st.floats(0, 5),
    n_sites=st.integers(1, 8),
)
def test_probabilities_of_all_configurations_sum_to_one(latent_dim, seed, gain, n_sites):
    model = random_vae(n_sites, latent_dim, seed, gain=gain)
    total = LatentLattice(model, latent_dim).log_marginal(spins(n_sites)).exp().sum().item()
    assert total == pytest.approx(1, abs=truncated(latent_dim) + ROUNDING)


SLICES = [slice(None, 3), slice(3, None), slice(2, 5), slice(0, 1), slice(None)]


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
@pytest.mark.parametrize("sites", SLICES, ids=str)
def test_a_part_of_the_sites_has_the_summed_probability(latent_dim, sites):
    """p(x_A) = Σ_{x_B} p(x_A, x_B), the sum over all configurations done explicitly."""
    x, lattice = spins(6), LatentLattice(random_vae(6, latent_dim, seed=9), latent_dim)
    whole = lattice.log_marginal(x).exp().numpy()
    found = lattice.log_marginal(x, sites).exp().numpy()
    parts, index = np.unique(x[:, sites].numpy(), axis=0, return_inverse=True)
    summed = np.bincount(index, weights=whole)
    assert len(parts) == 2 ** len(range(6)[sites])
    np.testing.assert_allclose(found, summed[index], rtol=1e-9)


def test_a_constant_decoder_is_the_product_over_sites():
    fields = np.random.default_rng(4).normal(size=5)
    constant = Fields(lambda z: torch.from_numpy(fields).expand(len(z), 5))
    found = LatentLattice(constant, 2).log_marginal(spins(5)).numpy()
    exact = -np.log1p(np.exp(-2 * spins(5).numpy() * fields)).sum(1)
    np.testing.assert_allclose(found, exact, atol=2 * truncated(2))


def test_two_latents_that_serve_two_halves_are_two_models():
    """η = (f(z₁), g(z₂)) factorises, so a lattice in two dimensions is two in one."""
    first, second = random_vae(3, 1, seed=1, gain=3.0), random_vae(2, 1, seed=2, gain=3.0)
    joined = Fields(lambda z: torch.hstack([first.fields(z[:, :1]), second.fields(z[:, 1:])]))
    x = spins(5)
    found = LatentLattice(joined, 2).log_marginal(x).numpy()
    separate = [
        LatentLattice(model, 1).log_marginal(x[:, sites]).numpy()
        for model, sites in ((first, slice(0, 3)), (second, slice(3, 5)))
    ]
    np.testing.assert_allclose(found, sum(separate), atol=ROUNDING)


def moved_by_halving(latent_dim: int, spacing: float) -> float:
    """Largest change of log p(x) when the spacing is halved, for fields of order 1."""
    model, x = random_vae(8, latent_dim, seed=3), spins(8)[::8]
    coarse, fine = (
        LatentLattice(model, latent_dim, step).log_marginal(x) for step in (spacing, spacing / 2)
    )
    return (coarse - fine).abs().max().item()


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_halving_the_spacing_moves_nothing(latent_dim):
    assert moved_by_halving(latent_dim, LATTICE_SPACING[latent_dim]) < 1e-3


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_twin_halving_a_coarse_spacing_moves_something(latent_dim):
    assert moved_by_halving(latent_dim, 1.8) > 1e-3


@pytest.mark.parametrize(("latent_dim", "spacing"), [(1, 0.9), (2, 1.1), (3, 1.3)])
def test_the_stated_error_covers_the_true_one(latent_dim, spacing):
    """On a coarse lattice, against a fine one."""
    model, x = random_vae(6, latent_dim, seed=3, gain=4.0), spins(6)
    exact = LatentLattice(model, latent_dim).log_marginal(x)
    found, stated = LatentLattice(model, latent_dim, spacing).log_marginal_with_error(x)
    assert 1e-5 < (found - exact).abs().mean().item() <= stated


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_the_stated_error_vanishes_where_the_lattice_is_fine(latent_dim):
    lattice, x = LatentLattice(random_vae(6, latent_dim, seed=3, gain=4.0), latent_dim), spins(6)
    found, stated = lattice.log_marginal_with_error(x)
    torch.testing.assert_close(found, lattice.log_marginal(x), rtol=1e-12, atol=1e-12)
    assert stated < 1e-4


def test_blocks_and_tiles_do_not_matter(monkeypatch):
    lattice, x = LatentLattice(random_vae(6, 2, seed=0), 2), spins(6)
    whole, moments = lattice.log_marginal(x), lattice.posterior_moments(x, PROJECTION)
    _, stated = lattice.log_marginal_with_error(x)
    in_blocks = torch.cat([block.logsumexp(1) for block in lattice.log_joint(x)])
    torch.testing.assert_close(whole, in_blocks, rtol=1e-13, atol=1e-13)
    assert len(list(lattice.log_joint(x))) == 1
    monkeypatch.setattr(quadrature, "BLOCK_ENTRIES", 5 * len(lattice.nodes))
    monkeypatch.setattr(quadrature, "TILE", (7, 1000))  # neither divides what it cuts
    assert [len(block) for block in lattice.log_joint(x)] == [5] * 12 + [4]
    torch.testing.assert_close(lattice.log_marginal(x), whole, rtol=1e-13, atol=1e-13)
    assert lattice.log_marginal_with_error(x)[1] == pytest.approx(stated, rel=1e-6)
    for found, expected in zip(lattice.posterior_moments(x, PROJECTION), moments, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)


def test_minus_log_marginal_is_the_free_energy_of_any_latent():
    """Bayes: log p(x|z) p(z) − log p(x) is the log posterior, which is normalised over nodes."""
    lattice, x = LatentLattice(random_vae(5, 2, seed=6), 2), spins(5)
    log_posterior = next(lattice.log_joint(x)) - lattice.log_marginal(x)[:, None]
    torch.testing.assert_close(log_posterior.exp().sum(1), torch.ones(len(x), dtype=torch.float64))


# -- averages over the posterior -------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_posterior_moments_are_those_of_the_integral(seed):
    """Mean and covariance of two combinations of fields under p(z|x), adaptively integrated."""
    model = random_vae(3, 1, seed, gain=4.0)
    decoder = in_double(model).decoder
    projection = np.array([[1.0, 0.0, 0.0], [0.5, -1.0, 2.0]])

    def phi(z: float) -> np.ndarray:
        return projection @ perceptron_by_hand(decoder, np.array([z]))

    x = spins(3)[::3]
    mean, covariance = LatentLattice(model, 1).posterior_moments(x, torch.from_numpy(projection))
    assert mean.shape == (len(x), 2)
    assert covariance.shape == (len(x), 2, 2)
    largest = max(np.abs(phi(z)).max() for z in np.linspace(-12, 12, 99))
    for row, configuration in enumerate(x.numpy()):
        evidence = evidence_by_quad(model, configuration)
        beyond = truncated(1) / evidence  # posterior mass at most
        first = [
            evidence_by_quad(model, configuration, lambda z, i=i: phi(z)[i]) / evidence for i in range(2)
        ]
        np.testing.assert_allclose(mean[row], first, atol=ROUNDING * largest + 2 * largest * beyond)
        for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
            second = evidence_by_quad(model, configuration, lambda z, i=i, j=j: phi(z)[i] * phi(z)[j])
            expected = second / evidence - first[i] * first[j]
            allowed = (ROUNDING + 4 * beyond) * largest**2
            assert covariance[row, i, j].item() == pytest.approx(expected, abs=allowed)


@settings(max_examples=15)
@given(latent_dim=st.sampled_from([1, 2, 3]), seed=st.integers(0, 10_000))
def test_posterior_covariances_are_symmetric_and_not_negative(latent_dim, seed):
    lattice = LatentLattice(random_vae(4, latent_dim, seed, gain=4.0), latent_dim)
    _, covariance = lattice.posterior_moments(spins(4), identity(4))
    torch.testing.assert_close(covariance, covariance.transpose(1, 2), rtol=0, atol=1e-12)
    assert torch.linalg.eigvalsh(covariance).min() > -1e-10


def test_averages_over_the_posterior_average_to_the_prior():
    """Σ_x p(x) E[η|x] = E[η] and the law of total covariance, over all configurations."""
    lattice, x = LatentLattice(random_vae(6, 2, seed=8, gain=3.0), 2), spins(6)
    p, prior = lattice.log_marginal(x).exp(), lattice.log_weight.exp()
    mean, covariance = lattice.posterior_moments(x, identity(6))
    torch.testing.assert_close(p @ mean, prior @ lattice.fields, rtol=1e-9, atol=1e-9)
    second = torch.tensordot(p, covariance, dims=1) + mean.T @ (p[:, None] * mean)
    expected = lattice.fields.T @ (prior[:, None] * lattice.fields)
    torch.testing.assert_close(second, expected, rtol=1e-9, atol=1e-9)


def test_a_constant_has_itself_as_mean_and_no_variance():
    constant = Fields(lambda z: torch.tensor([3.5, -1.0]).expand(len(z), 2))
    projection = torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    mean, covariance = LatentLattice(constant, 1).posterior_moments(spins(2), projection)
    torch.testing.assert_close(mean, torch.full((4, 1), 2.5).double())
    torch.testing.assert_close(covariance, torch.zeros(4, 1, 1).double(), rtol=0, atol=1e-12)
