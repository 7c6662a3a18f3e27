"""Constant or silent data, a single held-out row and double precision ended trainings badly."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from mfvae.capacity.ledger import checkpoint
from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.spin import Spin
from mfvae.systems import build
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from mfvae.training.start import principal_axes

N_SITES = 12
OBJECTIVES = {"elbo": {}, "iwae": {"latent_draws": 3}, "exact": {"latent_draws": 16}}


def magnet(rows: int, seed: int = 0) -> torch.Tensor:
    system = build("curie_weiss", {"N": N_SITES, "beta": 1.2}, 1)
    return torch.from_numpy(Spin().statistic(system.sample(rows, np.random.default_rng(seed))))


def new(latent_dim: int = 1, n_sites: int = N_SITES, family: str = "spin", **architecture) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return VAE(SITE_FAMILIES[family], n_sites, VAEConfig(latent_dim, (8,), (8,), **architecture))


def weights(model: VAE) -> list[bytes]:
    return [value.numpy().tobytes() for value in model.state_dict().values()]


def config(objective: str = "elbo", **settings) -> TrainingConfig:
    short = {"epochs": 2, "batch_size": 50, "start_steps": 20} | OBJECTIVES[objective] | settings
    return TrainingConfig(objective, **short)


def refused(model: VAE, train_set: torch.Tensor, test_set: torch.Tensor, asked: TrainingConfig) -> str:
    """What is said; the weights are as they were."""
    before = weights(model)
    with pytest.raises(InputError) as caught:
        train(model, train_set, test_set, asked, seed=0)
    assert weights(model) == before
    return str(caught.value)


# -- a start from data that hardly vary ------------------------------------------------------------
@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize("distinct", [1, 2, 3])
def test_a_start_needs_as_many_directions_as_latents(latent_dim, distinct):
    """Of so many different rows there are one fewer."""
    words = torch.ones(distinct, N_SITES)
    for row in range(1, distinct):
        words[row, :row] = -1
    data, asked = words.repeat(100, 1), config(start="data")
    if distinct > latent_dim:
        history = train(new(latent_dim), data, data, asked, seed=0).history
        assert math.isfinite(history[-1]["negative_elbo"])
        return
    expected = (
        f"latent_dim = {latent_dim}: at most {distinct - 1}, the directions in which the data vary"
    )
    assert refused(new(latent_dim), data, data, asked).startswith(expected)


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_a_long_silence_at_the_beginning_is_no_trouble(latent_dim):
    """Half of the repeats silent, so that the first 8192 rows are all alike."""
    active = magnet(9000)
    data, model = torch.cat([-torch.ones_like(active), active]), new(latent_dim)
    history = train(model, data, active[:500], config(start="data"), seed=0).history
    assert math.isfinite(history[-1]["negative_elbo"])
    draws = model.sample(4000, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(data.mean().item(), abs=0.2)


def test_axes_are_those_of_all_of_the_data_and_not_of_the_first_rows():
    active = magnet(500)
    data = torch.cat([-torch.ones_like(active), active]).double()
    found = principal_axes(data, 2)
    expected = np.linalg.eigvalsh(np.cov(data.T, bias=True))[:-3:-1]
    np.testing.assert_allclose(found.variance, expected, rtol=1e-10)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_constant_sites_are_no_trouble(objective):
    data = magnet(400)
    data[:, 2], data[:, 3] = 1.0, -1.0
    model = new()
    history = train(model, data, data[:50], config(objective, start="data"), seed=0).history
    assert math.isfinite(history[-1]["negative_elbo"])
    draws = model.sample(1000, np.random.default_rng(0))
    assert draws[:, 2].mean() > 0.95
    assert draws[:, 3].mean() < -0.95


# -- few rows and few sites ------------------------------------------------------------------------
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("rows", [1, 2, 51, 101])
@pytest.mark.parametrize("n_sites", [1, 2])
def test_any_number_of_rows_and_sites_can_be_trained_on(objective, rows, n_sites):
    """One, fewer than a batch, and one more than a batch or two of them."""
    data = magnet(rows)[:, :n_sites]
    result = train(new(n_sites=n_sites), data, data[:1], config(objective), seed=0)
    scores = [entry["negative_elbo"] for entry in result.history]
    assert all(math.isfinite(score) for score in scores)


def test_a_ledger_of_one_row_is_refused_before_the_training():
    """Its standard errors would be undefined, which no record can hold."""
    data, asked = magnet(100), config(checkpoints=3)
    said = refused(new(), data, data[:1], asked)
    assert said.startswith("checkpoints = 3: 0 where one configuration is held out")
    record = train(new(), data, data[:2], asked, seed=0, on_checkpoint=checkpoint).as_record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_so_are_several_starts_of_one_row():
    data, asked = magnet(100), config(starts=2)
    assert refused(new(), data[:1], data, asked).startswith("starts = 2: 1 where there is one")
    record = train(new(), data[:2], data, asked, seed=0).as_record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record


@pytest.mark.parametrize("empty", ["train", "test"])
def test_so_are_no_rows_at_all(empty):
    sets = {"train": magnet(100), "test": magnet(100)} | {empty: magnet(100)[:0]}
    said = refused(new(), sets["train"], sets["test"], config())
    assert said.startswith(f"{empty}_set = 'no configurations': one or more")


# -- double precision ------------------------------------------------------------------------------
ARCHITECTURES = {"plain": {}, "warped": {"warp": 4}, "hopfield": {"field_rank": 2}}


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_model_in_double_precision_trains_to_the_same(objective, latent_dim):
    """The same draws: scores differ by rounding, of single precision, alone."""
    data = magnet(300)
    scores = []
    for precision in (torch.float32, torch.float64):
        model = new(latent_dim).to(precision)
        result = train(model, data.to(precision), data[:50].to(precision), config(objective), seed=0)
        assert all(value.dtype == precision for value in model.state_dict().values())
        scores.append(result.history[-1]["negative_elbo"])
        assert model.sample(10, np.random.default_rng(0)).dtype == np.int8
    assert scores[0] != scores[1]
    assert scores[0] == pytest.approx(scores[1], abs=2e-3)


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_so_it_does_from_the_data(objective, latent_dim):
    """With all that can be asked for; better than independent sites (equal points may swap)."""
    data, model = magnet(1000).double(), new(latent_dim).double()
    asked = config(objective, start="data", start_steps=200, starts=2, checkpoints=2)
    history = train(model, data, data[:200], asked, seed=0, on_checkpoint=checkpoint).history
    assert history[-1]["negative_elbo"] < N_SITES * math.log(2) - 0.3


@pytest.mark.parametrize("family", SITE_FAMILIES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_so_does_every_architecture_and_family(family, architecture):
    site, rng = SITE_FAMILIES[family], np.random.default_rng(0)
    data = site.statistic(site.sample(rng.standard_normal((200, 4 * site.dim)), rng))
    model = new(1, 4, family, **ARCHITECTURES[architecture]).double()
    statistic = torch.from_numpy(data).double()
    history = train(model, statistic, statistic, config("exact", start="data"), seed=0).history
    assert math.isfinite(history[-1]["negative_elbo"])


def test_many_latents_in_double_precision_are_compared_by_importance_sampling():
    data = magnet(200).double()
    result = train(new(4).double(), data, data[:50], config(starts=2), seed=0)
    assert min(start.excess.value for start in result.starts if start.excess) == 0


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_data_of_another_precision_are_refused(precision):
    other = {torch.float32: torch.float64, torch.float64: torch.float32}[precision]
    data = magnet(100).to(other)
    said = refused(new().to(precision), data, data, config())
    assert said == f"train_set = {other}: {precision} is needed, the model's precision"
