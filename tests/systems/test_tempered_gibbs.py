"""Replica exchange for Hopfield models: the exact law where patterns can be counted, and a refusal."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.systems import tempered_gibbs
from mfvae.systems.hopfield import Hopfield, random_patterns
from mfvae.systems.tempered_gibbs import CHAINS, draw, ladder_to

FLOORS = 4.5  # standard errors: 36 comparisons of a correct sampler exceed it once in 4,000 runs
POINTS = [(60, 3, 0.8), (60, 3, 1.2), (60, 3, 1.6), (40, 4, 1.3), (100, 3, 1.5), (40, 4, 0.5)]


def moments(x: np.ndarray, patterns: np.ndarray) -> dict[str, np.ndarray]:
    """Numbers of every configuration: its energy, overlaps one by one and together."""
    m = x @ patterns / len(patterns)
    return {
        "energy": (m**2).sum(1),
        "one overlap": m[:, 0] ** 2,
        "fourth power": (m**4).sum(1),
        "sixth power": (m**6).sum(1),
        "largest overlap": np.abs(m).max(1),
        "two condensed": np.sort(np.abs(m), axis=1)[:, -2],
    }


def distances(found: np.ndarray, exact: np.ndarray, patterns: np.ndarray) -> dict[str, float]:
    """Differences of means in standard errors, those of the chains from the scatter between them."""
    distance = {}
    for (name, one), other in zip(
        moments(found, patterns).items(), moments(exact, patterns).values(), strict=True
    ):
        of_chains = one.reshape(CHAINS, -1).mean(1).std(ddof=1) / np.sqrt(CHAINS)
        stderr = np.hypot(of_chains, other.std(ddof=1) / np.sqrt(len(other)))
        distance[name] = abs(one.mean() - other.mean()) / stderr
    return distance


@pytest.mark.parametrize(("n_sites", "n_patterns", "beta"), POINTS)
def test_moments_are_those_of_the_exact_law(n_sites, n_patterns, beta):
    patterns = random_patterns(n_sites, n_patterns, 0)
    found = draw(patterns, beta, CHAINS * 200, np.random.default_rng(1), thin=5)
    exact = Hopfield(patterns, beta).sample(20_000, np.random.default_rng(2))
    assert max(distances(found.x, exact, patterns).values()) < FLOORS
    assert found.betas[-1] == beta
    assert (found.exchanged > 0.2).all()


def test_twin_another_temperature_is_caught():
    patterns = random_patterns(60, 3, 0)
    found = draw(patterns, 1.2, CHAINS * 200, np.random.default_rng(1), thin=5)
    exact = Hopfield(patterns, 1.22).sample(20_000, np.random.default_rng(2))
    assert max(distances(found.x, exact, patterns).values()) > FLOORS


def test_twin_an_exchange_that_is_always_accepted_is_caught(monkeypatch):
    """Without detailed balance between copies cold chains are hotter than they say."""
    monkeypatch.setattr(tempered_gibbs.np, "log", lambda u: np.full_like(u, -np.inf))
    patterns = random_patterns(60, 3, 0)
    found = draw(patterns, 1.2, CHAINS * 50, np.random.default_rng(1), thin=5)
    exact = Hopfield(patterns, 1.2).sample(20_000, np.random.default_rng(2))
    assert max(distances(found.x, exact, patterns).values()) > FLOORS


def test_chains_that_did_not_mix_are_refused(monkeypatch):
    """One cold copy alone stays in the well in which it began."""
    monkeypatch.setattr(tempered_gibbs, "ladder_to", lambda beta, *_: np.array([beta]))
    with pytest.raises(ArithmeticError, match="did not mix"):
        draw(random_patterns(200, 5, 0), 1.8, CHAINS * 20, np.random.default_rng(1), thin=1)


def test_the_same_seed_gives_the_same_draws():
    patterns = random_patterns(40, 4, 0)
    one, two = (draw(patterns, 0.9, 3000, np.random.default_rng(7)).x for _ in range(2))
    assert one.shape == (3000, 40)
    assert set(np.unique(one)) == {-1, 1}
    np.testing.assert_array_equal(one, two)


def test_hot_models_need_no_copies():
    assert ladder_to(0.4, 100, 3).tolist() == [0.4]
    ladder = ladder_to(1.5, 200, 10)
    assert (ladder[0], ladder[-1]) == (0.6, 1.5)
    assert (np.diff(ladder) > 0).all()


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("patterns", (np.zeros((10, 2)), 1.0, 10)),
        ("patterns", (np.ones(10), 1.0, 10)),
        ("beta", (np.ones((10, 2)), 0.0, 10)),
        ("beta", (np.ones((10, 2)), float("nan"), 10)),
        ("n", (np.ones((10, 2)), 1.0, 0)),
    ],
)
def test_what_is_no_model_is_refused(field, arguments):
    with pytest.raises(InputError) as caught:
        draw(*arguments, np.random.default_rng(0))
    assert caught.value.field == field
