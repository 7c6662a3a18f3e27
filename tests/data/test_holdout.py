"""What is held out: whole groups, blocks with gaps, random rows, or what the files say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.data import hold_out, load
from mfvae.data.configurations import Configurations
from mfvae.data.select import rows_of
from mfvae.errors import InputError


def of_rows(n: int, groups: np.ndarray | None = None, split: np.ndarray | None = None) -> Configurations:
    """Independent spins (n, 3)."""
    array = np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int8), size=(n, 3))
    return Configurations(array, groups=groups, split=split)


def parts_in(parts: np.ndarray) -> dict[str, int]:
    return {name: int((parts == name).sum()) for name in ("train", "valid", "test", "gap")}


@given(st.integers(12, 60), st.integers(1, 7), st.integers(0, 3))
def test_groups_stay_whole_and_shares_hold(n_groups, size, seed):
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(n_groups), size))
    parts = hold_out(of_rows(len(groups), groups), "group", share=0.2, valid=0.1, seed=seed)
    by_group = [set(parts[groups == group]) for group in range(n_groups)]
    assert all(len(found) == 1 for found in by_group)
    taken = parts_in(parts)
    assert taken["test"] == size * round(0.2 * n_groups)
    assert taken["valid"] == size * max(1, round(0.1 * n_groups))
    assert taken["gap"] == 0


@given(st.integers(300, 1500), st.sampled_from([0.1, 0.2, 0.4]), st.integers(0, 3), st.integers(0, 5))
def test_blocks_have_gaps_between_training_and_what_is_held_out(n, share, gap, seed):
    parts = hold_out(of_rows(n), "block", share=share, valid=0.1, gap=gap, seed=seed)
    places = {name: np.flatnonzero(parts == name) for name in ("train", "valid", "test")}
    for one, other in (("train", "test"), ("train", "valid"), ("valid", "test")):
        nearest = np.abs(places[one][:, None] - places[other][None]).min()
        assert nearest > gap
    taken = parts_in(parts)
    assert taken["test"] == pytest.approx(share * n, abs=0.2 * share * n + 2)
    edges = np.count_nonzero(parts[1:] != parts[:-1])
    assert taken["gap"] <= gap * edges
    assert (taken["gap"] > 0) == (gap > 0)


def test_the_gap_is_as_long_as_rows_remember():
    rng = np.random.default_rng(1)
    slow = np.repeat(rng.choice(np.array([-1, 1], dtype=np.int8), size=(2500, 4)), 8, axis=0)
    parts = hold_out(Configurations(slow), "block")
    runs = np.diff(np.flatnonzero(np.diff(np.r_[0, parts == "gap", 0].astype(int))))[::2]
    # blocks of 8 equal rows: τ = ½ + Σ (1 − t/8) = 4
    assert 30 <= runs.min() <= 50
    assert parts_in(hold_out(of_rows(20_000), "block"))["gap"] == 0


@given(st.integers(20, 400), st.integers(0, 5))
def test_random_rows(n, seed):
    parts = hold_out(of_rows(n), "random", share=0.25, valid=0.25, seed=seed)
    taken = parts_in(parts)
    assert taken["test"] == taken["valid"] == round(0.25 * n)
    assert sum(taken.values()) == n
    np.testing.assert_array_equal(
        parts, hold_out(of_rows(n), "random", share=0.25, valid=0.25, seed=seed)
    )


def test_another_seed_holds_out_other_rows():
    data = of_rows(400, np.repeat(np.arange(40), 10))
    for rule in ("group", "block", "random"):
        assert (hold_out(data, rule, seed=0) != hold_out(data, rule, seed=1)).any()


def test_what_the_files_say_is_kept_and_validation_taken_from_training():
    split = np.repeat(["train", "test"], [200, 50])
    groups = np.repeat(np.arange(25), 10)
    data = of_rows(250, groups, split)
    np.testing.assert_array_equal(hold_out(data), split)
    parts = hold_out(data, valid=0.2)
    np.testing.assert_array_equal(parts == "test", split == "test")
    assert parts_in(parts)["valid"] == 40
    for group in range(25):
        assert len(set(parts[groups == group])) == 1
    given_valid = of_rows(250, split=np.repeat(["train", "valid", "test"], [150, 50, 50]))
    np.testing.assert_array_equal(hold_out(given_valid, valid=0.2), given_valid.split)


def test_the_rule_follows_from_the_data():
    groups, split = np.repeat(np.arange(30), 10), np.repeat(["train", "test"], 150)
    for data, rule in ((of_rows(300, groups, split), "given"), (of_rows(300, groups), "group")):
        np.testing.assert_array_equal(hold_out(data), hold_out(data, rule))
    np.testing.assert_array_equal(hold_out(of_rows(300)), hold_out(of_rows(300), "block"))


@pytest.mark.parametrize(
    ("data", "options", "field"),
    [
        (of_rows(100), {"rule": "group"}, "rule"),
        (of_rows(100), {"rule": "given"}, "rule"),
        (of_rows(100), {"rule": "every tenth"}, "rule"),
        (of_rows(100), {"share": 1.0}, "share"),
        (of_rows(100), {"share": -0.1}, "share"),
        (of_rows(100), {"share": float("nan")}, "share"),
        (of_rows(100), {"share": 0.5, "valid": 0.5}, "share"),
        (of_rows(100), {"gap": -1}, "gap"),
        (of_rows(100), {"gap": 99}, "gap"),
        (of_rows(100, np.zeros(100, dtype=int)), {"rule": "group"}, "share"),  # a single group
        (of_rows(2), {"rule": "random", "share": 0.9}, "share"),
        (of_rows(20, split=np.repeat(["test"], 20)), {}, "share"),
    ],
)
def test_what_cannot_be_held_out_is_refused(data, options, field):
    with pytest.raises(InputError) as caught:
        hold_out(data, **options)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


def test_the_parts_of_loaded_data_have_their_rows():
    words = np.random.default_rng(2).integers(2, size=(200, 5))
    data = load(words, groups=20, missing="allow")
    held_out = hold_out(data) == "test"
    test = rows_of(data, held_out)
    np.testing.assert_array_equal(test.array, 2 * words[held_out] - 1)
    np.testing.assert_array_equal(test.groups, data.groups[held_out])
    np.testing.assert_array_equal(test.order, np.arange(20))
