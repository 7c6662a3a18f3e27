"""Two values become −1 and +1, whatever they are called; what is unclear is refused in one line."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mfvae.data import load
from mfvae.errors import InputError

TYPES = ("?", "i1", "u1", "i2", "u4", "i8", "f2", "f4", "f8", "U3")


def refusal(source: Any, **options: Any) -> InputError:
    """The InputError that ``load`` raises, whose message is one line."""
    with pytest.raises(InputError) as caught:
        load(source, **options)
    assert "\n" not in str(caught.value)
    return caught.value


def bits(words: Any, **options: Any) -> bytes:
    data = load(words, axes="rows sites", constant_sites="keep", **options)
    assert data.array.dtype == np.int8
    assert data.observed is None
    return data.array.tobytes()


two_valued = arrays(
    np.uint8, st.tuples(st.integers(2, 30), st.integers(2, 6)), elements=st.integers(0, 1)
)


@given(two_valued.filter(lambda words: len(np.unique(words)) == 2))
def test_all_codings_of_two_values_give_the_same_bits(words):
    expected = np.where(words > 0, 1, -1).astype(np.int8).tobytes()
    for type_ in TYPES:
        as_text = words.astype("i1").astype(type_) if type_ == "U3" else words.astype(type_)
        assert bits(as_text) == expected
    signs = 2 * words.astype(np.int8) - 1
    assert bits(signs) == bits(signs.astype(float)) == bits(signs.astype("U2")) == expected
    assert bits(words + 1) == bits(words.astype(float) - 0.5) == bits(words * 7.5 - 3) == expected
    assert bits(np.where(words, "yes", "no"), values={"yes": 1, "no": 0}) == expected
    assert bits(np.where(words, "a", "b"), values=("b", "a")) == expected
    assert bits(words * 3, threshold=1) == bits(words.astype(np.uint8) * 5, clip=True) == expected
    assert bits(1 - words, values={0: 1, 1: -1}) == expected


@given(st.data())
def test_several_values_and_missing_ones_are_read_as_declared(data):
    codes = data.draw(arrays(np.int64, (20, 3), elements=st.sampled_from([1, 6, 7, 9])))
    codes[0], codes[1] = 1, 6
    loaded = load(codes, values={1: 1, 6: 0}, missing=[7, 9], constant_sites="keep")
    np.testing.assert_array_equal(loaded.array, np.select([codes == 1, codes == 6], [1, -1], 0))
    known = loaded.observed if loaded.observed is not None else np.ones(codes.shape, dtype=bool)
    np.testing.assert_array_equal(known, codes < 7)
    by_none = load(codes, values={1: 1, 6: 0, 7: None, 9: None}, constant_sites="keep")
    np.testing.assert_array_equal(by_none.array, loaded.array)


def test_half_spins_are_spins_and_zeros_among_them_are_refused():
    """Three values are no spins: zero may be a missing spin, or a state of its own."""
    halves = np.random.default_rng(0).choice([-0.5, 0.5], size=(50, 3))
    np.testing.assert_array_equal(load(halves).array, np.sign(halves))
    halves[3, 1] = 0
    assert refusal(halves).field == "values"
    assert not load(halves, missing=[0]).observed[3, 1]


# -- what is unclear --------------------------------------------------------------------------------
def random_counts(high: int) -> np.ndarray:
    counts = np.random.default_rng(1).integers(high + 1, size=(40, 5))
    counts[0, 0] = high
    return counts


def test_counts_are_refused_with_their_share_or_clipped_with_a_record():
    counts = random_counts(3)
    share = f"{100 * (counts > 1).mean():.3g} %"
    error = refusal(counts)
    assert error.field == "clip"
    assert share in str(error)
    assert "up to 3" in str(error)
    data = load(counts, clip=True)
    np.testing.assert_array_equal(data.array, np.where(counts > 0, 1, -1))
    assert data.record["clipped"] == {
        "entries": int((counts > 1).sum()),
        "share": (counts > 1).mean(),
        "counts": int((counts - 1)[counts > 1].sum()),
    }
    assert share in data.describe()
    np.testing.assert_array_equal(load(counts, threshold=1).array, np.where(counts > 1, 1, -1))


@pytest.mark.parametrize(
    ("array", "options", "field"),
    [
        (np.array([["no", "yes"]] * 9), {}, "values"),  # no alphabet decides what is +1
        (np.array([["no", "yes", "1"]] * 9), {}, "values"),
        (random_counts(3) + 1, {}, "values"),
        (random_counts(3) - 1, {"clip": True}, "clip"),
        (random_counts(3) / 2, {"clip": True}, "clip"),
        (np.arange(30_000).reshape(10_000, 3), {}, "values"),
        (np.arange(30_000).reshape(10_000, 3), {"clip": True}, "clip"),
        (np.zeros((9, 3)), {}, "values"),
        (random_counts(1), {"values": {0: 0, 1: 1}, "threshold": 0.5}, "values"),
        (random_counts(1), {"threshold": 0.5, "clip": True}, "values"),
        (random_counts(2), {"values": {0: 0, 1: 1}}, "values"),
        (random_counts(1), {"values": {0: 0, 1: 2}}, "values"),
        (random_counts(1), {"values": {0: 0, 1: 0}}, "values"),
        (random_counts(1), {"values": {"1": 0, 1: 1}}, "values"),
        (random_counts(1), {"values": "01"}, "values"),
        (random_counts(1), {"values": (0, 1, 2)}, "values"),
        (np.array([["a", "b"]] * 9), {"threshold": 1}, "threshold"),
        (random_counts(1), {"missing": "perhaps"}, "missing"),
        (random_counts(1), {"site": "tensor"}, "site"),
        (random_counts(1), {"site": "gaussian", "clip": True}, "site"),
        (random_counts(1), {"constant_sites": "forget"}, "constant_sites"),
        (random_counts(1), {"units": {"neuron": "cell"}}, "units"),
        (random_counts(1)[:, :1], {}, "sites"),
        (random_counts(1), {"groups": 7}, "groups"),
        (random_counts(1), {"groups": [1, 2]}, "groups"),
        (random_counts(1), {"groups": [1.0, np.nan] * 20}, "groups"),
        (random_counts(1), {"split": ["train"] * 39 + ["later"]}, "split"),
        (random_counts(1), {"bin_s": 0.02}, "bin_s"),
    ],
)
def test_what_can_be_read_in_several_ways_is_refused(array, options, field):
    assert refusal(array, **options).field == field


def test_a_message_names_the_values_and_how_many():
    words = random_counts(1)
    words[:3, 2] = 9
    assert "3 of 200 values of an array are others (9)" in str(refusal(words, values=(0, 1)))
    assert "not for {1}" in str(refusal(random_counts(1), values={"1": 0, 1: 1}))
    assert "{'no': 0, 'yes': 1}" in str(refusal(np.array([["no", "yes"]] * 9)))
    assert "3 values ('a', 'b', 'c')" in str(refusal(np.array([["a", "b"], ["b", "c"]] * 9)))


def test_two_words_in_several_spellings_are_named_with_what_joins_them():
    votes = np.array([["Yes", "no"], ["yes", "no"], ["Yes", "NO"]] * 9)
    joined = {"NO": 0, "Yes": 1, "no": 0, "yes": 1}
    assert f"values={joined}" in str(refusal(votes))
    assert f"values={joined}" in str(refusal(votes, values=("no", "yes")))
    turned = {word: 1 - number for word, number in joined.items()}
    assert f"values={turned}" in str(refusal(votes, values=("yes", "no")))
    assert "spellings" not in str(refusal(np.array([["yes", "no"], ["absent", "no"]] * 9)))
    assert load(votes, values=joined, constant_sites="keep").array.tolist() == [[1, -1]] * 27


# -- missing entries --------------------------------------------------------------------------------
def test_missing_entries_are_refused_with_their_share_unless_allowed():
    words = random_counts(1).astype(float)
    words[:4, 3] = np.nan
    error = refusal(words)
    assert error.field == "missing"
    assert "4 of 200" in str(error)
    assert "2 %" in str(error)
    assert refusal(words, missing="refuse").field == "missing"
    data = load(words, missing="allow")
    np.testing.assert_array_equal(data.observed, ~np.isnan(words))
    np.testing.assert_array_equal(data.array[np.isnan(words)], 0)
    assert data.record["missing"] == {"entries": 4, "share": 0.02, "values": []}
    assert refusal(np.full((9, 3), np.nan), missing="allow").field == "missing"


@given(arrays(np.float64, (20, 3), elements=st.sampled_from([0.0, 1.0, np.nan])))
def test_no_missing_entry_becomes_a_spin(words):
    words[:2] = [[0, 0, 0], [1, 1, 1]]
    data = load(words, missing="allow")
    expected = np.where(np.isnan(words), 0, 2 * np.nan_to_num(words) - 1)
    np.testing.assert_array_equal(data.array, expected)
    assert (data.observed is None) == (not np.isnan(words).any())


# -- other sites ------------------------------------------------------------------------------------
def test_real_numbers_are_kept():
    numbers = np.random.default_rng(2).normal(size=(50, 4))
    numbers[3, 2] = np.nan
    assert refusal(numbers, site="gaussian").field == "missing"
    data = load(numbers, site="gaussian", missing="allow")
    assert data.array.dtype == np.float32
    np.testing.assert_array_equal(data.array, numbers.astype(np.float32))
    assert refusal(np.where(numbers > 2, np.inf, numbers), site="gaussian").field == "file"
    assert refusal(np.array([["a", "b"]] * 9), site="gaussian").field == "site"


def test_directors_are_unit_vectors_of_three():
    vectors = np.random.default_rng(3).normal(size=(40, 4, 3))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    assert "160 of 160" in str(refusal(2 * vectors, site="director"))
    for array in (vectors, vectors.reshape(40, 12)):
        loaded = load(array, site="director").array
        assert loaded.shape == (40, 4, 3)
        np.testing.assert_allclose(loaded, vectors, rtol=0, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(loaded, axis=-1), 1, rtol=0, atol=3e-7)
    assert refusal(vectors.reshape(40, 12)[:, :11], site="director").field == "site"


# -- size -------------------------------------------------------------------------------------------
def test_reading_takes_a_few_times_the_memory_of_the_words():
    words = np.random.default_rng(4).random((5000, 4000)) < 0.1
    load(words[:100, :10])  # what is imported on the way
    tracemalloc.start()
    load(words)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words.nbytes < peak < 5 * words.nbytes
