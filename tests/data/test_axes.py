"""No axis is guessed that could be another: names, customs, and refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mfvae.data import load
from mfvae.data.axes import axes_of, parse_axes
from mfvae.errors import InputError

GRID = (np.random.default_rng(0).random((4, 30, 5)) < 0.4).astype(np.uint8)  # groups × rows × sites


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_named_axes_are_arranged_in_any_order(order):
    names = [("trials", "bins", "neurons")[axis] for axis in order]
    data = load(GRID.transpose(order), axes=names)
    np.testing.assert_array_equal(data.array, 2 * GRID.reshape(120, 5).astype(int) - 1)
    np.testing.assert_array_equal(data.groups, np.repeat(np.arange(4), 30))
    np.testing.assert_array_equal(data.order, np.tile(np.arange(30), 4))
    assert (data.units["group"], data.units["row"], data.units["site"]) == ("trial", "bin", "neuron")
    text = load(GRID.transpose(order), axes=" ".join(names))
    np.testing.assert_array_equal(text.array, data.array)


def test_three_axes_are_refused_unless_named():
    with pytest.raises(InputError, match=r"4 × 30 × 5.*'groups sites rows'"):
        load(GRID)


@pytest.mark.parametrize("shape", [(5, 5), (5, 30)])
def test_as_many_sites_as_rows_or_more_are_refused_unless_named(shape):
    words = np.random.default_rng(1).integers(2, size=shape)
    words[0], words[1] = 0, 1
    with pytest.raises(
        InputError, match="say axes='rows sites' if this is so, 'sites rows' if"
    ) as caught:
        load(words)
    assert caught.value.field == "axes"
    assert load(words, axes="rows sites").array.shape == shape
    turned = load(words, axes="sites rows", constant_sites="keep")
    np.testing.assert_array_equal(turned.array, 2 * words.T - 1)


def test_a_custom_is_refused_where_it_would_be_unlikely():
    assert axes_of((9, 3, 40), None, "spin", "x", "repeats neurons bins") == [
        "repeats",
        "neurons",
        "bins",
    ]
    with pytest.raises(InputError, match="'repeats rows sites' if it is turned"):
        axes_of((9, 40, 3), None, "spin", "x", "repeats neurons bins")


@pytest.mark.parametrize(
    "axes", ["rows", "rows columns neurons", "rows bins sites", "sites groups", "rows sites moods", ""]
)
def test_names_that_are_no_axes_or_the_same_are_refused(axes):
    with pytest.raises(InputError) as caught:
        parse_axes(axes)
    assert caught.value.field == "axes"


def test_names_must_be_as_many_as_axes():
    with pytest.raises(InputError, match="3 axes"):
        load(GRID, axes="rows sites")
    with pytest.raises(InputError, match="no components"):
        load(GRID, axes="rows sites components")
    with pytest.raises(InputError) as caught:
        load(GRID, axes="groups rows sites", groups=5)
    assert caught.value.field == "groups"


def test_three_axes_without_names_are_refused_with_what_can_be_said():
    with pytest.raises(InputError) as caught:
        load(np.arange(24).reshape(2, 3, 4) % 2)
    assert "axes='groups rows sites' for 2 groups of 3 rows of 4 sites" in str(caught.value)
    assert "axes='groups sites rows' for 3 sites in 4 rows of each group" in str(caught.value)


def test_places_in_long_groups_do_not_wrap():
    words = (np.arange(2 * 70_000) % 3 > 0).reshape(70_000, 2)
    data = load(words, groups=70_000)
    np.testing.assert_array_equal(data.order, np.arange(70_000))
