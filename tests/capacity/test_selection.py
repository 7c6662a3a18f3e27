"""The rule for the number of collective variables."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.capacity.selection import SIGMAS, fewest, fewest_of
from mfvae.stats import Estimate


def rule(nats: dict[int, float], stderr: float = 0.1) -> int:
    found = fewest(nats, lambda k, more: Estimate(nats[k] - nats[more], stderr))
    single = {k: Estimate(value, stderr / np.sqrt(2)) for k, value in nats.items()}
    assert fewest_of(single) == found
    return found


@pytest.mark.parametrize(
    ("nats", "expected"),
    [
        ({1: 20.0, 2: 19.0, 3: 19.0}, 2),
        ({1: 20.0, 2: 19.0, 3: 18.0}, 3),
        ({2: 19.0, 1: 19.2, 4: 19.1}, 1),
        ({1: 19.0, 2: 19.2, 3: 18.0}, 3),  # what comes last decides, even past a worse one
        ({5: 3.0}, 5),
    ],
)
def test_the_smallest_that_none_betters(nats, expected):
    assert rule(nats) == expected


def test_three_standard_errors_decide():
    nats = {1: 0.0, 2: -1.0}
    assert rule(nats, 1.01 / SIGMAS) == 1
    assert rule(nats, 0.99 / SIGMAS) == 2
    with pytest.raises(ValueError, match="at least"):
        fewest([], lambda k, more: Estimate(0.0, 0.0))


def test_it_does_not_depend_on_the_order_of_the_numbers():
    rng = np.random.default_rng(0)
    for _ in range(20):
        nats = dict(zip(range(1, 6), rng.normal(size=5), strict=True))
        shuffled = {k: nats[k] for k in rng.permutation(list(nats)).tolist()}
        assert rule(nats) == rule(shuffled)
