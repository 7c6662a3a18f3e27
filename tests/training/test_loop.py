"""The training loop: reproducible bits, a test set that is only scored, and no silent divergence."""

from __future__ import annotations

import copy
import json
import math
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from mfvae.capacity.ledger import checkpoint
from mfvae.errors import InputError
from mfvae.latent.limits import MAX_SUMMED_DIM
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.director import Director
from mfvae.sites.spin import Spin
from mfvae.training import loop as train_module
from mfvae.training import progress as progress_module
from mfvae.training.config import STARTS, TrainingConfig
from mfvae.training.loop import Training, TrainingDiverged, evaluate, train
from mfvae.training.objectives import OBJECTIVES
from tests.helpers.directors import directors
from tests.helpers.paths import ROOT
from tests.helpers.statistics import FACTOR
from tests.helpers.trainings import (
    CONFIG,
    N_SITES,
    SYSTEM,
    TEST_SET,
    TRAIN_SET,
    digest,
    statistics,
    trained_digest,
    untrained,
)

TERMS = ("rate", "distortion", "negative_elbo")


@pytest.fixture(scope="module")
def trained() -> tuple[VAE, list[dict[str, float]]]:
    model = untrained()
    config = TrainingConfig(epochs=12, batch_size=64, learning_rate=0.01)
    result = train(model, statistics(4000, 2), statistics(4000, 3), config, seed=1)
    assert result == Training(result.history, ledger=[], starts=[])
    return model, result.history


# -- bits ------------------------------------------------------------------------------------------
def test_equal_seeds_give_equal_bits_in_one_process():
    torch.manual_seed(1)
    first = trained_digest()
    torch.manual_seed(2)  # the global generator does not matter
    assert trained_digest() == first


def test_a_training_leaves_torch_as_it_found_it():
    """Its generator and its number of threads."""
    torch.manual_seed(1)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        VAE(Spin(), N_SITES, VAEConfig(1), seed=3)
        trained_digest()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), before)
    untrained_elsewhere = VAE(
        Spin(), N_SITES, VAEConfig(1)
    )  # a twin: without a seed it draws from there
    assert not torch.equal(torch.get_rng_state(), before)
    assert digest(untrained_elsewhere) != digest(VAE(Spin(), N_SITES, VAEConfig(1)))


def test_weights_are_those_of_the_seed():
    one, same, other = (VAE(Spin(), N_SITES, VAEConfig(1), seed=seed) for seed in (3, 3, 4))
    assert digest(one) == digest(same) != digest(other)


def digest_in_a_new_process() -> str:
    code = "from tests.helpers.trainings import trained_digest; print(trained_digest())"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_equal_seeds_give_equal_bits_in_new_processes():
    assert digest_in_a_new_process() == trained_digest()


def test_another_seed_gives_other_weights():
    assert trained_digest(seed=8) != trained_digest(seed=7)


@pytest.mark.parametrize(
    "other", [-TEST_SET, statistics(17, 5), TRAIN_SET], ids=["flipped", "shorter", "the training set"]
)
def test_the_test_set_is_only_scored(other):
    assert trained_digest(test_set=other) == trained_digest()


def test_twin_the_training_set_is_not_only_scored():
    changed = TRAIN_SET.clone()
    changed[3, 5] *= -1
    assert trained_digest(changed) != trained_digest()


def test_data_are_left_as_they_were():
    before = TRAIN_SET.clone(), TEST_SET.clone()
    trained_digest()
    assert torch.equal(TRAIN_SET, before[0])
    assert torch.equal(TEST_SET, before[1])


# -- what it learns --------------------------------------------------------------------------------
def assert_not_better_than_the_truth(score: float, model: VAE, data: torch.Tensor) -> None:
    """−ELBO ≥ H on held-out data: score + mean log p(x) is not negative beyond its floor.

    The floor is the standard error of −ELBO + log p(x), from draws of z of its own.
    """
    log_p = SYSTEM.log_prob(data.numpy())
    with torch.no_grad():
        terms = model(data, torch.randn(len(data), 1, generator=torch.Generator().manual_seed(4)))
    gap = (terms.rate + terms.distortion).numpy() + log_p
    missing = -(score + log_p.mean()) / (gap.std(ddof=1) / np.sqrt(len(gap)))
    assert missing <= FACTOR, f"better than the truth by {missing:.1f} floors"


