"""Starts from the data: what is moved where, the latents' gain, and how much is known at the start."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import norm

from mfvae.errors import InputError
from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.director import Director
from mfvae.sites.spin import Spin
from mfvae.systems import build
from mfvae.systems.base import System
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from mfvae.training.start import (
    GAIN,
    GROUPS,
    MATCHED,
    MAX_GAIN,
    dealt,
    spread,
    start_biases,
    start_from_data,
    transport,
)
from tests.helpers.statistics import FACTOR
from tests.helpers.trainings import digest, generator

N_SITES = 32
BATCH_SIZE, LEARNING_RATE = 256, 0.005


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)  # as in a training


def normal(n: int, latent_dim: int, seed: int = 0) -> torch.Tensor:
    return torch.randn((n, latent_dim), generator=generator(seed))


# -- transport, one dimension ----------------------------------------------------------------------
def test_in_one_dimension_the_order_is_kept():
    points = normal(1000, 1) ** 3
    moved = transport(points, generator())
    assert moved.shape == points.shape
    assert (moved[points[:, 0].argsort(), 0].diff() > 0).all()


def test_in_one_dimension_every_node_is_used_once():
    """So the law of what is moved is that of the nodes: 1/n apart in the cube, whatever the points."""
    moved = np.sort(transport(normal(512, 1).exp(), generator())[:, 0].numpy())
    np.testing.assert_allclose(np.diff(norm.cdf(moved)), 1 / 512, atol=1e-5)


def test_equal_points_take_neighbouring_nodes_in_random_order():
    """Five values, each of many points, as a magnetisation has."""
    points = torch.arange(1000).remainder(5).float()[:, None]
    moved = transport(points, generator())
    level = points[moved[:, 0].argsort(), 0]
    assert (level.diff() >= 0).all()
    first, other = (transport(points, generator(seed))[points[:, 0] == 2, 0] for seed in (0, 1))
    assert not torch.equal(first.argsort(), other.argsort())
    assert first.diff().sign().sum().abs() < FACTOR * len(first) ** 0.5  # and in no order of their own


# -- transport, several dimensions -----------------------------------------------------------------
def cost(points: torch.Tensor, moved: torch.Tensor) -> float:
    """Mean squared distance."""
    return ((points - moved) ** 2).sum(1).mean().item()


@pytest.mark.parametrize("latent_dim", [2, 3])
def test_beyond_no_exchange_within_a_group_makes_it_shorter(latent_dim):
    """The assignment is exact: neither a swap of any pair nor a random assignment beats it."""
    points = normal(MATCHED, latent_dim) ** 3
    points /= points.std(0)
    moved = transport(points, generator())
    gain = 2 * points @ moved.T  # what x_i → y_j saves
    own = gain.diagonal()
    swapped = own[:, None] + own[None, :] - gain - gain.T  # extra cost of exchanging i and j
    assert swapped.min() > -1e-4
    shuffled = moved[torch.randperm(MATCHED, generator=generator(1))]
    assert cost(points, moved) < 0.5 * cost(points, shuffled)
    gain = 2 * points @ shuffled.T  # twin: a random assignment is improved by many exchanges
    own = gain.diagonal()
    assert (own[:, None] + own[None, :] - gain - gain.T).min() < -1


@pytest.mark.parametrize("latent_dim", [2, 3])
@pytest.mark.parametrize("n", [100, MATCHED, 2 * MATCHED + 37])
def test_every_node_of_a_group_is_used_once(latent_dim, n):
    """What is moved are nodes of the prior, in which no two agree."""
    moved = transport(normal(n, latent_dim).exp(), generator())
    assert moved.shape == (n, latent_dim)
    assert len(torch.unique(moved, dim=0)) == n
    for group in torch.split(moved, MATCHED):
        below = (group[:, 0] < 0).float().mean().item()
        assert abs(below - 0.5) < 0.1  # random points with this spread would be exp-distributed
        assert group.std(0).sub(1).abs().max() < 0.15


def test_points_that_are_normal_already_are_hardly_moved():
    """In one dimension by the error of an empirical quantile, about √(log log n / n)."""
    points = normal(20_000, 1)
    assert cost(points, transport(points, generator())) < 1e-3
    assert cost(points.exp(), transport(points.exp(), generator())) > 0.5  # twin


# -- the gain --------------------------------------------------------------------------------------
def statistics(system: System, n: int, seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(system.site_family.statistic(system.sample(n, rng)))


def new(family=None, n_sites: int = N_SITES, latent_dim: int = 1) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return VAE(family or Spin(), n_sites, VAEConfig(latent_dim, (16,), (16,)))


def started(model: VAE, data: torch.Tensor, seed: int = 0) -> VAE:
    start_from_data(model, data, BATCH_SIZE, LEARNING_RATE, generator(seed))
    return model


@cache
def curie_weiss(beta: float) -> VAE:
    return started(new(), statistics(CurieWeiss(N_SITES, beta), 5000, 0))


def test_the_gain_grows_with_order_and_is_capped():
    gains = [curie_weiss(beta).latent_gain.item() for beta in (0.5, 1.0, 2.0)]
    assert GAIN < gains[0] < gains[1] < gains[2] == MAX_GAIN


def test_the_gain_is_that_of_the_signal():
    """Its variance over that of the noise: N⟨m²⟩ over the other eigenvalues, 1 − ⟨x_i x_j⟩.

    Of 5000 configurations the leading eigenvalue is known to √(2/5000), the others to √N/5000 or less.
    """
    system = CurieWeiss(N_SITES, 1.0)
    m = system.collective_states[:, 0] / N_SITES
    leading = N_SITES * system.moment(m**2)
    correlation = (leading - 1) / (N_SITES - 1)
    ratio = leading / (1 - correlation)
    expected = GAIN * ratio**0.5  # 1 − share = median / leading
    found = curie_weiss(1.0).latent_gain.item()
    spread = FACTOR * (2 / 5000) ** 0.5 + (N_SITES / 5000) ** 0.5
    assert found == pytest.approx(expected, rel=spread)
    assert found != pytest.approx(GAIN * ratio, rel=spread)  # twin: of variances, not of widths


def test_every_latent_has_a_gain_of_its_own():
    """Two strong directions and a third that is noise."""
    system = build("hopfield_pair", {"N": 32, "overlap": 0.25, "beta": 1.0}, 1)
    model = started(new(latent_dim=3), statistics(system, 3000, 0))
    first, second, third = model.latent_gain.tolist()
    assert first > second > 1.2 * third >= GAIN * (1 - 1e-6)


# -- the start -------------------------------------------------------------------------------------
def independent(train_set: torch.Tensor, x: torch.Tensor) -> np.ndarray:
    """−log p(x) of spins that are independent, with the means of the training set."""
    field = torch.atanh(train_set.double().mean(0))
    return (torch.log(2 * torch.cosh(field)).sum() - x.double() @ field).numpy()


def assert_knows_more_than_independent_sites(model: VAE, beta: float) -> None:
    system = CurieWeiss(N_SITES, beta)
    x = statistics(system, 2000, 1)
    free_energy = -LatentLattice(model, 1).log_marginal(x).numpy()
    gained = independent(statistics(system, 5000, 0), x) - free_energy
    assert gained.mean() > FACTOR * gained.std(ddof=1) / np.sqrt(len(gained))


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_the_start_knows_more_than_independent_sites(beta):
    assert_knows_more_than_independent_sites(curie_weiss(beta), beta)
    with pytest.raises(AssertionError):  # twin: as drawn it does not
        assert_knows_more_than_independent_sites(new(), beta)


def test_in_the_ordered_phase_both_modes_are_there():
    """Draws are magnetised as the data are, up and down alike."""
    system = CurieWeiss(N_SITES, 2.0)
    m = curie_weiss(2.0).sample(4000, np.random.default_rng(0)).mean(1)
    up = (m > 0).mean()
    assert abs(up - 0.5) < 0.1
    exact = system.exact_observables()["mean_abs_order_parameter"]
    assert np.abs(m).mean() == pytest.approx(exact, abs=0.1)


def test_the_encoder_starts_near_the_posterior():
    """−ELBO is within two nats of the free energy, which random encoders are not."""
    x = statistics(CurieWeiss(N_SITES, 1.0), 2000, 1)

    def gap(model: VAE) -> float:
        with torch.no_grad():
            terms = model(x, normal(len(x), 1))
        free_energy = -LatentLattice(model, 1).log_marginal(x).mean().item()
        return (terms.rate + terms.distortion).mean().item() - free_energy

    assert 0 < gap(curie_weiss(1.0)) < 2
    model = started(new(), statistics(CurieWeiss(N_SITES, 1.0), 5000, 0))
    model.encoder.load_state_dict(new().encoder.state_dict())
    assert gap(model) > 2  # twin


def test_a_start_is_fixed_by_its_seed():
    data = statistics(CurieWeiss(N_SITES, 1.0), 1000, 0)
    before, state = data.clone(), torch.get_rng_state()
    first, again, other = (digest(started(new(), data, seed)) for seed in (3, 3, 4))
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(data, before)


def test_beyond_one_dimension_some_groups_are_enough():
    """As many configurations are matched as there are groups for, from all of the data alike."""
    rows = torch.arange(GROUPS * MATCHED + 300)[:, None]
    taken = dealt(spread(rows, GROUPS * MATCHED))
    assert len(torch.unique(taken)) == GROUPS * MATCHED
    for group in torch.split(taken.float(), MATCHED):
        quarter = torch.histc(group, bins=4, min=0, max=len(rows))
        assert (quarter - MATCHED / 4).abs().max() <= 2
    assert torch.equal(spread(rows, len(rows)), rows)
    few = dealt(rows[: MATCHED + 37])  # a last group that is not full
    assert torch.equal(few[:, 0].sort().values, torch.arange(MATCHED + 37))


def test_sites_may_be_directors():
    """Five latents for the five components of a nematic order parameter."""
    system = build("maier_saupe", {"N": 8, "beta": 5.0}, 1)
    model = started(new(Director(), 8, latent_dim=5), statistics(system, 1500, 0))
    assert (model.latent_gain > GAIN).all()
    x = statistics(system, 500, 1)
    with torch.no_grad():
        distortion = model(x, normal(len(x), 5)).distortion.numpy()
    assert distortion.mean() < -FACTOR * distortion.std() / np.sqrt(len(x))  # uniform directors: 0
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


@pytest.mark.parametrize("n_sites", [2, 3])
def test_as_many_latents_as_directions_are_refused(n_sites):
    """None would be left to tell the noise."""
    data = normal(400, n_sites).sign()
    for latent_dim in (n_sites, n_sites + 1):
        with pytest.raises(InputError, match=f"latent_dim = {latent_dim}: fewer than {n_sites}"):
            started(new(n_sites=n_sites, latent_dim=latent_dim), data)
    model = started(new(n_sites=n_sites, latent_dim=n_sites - 1), data)
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_data_without_any_direction_start_no_training():
    """Spins that never turn: one line, and the weights as they were."""
    model, config = new(), TrainingConfig(start="data", epochs=1)
    before = digest(model)
    with pytest.raises(InputError, match="latent_dim = 1: at most 0, the directions in which the data"):
        train(model, torch.ones(400, N_SITES), torch.ones(40, N_SITES), config, seed=0)
    assert digest(model) == before


def test_a_frozen_site_is_no_trouble():
    data = statistics(CurieWeiss(N_SITES, 1.0), 1000, 0)
    data[:, 5] = 1.0
    model = started(new(), data)
    assert 1 < model.latent_gain.item() < MAX_GAIN
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_fewer_steps_leave_other_weights_and_the_same_gain():
    data = statistics(CurieWeiss(N_SITES, 1.0), 2000, 0)
    models = []
    for steps in (5, 10):
        model = new()
        start_from_data(model, data, BATCH_SIZE, LEARNING_RATE, generator(0), steps)
        models.append(model)
    assert torch.equal(models[0].latent_gain, models[1].latent_gain)
    assert digest(models[0]) != digest(models[1])


def test_biases_that_begin_at_zero_are_found_by_a_fast_regression():
    rare = np.random.default_rng(1).random((4000, 12)) < np.linspace(0.02, 0.2, 12)
    data = torch.from_numpy(2.0 * rare - 1).float()
    wanted = start_biases(data, Spin())
    found = {}
    for rate in (0.02, 1e-4):
        model = VAE(Spin(), 12, VAEConfig(1, (8,), (8,)), seed=0)
        start_from_data(model, data, 256, rate, torch.Generator().manual_seed(0), bias="zero")
        found[rate] = model.fields(torch.zeros(1, 1)).detach().numpy()[0]
    assert np.abs(found[0.02] - wanted).max() < 0.4  # of −1.95 to −0.69, in units of fields
    assert np.abs(found[1e-4]).max() < 0.1  # too slow a one does not find them
