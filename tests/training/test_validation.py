"""Validation sets: the epoch that they choose, and that nothing else of a training depends on them."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.stats import estimate
from mfvae.training import loop, validation
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import Training, train
from mfvae.training.validation import free_energy
from tests.helpers.gaps import random_mask
from tests.helpers.statistics import FACTOR
from tests.helpers.trainings import (
    CONFIG,
    N_SITES,
    TEST_SET,
    TRAIN_SET,
    digest,
    generator,
    statistics,
    untrained,
)

FEW = 60  # rows, which a wide decoder learns by heart
OTHERS = statistics(300, 6)
NOISE = torch.randint(2, OTHERS.shape, generator=generator(4)).to(OTHERS) * 2 - 1  # nothing to learn
SEED = 1


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)  # as in a training


@cache
def overfitted(
    objective: str, validated: bool, latent_dim: int = 2, patience: int = 0
) -> tuple[VAE, Training]:
    """A training on few rows for far too many epochs, its epoch chosen by other rows or not at all."""
    model = VAE(Spin(), N_SITES, VAEConfig(latent_dim, (32,), (128,)), seed=0)
    config = TrainingConfig(
        objective, epochs=60, batch_size=20, learning_rate=0.02, latent_draws=64, warmup=0.0,
        patience=patience,
    )  # fmt: skip
    others = {"valid_set": OTHERS} if validated else {}
    return model, train(model, TRAIN_SET[:FEW], TEST_SET, config, SEED, **others)


# -- what is kept ----------------------------------------------------------------------------------
@pytest.mark.parametrize("objective", ["elbo", "iwae", "exact"])
def test_an_overfitted_training_ends_at_its_best_epoch(objective):
    model, result = overfitted(objective, validated=True)
    scores = [entry["validation"] for entry in result.history[:60]]
    kept = result.kept_epochs[0]
    assert scores[kept - 1] == min(scores)
    assert kept < 60
    assert free_energy(model, objective, OTHERS, 64, SEED) == min(scores)


@pytest.mark.parametrize("objective", ["elbo", "iwae", "exact"])
def test_the_law_of_the_best_epoch_is_nearer_to_rows_of_neither_set(objective):
    log_prob = [
        latent_integral(overfitted(objective, validated)[0], generator()).log_marginal(
            statistics(4000, 9)
        )
        for validated in (True, False)
    ]
    gain = estimate((log_prob[0] - log_prob[1]).double().numpy())
    assert gain.value > FACTOR * gain.stderr


def test_the_encoder_alone_has_a_best_epoch_of_its_own():
    model, result = overfitted("exact", validated=True)
    decoder, encoder = result.kept_epochs
    scores = [entry["validation"] for entry in result.history[60:]]
    assert decoder <= 60 < encoder <= len(result.history)
    assert free_energy(model, "elbo", OTHERS, 1, SEED) == min(scores) == scores[encoder - 61]


def test_curves_show_how_few_rows_are_learned_by_heart():
    history = overfitted("exact", validated=True)[1].history[:60]
    first, last = history[0], history[-1]
    assert last["train"] < min(first["train"], last["validation"], last["test"])
    assert last["validation"] > min(entry["validation"] for entry in history)


def test_a_training_stops_when_its_patience_ends():
    impatient = overfitted("elbo", validated=True, patience=5)[1]
    (kept,) = impatient.kept_epochs
    assert len(impatient.history) == kept + 5 < 60
    assert impatient.history == overfitted("elbo", validated=True)[1].history[: kept + 5]
    assert impatient.as_record()["kept_epochs"] == [kept]


# -- what it does not touch ------------------------------------------------------------------------
def of_small_training(valid_set: torch.Tensor | None, objective: str = "elbo") -> tuple[str, Training]:
    model = untrained()
    config = TrainingConfig(objective, epochs=3, batch_size=64, learning_rate=0.01, latent_draws=32)
    result = train(model, TRAIN_SET, TEST_SET, config, 7, valid_set=valid_set)
    return digest(model), result


@pytest.mark.parametrize("objective", ["elbo", "iwae", "exact"])
def test_a_validation_that_keeps_the_last_epoch_changes_no_bit(objective, monkeypatch):
    without, plain = of_small_training(None, objective)
    falling = iter(range(100, 0, -1))
    monkeypatch.setattr(
        loop, "free_energy", lambda *given: [free_energy(*given), float(next(falling))][1]
    )
    kept, result = of_small_training(OTHERS, objective)
    assert result.kept_epochs == ((3, 4) if objective == "exact" else (3,))
    assert kept == without
    own = [{name: entry[name] for name in plain.history[0]} for entry in result.history]
    assert own == plain.history


def test_other_validation_rows_change_the_chosen_epoch_alone():
    weights, result = of_small_training(OTHERS)
    others, of_noise = of_small_training(NOISE)
    assert result.kept_epochs == (3,)
    assert of_noise.kept_epochs == (1,)
    assert weights != others
    for one, other in zip(result.history, of_noise.history, strict=True):
        assert one.pop("validation") != other.pop("validation")
        assert one == other


def test_without_a_validation_set_nothing_is_scored_or_recorded(monkeypatch):
    def never(*_given):
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(loop, "free_energy", never)
        _, result = of_small_training(None)
        with pytest.raises(AssertionError):  # the twin has one
            of_small_training(OTHERS)
    assert set(result.history[0]) == {"epoch", "step", "rate", "distortion", "negative_elbo"}
    assert set(result.as_record()) == {"history", "ledger", "starts"}


@pytest.mark.parametrize("objective", ["elbo", "iwae", "exact"])
def test_scores_of_blocks_are_the_means_of_their_rows(objective, monkeypatch):
    whole = free_energy(untrained(), objective, TEST_SET, 1, 0)
    assert whole == free_energy(untrained(), objective, TEST_SET, 1, 0)
    monkeypatch.setattr(validation, "BLOCK", 128)
    parts = [free_energy(untrained(), objective, part, 1, 0) for part in TEST_SET.split(128)]
    sizes = [len(part) for part in TEST_SET.split(128)]
    mean = sum(size * part for size, part in zip(sizes, parts, strict=True)) / len(TEST_SET)
    # other draws of z for other blocks; of untrained fields log p(x|z) varies by less than 0.1 nat
    assert free_energy(untrained(), objective, TEST_SET, 1, 0) == pytest.approx(mean, abs=0.1)


# -- gaps, and what is refused ---------------------------------------------------------------------
@pytest.mark.parametrize("objective", ["elbo", "iwae", "exact"])
def test_gaps_of_the_validation_set_are_never_looked_at(objective):
    kept, seen = (
        random_mask(len(TRAIN_SET), N_SITES, 0.2),
        random_mask(len(OTHERS), N_SITES, 0.2, seed=1),
    )
    config = TrainingConfig(objective, epochs=2, batch_size=64, learning_rate=0.01, latent_draws=8)
    found, rows = [], OTHERS.where(seen, 0.0)  # a twin takes gaps for spins of 0
    for filler in (torch.nan, -1e30):
        model = VAE(Spin(), N_SITES, VAEConfig(1, (8,), (8,), gaps=True), seed=0)
        others = {"valid_set": OTHERS.where(seen, filler), "valid_observed": seen}
        given = TRAIN_SET.where(kept, filler)
        result = train(model, given, TEST_SET, config, 7, observed=kept, **others)
        found.append((digest(model), result))
    assert found[0] == found[1]
    model = VAE(Spin(), N_SITES, VAEConfig(1, (8,), (8,), gaps=True), seed=0)
    whole = train(model, given, TEST_SET, config, 7, observed=kept, valid_set=rows)
    for one, other in zip(whole.history, result.history, strict=True):
        assert one["train"] == other["train"] or one["epoch"] == 3  # whose decoder was chosen
        assert one["validation"] != other["validation"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"valid_set": OTHERS[:0]}, "valid_set = 'no configurations'"),
        ({"valid_set": OTHERS.double()}, "valid_set = torch.float64"),
        ({"valid_set": OTHERS.log()}, "valid_set = 'NaN or infinity'"),
        ({"valid_set": OTHERS, "valid_observed": OTHERS[1:] > 0}, "shape of valid_observed"),
        ({"valid_set": OTHERS, "valid_observed": OTHERS > 2}, "row of valid_observed = 0"),
        ({"valid_observed": OTHERS > 0}, "valid_set = None"),
    ],
)
def test_a_validation_set_that_cannot_be_scored_is_refused(given, message):
    model = untrained()
    before = digest(model)
    with pytest.raises(InputError, match=message):
        train(model, TRAIN_SET, TEST_SET, CONFIG, 0, **given)
    assert digest(model) == before


def test_patience_asks_for_a_validation_set():
    with pytest.raises(InputError, match=r"patience = 3.*validation set"):
        train(untrained(), TRAIN_SET, TEST_SET, TrainingConfig(patience=3), 0)
