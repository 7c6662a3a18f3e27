"""Quasi-random nodes over the latent space: exactness, stated errors; which sum is used when."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.latent.choose import ACCURACY, FEWEST, JUDGED, latent_integral
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LATTICE_SPACING, SOBOL_NODES, LatentLattice, ManyLatentNodes, SobolNodes
from mfvae.latent.nodes import WIDENING
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.director import Director
from mfvae.sites.spin import Spin
from tests.helpers.decoders import PROJECTION, Fields
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import random_vae, spins

N_SITES = 6
X = spins(N_SITES)
SHIFTS = 12
each_dimension = pytest.mark.parametrize("latent_dim", [1, 2, 3])
STEEPNESS = {"smooth": 1.0, "steep": 15.0}


def model_of(latent_dim: int, steepness: str) -> VAE:
    model = random_vae(N_SITES, latent_dim, seed=3, gain=3.0)
    model.latent_gain.fill_(STEEPNESS[steepness])
    return model


def reference(model: VAE, latent_dim: int) -> tuple[np.ndarray, float]:
    """log p(x) on a lattice, finer where the decoder is steep, and the mean error that it states."""
    spacing = {1: 0.005, 2: 0.02, 3: 0.12}[latent_dim]
    found, error = LatentLattice(model, latent_dim, spacing).log_marginal_with_error(X)
    return found.numpy(), error


# -- weights ---------------------------------------------------------------------------------------
@each_dimension
@pytest.mark.parametrize("number", [2**13, SOBOL_NODES])
def test_nodes_are_two_halves_of_a_wider_density_with_the_weights_of_the_prior(latent_dim, number):
    sums = SobolNodes(model_of(latent_dim, "smooth"), latent_dim, generator(), number)
    assert sums.nodes.shape == (number, latent_dim)
    assert sums.half_size == number // 2
    half = slice(0, sums.half_size), slice(sums.half_size, None)
    assert not torch.equal(*(sums.nodes[part] for part in half))
    unit = torch.eye(latent_dim, dtype=torch.float64)
    allowed = 1e-2 * (2**16 / sums.half_size)
    for part in half:
        nodes, weight = sums.nodes[part], sums.log_weight[part].exp()
        assert weight.sum().item() == pytest.approx(0.5, abs=1e-12)
        assert (nodes.T @ nodes / len(nodes) - WIDENING**2 * unit).abs().max() < allowed  # density
        weighted = 2 * weight[:, None] * nodes
        assert weighted.sum(0).abs().max() < allowed  # the prior
        assert (weighted.T @ nodes - unit).abs().max() < allowed


@each_dimension
@pytest.mark.parametrize("steepness", STEEPNESS)
def test_probabilities_of_all_configurations_sum_to_one(latent_dim, steepness):
    """Whatever the nodes, as their weights do."""
    sums = SobolNodes(model_of(latent_dim, steepness), latent_dim, generator())
    assert sums.log_marginal(X).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_a_constant_decoder_is_the_product_over_sites():
    fields = np.random.default_rng(4).normal(size=5)
    constant = Fields(lambda z: torch.from_numpy(fields).expand(len(z), 5))
    found = SobolNodes(constant, 2, generator()).log_marginal(spins(5)).numpy()
    np.testing.assert_allclose(
        found, -np.log1p(np.exp(-2 * spins(5).numpy() * fields)).sum(1), atol=1e-9
    )


# -- errors ----------------------------------------------------------------------------------------
def assert_error_is_stated(true: np.ndarray, stated: np.ndarray, allowed: float) -> None:
    """The mean distance from the truth is the stated one, within the scatter of both over shifts.

    Each is a mean of |normal| numbers that are much alike for all configurations of one shift: their
    relative spread over shifts is 0.76. ``allowed`` is the error of the reference, and of float32 nodes.
    """
    floor = 0.76 * np.hypot(true.mean(), stated.mean()) / np.sqrt(SHIFTS)
    assert_within_floor(stated.mean(), true.mean(), floor + allowed / FACTOR)


@each_dimension
@pytest.mark.parametrize("steepness", STEEPNESS)
def test_the_stated_error_is_that_of_repeated_shifts(latent_dim, steepness):
    model = model_of(latent_dim, steepness)
    exact, allowed = reference(model, latent_dim)
    errors = []
    for seed in range(SHIFTS):
        found, stated = SobolNodes(model, latent_dim, generator(seed)).log_marginal_with_error(X)
        errors.append((np.abs(found.numpy() - exact).mean(), stated))
    true, stated = np.array(errors).T
    assert_error_is_stated(true, stated, allowed + 1e-6)
    assert stated.mean() < 1e-3  # as is claimed
    if stated.mean() > 10 * allowed:
        with pytest.raises(AssertionError, match="floors"):  # twin: a tenth of it
            assert_error_is_stated(true, stated / 10, allowed)


def test_moments_are_those_of_the_lattice():
    """Mean and covariance of fields under the posterior, averaged over shifts."""
    model = model_of(2, "steep")
    exact = LatentLattice(model, 2, 0.02).posterior_moments(X, PROJECTION)
    found = [SobolNodes(model, 2, generator(s)).posterior_moments(X, PROJECTION) for s in range(SHIFTS)]
    for part, expected in enumerate(exact):
        values = np.array([moments[part].numpy() for moments in found])
        size = np.abs(expected.numpy()).max()
        floor = values.std(0, ddof=1) / np.sqrt(SHIFTS) + 1e-4 * size  # the lattice's own error
        assert_within_floor(values.mean(0), expected.numpy(), floor, factor=2 * FACTOR)  # of 12 shifts
        with pytest.raises(AssertionError, match="floors"):  # twin
            assert_within_floor(values.mean(0) + 0.02 * size, expected.numpy(), floor, factor=2 * FACTOR)


def test_nodes_belong_to_their_generator():
    model = model_of(2, "steep")
    first, again, other = (SobolNodes(model, 2, generator(s)).log_marginal(X) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert (first != other).any()


# -- choice ----------------------------------------------------------------------------------------
@each_dimension
def test_quadrature_is_used_where_it_can_be(latent_dim):
    assert isinstance(latent_integral(random_vae(3, latent_dim, seed=0), generator()), LatentLattice)


@pytest.mark.parametrize("latent_dim", [4, 8])
@pytest.mark.parametrize("fitted", [True, False])
def test_the_rate_decides_beyond_three_latents(latent_dim, fitted):
    """Nodes where posteriors are wide, whatever the dimension; draws of their own where not."""
    wide, narrow = random_vae(3, latent_dim, seed=0), random_vae(400, latent_dim, seed=0, gain=20.0)
    given = {"fitted_to": spins(3).float()} if fitted else {}
    assert isinstance(latent_integral(wide, generator(), **given), ManyLatentNodes)
    given = {"fitted_to": drawn_from(narrow, latent_dim, 40)} if fitted else {}
    assert isinstance(latent_integral(narrow, generator(), **given), ImportanceSampler)


@each_dimension
def test_nodes_take_the_place_of_a_lattice_that_is_coarser_than_the_features(latent_dim):
    """The steepest latent decides."""
    model = random_vae(3, latent_dim, seed=0)
    model.latent_gain[-1] = 0.99 / LATTICE_SPACING[latent_dim]
    assert isinstance(latent_integral(model, generator()), LatentLattice)
    model.latent_gain[-1] = 1.01 / LATTICE_SPACING[latent_dim]
    assert isinstance(latent_integral(model, generator()), SobolNodes)


def drawn_from(model: VAE, latent_dim: int, number: int) -> torch.Tensor:
    with torch.no_grad():
        z = torch.randn(number, latent_dim, generator=generator())
        x = model.family.sample(model.fields(z).numpy(), np.random.default_rng(0))
    return torch.from_numpy(x).float()


@pytest.mark.parametrize(
    ("latent_dim", "gain", "number"), [(1, 1.0, FEWEST), (2, 6.0, 2**14), (3, 15.0, SOBOL_NODES)]
)
def test_fitted_nodes_are_the_fewest_that_are_accurate(latent_dim, gain, number):
    """Doubled until they state an error of ACCURACY, or are as many as may be."""
    model = random_vae(60, latent_dim, seed=0, gain=3.0)
    model.latent_gain.fill_(gain)
    x = drawn_from(model, latent_dim, 200)
    found = latent_integral(model, generator(), fitted_to=x)
    assert isinstance(found, SobolNodes)
    assert len(found.nodes) == number
    error = found.log_marginal_with_error(x)[1]
    assert error <= ACCURACY or number == SOBOL_NODES
    assert error <= ACCURACY or latent_dim == 3
    if number > FEWEST:
        errors = [
            SobolNodes(model, latent_dim, generator(seed), number // 2).log_marginal_with_error(x)[1]
            for seed in range(SHIFTS)
        ]
        assert np.mean(errors) > ACCURACY


def test_nodes_are_fitted_to_all_of_the_statistics(monkeypatch):
    """To some that are spread over them, not to the first."""
    seen, stated = [], SobolNodes.log_marginal_with_error

    def watched(sums: SobolNodes, statistic: torch.Tensor) -> tuple[torch.Tensor, float]:
        seen.append(statistic)
        return stated(sums, statistic)

    monkeypatch.setattr(SobolNodes, "log_marginal_with_error", watched)
    model = random_vae(1, 1, seed=0)
    for size in (3, JUDGED, 10 * JUDGED + 7):
        place = torch.linspace(0, 1, size)[:, None]
        latent_integral(model, generator(), fitted_to=place)
        judged = torch.sort(seen.pop()[:, 0]).values
        assert min(size, JUDGED) <= len(judged) < 2 * JUDGED
        steps = torch.diff(judged, prepend=torch.zeros(1), append=torch.ones(1))
        assert steps.max() <= 1.01 / (min(size, JUDGED) - 1)


def test_twin_where_they_do_so_the_lattice_is_the_worse(monkeypatch):
    model = model_of(2, "steep")
    assert isinstance(latent_integral(model, generator()), SobolNodes)
    exact, _ = reference(model, 2)
    by_nodes, by_lattice = (
        np.abs(sums.log_marginal(X).numpy() - exact).mean()
        for sums in (SobolNodes(model, 2, generator()), LatentLattice(model, 2))
    )
    assert by_nodes < by_lattice / 3


@pytest.mark.parametrize("family", [Spin(), Director()])
def test_every_sum_offers_the_same(family):
    for latent_dim, gain in ((1, 1.0), (2, 15.0), (4, 1.0)):
        model = VAE(family, 2, VAEConfig(latent_dim, (4,), (4,)))
        model.latent_gain.fill_(gain)
        sums, x = latent_integral(model, generator()), torch.zeros(3, 2 * family.dim)
        value, error = sums.log_marginal_with_error(x)
        assert value.shape == (3,)
        assert 0 <= error < 0.1
        mean, covariance = sums.posterior_moments(x, torch.ones(1, 2 * family.dim).double())
        assert mean.shape == (3, 1)
        assert covariance.shape == (3, 1, 1)
