"""Points of a grid and their spelling in paths."""

from __future__ import annotations

import math
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.workflow.settings.points import grid_points, parse, spell

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True)
values = st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False))
points = st.dictionaries(names, values, min_size=1, max_size=5)


@given(points)
def test_parse_inverts_spell(point):
    parsed = parse(spell(point))
    assert parsed == point
    assert list(parsed) == list(point)
    assert [type(value) for value in parsed.values()] == [type(value) for value in point.values()]


@given(points, points)
def test_different_points_are_spelled_differently(first, second):
    same = list(first.items()) == list(second.items()) and [*map(repr, first.values())] == [
        *map(repr, second.values())
    ]
    assert (spell(first) == spell(second)) == same


def test_spelling_is_that_of_the_paths():
    assert spell({"N": 64, "beta": 1.0}) == "N~64/beta~1.0"
    assert parse("N~64/beta~1.0") == {"N": 64, "beta": 1.0}


@pytest.mark.parametrize(
    "text",
    [
        "", "N", "N~", "~64", "N~64/", "/N~64", "N~64//beta~1", "N~x", "N~--5", "N~6 4", "N~²",
        "N~64~65", "N=64",
    ],
)  # fmt: skip
def test_what_is_not_a_point_is_refused_by_name(text):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.field == "point"
    assert str(caught.value).startswith(f"point = {text!r}: ")
    assert "name~number" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_grid_is_all_combinations_in_written_order():
    points = grid_points({"N": [64, 256], "beta": [0.5, 1.0, 1.5]})
    assert points == [{"N": n, "beta": beta} for n in (64, 256) for beta in (0.5, 1.0, 1.5)]


def test_a_grid_is_any_mapping_of_sequences_and_is_not_changed():
    grid = MappingProxyType({"N": (64,), "beta": range(1, 3)})
    assert grid_points(grid) == [{"N": 64, "beta": 1}, {"N": 64, "beta": 2}]
    assert grid_points({}) == [{}]


@given(st.dictionaries(names, st.lists(values, min_size=1, max_size=4, unique=True), max_size=4))
def test_a_grid_has_the_product_of_its_lengths(grid):
    points = grid_points(grid)
    assert len(points) == math.prod(map(len, grid.values()))
    assert all(list(point) == list(grid) for point in points)
