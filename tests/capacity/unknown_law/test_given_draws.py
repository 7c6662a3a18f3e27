"""Others' draws are judged by a critic: how much is missing at least, and how many rows that takes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

import mfvae
from mfvae.capacity.unknown_law.examination import RowSet
from mfvae.capacity.unknown_law.given_draws import examine_draws
from mfvae.capacity.unknown_law.judgement import Answer
from mfvae.systems.base import MeanFieldSystem

N, REPEATS, CONFIDENCE = 12, 10, 0.99


@pytest.fixture(scope="module")
def system() -> MeanFieldSystem:
    return mfvae.build("curie_weiss", {"N": N, "beta": 1.3}, seed=0)


def drawn(system: MeanFieldSystem, n: int, seed: int) -> np.ndarray:
    return system.sample(n, np.random.default_rng(seed))


def shuffled(draws: np.ndarray) -> np.ndarray:
    """Independent sites of the same means."""
    return np.random.default_rng(0).permuted(draws, axis=0)


def halves(rows: np.ndarray, observed: np.ndarray | None = None) -> tuple[RowSet, RowSet]:
    half = len(rows) // 2
    masks = (None, None) if observed is None else (observed[:half], observed[half:])
    return RowSet(rows[:half], None, masks[0]), RowSet(rows[half:], None, masks[1])


def test_what_is_missing_is_nearly_all_of_a_known_divergence_and_not_more(system):
    rows = drawn(system, 4000, 0)
    true = float(np.mean(system.log_prob(drawn(system, 40_000, 1)))) + N * np.log(2)
    others = np.random.default_rng(2).choice(np.array([-1, 1], np.int8), size=(20_000, N))
    found = examine_draws(others, *halves(rows), seed=0)
    assert found.answer == Answer.NOT_FAITHFUL
    assert 0.7 * true < found.missing < true


def test_draws_of_the_same_law_are_found_no_more_often_than_is_stated(system):
    """With the twin that other draws are found every time."""
    lower: dict[str, list[float]] = {"same": [], "other": []}
    for repeat in range(REPEATS):
        parts = halves(drawn(system, 400, 100 + repeat))
        draws = drawn(system, 2000, 1000 + repeat)
        for name, law in (("same", draws), ("other", shuffled(draws))):
            found = examine_draws(law, *parts, seed=repeat, confidence=CONFIDENCE, planted=())
            lower[name].append(found.certificates[0].lower)
    allowed = binom.ppf(0.9999, REPEATS, 1 - CONFIDENCE)
    assert sum(limit > 0 for limit in lower["same"]) <= allowed
    assert min(lower["other"]) > 0


def test_gaps_of_the_data_are_hidden_in_the_draws(system):
    """A third of the entries; without hiding, a critic would tell zeros from spins."""
    rows = drawn(system, 2000, 3)
    observed = np.random.default_rng(4).random(rows.shape) < 2 / 3
    draws = drawn(system, 8000, 5)
    for law, is_found in ((draws, False), (shuffled(draws), True)):
        found = examine_draws(law, *halves(rows, observed), seed=0, planted=())
        assert found.certificates[0].found == is_found


def test_too_few_rows_or_draws_are_said_with_how_many_are_needed(system):
    rows, draws = drawn(system, 400, 6), drawn(system, 4000, 7)
    for selection, estimation, law, said in (
        (*halves(rows[:60]), draws, "30 rows are for training, where 40 at least are needed."),
        (*halves(rows), draws[:79], "There are 79 draws, where 80 at least are needed."),
    ):
        found = examine_draws(law, selection, estimation, seed=0)
        assert found.answer == Answer.UNDECIDED
        assert said in found.reasons


def test_as_many_rows_as_are_said_to_be_needed_are_enough(system):
    """What was seen falls as one over the number of rows."""
    draws = drawn(system, 40_000, 8)
    few = examine_draws(draws, *halves(drawn(system, 800, 9)), seed=0, planted=(1.0, 0.3, 0.1))
    (said,) = [reason for reason in few.reasons if "would show 0.1 nats" in reason]
    number = int(said.split()[1])
    assert 400 < number < 8000
    more = examine_draws(draws, *halves(drawn(system, 2 * number, 9)), seed=0, planted=(0.3, 0.1))
    assert more.answer == Answer.NO_DIFFERENCE
