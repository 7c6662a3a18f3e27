"""The verdict for data whose law nobody knows: three answers, each with its reasons."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.capacity.bipartitions import halves
from mfvae.capacity.unknown_law.confidence import LowerBound
from mfvae.capacity.unknown_law.critic import kl_lower_bound, train_critics
from mfvae.capacity.unknown_law.information_bound import information_lower_bound
from mfvae.capacity.unknown_law.judgement import Answer, better_laws, judge_unknown_law
from mfvae.capacity.unknown_law.power import Power, power
from mfvae.errors import InputError
from mfvae.stats import Estimate
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.exact_sums import exact_sum
from tests.helpers.statistics import FACTOR

LAW = CurieWeiss(8, 0.8)


@pytest.fixture(scope="module")
def fine() -> Power:
    """All four departures are found."""
    return power(LAW.sample, 2000, 2000, 10_000, 0, sizes=[0.1])


@pytest.fixture(scope="module")
def coarse() -> Power:
    """None is."""
    return power(LAW.sample, 100, 100, 1000, 0, sizes=[0.001])


def certificate(value: float, stderr: float, name: str = "critic") -> LowerBound:
    return LowerBound(name, Estimate(value, stderr), value - 3 * stderr, 0.99)


def judged(data, model, n: int, **options):
    """By a critic alone, of so many rows."""
    rng = np.random.default_rng(3)
    critic = train_critics(data.sample(n, rng), model.sample(2 * n, rng), seed=0)
    bound = kl_lower_bound(critic, data.sample(n, rng), model.sample(10 * n, rng))
    return judge_unknown_law([bound], **options)


def test_a_wrong_model_is_not_faithful_by_less_than_its_kl(fine):
    data, model = CurieWeiss(8, 1.2), LAW
    x = data.sample(200_000, np.random.default_rng(0))
    difference = data.log_prob(x) - model.log_prob(x)
    found = judged(data, model, 4000, power=fine)
    assert found.answer == Answer.NOT_FAITHFUL
    floor = difference.std() / np.sqrt(len(x))
    assert 0 < found.missing < difference.mean() + FACTOR * floor
    assert float(found.sentence.split()[4]) <= found.missing  # rounded down


def test_the_right_model_is_not_told_apart_above_what_the_power_says(fine):
    found = judged(LAW, LAW, 2000, power=fine)
    assert found.answer == Answer.NO_DIFFERENCE
    assert found.sentence == "No difference above 0.1 nats was found."
    assert found.missing == 0


@pytest.mark.parametrize("known", [True, False])
def test_without_power_it_stays_undecided(coarse, known):
    found = judge_unknown_law([certificate(0.001, 0.01)], power=coarse if known else None)
    assert found.answer == Answer.UNDECIDED
    assert found.resolution is None
    assert found.reasons[-1].startswith("Power: ")


def test_the_largest_certificate_counts():
    found = judge_unknown_law([certificate(0.2, 0.01), certificate(0.5, 0.02), certificate(0.1, 0.5)])
    assert found.missing == pytest.approx(0.44)
    assert found.confidence == pytest.approx(0.97)
    assert len(found.reasons) == 3  # where something is certain, no power is asked for


def test_what_may_be_missing_is_tolerated(fine):
    small = [certificate(0.02, 0.001)]
    assert judge_unknown_law(small, power=fine).answer == Answer.NOT_FAITHFUL
    tolerant = judge_unknown_law(small, power=fine, tolerance=0.05, fine=0.11)
    assert tolerant.answer == Answer.NO_DIFFERENCE


def test_too_little_rate_condemns_before_kl_is_asked(fine):
    """Curie–Weiss data share 0.7 nats between halves: a channel of 0.2 nats cannot carry them."""
    system = CurieWeiss(16, 1.5)
    rows = [system.sample(2000, np.random.default_rng(k)) for k in (0, 1)]
    shared = information_lower_bound(exact_sum(system), *rows, [halves(16)], np.random.default_rng(2))
    narrow = judge_unknown_law([], rate=Estimate(0.2, 0.01), information=shared, power=fine)
    assert narrow.answer == Answer.NOT_FAITHFUL
    assert narrow.missing == 0
    assert narrow.sentence == "Not faithful: the latents cannot carry what the data's parts share."
    assert narrow.reasons[0].startswith("Capacity (halves): I(A;B) ≥ 0.")
    enough = judge_unknown_law([], rate=Estimate(system.channel_rate(), 0.01), information=shared)
    assert enough.answer == Answer.UNDECIDED
    assert "leaves room" in enough.reasons[0]


def test_laws_of_a_table_hold_together():
    """The share of all tables, of eight laws no better than the model, in which one seems better."""
    rng = np.random.default_rng(0)
    repetitions, level = 300, 0.1
    wrong = []
    for _ in range(repetitions):
        scores = {f"law {k}": rng.normal(size=100) for k in range(8)}
        wrong.append(any(one.found for one in better_laws(scores, np.zeros(100), None, 1 - level)))
    floor = np.sqrt(level * (1 - level) / repetitions)
    assert np.mean(wrong) <= level + FACTOR * floor
    alone = []
    for _ in range(repetitions):
        scores = [rng.normal(size=100) for _ in range(8)]
        alone.append(
            any(better_laws({"law": one}, np.zeros(100), None, 1 - level)[0].found for one in scores)
        )
    assert np.mean(alone) > level + FACTOR * floor  # a twin: each at the level of all


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": 0.2}, "fine"),
        ({"rate": Estimate(1.0, 0.1)}, "rate"),
    ],
)
def test_bad_input_is_named(options, field):
    with pytest.raises(InputError, match=f"^{field} = "):
        judge_unknown_law([], **options)
    with pytest.raises(InputError, match=r"^laws = "):
        better_laws({}, np.zeros(3))
