"""Planted departures are as far away as they say, and a critic finds the larger ones."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.capacity.unknown_law.power import (
    Departure,
    Power,
    Tilted,
    power,
    standard_departures,
    tilted_kl,
)
from mfvae.errors import InputError
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.statistics import FACTOR, all_configurations, assert_law
from tests.helpers.vaes import cells_of

N = 8
LAW = CurieWeiss(N, 0.8)
PAIR = Departure("pair of columns 0 and 1", lambda x: x[:, 0] * x[:, 1])


def draw(n: int, rng: np.random.Generator) -> np.ndarray:
    return LAW.sample(n, rng)


def exact_tilt(planted: Tilted) -> tuple[np.ndarray, float]:
    """Probabilities of all configurations under the tilted law, and its KL from the model."""
    x = all_configurations(N)
    log_q = LAW.log_prob(x)
    log_p = log_q + planted.strength * planted.feature(x)
    log_p -= np.log(np.exp(log_p).sum())
    return np.exp(log_p), float(np.exp(log_p) @ (log_p - log_q))


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("nats", [0.1, 0.01])
def test_departures_are_as_far_as_they_say_and_drawn_from_their_law(place, nats):
    rng = np.random.default_rng(place)
    departure = standard_departures(draw(5000, rng), rng)[place]
    planted = Tilted(draw, departure, nats, rng)
    probabilities, kl = exact_tilt(planted)
    # The strength is fixed on 20,000 draws: KL ∝ t²·Var g, whose relative error is √((κ − 1)/n),
    # with a kurtosis κ of at most the square of the largest deviation, 4.
    assert abs(kl / nats - 1) < FACTOR * np.sqrt(15 / 20_000)
    assert_law(cells_of(planted(20_000, rng)), probabilities)


def test_twin_the_model_itself_is_not_the_tilted_law():
    planted = Tilted(draw, PAIR, 0.01, np.random.default_rng(0))
    probabilities, _ = exact_tilt(planted)
    with pytest.raises(AssertionError, match="floors"):
        assert_law(cells_of(draw(20_000, np.random.default_rng(1))), probabilities)


def test_kl_of_a_tilt_is_that_of_two_gaussians():
    """Tilting N(0, 1) by e^(tx) moves it by t: KL = t²/2."""
    values = np.random.default_rng(0).standard_normal(100_000)
    assert tilted_kl(values, 0.3) == pytest.approx(0.045, rel=FACTOR * np.sqrt(2 / 100_000))
    assert tilted_kl(values, 0.0) == pytest.approx(0, abs=1e-12)


def test_a_large_departure_is_found_and_a_tiny_one_is_not():
    found = power(draw, 2000, 2000, 10_000, 0, departures=[PAIR], sizes=[0.1, 1e-5])
    assert found.smallest == ((PAIR.name, 0.1),)
    assert found.resolution == 0.1
    assert "from 0.1 nats" in found.summary()


def test_more_rows_find_smaller_departures():
    sizes = [0.1, 0.03, 0.01, 0.003]
    few, many = (
        power(draw, n, n, 20_000, 1, departures=[PAIR], sizes=sizes).resolution for n in (400, 8000)
    )
    assert many is not None
    assert few is None or many < few


def test_what_no_row_shows_leaves_the_resolution_unknown():
    found = Power(100, (("a", 0.1), ("b", None)), 0.99)
    assert found.resolution is None
    assert found.summary().splitlines()[-1] == "  b: none"


def test_a_tilt_that_is_not_there_is_refused():
    constant = Departure("nothing", lambda x: np.ones(len(x)))
    with pytest.raises(ArithmeticError, match="does not change"):
        Tilted(draw, constant, 0.1, np.random.default_rng(0))
    with pytest.raises(ArithmeticError, match="no tilt is 10 nats away"):
        Tilted(draw, PAIR, 10.0, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "field"),
    [({"n_rows": 3}, "n_rows"), ({"sizes": []}, "sizes"), ({"sizes": [-1.0]}, "sizes")],
)
def test_bad_input_is_named(change, field):
    given = {"n_train": 100, "n_rows": 100, "n_draws": 100, "seed": 0} | change
    with pytest.raises(InputError, match=f"^{field} = "):
        power(draw, **given)


def test_a_pair_takes_two_columns_that_change():
    with pytest.raises(InputError, match=r"^draws = 1: "):
        standard_departures(np.array([[1.0, 0.0], [1.0, 1.0]]), np.random.default_rng())
