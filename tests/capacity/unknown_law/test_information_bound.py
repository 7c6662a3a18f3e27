"""I(A;B) from below by the model's pointwise information, where I(A;B) is known exactly."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mfvae.capacity.bipartitions import Bipartition, halves
from mfvae.capacity.unknown_law.confidence import LowerBound
from mfvae.capacity.unknown_law.information_bound import information_lower_bound, pointwise_information
from mfvae.errors import InputError
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from tests.helpers.exact_sums import exact_sum
from tests.helpers.statistics import FACTOR, assert_mean

ROWS = 4000
SYSTEMS = [
    pytest.param(CurieWeiss(32, 1.0), id="Curie–Weiss, critical"),
    pytest.param(CurieWeiss(32, 1.5), id="Curie–Weiss, ordered"),
    pytest.param(Hopfield(random_patterns(24, 2, seed=3), 1.5), id="Hopfield"),
]


def rows_of(system, seed: int, n: int = ROWS) -> np.ndarray:
    return system.sample(n, np.random.default_rng([2026, seed]))


def bound_of(system, law):
    rows = rows_of(system, 0), rows_of(system, 1)
    return information_lower_bound(law, *rows, [halves(system.n_sites)], np.random.default_rng(0))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_bound_is_below_the_exact_value_and_within_a_tenth(system):
    exact = system.bipartite_mi(halves(system.n_sites).first)
    found = bound_of(system, exact_sum(system))
    assert found.lower <= exact
    assert found.estimate.value - FACTOR * found.estimate.stderr <= exact
    assert found.estimate.value + FACTOR * found.estimate.stderr >= 0.9 * exact
    assert FACTOR * found.estimate.stderr < 0.3 * exact  # else the line above says nothing
    assert found.lower > 0.75 * exact


def test_a_poor_model_gives_a_weaker_bound_and_no_wrong_one():
    system = CurieWeiss(32, 1.5)
    exact = system.bipartite_mi(halves(32).first)
    right = bound_of(system, exact_sum(system))
    poor = bound_of(system, exact_sum(system, factor=1.5))
    assert poor.lower < right.lower <= exact


REPETITIONS = 60
EXACT = CurieWeiss(16, 1.5).bipartite_mi(halves(16).first)


@cache
def repeated(copies: int, grouped: bool, factor: float = 1.0) -> list[LowerBound]:
    """Bounds from 60 data sets of 400 / ``copies`` independent rows, each there so many times.

    By the law of patterns that are ``factor`` times the right ones.
    """
    system = CurieWeiss(16, 1.5)
    law = exact_sum(system, factor)
    groups = np.repeat(np.arange(400 // copies), copies) if grouped else None
    found = []
    for seed in range(REPETITIONS):
        rows = [np.repeat(rows_of(system, 2 * seed + k, 400 // copies), copies, axis=0) for k in (0, 1)]
        bound = information_lower_bound(
            law,
            *rows,
            [halves(16)],
            np.random.default_rng(seed),
            selection_groups=groups,
            estimation_groups=groups,
            confidence=0.9,
        )
        found.append(bound)
    return found


def errors_too_small_by(found: list[LowerBound]) -> float:
    """Scatter of the estimates over the error that they state."""
    values = [bound.estimate.value for bound in found]
    errors = [bound.estimate.stderr for bound in found]
    return float(np.std(values, ddof=1) / np.sqrt(np.mean(np.square(errors))))


# A scatter of 60 normal values is uncertain by 1/√(2 · 59) of itself.
MOST = 1 + FACTOR / np.sqrt(2 * (REPETITIONS - 1))


@pytest.mark.parametrize(("copies", "grouped"), [(1, False), (10, True)])
def test_estimates_scatter_no_more_than_they_state(copies, grouped):
    assert errors_too_small_by(repeated(copies, grouped)) <= MOST


@pytest.mark.parametrize(
    ("copies", "grouped", "factor"), [(1, False, 1.0), (10, True, 1.0), (1, False, 0.7), (1, False, 1.4)]
)
def test_limits_are_above_the_exact_value_no_more_often_than_stated(copies, grouped, factor):
    """At 90 %: a share of 0.1 exceeds 0.1 + 4 √(0.1 · 0.9 / 60) once in 16,000. Poor laws, too."""
    share = np.mean([bound.lower > EXACT for bound in repeated(copies, grouped, factor)])
    assert share <= 0.1 + FACTOR * np.sqrt(0.1 * 0.9 / REPETITIONS)


def test_twin_copied_rows_without_groups_scatter_more_than_they_state():
    assert errors_too_small_by(repeated(20, grouped=False)) > MOST


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_mean_pointwise_information_is_the_exact_one(system):
    import torch

    first = halves(system.n_sites).first
    x = torch.from_numpy(rows_of(system, 5)).float()
    values = pointwise_information(exact_sum(system), x, first).numpy()
    assert_mean(values, system.bipartite_mi(first), values.var(ddof=1))


def test_the_worst_bipartition_is_chosen():
    """Of two independent models: to part each of them asks for more than to part one from the other."""
    system = Hopfield(np.repeat(np.eye(2), 8, axis=0) * np.sqrt(2), 1.5)  # two Curie–Weiss models
    together = Bipartition("apart from each other", np.arange(16) < 8)
    across = Bipartition("through both", np.arange(16) % 2 == 0)
    found = information_lower_bound(
        exact_sum(system),
        sampled_blocks(0),
        sampled_blocks(1),
        [together, across],
        np.random.default_rng(0),
    )
    assert found.name == "through both"
    assert found.found


def sampled_blocks(seed: int) -> np.ndarray:
    """Two independent Curie–Weiss models of eight spins, side by side."""
    rng = np.random.default_rng([7, seed])
    return np.hstack([CurieWeiss(8, 1.5).sample(ROWS, rng) for _ in range(2)])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bipartitions": []}, "bipartitions"),
        ({"bipartitions": [halves(30)]}, "sites of halves"),
        ({"selection": np.ones((10, 32))}, "selection"),
        ({"estimation": np.full((100, 32), np.nan)}, "estimation"),
        ({"confidence": 1.5}, "confidence"),
    ],
)
def test_bad_input_is_named(change, field):
    x = rows_of(CurieWeiss(32, 1.0), 0, 100)
    given = {"selection": x, "estimation": x, "bipartitions": [halves(32)]} | change
    with pytest.raises(InputError, match=f"^{field} = "):
        information_lower_bound(exact_sum(CurieWeiss(32, 1.0)), rng=np.random.default_rng(), **given)
