"""Bounds that the metadata of dataclasses declare."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from mfvae.bounds import check_fields
from mfvae.errors import InputError


@dataclass(frozen=True)
class Recipe:
    depth: int = field(default=1, metadata={"help": "of a net", "minimum": 1, "most": 9})
    widths: tuple[int, ...] = field(default=(3,), metadata={"help": "of layers", "minimum": 2})
    step: float = field(default=0.5, metadata={"help": "of a walk", "minimum": 0.0, "maximum": 1.0})
    kind: str = field(default="a", metadata={"help": "of it", "choices": ("a", "b")})

    def __post_init__(self) -> None:
        check_fields(self)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"depth": 0}, "depth = 0: a number ≥ 1 is needed"),
        ({"widths": ()}, "widths = (): a list of at least 1 is needed"),
        ({"widths": (3, 1)}, "widths = (3, 1): a number ≥ 2 is needed"),
        ({"step": 1.5}, "step = 1.5: a number ≤ 1 is needed"),
        ({"step": math.nan}, "step = nan: a number ≥ 0 is needed"),
        ({"kind": "c"}, "kind = 'c': one of a, b is needed"),
    ],
)
def test_values_out_of_bounds_are_refused_by_field(given, line):
    with pytest.raises(InputError) as caught:
        Recipe(**given)
    assert str(caught.value) == line


def test_edges_are_allowed_and_code_may_go_beyond_what_a_configuration_may():
    Recipe(depth=1, widths=(2, 2), step=0.0)
    Recipe(depth=10, step=1.0, kind="b")