def test_training_learns_the_common_field(trained):
    """Independent spins need N log 2 nats; the trained bound lies between that and the entropy."""
    model, history = trained
    final = history[-1]["negative_elbo"]
    assert final < history[0]["negative_elbo"]
    assert final < N_SITES * math.log(2) - 1
    assert_not_better_than_the_truth(final, model, statistics(4000, 3))


def test_twin_a_score_without_the_rate_is_caught(trained):
    model, history = trained
    with pytest.raises(AssertionError, match="better than the truth"):
        assert_not_better_than_the_truth(history[-1]["distortion"], model, statistics(4000, 3))


def test_history_has_one_record_per_epoch(trained):
    _, history = trained
    assert [record["epoch"] for record in history] == list(range(1, 13))
    assert [record["step"] for record in history] == [62 * epoch for epoch in range(1, 13)]
    for record in history:
        assert set(record) == {"epoch", "step", *TERMS}
        assert record["negative_elbo"] == pytest.approx(record["rate"] + record["distortion"])
        assert json.loads(json.dumps(record)) == record  # plain numbers


def test_the_last_record_is_the_score_of_the_trained_model(trained):
    model, history = trained
    score = evaluate(model, statistics(4000, 3), seed=1)
    assert score == {term: history[-1][term] for term in TERMS}
    assert evaluate(untrained(), statistics(4000, 3), seed=1) != score


def test_evaluation_changes_no_weight():
    model = untrained()
    before = digest(model)
    evaluate(model, TEST_SET, seed=1)
    assert digest(model) == before
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("epochs", [1, 2, 12])
def test_any_number_of_steps_can_be_trained(epochs):
    """One step per epoch: schedules must not depend on the number of steps."""
    config = TrainingConfig(epochs=epochs, batch_size=len(TEST_SET))
    history = train(untrained(), TEST_SET, TEST_SET, config, seed=0).history
    assert [record["step"] for record in history] == list(range(1, epochs + 1))
    assert all(math.isfinite(record["negative_elbo"]) for record in history)


def test_a_batch_larger_than_the_data_is_all_of_them():
    model = untrained()
    before = digest(model)
    config = TrainingConfig(epochs=2, batch_size=512)
    history = train(model, TEST_SET[:5], TEST_SET, config, seed=0).history
    assert [record["step"] for record in history] == [1, 2]
    assert digest(model) != before


# -- divergence ------------------------------------------------------------------------------------
def assert_diverges(
    model: VAE, data: torch.Tensor, config: TrainingConfig, *words: str, restored: bool = True
) -> None:
    """One line that says where, with which settings and what to do; the weights are as they were."""
    before = digest(model)
    with pytest.raises(TrainingDiverged) as caught:
        train(model, data, data[:100].nan_to_num(1.0), config, seed=0, on_checkpoint=checkpoint)
    message = str(caught.value)
    assert isinstance(caught.value, ArithmeticError)
    assert "\n" not in message
    settings = f"with learning_rate {config.learning_rate:g}, objective {config.objective}"
    assert message.endswith(f"{settings}: try a smaller learning_rate")
    for word in words:
        assert word in message
    assert not restored or digest(model) == before


def test_an_infinite_rate_is_named():
    model = untrained()
    with torch.no_grad():
        model.encoder[-1].bias[1] = 1000.0  # log std: the tanh units keep the distortion finite
    assert_diverges(model, TRAIN_SET, CONFIG, "step 1:", "rate is inf")


def test_an_undefined_distortion_is_named():
    model = untrained()
    with torch.no_grad():
        model.decoder[-1].bias[0] = -1e38  # of the decoder: the rate stays finite
        model.decoder[-1].weight[0] = -1e38
    assert_diverges(model, TRAIN_SET, CONFIG, "step 1:", "distortion is inf")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("split", ["train", "test"])
def test_damaged_data_start_no_training(split, value):
    sets = {"train": TRAIN_SET.clone(), "test": TEST_SET.clone()}
    sets[split][2, 3] = value
    model = untrained()
    before = digest(model)
    with pytest.raises(InputError, match=f"{split}_set = 'NaN or infinity': finite numbers"):
        train(model, sets["train"], sets["test"], CONFIG, seed=0)
    assert digest(model) == before


