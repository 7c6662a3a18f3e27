"""Generators belong to (seed, name), and to nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfvae.random import generator, integer_seed, seed_words
from tests.helpers.statistics import assert_within_floor

NAMES = [f"samples/hopfield/N~{n}/p~{p}" for n in (64, 100, 256) for p in (1, 2, 3)]


@given(st.integers(0, 2**63), st.text())
def test_the_same_seed_and_name_give_the_same_stream(seed, name):
    assert generator(seed, name).random(8).tolist() == generator(seed, name).random(8).tolist()
    assert integer_seed(seed, name) == integer_seed(seed, name)


@given(st.integers(0, 2**63), st.text(), st.integers(0, 2**63), st.text())
def test_another_seed_or_name_gives_another_stream(seed, name, other_seed, other_name):
    same = (seed, name) == (other_seed, other_name)
    assert (seed_words(seed, name) == seed_words(other_seed, other_name)) == same
    assert (integer_seed(seed, name) == integer_seed(other_seed, other_name)) == same
    first, second = generator(seed, name).random(4), generator(other_seed, other_name).random(4)
    assert (first.tolist() == second.tolist()) == same


def test_streams_do_not_depend_on_the_order_of_calls():
    forward = {name: generator(7, name).random(5).tolist() for name in NAMES}
    np.random.seed(0)  # noqa: NPY002 — the global state must not matter either
    generator(7, "something else").random(1000)
    backward = {name: generator(7, name).random(5).tolist() for name in reversed(NAMES)}
    assert forward == backward


def assert_streams_are_uncorrelated(streams: list[np.ndarray]) -> None:
    """Correlations of standard normal streams of length n have variance 1/n (36 comparisons)."""
    stacked = np.array(streams)
    pairs = np.triu_indices(len(stacked), k=1)
    correlations = (stacked @ stacked.T / stacked.shape[1])[pairs]
    assert_within_floor(correlations, 0.0, stacked.shape[1] ** -0.5)


def test_streams_of_different_names_are_uncorrelated():
    assert_streams_are_uncorrelated([generator(7, name).standard_normal(10_000) for name in NAMES])


def test_twin_streams_that_share_a_generator_are_caught():
    streams = [generator(7, name).standard_normal(10_000) for name in NAMES]
    streams[3] = 0.06 * streams[5] + np.sqrt(1 - 0.06**2) * streams[3]
    with pytest.raises(AssertionError, match="floors"):
        assert_streams_are_uncorrelated(streams)


def test_integer_seeds_fit_pytorch():
    seeds = [integer_seed(seed, name) for seed in range(200) for name in NAMES]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**62  # not merely 32 bits
    for seed in (min(seeds), max(seeds)):
        torch.Generator().manual_seed(seed)
