"""The whole examination of a model whose draws are the data, and of data that it does not describe."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.capacity.unknown_law.examination import effective_rows, examine_unknown_law
from mfvae.capacity.unknown_law.judgement import Answer
from mfvae.errors import InputError
from mfvae.systems.ising_2d.system import Ising2D
from tests.helpers.statistics import FACTOR
from tests.helpers.vaes import steep_vae

N = 16


@pytest.fixture(scope="module")
def model():
    return steep_vae(N, 1)[0].float()


def test_a_model_of_its_own_draws_is_not_condemned(model):
    rng = np.random.default_rng(0)
    found = examine_unknown_law(model, model.sample(2000, rng), model.sample(2000, rng), seed=1)
    assert found.answer in (Answer.NO_DIFFERENCE, Answer.UNDECIDED)
    assert found.missing == 0
    assert found.reasons[0].startswith("Capacity (")
    assert found.reasons[-1].startswith("Power: ")


def test_a_model_of_other_data_is_not_faithful(model):
    """The Ising model's neighbours: the critic and the true law, as a law of the table, both say so."""
    system, rng = Ising2D(4, 3.0), np.random.default_rng(0)
    rows, held_out = system.sample(2000, rng), system.sample(2000, rng)
    found = examine_unknown_law(
        model, rows, held_out, seed=1, laws={"the truth": system.log_prob(held_out)}
    )
    assert found.answer == Answer.NOT_FAITHFUL
    truth, critic = found.certificates
    assert truth.found
    assert critic.found
    assert critic.lower < truth.estimate.value + FACTOR * truth.estimate.stderr
    assert found.confidence == pytest.approx(0.99)


def test_the_examination_depends_on_its_seed_alone(model):
    rng = np.random.default_rng(0)
    rows = Ising2D(4, 3.0).sample(400, rng)
    first, again = (examine_unknown_law(model, rows[:200], rows[200:], seed=3) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("copies", [1, 5])
def test_effective_rows_are_those_of_independent_ones(copies):
    """The variance of a mean over 2000 groups is known to √(2/1999) of itself."""
    values = np.repeat(np.random.default_rng(0).normal(size=2000), copies)
    found = effective_rows(values, np.repeat(np.arange(2000), copies))
    assert abs(found / 2000 - 1) < FACTOR * np.sqrt(2 / 1999)


def test_gaps_are_refused(model):
    x = np.full((100, N), np.nan)
    with pytest.raises(InputError, match=r"^selection = "):
        examine_unknown_law(model, x, x, seed=0)
