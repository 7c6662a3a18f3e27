"""CPU seconds to the same held-out nats: targets, budgets, and who missed them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from benchmarks import same_nats
from benchmarks.problems import PROBLEMS
from benchmarks.same_nats import OURS, Outcome, Reached, reaches, smallest_budget
from mfvae.model.vae import VAE
from mfvae.training.config import TrainingConfig

CONFIG = TrainingConfig(epochs=3, batch_size=64, learning_rate=0.01)
TARGET = np.random.default_rng(7).normal(50.0, 5.0, 2000)
NOISE = np.random.default_rng(8).normal(0.0, 0.1, 2000)
NOISE -= NOISE.mean()
MARGIN = 3 * NOISE.std(ddof=1) / np.sqrt(2000)


def training_of(excess: dict[int, float], asked: list[int]) -> Callable[[int], Outcome]:
    """Trainings that end so far above the target on average and cost a second an epoch."""

    def train(epochs: int) -> Outcome:
        asked.append(epochs)
        return Outcome(float(epochs), TARGET + NOISE + excess[epochs])

    return train


@pytest.mark.parametrize(("excess", "reached"), [(-1.0, True), (0.99, True), (1.01, False)])
def test_the_target_is_reached_within_three_standard_errors_of_the_difference(excess, reached):
    assert reaches(TARGET + NOISE + excess * MARGIN, TARGET) == reached


def test_the_smallest_budget_that_reaches_the_target_counts():
    asked: list[int] = []
    found = smallest_budget(training_of({1: 1.0, 2: 0.0, 4: 0.0}, asked), [1, 2, 4], TARGET)
    assert (found.epochs, found.outcome.cpu_seconds, found.reached) == (2, 2.0, True)
    assert asked == [1, 2]


def test_a_target_that_is_not_reached_costs_at_least_the_largest_budget():
    found = smallest_budget(training_of({1: 2.0, 2: 1.0}, []), [1, 2], TARGET)
    assert (found.epochs, found.outcome.cpu_seconds, found.reached) == (2, 2.0, False)


def in_table(reached: dict[str, list[Reached]]) -> set[tuple[str, str, tuple[float, ...]]]:
    return {(row.benchmark, row.quantity, row.values) for row in same_nats.table("here", reached)}


def test_the_table_says_who_missed_the_target():
    quick, slow, missed = (
        Reached(n, Outcome(cpu, TARGET), hit)
        for n, cpu, hit in [(1, 2.0, True), (8, 9.0, True), (40, 50.0, False)]
    )
    rows = in_table({OURS: [quick, quick], "DataLoader": [slow, missed]})
    assert ("same nats: here, ours, exact", "CPU s", (2.0, 2.0)) in rows
    peer = "same nats: here, DataLoader (1 of 2 missed it)"
    assert (peer, "at least, epochs", (8.0, 40.0)) in rows
    assert (peer, f"at least, × {OURS}", (4.5, 25.0)) in rows


def test_no_ratio_is_stated_where_ours_missed_the_target():
    hit, missed = Reached(8, Outcome(9.0, TARGET)), Reached(40, Outcome(50.0, TARGET), reached=False)
    rows = in_table({OURS: [missed], "DataLoader": [hit]})
    assert ("same nats: here, DataLoader", f"× {OURS}", ()) in rows


def test_the_score_is_exact():
    """A decoder that ignores z has log p_θ(x) = Σ_i log p(x_i | η_i)."""
    (problem, *_), statistic = PROBLEMS, torch.randn(64, 100).sign()

    def flat(model: VAE, *_: object) -> float:
        with torch.no_grad():
            for parameter in list(model.decoder.parameters())[-2:]:
                parameter.zero_()
        return 0.0

    contender = same_nats.Contender(flat, CONFIG)
    nats = same_nats.outcome(contender, problem, statistic, statistic, 1, 1).nats
    np.testing.assert_allclose(nats, 100 * math.log(2), rtol=1e-6)
