"""Sites that never change are set aside by name, and scored by Laplace's rule of succession."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mfvae.data import load
from mfvae.data.constant import (
    constant_sites,
    counts_of_ones,
    drop_constant_sites,
    laplace_nats,
    score_of_constant_sites,
    score_of_dropped_sites,
)
from mfvae.errors import InputError

N_TRAIN = 40


@pytest.fixture
def with_constant() -> np.ndarray:
    """Words (60, 6): site 1 is silent, site 4 always +1, site 2 silent in the first 40 rows alone."""
    words = (np.random.default_rng(5).random((60, 6)) < 0.5).astype(int)
    words[:, 1], words[:, 4], words[:N_TRAIN, 2] = 0, 1, 0
    words[N_TRAIN : N_TRAIN + 3, 2] = 1
    return words


def train() -> np.ndarray:
    return np.arange(60) < N_TRAIN


def test_constant_sites_are_set_aside_by_name_with_a_notice(with_constant):
    data = load(with_constant)
    np.testing.assert_array_equal(data.array, 2 * with_constant[:, [0, 2, 3, 5]] - 1)
    assert data.site_names == ("0", "2", "3", "5")
    assert data.record["kept_sites"] == [0, 2, 3, 5]
    assert data.record["constant_sites"] == [
        {"name": "1", "index": 1, "among": "all rows", "ones": 0, "rows": 60},
        {"name": "4", "index": 4, "among": "all rows", "ones": 60, "rows": 60},
    ]
    assert "set aside, as they never change: 2 sites (1, 4)" in data.describe()


def test_sites_that_are_constant_in_training_alone_follow(with_constant):
    data = load(with_constant)
    np.testing.assert_array_equal(constant_sites(data), [])
    np.testing.assert_array_equal(constant_sites(data, train()), [1])
    fewer = drop_constant_sites(data, train())
    np.testing.assert_array_equal(fewer.array, 2 * with_constant[:, [0, 3, 5]] - 1)
    added = fewer.record["constant_sites"][2]
    assert added == {"name": "2", "index": 2, "among": "some rows", "ones": 0, "rows": N_TRAIN}
    assert "never change in the rows for training: 1 sites (2)" in fewer.describe()
    assert fewer.record["kept_sites"] == [0, 3, 5]
    assert drop_constant_sites(fewer, train()) is fewer


def test_constant_sites_can_be_kept_or_refused(with_constant):
    kept = load(with_constant, constant_sites="keep")
    np.testing.assert_array_equal(constant_sites(kept), [1, 4])
    with pytest.raises(InputError, match="2 sites never change") as caught:
        load(with_constant, constant_sites="refuse")
    assert caught.value.value == "1, 4"
    with pytest.raises(InputError, match="two sites that change are needed, 2 of 3"):
        load(with_constant[:, [0, 1, 4]])


def test_a_site_that_changes_only_where_it_was_not_observed_is_constant():
    words = np.array([[0.0, 1, 0], [np.nan, 0, 1], [0, 1, 1], [0, 0, np.nan]] * 3)
    data = load(words, missing="allow")
    assert data.record["constant_sites"][0]["rows"] == 9
    assert data.n_sites == 2
    assert not data.observed.all()


def test_real_and_director_sites_that_are_constant():
    numbers = np.random.default_rng(6).normal(size=(30, 4))
    numbers[:, 2] = 3.5
    assert load(numbers, site="gaussian").site_names == ("0", "1", "3")
    vectors = np.random.default_rng(6).normal(size=(30, 4, 3))
    vectors[:, 1] = [0, 0, 1]
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    assert load(vectors, site="director").site_names == ("0", "2", "3")


# -- the score --------------------------------------------------------------------------------------
def test_the_rule_of_succession():
    """One success in no trial has ½; the sun that rose n times rises again with (n + 1)/(n + 2)."""
    nats = laplace_nats(*map(np.array, ([0, 9, 0], [0, 9, 8], [1, 1, 0], [1, 1, 1])))
    np.testing.assert_allclose(nats, -np.log([1 / 2, 10 / 11, 9 / 10]), rtol=1e-14)


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_rule_is_the_mean_over_all_rates(ones, zeros):
    """p = ∫ p^(k+1) (1−p)^(n−k) dp / ∫ p^k (1−p)^(n−k) dp, by quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    rate = (nodes + 1) / 2
    likelihood = weights * rate**ones * (1 - rate) ** zeros
    expected = (likelihood * rate).sum() / likelihood.sum()
    got = laplace_nats(*(np.array([n]) for n in (ones, ones + zeros, 1, 1)))
    np.testing.assert_allclose(np.exp(-got), expected, rtol=1e-12)


def test_held_out_rows_are_scored_with_the_odds_of_training(with_constant):
    data = load(with_constant, constant_sites="keep")
    score = score_of_constant_sites(data, train(), ~train())
    ones = int(with_constant[N_TRAIN:, 2].sum())
    expected = -2 * 20 * np.log(41 / 42) - ones * np.log(1 / 42) - (20 - ones) * np.log(41 / 42)
    assert score == pytest.approx(expected / 20, rel=1e-14)
    assert np.isfinite(score)


def test_sites_that_load_set_aside_have_one_score_for_every_row(with_constant):
    data = load(with_constant)
    kept = load(with_constant[:, [0, 1, 3, 4, 5]], constant_sites="keep")
    expected = score_of_constant_sites(kept, train(), ~train())
    assert score_of_dropped_sites(data, N_TRAIN) == pytest.approx(expected, rel=1e-14)
    assert score_of_dropped_sites(load(with_constant[:, [0, 3, 5]]), N_TRAIN) == 0


@given(arrays(np.int8, (12, 3), elements=st.sampled_from([-1, 0, 1])), st.data())
def test_counts_are_of_observed_entries_of_chosen_rows(spins, data):
    rows = data.draw(arrays(bool, 12))
    ones, seen = counts_of_ones(spins, rows, spins != 0)
    np.testing.assert_array_equal(ones, (spins[rows] == 1).sum(0))
    np.testing.assert_array_equal(seen, (spins[rows] != 0).sum(0))


def test_scores_do_not_depend_on_what_was_not_observed(with_constant):
    data = load(with_constant, constant_sites="keep")
    observed = np.ones(with_constant.shape, dtype=bool)
    observed[::2, 1] = False
    partly = replace(data, array=np.where(observed, data.array, 0).astype(np.int8), observed=observed)
    full = score_of_constant_sites(data, train(), ~train())
    change = 10 * np.log(22 / 21) - 20 * np.log(42 / 41)
    got = score_of_constant_sites(partly, train(), ~train())
    assert got == pytest.approx(full + change / 20, rel=1e-12)