LONG = {"epochs": 1, "batch_size": 64, "learning_rate": 1e30}
TOO_LONG = {
    "plain": ({}, "step 2: rate is inf"),
    "iwae": ({"objective": "iwae", "latent_draws": 3}, "step 2: importance-weighted bound is nan"),
    "exact": ({"objective": "exact", "latent_draws": 32}, "step 2: encoder is nan"),
    "with a ledger": ({"checkpoints": 99}, "step 1: posteriors of the ledger"),
    "several starts": ({"starts": 2}, "before step 1: rate is inf"),
    "from the data": ({"start": "data"}, "before step 1: weight is nan"),
}


def director_vae() -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return VAE(Director(), 4, VAEConfig(1, (8,), (8,)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", TOO_LONG)
@pytest.mark.parametrize("family", ["spins", "directors"])
def test_steps_that_are_too_long_stop_the_training(name, family):
    """The first step is taken at finite weights, the second at weights that it has blown up."""
    changes, words = TOO_LONG[name]
    config = TrainingConfig(**LONG | changes)
    if family == "spins":
        assert_diverges(untrained(), TRAIN_SET, config, words)
    else:  # fields of directors leave the range where their law is computed
        data = torch.from_numpy(Director().statistic(directors(300, 4))).float()
        assert_diverges(director_vae(), data, config, "field of a director")


def test_a_last_step_that_is_too_long_is_noticed_too():
    """No step is left to meet the weights that it has blown up: only the score of the test set can."""
    config = TrainingConfig(epochs=1, batch_size=len(TRAIN_SET), learning_rate=1e30)
    assert_diverges(untrained(), TRAIN_SET, config, "step 1:")


@pytest.mark.parametrize(("config", "fail_at"), [(CONFIG, 3 * 15), (TrainingConfig(
    objective="exact", latent_draws=16, epochs=3, batch_size=64, learning_rate=0.01), 4 * 15)],
    ids=["elbo", "encoder alone"],
)  # fmt: skip
def test_the_weights_of_the_last_whole_epoch_come_back(monkeypatch, config, fail_at):
    """An objective that is undefined at one step, the last of an epoch."""
    weights, steps, score = [], [], evaluate

    def remember(model, statistic, seed):
        weights.append(digest(model))
        return score(model, statistic, seed)

    def failing(original):
        def objective(model, statistic, draws):
            steps.append(torch.is_grad_enabled())
            loss = original(model, statistic, draws)
            return loss._replace(value=loss.value * math.nan) if sum(steps) == fail_at else loss

        return objective

    monkeypatch.setattr(train_module, "evaluate", remember)
    for name in ("elbo", "exact"):
        monkeypatch.setitem(OBJECTIVES, name, failing(OBJECTIVES[name]))
    model = untrained()
    assert_diverges(model, TRAIN_SET, config, f"step {fail_at}:", "loss is nan", restored=False)
    assert digest(model) == weights[-1]
    assert len(set(weights)) == len(weights) == fail_at // 15 - 1


# -- configuration ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("objective", "maximum_likelihood"),
        ("objective", ""),
        ("epochs", 0),
        ("epochs", -1),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", -1e-3),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("warmup", -0.1),
        ("warmup", 1.1),
        ("warmup", math.nan),
        ("latent_draws", 0),
        ("latent_draws", -8),
        ("final_draws", -1),
        ("start", "magic"),
        ("start", ""),
        ("start_steps", 0),
        ("starts", 0),
        ("starts", -1),
        ("checkpoints", -1),
    ],
)
def test_impossible_settings_are_refused_by_field(field, value):
    with pytest.raises(InputError) as caught:
        TrainingConfig(**{field: value})
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} = {value!r}: ")
    assert "\n" not in str(caught.value)
    if field == "objective":
        assert all(name in caught.value.allowed for name in OBJECTIVES)
    if field == "start":
        assert all(name in caught.value.allowed for name in STARTS)
    if field == "checkpoints":
        TrainingConfig(checkpoints=0)


@pytest.mark.parametrize("latent_dim", [1, 3, 4, 64])
@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({"checkpoints": 1}, "a ledger"),
        ({"objective": "iwae"}, None),
        ({"start": "data", "starts": 3}, None),
    ],
)
def test_sums_over_all_of_the_latent_space_need_few_latents(latent_dim, settings, needed):
    config = TrainingConfig(**settings)
    if latent_dim <= 3 or needed is None:
        config.check_latent_dim(latent_dim)
        return
    with pytest.raises(InputError) as caught:
        config.check_latent_dim(latent_dim)
    assert (caught.value.field, caught.value.value) == ("latent_dim", latent_dim)
    assert "at most 3" in caught.value.allowed
    assert needed in caught.value.allowed


