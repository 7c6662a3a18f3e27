"""Training loops: peers do the same work and get the same results; what a step multiplies."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import norm, t
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import step, training
from benchmarks.plain_loop import plain_loop
from benchmarks.pythae_loop import as_data, pythae_loop, wrapped
from benchmarks.training import Loop, our_loop
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.training.config import TrainingConfig
from mfvae.training.optimiser import RISE, START, one_cycle
from tests.helpers.statistics import FACTOR, assert_within_floor

SYSTEM = CurieWeiss(16, 1.2)
CONFIG = TrainingConfig(epochs=3, batch_size=64, learning_rate=0.01)
N_SEEDS = 16


def final_scores(loop: Loop, config: TrainingConfig = CONFIG) -> np.ndarray:
    """Last negative ELBO of the test set, in nats, per seed: (N_SEEDS,); same starts for all loops."""
    x = Spin().statistic(SYSTEM.sample(12_000, np.random.default_rng(1)))
    train_set, test_set = torch.from_numpy(x).split([4000, 8000])
    scores = []
    for seed in range(N_SEEDS):
        torch.manual_seed(seed)
        model = VAE(Spin(), SYSTEM.n_sites, VAEConfig(1, (16,), (16,)))
        scores.append(loop(model, train_set, test_set, config, seed))
    return np.array(scores)


def assert_same_scores(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Mean difference over seeds against its standard error, at the same risk as FACTOR floors."""
    difference = ours - theirs
    factor = t.isf(norm.sf(FACTOR), len(difference) - 1)
    stderr = difference.std(ddof=1) / np.sqrt(len(difference))
    assert_within_floor(difference.mean(), 0.0, stderr, factor)


@pytest.fixture(scope="module")
def our_scores() -> np.ndarray:
    return final_scores(our_loop)


def test_the_plain_loop_learns_what_ours_learns(our_scores):
    assert_same_scores(our_scores, final_scores(plain_loop))


def test_twin_a_peer_that_learns_more_slowly_is_caught(our_scores):
    slower = final_scores(plain_loop, replace(CONFIG, learning_rate=CONFIG.learning_rate / 4))
    with pytest.raises(AssertionError, match="floors"):
        assert_same_scores(our_scores, slower)


def test_the_loss_of_pythae_is_our_negative_elbo():
    torch.manual_seed(1)
    model = VAE(Spin(), 16, VAEConfig(2, (16,), (16,)))
    statistic = torch.randn(64, 16).sign()
    inputs = as_data(statistic)
    torch.manual_seed(2)
    theirs = wrapped(model)({"data": inputs.data, "labels": inputs.labels})
    torch.manual_seed(2)
    ours = model(statistic, torch.randn(64, 2))
    assert theirs.reg_loss.item() == pytest.approx(ours.rate.mean().item(), rel=1e-5)
    assert theirs.loss.item() == pytest.approx((ours.rate + ours.distortion).mean().item(), rel=1e-5)


def test_pythae_learns_what_ours_learns():
    config = replace(CONFIG, warmup=0.0)
    assert_same_scores(final_scores(our_loop, config), final_scores(pythae_loop, config))


def test_pythae_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    statistic = torch.randn(64, 16).sign()
    pythae_loop(VAE(Spin(), 16, VAEConfig(1)), statistic, statistic, replace(CONFIG, epochs=1), 1)
    assert not list(tmp_path.iterdir())


def test_our_schedule_is_that_of_torch_to_one_step():
    """torch turns one step before RISE · total; half a cosine of n steps moves at most π/2n a step."""
    total = 500
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=1.0, total_steps=total, pct_start=RISE
    )
    theirs = []
    for _ in range(total):
        theirs.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step() if len(theirs) < total else None
    ours = [one_cycle(step, total) for step in range(total)]
    assert ours[0] == pytest.approx(START)
    assert max(ours) == ours[int(RISE * total)] == 1
    np.testing.assert_allclose(ours, theirs, atol=math.pi / (2 * RISE * total))


@pytest.mark.parametrize("objective", ["elbo", "exact"])
@pytest.mark.parametrize(
    "config", [training.ARCHITECTURE, VAEConfig(1, (8,), (16, 4))], ids=["deep", "odd"]
)
def test_products_are_those_that_torch_counts(objective, config):
    with FlopCounterMode(display=False) as counted:
        step.step_of(objective, 40, 16, config, 10)()
    assert counted.get_total_flops() == step.flops(objective, config, 10, 40, 16)
