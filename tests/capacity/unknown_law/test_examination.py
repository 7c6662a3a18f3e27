"""The whole examination of a model whose draws are the data, and of data that it does not describe."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.capacity.unknown_law.examination import (
    FEW_GROUPS,
    GAPS,
    IndependentLaw,
    RowSet,
    effective_rows,
    examine_unknown_law,
    too_few,
)
from mfvae.capacity.unknown_law.judgement import Answer
from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.sites.spin import Spin
from mfvae.systems.ising_2d.system import Ising2D
from tests.helpers.statistics import FACTOR
from tests.helpers.vaes import steep_vae

N = 16


@pytest.fixture(scope="module")
def model():
    return steep_vae(N, 1)[0].float()


def test_a_model_of_its_own_draws_is_not_condemned(model):
    rng = np.random.default_rng(0)
    found = examine_unknown_law(
        model, RowSet(model.sample(2000, rng)), RowSet(model.sample(2000, rng)), seed=1
    )
    assert found.answer in (Answer.NO_DIFFERENCE, Answer.UNDECIDED)
    assert found.missing == 0
    assert found.reasons[0].startswith("Capacity (")
    assert any(reason.startswith("Power: ") for reason in found.reasons)


def test_a_model_of_other_data_is_not_faithful(model):
    """The Ising model's neighbours: the critic and the true law, as a law of the table, both say so."""
    system, rng = Ising2D(4, 3.0), np.random.default_rng(0)
    rows, held_out = system.sample(2000, rng), system.sample(2000, rng)
    own = latent_integral(model, torch.Generator()).log_marginal(torch.from_numpy(held_out).float())
    laws = {"the truth": system.log_prob(held_out)}
    found = examine_unknown_law(
        model, RowSet(rows), RowSet(held_out), seed=1, laws=laws, log_prob=own.numpy()
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
    first, again = (
        examine_unknown_law(model, RowSet(rows[:200]), RowSet(rows[200:]), seed=3) for _ in range(2)
    )
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
        examine_unknown_law(model, RowSet(x), RowSet(x), seed=0)


def with_gaps(rows, share, rng):
    """Of every row a share of the entries is not observed, and something wrong stands there."""
    observed = rng.random(rows.shape) > share
    return RowSet(np.where(observed, rows, 1), None, observed)


def test_gaps_hide_nothing_but_themselves(model):
    """Draws of the model have the gaps of the data, so that the gaps tell nothing."""
    rng = np.random.default_rng(0)
    own = [with_gaps(model.sample(2000, rng), 0.3, rng) for _ in range(2)]
    found = examine_unknown_law(model, *own, seed=1, planted=[0.1])
    assert found.missing == 0
    assert found.reasons[0].startswith("Certificate (critic of")
    assert found.reasons[1] == GAPS
    system = Ising2D(4, 3.0)
    others = [with_gaps(system.sample(2000, rng), 0.3, rng) for _ in range(2)]
    assert examine_unknown_law(model, *others, seed=1).answer == Answer.NOT_FAITHFUL


def test_too_few_rows_leave_it_undecided_and_say_how_many_are_needed(model):
    rows = model.sample(100, np.random.default_rng(0))
    found = examine_unknown_law(model, RowSet(rows), RowSet(rows[:30]), seed=0)
    assert found.answer == Answer.UNDECIDED
    assert found.reasons[0] == "30 rows are held out, where 40 at least are needed."
    grouped = RowSet(rows, np.arange(100) // 40)
    assert too_few(grouped, grouped) == "Rows of 3 groups are for training, where 4 at least are needed."


def test_two_groups_are_enough_for_a_critic_and_not_for_the_capacity(model):
    rows = RowSet(model.sample(400, np.random.default_rng(0)), np.arange(400) // 20)
    held_out = RowSet(model.sample(100, np.random.default_rng(1)), np.arange(100) // 50)
    found = examine_unknown_law(model, rows, held_out, seed=0, planted=[])
    assert found.answer == Answer.UNDECIDED
    assert FEW_GROUPS in found.reasons
    assert found.information is None


def test_a_law_without_latents_is_judged_too(model):
    rng = np.random.default_rng(0)
    law = IndependentLaw(Spin(), np.zeros(N))
    own = [RowSet(law.sample(2000, rng)) for _ in range(2)]
    assert examine_unknown_law(law, *own, seed=0, planted=[0.1]).missing == 0
    others = [RowSet(model.sample(2000, rng)) for _ in range(2)]
    assert examine_unknown_law(law, *others, seed=0).answer == Answer.NOT_FAITHFUL


def test_other_laws_need_the_models_own_score(model):
    rows = RowSet(model.sample(100, np.random.default_rng(0)))
    with pytest.raises(InputError, match=r"^log_prob = "):
        examine_unknown_law(model, rows, rows, seed=0, laws={"other": np.zeros(100)})