def test_exact_sums_are_offered_up_to_the_dimension_that_was_tested():
    TrainingConfig(objective="exact").check_latent_dim(MAX_SUMMED_DIM)
    with pytest.raises(InputError, match="at most 16 for objective exact"):
        TrainingConfig(objective="exact").check_latent_dim(MAX_SUMMED_DIM + 1)


def test_a_training_checks_the_latent_dimension_first():
    model = VAE(Spin(), N_SITES, VAEConfig(4, (8,), (8,)))
    before = digest(model)
    with pytest.raises(InputError, match="latent_dim"):
        train(model, TRAIN_SET, TEST_SET, TrainingConfig(checkpoints=2), seed=0)
    assert digest(model) == before


def rate_weights(monkeypatch, config: TrainingConfig) -> list[float]:
    """The weight of the rate at every step of a training."""
    seen: list[float] = []

    def spy(model, statistic, draws):
        if torch.is_grad_enabled():
            seen.append(draws.rate_weight)
        return original(model, statistic, draws)

    original = OBJECTIVES["elbo"]
    monkeypatch.setitem(OBJECTIVES, "elbo", spy)
    train(untrained(), TRAIN_SET, TEST_SET, config, seed=0)
    return seen


@pytest.mark.parametrize("warmup", [0.0, 0.25, 1.0])
def test_the_weight_of_the_rate_rises_to_one_in_the_warm_up(monkeypatch, warmup):
    config = TrainingConfig(epochs=2, batch_size=50, warmup=warmup)
    weights = rate_weights(monkeypatch, config)
    steps = len(weights)
    assert steps == 40
    expected = [min(1.0, step / max(1.0, warmup * steps)) for step in range(1, steps + 1)]
    assert weights == pytest.approx(expected)
    assert weights[-1] == 1


# -- progress --------------------------------------------------------------------------------------
LINE = re.compile(r"step (\d+)/(\d+), epoch \d+, rate \d+\.\d+, distortion \d+\.\d+ nats, \d+ s left")


def test_a_log_gets_lines_with_all_terms_and_time_left(capsys, monkeypatch):
    monkeypatch.setattr(progress_module, "LOG_EVERY_S", 0.0)
    history = train(untrained(), TRAIN_SET, TEST_SET, CONFIG, seed=0).history
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "\r" not in captured.err
    lines = [LINE.fullmatch(line) for line in captured.err.splitlines()]
    assert all(lines)
    steps = history[-1]["step"]
    assert [int(line[1]) for line in lines] == list(range(1, steps + 1))
    assert {int(line[2]) for line in lines} == {steps}


def test_a_short_training_leaves_one_line_in_the_log(capsys):
    train(untrained(), TRAIN_SET, TEST_SET, CONFIG, seed=0)
    (line,) = capsys.readouterr().err.splitlines()
    step, total = LINE.fullmatch(line).groups()
    assert step == total
    assert line.endswith(" 0 s left")


def test_training_starts_from_the_weights_that_it_is_given(trained):
    """A trained model trained on stays good; an untrained one after one tiny step does not become it."""
    model = copy.deepcopy(trained[0]).requires_grad_(True)
    tiny = TrainingConfig(epochs=1, batch_size=1000, learning_rate=1e-6, warmup=0.0)
    (record,), (other,) = (
        train(start, TRAIN_SET, statistics(4000, 3), tiny, seed=1).history
        for start in (model, untrained())
    )
    assert record["negative_elbo"] == pytest.approx(trained[1][-1]["negative_elbo"], abs=1e-2)
    assert other["negative_elbo"] > record["negative_elbo"] + 1


def test_a_training_may_go_on_with_several_starts_from_the_data():
    """All that a configuration can ask for at once, and a record of plain numbers."""
    config = TrainingConfig(
        objective="exact",
        latent_draws=32,
        start="data",
        starts=2,
        checkpoints=3,
        epochs=2,
        batch_size=64,
    )
    model = untrained()
    result = train(model, TRAIN_SET, TEST_SET, config, seed=0, on_checkpoint=checkpoint)
    written = result.as_record()
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert [len(written[name]) for name in ("history", "ledger", "starts")] == [3, 3, 2]
    assert min(start["excess"]["value"] for start in written["starts"]) == 0
    assert model.latent_gain.item() > 1
