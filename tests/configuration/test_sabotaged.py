"""Hundreds of configurations with a fault put in at random: each is refused in a line that names it."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.workflow.settings.configuration import check_configuration
from tests.configuration.changes import BASE, SCHEMA

Place = tuple[str | int, ...]
MAY_BE_NEGATIVE = {"h"}
MAY_BE_NULL = {"patterns", "file"}


def places(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every part of the configuration with the keys that lead to it."""
    yield place, value
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from places(inner, (*place, key))


EVERYWHERE = list(places(BASE))
NUMBERS = [
    place for place, value in EVERYWHERE if isinstance(value, int | float) and place[-2:-1] != ("h",)
]
TEXTS = [place for place, value in EVERYWHERE if isinstance(value, str)]
BLOCKS = [place for place, value in EVERYWHERE if isinstance(value, dict | list) and value and place]
CLOSED = [  # blocks whose keys the schema names, others than blocks of named models or parameters
    place
    for place, value in EVERYWHERE
    if isinstance(value, dict)
    and not {"only", "grid", "scaling", "pathvars"} & set(place)
    and place[-1:] not in {("systems",), ("models",), ("baselines",)}
]
ROUND = [
    place for place in NUMBERS if isinstance(dict(EVERYWHERE)[place], int) and place[0] != "scaling"
]
text = st.text(max_size=12)
no_number = st.none() | st.booleans() | text | st.lists(text, max_size=2) | st.dictionaries(text, text)
no_text = st.booleans() | st.floats() | st.integers() | st.dictionaries(text, text)
not_finite = st.sampled_from([math.nan, math.inf, -math.inf])
negative = st.integers(max_value=-1) | st.floats(max_value=-1e-9, allow_infinity=False)
FAULTS = {  # kind → (where, what is put there)
    "no number": (NUMBERS, no_number),
    "not finite": (NUMBERS, not_finite),
    "negative": (NUMBERS, negative),
    "between whole numbers": (ROUND, st.integers(1, 10**6).map(lambda n: n + 0.5)),
    "no text": (TEXTS, no_text),
    "no block": (BLOCKS, st.booleans() | text | st.floats() | st.integers()),
    "unknown key": (CLOSED, text.filter(lambda key: key not in str(SCHEMA))),
}


def sabotaged(place: Place, value: Any) -> Any:
    config = copy.deepcopy(BASE)
    *parents, last = place
    block = config
    for key in parents:
        block = block[key]
    block[last] = value
    return config


def assert_refused(config: Any, place: Place) -> None:
    with pytest.raises(InputError) as caught:
        check_configuration(config, SCHEMA)
    error = caught.value
    assert len(str(error).splitlines()) == 1
    assert str(error).startswith(" ".join(f"{error.field} = ".splitlines()))
    assert error.allowed
    assert str(place[0]) in error.field


@pytest.mark.parametrize("kind", FAULTS)
@settings(max_examples=80)
@given(data=st.data())
def test_a_configuration_with_a_fault_is_refused_in_one_line(kind: str, data: st.DataObject) -> None:
    where, what = FAULTS[kind]
    place = data.draw(st.sampled_from(where), "place")
    value = data.draw(what, "value")
    if kind == "unknown key":
        place, value = (*place, value), "red"
    assert_refused(sabotaged(place, value), place)


def test_twin_without_a_fault_it_is_accepted() -> None:
    check_configuration(BASE, SCHEMA)
    place = ("systems", "curie_weiss", "n_samples")
    check_configuration(sabotaged(place, dict(EVERYWHERE)[place]), SCHEMA)
