"""Rare states: decoders began with fields around 0, and drew 26 to 42 % ones for 0.1 to 1 %.

A start from the data computed all components of a matrix of N × N numbers.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites._bingham import MAX_FIELD, quadratic_form
from mfvae.sites._bingham import statistic as director_statistic
from mfvae.sites._bingham_inverse import LEAST
from mfvae.sites.base import SiteFamily
from mfvae.sites.director import Director
from mfvae.sites.gaussian import Gaussian
from mfvae.sites.spin import Spin
from mfvae.training import loop as train_module
from mfvae.training import start as initialisation
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from mfvae.training.restarts import reset
from mfvae.training.start import centre, principal_axes, start_biases, start_from_data
from tests.helpers.statistics import FACTOR

CASES = [(20_000, 400, 0.001), (2_000, 4_000, 0.01), (1_000, 2_000, 0.005), (500, 10_000, 0.03)]
OBJECTIVES = {"elbo": {}, "iwae": {"latent_draws": 4}, "exact": {"latent_draws": 32}}
ALLOWED = 0.1  # of the share of ones


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def rare(n_sites: int, rows: int, share: float, seed: int = 0) -> torch.Tensor:
    """Independent spins of which this share is +1."""
    uniform = np.random.default_rng(seed).random((rows, n_sites), dtype=np.float32)
    return torch.from_numpy(np.where(uniform < share, np.float32(1), np.float32(-1)))


def new(n_sites: int, family: SiteFamily | None = None, seed: int = 0, **architecture) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return VAE(family or Spin(), n_sites, VAEConfig(2, **architecture))


def ones(spins: np.ndarray) -> float:
    return float((spins > 0).mean())


def after_one_epoch(case: tuple[int, int, float], config: TrainingConfig, **architecture) -> float:
    """Draws' share of ones over the data's."""
    n_sites, rows, share = case
    data = rare(n_sites, rows, share)
    model = new(n_sites, **architecture)
    train(model, data[rows // 10 :], data[: rows // 10], config, seed=0)
    draws = model.sample(max(200, 2_000_000 // n_sites), np.random.default_rng(1))
    # the noise of both shares together, which is far below what is allowed
    assert FACTOR * (1 / (share * draws.size) + 1 / (share * n_sites * rows)) ** 0.5 < ALLOWED
    return ones(draws) / ones(data.numpy())


@pytest.mark.parametrize("rate", [3e-3, 1e-2])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_after_one_epoch_draws_are_as_sparse_as_the_data(case, objective, rate):
    config = TrainingConfig(objective, epochs=1, learning_rate=rate, **OBJECTIVES[objective])
    assert after_one_epoch(case, config) == pytest.approx(1, abs=ALLOWED)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_so_are_those_of_the_hopfield_form(objective):
    config = TrainingConfig(objective, epochs=1, **OBJECTIVES[objective])
    assert after_one_epoch(CASES[2], config, field_rank=2) == pytest.approx(1, abs=ALLOWED)


def test_and_those_of_a_start_from_the_data():
    config = TrainingConfig(epochs=1, start="data", start_steps=50)
    assert after_one_epoch(CASES[2], config) == pytest.approx(1, abs=ALLOWED)


def test_without_biases_from_the_data_they_are_not(monkeypatch):
    """The twin: fields around 0."""
    monkeypatch.setattr(train_module, "centre", lambda model, wanted: None)
    assert after_one_epoch(CASES[2], TrainingConfig(epochs=1)) > 10


# -- before the first step -------------------------------------------------------------------------
def test_the_weights_as_drawn_do_not_make_rare_states_more_frequent():
    """Draws before the first step, for which biases at the log-odds alone have too many ones."""
    data = rare(200, 20_000, 0.005)
    wanted, model = start_biases(data, Spin()), new(200)
    draws = 20_000
    spread = FACTOR * (1 / (0.005 * 200 * draws)) ** 0.5
    centre(model, wanted)
    assert ones(model.sample(draws, np.random.default_rng(0))) == pytest.approx(
        ones(data.numpy()), rel=spread
    )
    with torch.no_grad():
        model.output.bias.copy_(torch.from_numpy(wanted))
    assert ones(model.sample(draws, np.random.default_rng(0))) > (1 + spread) * ones(data.numpy())


@pytest.mark.parametrize("field_rank", [0, 3])
@pytest.mark.parametrize("family", [Spin(), Director(), Gaussian()], ids=lambda family: family.name)
def test_draws_of_every_family_begin_with_the_means_of_the_data(family, field_rank):
    """Half of the sites far from a mean of 0, to FACTOR standard errors of the draws."""
    rng, n_sites, draws = np.random.default_rng(0), 6, 20_000
    strong = rng.standard_normal((1, n_sites * family.dim)) * np.repeat([3, 0.3], 3 * family.dim)
    data = torch.from_numpy(family.statistic(family.sample(np.repeat(strong, 3000, 0), rng))).float()
    model = new(n_sites, family, field_rank=field_rank)
    centre(model, start_biases(data, family))
    drawn = family.statistic(model.sample(draws, rng))
    error = drawn.std(0) / draws**0.5 + 2 / len(data)
    assert (np.abs(drawn.mean(0) - data.numpy().mean(0)) < FACTOR * error).all()
    twin = family.statistic(new(n_sites, family, field_rank=field_rank).sample(draws, rng))
    assert (np.abs(twin.mean(0) - data.numpy().mean(0)) > FACTOR * error).any()


def test_a_start_that_is_drawn_again_gets_its_biases_again():
    data, model = rare(50, 2000, 0.02), new(50)
    wanted = start_biases(data, Spin())
    centre(model, wanted)
    assert not model.as_drawn
    reset(model, torch.Generator().manual_seed(1))
    assert model.as_drawn
    assert ones(model.sample(2000, np.random.default_rng(0))) > 0.3
    centre(model, wanted)
    assert ones(model.sample(20_000, np.random.default_rng(0))) == pytest.approx(0.02, rel=ALLOWED)


def test_weights_that_are_given_are_not_centred():
    """Of a model that was trained, copied or loaded."""
    model, other = new(20), new(20, seed=1)
    other.load_state_dict(model.state_dict())
    before = other.output.bias.clone()
    centre(other, start_biases(rare(20, 100, 0.1), Spin()))
    assert torch.equal(other.output.bias, before)


# -- fields of means -------------------------------------------------------------------------------
def test_sites_that_never_change_have_finite_fields():
    data = rare(50, 400, 0.01)
    data[:, 0], data[:, 1] = -1, 1
    fields = start_biases(data, Spin())
    assert np.isfinite(fields).all()
    assert fields[0] == fields.min()
    assert fields[1] == fields.max()
    # smoothing keeps the mean over all sites, which one count for every site would raise by a quarter
    assert np.tanh(fields).mean() == pytest.approx(data.mean().item(), abs=2 / data.numel())
    for value in (-1.0, 1.0):
        constant = start_biases(torch.full((400, 50), value), Spin())
        np.testing.assert_allclose(constant, value * np.log(2 * (400 * 50 + 1) * 401) / 2)


@pytest.mark.parametrize("family", [Spin(), Gaussian()], ids=lambda family: family.name)
def test_a_field_of_a_mean_has_that_mean(family):
    fields = np.linspace(-4, 4, 41)
    np.testing.assert_allclose(family.field_of_mean(family.mean_statistic(fields)), fields, rtol=1e-10)


def directors(strength: float, n: int = 300) -> np.ndarray:
    """Fields (n, 5) up to this strength in all directions."""
    rng = np.random.default_rng(0)
    direction = rng.standard_normal((n, 5))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return direction * rng.uniform(0, strength, (n, 1))


def test_a_field_of_a_directors_mean_has_that_mean():
    """To 1e-5, up to the strength beyond which means are at the edge."""
    family = Director()
    mean = family.mean_statistic(directors(25.0))
    inside = np.linalg.eigvalsh(quadratic_form(mean))[:, 0] * 2 / 3 + 1 / 3 > LEAST
    assert 0.3 < inside.mean() < 1
    found = family.mean_statistic(family.field_of_mean(mean))
    np.testing.assert_allclose(found[inside], mean[inside], atol=1e-5)


def test_directors_that_are_all_alike_have_finite_fields():
    """And those that all lie in one plane; the mean is as near as the least eigenvalue allows."""
    family, axis = Director(), director_statistic(np.eye(3))
    for mean, nearest in ((axis, 1 - 3 * LEAST), (-axis / 2, 1 - 3 * LEAST)):
        fields = family.field_of_mean(mean)
        assert np.linalg.norm(fields, axis=1).max() < MAX_FIELD / 5
        np.testing.assert_allclose(family.mean_statistic(fields), nearest * mean, atol=1e-5)


# -- leading axes ----------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [200, 1500])
def test_leading_axes_are_those_of_all_components(monkeypatch, rows):
    """Of more sites than rows and of fewer, with three axes that the data have."""
    rng, n_sites = np.random.default_rng(0), 300
    signal = rng.standard_normal((rows, 3)) * [3, 2, 1.5] @ rng.standard_normal((3, n_sites)) / 5
    data = torch.from_numpy((signal + rng.standard_normal((rows, n_sites))).astype(np.float32))
    every = principal_axes(data, 3)
    monkeypatch.setattr(initialisation, "FULL", 10)
    leading = principal_axes(data, 3)
    torch.testing.assert_close(leading.variance, every.variance, rtol=1e-8, atol=0)
    torch.testing.assert_close(leading.other, every.other, rtol=1e-8, atol=0)
    agreement = (leading.vectors * every.vectors).sum(0).abs()
    torch.testing.assert_close(agreement, torch.ones(3, dtype=torch.float64), rtol=1e-8, atol=0)
    np.testing.assert_allclose(
        every.variance, np.linalg.eigvalsh(np.cov(data.double().T, bias=True))[:-4:-1], rtol=1e-8
    )


def test_a_start_from_the_data_of_many_sites_is_short():
    """A matrix of 20,000 × 20,000 numbers, 3.2 GB, would take minutes to fill alone."""
    data, model = rare(20_000, 200, 0.001), new(20_000)
    began = time.process_time()
    start_from_data(model, data, 64, 3e-3, torch.Generator().manual_seed(0), steps=5)
    assert time.process_time() - began < 20
    draws = model.sample(200, np.random.default_rng(0))
    assert ones(draws) == pytest.approx(ones(data.numpy()), rel=ALLOWED)
