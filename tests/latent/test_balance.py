"""Nodes of the prior joined to draws of every row's own: unbiased, bounded, and better than either."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.latent import balance
from mfvae.latent.balance import OWN_WIDENING, balanced_nodes, log_mixture, own_nodes
from mfvae.latent.balanced_sums import BalancedSums
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LatentLattice, ManyLatentNodes
from mfvae.sites.gaussian import Gaussian
from mfvae.training.objectives import Draws, exact
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import in_double, random_vae, spins

REPEATS = 400
ROUNDING = 1e-9  # of float64 sums
MANY = [4, 8, 16]  # latents, beyond those of a lattice


class LinearGaussian:
    """Fields Wz + b of sites of unit variance, and the encoder of the posterior's mean and precisions.

    p(x) = N(b, WWᵀ + 1) is known, and so is the posterior, N(Σ Wᵀ(x − b), Σ), Σ = (WᵀW + 1)⁻¹, of which
    an encoder of independent latents misses the correlations.
    """

    family = Gaussian()

    def __init__(self, latent_dim: int, slope: float = 2.0) -> None:
        normal = torch.randn(latent_dim + 1, 6 * latent_dim, generator=generator(latent_dim)).double()
        self.weight, self.bias = slope * normal[1:].T / (6 * latent_dim) ** 0.5, normal[0]
        self.precision = self.weight.T @ self.weight + torch.eye(latent_dim).double()
        self.displacement = 0.0

    def fields(self, z: torch.Tensor) -> torch.Tensor:
        return z.double() @ self.weight.T + self.bias

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return self.family.log_prob(x, self.fields(z))

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = torch.linalg.solve(self.precision, self.weight.T @ (x - self.bias).T).T
        log_std = -0.5 * self.precision.diagonal().log()
        return mean + self.displacement, log_std.expand_as(mean)

    def sample(self, n: int) -> torch.Tensor:
        z, noise = (
            torch.randn(n, width, generator=generator(width)).double() for width in self.weight.T.shape
        )
        return self.fields(z) + noise

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        covariance = self.weight @ self.weight.T + torch.eye(len(self.weight)).double()
        return torch.distributions.MultivariateNormal(self.bias, covariance).log_prob(x)


def linear_gaussian(latent_dim: int, slope: float = 2.0, rows: int = 12):
    model = LinearGaussian(latent_dim, slope)
    return model, model.sample(rows)


@torch.no_grad()
def log_sums(model, x: torch.Tensor, shared: int, own: int, source, widening=OWN_WIDENING):
    """log p̂(x), (B,), from its definition, each configuration at every node."""
    mean, log_std = model.encode(x)
    z, log_weight = balanced_nodes(mean, log_std + np.log(widening), shared, own, source)
    return (model.log_likelihood(x[:, None], z) + log_weight).logsumexp(1) - np.log(len(z))


def assert_unbiased(model, x: torch.Tensor, expected: torch.Tensor, shared=64, own=4) -> None:
    """p̂(x)/p(x) averages to 1 over shifts, of every row, and of all of them together."""
    source = generator(11)
    ratio = torch.stack(
        [(log_sums(model, x, shared, own, source) - expected).exp() for _ in range(REPEATS)]
    ).numpy()  # (REPEATS, B)
    floor = ratio.std(0, ddof=1) / np.sqrt(REPEATS) + ROUNDING
    assert_within_floor(ratio.mean(0), 1.0, floor)
    whole = ratio.mean(1)
    assert_within_floor(whole.mean(), 1.0, whole.std(ddof=1) / np.sqrt(REPEATS) + ROUNDING)


@pytest.mark.parametrize("latent_dim", MANY)
def test_probabilities_of_linear_gaussian_decoders_are_the_closed_form(latent_dim):
    model, x = linear_gaussian(latent_dim)
    assert_unbiased(model, x, model.log_prob(x))


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
@pytest.mark.parametrize("own", [1, 5])
def test_probabilities_of_few_latents_are_those_of_the_lattice(latent_dim, own):
    """The encoder is a random one, which proposes what it happens to."""
    model, x = in_double(random_vae(6, latent_dim, seed=4, gain=3.0)), spins(6)[::5]
    assert_unbiased(model, x, LatentLattice(model, latent_dim).log_marginal(x), own=own)


@pytest.mark.parametrize("factor", [0.8, 1.25])
@pytest.mark.parametrize("latent_dim", [2, *MANY])
def test_twin_a_wrong_weight_is_caught(monkeypatch, latent_dim, factor):
    """Densities of the proposals that are off by a quarter, as by one draw of four too few or many."""
    right = log_mixture
    monkeypatch.setattr(balance, "log_mixture", lambda *given: right(*given) + np.log(factor))
    model, x = linear_gaussian(latent_dim)
    with pytest.raises(AssertionError, match="floors"):
        assert_unbiased(model, x, model.log_prob(x))


def test_proposals_that_miss_their_posteriors_leave_the_sum_unbiased():
    model, x = linear_gaussian(4, slope=1.0)
    model.displacement = 1.5
    assert_unbiased(model, x, model.log_prob(x), shared=512)


@pytest.mark.parametrize("latent_dim", [4, 8])
def test_the_sum_is_better_than_either_part_with_as_many_nodes(latent_dim):
    """Mean squared relative error of p̂(x), where proposals are decent and posteriors narrow."""
    model, x = linear_gaussian(latent_dim, slope=3.0)
    expected = model.log_prob(x)

    def error(shared: int, own: int, proposal: bool = True) -> float:
        source, errors = generator(13), []
        for _ in range(60):
            found = log_sums(model, x, shared, own, source)
            errors.append(((found - expected).exp() - 1).square().mean().item())
        return float(np.mean(errors))

    joined, nodes = error(64, 16), error(64 + 16 * len(x), 0)
    assert joined < nodes / 2


def test_weights_have_the_bounds_of_either_part():
    mean, log_std = torch.randn(7, 3, generator=generator(1)), torch.full((7, 3), -1.5)
    shared, own = 32, 4
    z, log_weight = balanced_nodes(mean.double(), log_std.double(), shared, own, generator(2))
    total = shared + own * len(mean)
    normal = torch.distributions.Normal
    log_prior = normal(0.0, 1.0).log_prob(z).sum(1)
    wide = normal(0.0, 1.25).log_prob(z).sum(1)
    assert (log_weight <= np.log(total / shared) + log_prior - wide + 1e-6).all()
    for row in range(len(mean)):
        proposal = normal(mean[row].double(), log_std[row].double().exp()).log_prob(z).sum(1)
        assert (log_weight <= np.log(total / own) + log_prior - proposal + 1e-6).all()


def test_the_density_of_the_proposals_is_the_sum_written_by_hand():
    mean, log_std = (torch.randn(5, 4, generator=generator(seed)).double() for seed in (1, 2))
    z = torch.randn(9, 4, generator=generator(3)).double()
    normal = torch.distributions.Normal(mean, log_std.exp())
    expected = normal.log_prob(z[:, None]).sum(2).exp().sum(1).log()
    torch.testing.assert_close(log_mixture(z, mean, log_std), expected)


def test_own_draws_have_the_moments_of_the_proposals():
    """Independent shifts for every row: 2000 rows of one proposal, 8 draws each."""
    rows, number = 2000, 8
    mean, log_std = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([-1.0, 0.0, 0.3])
    z = own_nodes(mean.expand(rows, 3), log_std.expand(rows, 3), number, generator(4))
    unit = ((z - mean) / log_std.exp()).reshape(number, rows, 3).double().numpy()
    for power, expected in ((1, 0.0), (2, 1.0), (4, 3.0)):
        by_row = (unit**power).mean(0)
        assert_within_floor(by_row.mean(0), expected, by_row.std(0, ddof=1) / np.sqrt(rows))


def test_without_own_draws_the_nodes_are_those_of_the_prior():
    """Made wider, as placements for two and three latents are; the weights agree to rounding."""
    place = balance.PriorNodes(2, balance.WIDENING)(16, generator(5))
    found = balanced_nodes(torch.zeros(3, 2), torch.zeros(3, 2), 16, 0, generator(5))
    torch.testing.assert_close(found.z, place.z, rtol=0, atol=0)
    torch.testing.assert_close(found.log_weight, place.log_weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_the_objective_is_the_mean_of_these_sums(latent_dim):
    model = random_vae(6, latent_dim, seed=4, gain=3.0)
    x, settings = spins(6).float()[::7], {"shared": 32, "own": 3}
    by_hand = -log_sums(model, x, **settings, source=generator(6)).mean()
    with torch.no_grad():
        loss = exact(model, x, Draws(32, 1.0, generator(6), own=3))
    torch.testing.assert_close(loss.terms["free energy"], by_hand, rtol=0, atol=1e-5)


@pytest.mark.parametrize("own", [0, 3])
def test_sites_that_were_not_observed_leave_the_sum(own):
    """By hand: likelihoods of the observed sites, summed over nodes, whatever stands in the gaps."""
    model, x = random_vae(6, 4, seed=4, gain=3.0), spins(6).float()[::7]
    observed = torch.rand(x.shape, generator=generator(8)) < 0.7
    observed[:, 0] = True
    with torch.no_grad():
        mean, log_std = model.encode(x, observed)
        wider = log_std + np.log(OWN_WIDENING)
        z, log_weight = balanced_nodes(mean, wider, 32, own, generator(6))
        each = model.log_likelihood(x[:, None], z, observed[:, None].expand(-1, len(z), -1))
        by_hand = np.log(len(z)) - (each + log_weight).logsumexp(1).mean()
        for filled in (x, torch.where(observed, x, 5.0)):
            nodes = balance.PriorNodes(4, balance.WIDENING)
            loss = exact(model, filled, Draws(32, 1.0, generator(6), nodes, own), observed)
            torch.testing.assert_close(loss.terms["free energy"], by_hand, rtol=0, atol=1e-5)


# -- scores of held-out rows -----------------------------------------------------------------------
@pytest.mark.parametrize("latent_dim", MANY)
def test_scores_and_their_stated_error_hold_at_two_budgets(latent_dim):
    """The error stated, of 64 and of 512 draws, covers the distance from the closed form."""
    model, x = linear_gaussian(latent_dim, rows=300)
    expected = model.log_prob(x)
    for draws in (64, 512):
        found, stated = ImportanceSampler(model, generator(7), draws).log_marginal_with_error(x)
        off = (expected - found).numpy()
        floor = off.std(ddof=1) / np.sqrt(len(off))
        assert off.mean() <= stated + FACTOR * floor
        assert off.mean() >= -FACTOR * floor  # from below
        assert stated < 0.05


@pytest.mark.parametrize("latent_dim", MANY)
@pytest.mark.parametrize(("shared", "own"), [(2**11, 128), (2**11, 512)])
def test_sums_of_nodes_and_own_draws_are_off_by_what_they_state(latent_dim, shared, own):
    """Two budgets, against the closed form of narrow posteriors, over a dozen shifts."""
    model, x = linear_gaussian(latent_dim, slope=1.5, rows=100)
    expected, off, stated = model.log_prob(x), [], []
    for seed in range(12):
        found, error = BalancedSums(model, generator(seed), shared, own).log_marginal_with_error(x)
        off.append((expected - found).mean().item())
        stated.append(error)
    floor = np.std(off, ddof=1) / np.sqrt(len(off))
    assert np.isfinite(stated).all()
    assert abs(np.mean(off)) <= np.mean(stated) + FACTOR * floor


@pytest.mark.parametrize("latent_dim", MANY)
@pytest.mark.parametrize("number", [2**11, 2**13])
def test_the_mean_over_many_latents_by_nodes_is_off_by_what_is_stated(latent_dim, number):
    """Over a dozen shifts, against the closed form: two budgets, of which the larger errs less."""
    model = LinearGaussian(latent_dim, slope=1.0 if latent_dim < 10 else 0.6)
    x = model.sample(200)
    expected = model.log_prob(x)
    off, stated = [], []
    for seed in range(12):
        nodes = ManyLatentNodes(model, latent_dim, generator(seed), number)
        found, error = nodes.log_marginal_with_error(x)
        off.append((expected - found).mean().item())
        stated.append(error)
    floor = np.std(off, ddof=1) / np.sqrt(len(off))
    assert np.isfinite(stated).all()
    assert abs(np.mean(off)) <= np.mean(stated) + FACTOR * floor
    assert np.sqrt(np.mean(np.square(off))) <= 2 * np.sqrt(np.mean(np.square(stated)))
