"""Trainings that exploded but stayed finite ended well, and a file that held NaN was not named."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.systems import build
from mfvae.training import loop as train_module
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import ABSURD, TrainingDiverged, train
from mfvae.training.start import start_biases
from mfvae.workflow.files.atomic import write_json, write_record

N_SITES, ROWS = 32, 1000
OBJECTIVES = {"elbo": {}, "iwae": {"latent_draws": 4}, "exact": {"latent_draws": 32}}


def data(family: str) -> torch.Tensor:
    """Statistics of independent sites, of which a third are held out."""
    rng, site = np.random.default_rng(0), SITE_FAMILIES[family]
    if family == "spin":
        system = build("curie_weiss", {"N": N_SITES, "beta": 1.0}, 1)
        return torch.from_numpy(site.statistic(system.sample(ROWS, rng)))
    return torch.from_numpy(site.statistic(site.sample(np.zeros((ROWS, N_SITES * site.dim)), rng)))


def trained(statistic: torch.Tensor, config: TrainingConfig, family: str = "spin"):
    torch.manual_seed(0)
    model = VAE(SITE_FAMILIES[family], N_SITES, VAEConfig(1, (32,), (32,)))
    held_out = len(statistic) // 3
    return model, lambda: train(model, statistic[held_out:], statistic[:held_out], config, seed=0)


# -- in a training ---------------------------------------------------------------------------------
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("family", ["spin", "gaussian"])
@pytest.mark.parametrize("rate", [3.0, 100.0])
def test_a_training_that_explodes_is_said_to(objective, family, rate):
    config = TrainingConfig(
        objective, epochs=3, batch_size=100, learning_rate=rate, **OBJECTIVES[objective]
    )
    model, begin = trained(data(family), config, family)
    with pytest.raises(TrainingDiverged) as caught:
        begin()
    message = str(caught.value)
    assert message.startswith("step ")
    assert any(f"{term} is " in message for term in ("rate", "distortion", "encoder", "bound"))
    assert message.endswith(
        f"with learning_rate {rate:g}, objective {objective}: try a smaller learning_rate"
    )
    assert len(message) < 250
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_one_that_stays_finite_is_found_by_its_score(monkeypatch):
    """The step, the term and its value are said; without the criterion it would end well."""
    config = TrainingConfig(epochs=2, batch_size=100, learning_rate=3.0)
    _, begin = trained(data("spin"), config)
    with pytest.raises(TrainingDiverged, match=r"^step 6: \w+ is [\d.e+]+ nats, where a negative"):
        begin()
    monkeypatch.setattr(train_module, "ABSURD", math.inf)
    _, begin = trained(data("spin"), config)
    scores = [entry["negative_elbo"] for entry in begin().history]
    statistic = data("spin")
    independent = -SITE_FAMILIES["spin"].log_prob(
        statistic.double(), torch.from_numpy(start_biases(statistic, SITE_FAMILIES["spin"]))
    )
    assert scores[0] > 10 * ABSURD * (independent.mean() + N_SITES)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("family", ["spin", "director", "gaussian"])
@pytest.mark.parametrize("rows", [3, ROWS])
def test_trainings_that_work_are_far_from_it(monkeypatch, objective, family, rows):
    """Also of three configurations, by heart, and without a rate to pay at first."""
    monkeypatch.setattr(train_module, "ABSURD", ABSURD / 50)
    config = TrainingConfig(
        objective, epochs=8, batch_size=64, learning_rate=0.02, warmup=1.0, **OBJECTIVES[objective]
    )
    _, begin = trained(data(family)[:rows], config, family)
    assert math.isfinite(begin().history[-1]["negative_elbo"])


# -- in a file -------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("write", [write_json, write_record])
def test_a_number_that_json_has_not_is_named_with_its_file(tmp_path, write, value):
    path = tmp_path / "model.json"
    content = {"seed": 1, "ledger": [{"step": 0}, {"rate": {"value": 1.0, "stderr": value}}]}
    with pytest.raises(InputError) as caught:
        write(path, content)
    assert caught.value.field == "ledger.1.rate.stderr"
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    content["ledger"][1]["rate"]["stderr"] = np.float64(0.5)
    write(path, content)
    assert json.loads(path.read_text())["ledger"][1]["rate"]["stderr"] == 0.5
