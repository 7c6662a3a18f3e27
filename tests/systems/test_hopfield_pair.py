"""Two overlapping patterns: brute force, two Curie–Weiss models inside, patterns, samples, bad input."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.systems import build, system_class
from mfvae.systems.binary_patterns import gauge_classes
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import HopfieldPair, agreeing_sites, pattern_pair
from tests.helpers.curie_weiss import half_half
from tests.helpers.pattern_models import (
    BruteForce,
    first_half,
    information_by_marginals,
    rate_by_mixture,
)
from tests.helpers.statistics import all_configurations, assert_law, assert_within_floor, shuffled_sites

SEED = 11
DRAWS = 60_000

each_small_point = pytest.mark.parametrize(
    ("overlap", "beta"), [(c, beta) for c in (-0.6, 0.0, 0.2, 0.8) for beta in (0.5, 1.0, 1.6)]
)


# -- brute force -----------------------------------------------------------------------------------
@each_small_point
def test_exact_numbers_by_enumeration(overlap, beta):
    """Weights exp(½ Σ_ij J_ij x_i x_j) with Hebb's J = β/N (ξ_1 ξ_1ᵀ + ξ_2 ξ_2ᵀ) written out."""
    model = HopfieldPair(10, overlap, beta, SEED)
    x = all_configurations(10).astype(float)
    hebb = beta / 10 * sum(np.outer(pattern, pattern) for pattern in model.patterns.T)
    weights = 0.5 * np.einsum("bi,ij,bj->b", x, hebb, x)
    log_prob = weights - logsumexp(weights)
    probability = np.exp(log_prob)
    assert model.log_partition == pytest.approx(logsumexp(weights), rel=1e-12)
    assert model.entropy() == pytest.approx(-probability @ log_prob, abs=1e-11)
    np.testing.assert_allclose(model.log_prob(x), log_prob, atol=1e-11)
    m = x @ model.patterns / 10
    states = model.collective_states / 10
    np.testing.assert_allclose(
        model.moment(states[:, :, None] * states[:, None, :]), m.T * probability @ m, atol=1e-12
    )
    assert model.exact_observables() == {
        "mean_abs_order_parameter": pytest.approx(probability @ np.abs(m[:, 0]), abs=1e-12),
        "order_parameter_squared": pytest.approx(probability @ (m**2).sum(1), abs=1e-12),
    }


@each_small_point
def test_information_by_enumeration(overlap, beta):
    model = HopfieldPair(10, overlap, beta, SEED)
    brute = BruteForce(model)
    found = {part.split: part.estimate.value for part in model.bipartite_information(0, None)}
    half = information_by_marginals(brute, first_half(model))
    assert found["half"] == pytest.approx(half, abs=1e-11)
    dealt = np.empty(10, dtype=bool)
    dealt[np.argsort(model.patterns.prod(1), kind="stable")] = np.arange(10) % 2 == 0
    assert found["balanced"] == pytest.approx(information_by_marginals(brute, dealt), abs=1e-11)
    assert found["balanced"] >= half - 1e-11


@pytest.mark.parametrize(("overlap", "beta"), [(-0.5, 0.6), (0.25, 1.0), (0.75, 1.4)])
def test_channel_rate_against_an_explicit_mixture(overlap, beta):
    model = HopfieldPair(8, overlap, beta, SEED)
    fine, coarse = (rate_by_mixture(model, BruteForce(model), nodes) for nodes in (24, 18))
    assert fine == pytest.approx(coarse, abs=1e-6)  # the reference itself has converged
    assert model.channel_rate() == pytest.approx(fine, abs=1e-6)


# -- the two Curie–Weiss models inside -------------------------------------------------------------
def parts_of(n_sites: int, overlap: float, beta: float) -> tuple[CurieWeiss, CurieWeiss]:
    """Curie–Weiss models of the sites where the patterns agree and of those where they differ."""
    agreeing = round(n_sites * (1 + overlap) / 2)
    sizes = agreeing, n_sites - agreeing
    return tuple(CurieWeiss(size, 2 * beta * size / n_sites) for size in sizes)


@pytest.mark.parametrize("n_sites", [40, 160])
@pytest.mark.parametrize("overlap", [-0.3, 0.0, 0.2, 0.6])
@pytest.mark.parametrize("beta", [0.5, 1 / 1.2, 2.0])
def test_a_pair_is_two_independent_curie_weiss_models(n_sites, overlap, beta):
    pair, parts = HopfieldPair(n_sites, overlap, beta, SEED), parts_of(n_sites, overlap, beta)
    for number in ("log_partition", "entropy", "channel_rate"):
        whole, *both = (
            getattr(model, number) if number == "log_partition" else getattr(model, number)()
            for model in (pair, *parts)
        )
        assert whole == pytest.approx(sum(both), abs=1e-9)
    balanced = pair.bipartite_information(0, None)[1].estimate.value
    assert balanced == pytest.approx(sum(map(half_half, parts)), abs=1e-9)


GROWTH = [  # overlap, β, coefficient of ln N
    (0.0, 1.0, 0.5), (0.0, 0.9, 0.0), (0.5, 1.0, 0.0), (0.5, 2 / 3, 0.25), (0.5, 0.6666667, 0.25),
    (0.5, 2.0, 0.25), (-0.5, 2 / 3, 0.25), (-0.5, 2.0, 0.25), (0.5, 0.6, 0.0), (0.5, 3.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("overlap", "beta", "growth"), GROWTH)
def test_information_grows_with_the_number_of_critical_directions(overlap, beta, growth):
    """Fourfold N adds growth · log 4 to I(x;φ); corrections, N^−½ and 1/N(1 − β)², are below 0.01 here.

    The ordered direction at β = 2 has log 2 at every size, and no part in the increment.
    """
    assert HopfieldPair(16, overlap, beta, SEED).information_growth() == growth
    less, more = (
        sum(part.channel_rate() for part in parts_of(n, overlap, beta)) for n in (16_384, 65_536)
    )
    assert more - less == pytest.approx(growth * np.log(4), abs=0.01)


def test_twin_a_temperature_beside_the_critical_one_has_no_growth():
    assert HopfieldPair(16, 0.5, 0.66667, SEED).information_growth() == 0


# -- patterns --------------------------------------------------------------------------------------
@given(st.integers(1, 200), st.floats(-1, 1), st.integers(0, 2**32 - 1))
def test_the_overlap_is_the_nearest_that_there_is(half, overlap, seed):
    """To one site: 1/N, and exactly at all multiples of 2/N."""
    n = 2 * half
    first, second = pattern_pair(n, overlap, seed).T
    assert set(first) | set(second) <= {-1.0, 1.0}
    assert abs(first @ second / n - overlap) <= 1 / n + 1e-12
    agreeing = int((first == second).sum())
    assert agreeing == agreeing_sites(n, overlap)
    exactly = pattern_pair(n, 2 * agreeing / n - 1, seed)
    np.testing.assert_array_equal(exactly, np.stack([first, second], axis=1))


@pytest.mark.parametrize(("overlap", "sizes"), [(-0.36, {32, 68}), (0.0, {50}), (0.5, {25, 75})])
def test_both_classes_have_their_sizes(overlap, sizes):
    model = build("hopfield_pair", {"N": 100, "overlap": overlap, "beta": 1.0}, SEED)
    assert set(gauge_classes(model.patterns)[1]) == sizes


def assert_unbiased(patterns: np.ndarray, overlap: float) -> None:
    """Means of both patterns vanish, and of their product on each half it is the overlap: four floors.

    Signs of sites are independent; agreeing sites are drawn without replacement, which spreads less.
    """
    n = len(patterns)
    assert_within_floor(patterns.mean(0), 0.0, n**-0.5)
    half = patterns[: n // 2].prod(1).mean()
    assert_within_floor(half, overlap, np.sqrt((1 - overlap**2) / n))


def test_patterns_are_unbiased_in_a_random_gauge():
    assert_unbiased(pattern_pair(40_000, 0.3, SEED), 0.3)


def test_twin_a_fixed_gauge_or_sites_in_a_row_are_caught():
    patterns = pattern_pair(40_000, 0.3, SEED)
    with pytest.raises(AssertionError, match="floors"):
        assert_unbiased(patterns * patterns[:, :1], 0.3)
    in_a_row = patterns[:, :1] * np.where(np.arange(40_000)[:, None] < 26_000, 1, [1, -1])
    with pytest.raises(AssertionError, match="floors"):
        assert_unbiased(in_a_row, 0.3)


def test_patterns_are_quenched():
    """They depend on seed, N and overlap, and not on temperature; the first not on the overlap."""
    cold, hot, near, other = (
        build("hopfield_pair", {"N": 40, "overlap": c, "beta": beta}, seed).patterns
        for c, beta, seed in [(0.5, 2.0, 5), (0.5, 0.5, 5), (0.4, 2.0, 5), (0.5, 2.0, 6)]
    )
    np.testing.assert_array_equal(cold, hot)
    np.testing.assert_array_equal(cold[:, 0], near[:, 0])
    assert (cold[:, 1] != near[:, 1]).sum() == 2
    assert (other[:, 0] != cold[:, 0]).any()
    assert (other.prod(1) != cold.prod(1)).any()  # other sites agree


# -- samples ---------------------------------------------------------------------------------------
SAMPLED = [(0.4, 0.6), (-0.2, 1.2), (0.7, 2.0)]


@cache
def samples_at(overlap: float, beta: float) -> np.ndarray:
    rng = np.random.default_rng(int(1000 * beta))
    return HopfieldPair(100, overlap, beta, SEED).sample(DRAWS, rng)


def assert_law_of_both_classes(x: np.ndarray, overlap: float, beta: float) -> None:
    """χ² of the sum of ξ_1 x over each class against the law of its Curie–Weiss model."""
    first, second = pattern_pair(100, overlap, SEED).T
    for members, part in zip(
        (first == second, first != second), parts_of(100, overlap, beta), strict=True
    ):
        up = ((x * first)[:, members] > 0).sum(1)
        assert_law(up, part.collective_law[np.argsort(part.collective_states[:, 0])])


@pytest.mark.parametrize(("overlap", "beta"), SAMPLED)
def test_law_of_samples(overlap, beta):
    assert_law_of_both_classes(samples_at(overlap, beta), overlap, beta)


WRONG = {
    "overlap dropped": lambda overlap, beta: samples_at(0.0, beta),
    "overlap off by one pair of sites": lambda overlap, beta: samples_at(overlap - 0.02, beta),
    "overlap reversed": lambda overlap, beta: samples_at(-overlap, beta),
    "another temperature": lambda overlap, beta: samples_at(overlap, 1.05 * beta),
    "shuffled": lambda *point: shuffled_sites(samples_at(*point), np.random.default_rng(5)),
    "sites in another order": lambda *point: samples_at(*point)[:, ::-1],
}


@pytest.mark.parametrize(("overlap", "beta"), SAMPLED)
@pytest.mark.parametrize("wrong", WRONG)
def test_twin_wrong_samples_are_caught(wrong, overlap, beta):
    with pytest.raises(AssertionError, match="floors"):
        assert_law_of_both_classes(WRONG[wrong](overlap, beta), overlap, beta)


# -- parameters ------------------------------------------------------------------------------------
@pytest.mark.parametrize("build_or_check", [build, lambda name, *rest: system_class(name).check(*rest)])
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("overlap", 1, "below 1 − 1/N = 0.99"), ("overlap", -1.0, "below"), ("overlap", 1.5, "below"),
        ("overlap", 0.995, "agree at one site"), ("overlap", -0.99, "differ at another"),
        ("overlap", float("nan"), "below"), ("overlap", float("inf"), "below"),
        ("beta", 0, "> 0"), ("N", 99, "even"), ("N", 10_000, "lower N"),
    ],
)  # fmt: skip
def test_unusable_parameters_are_refused_by_name(build_or_check, field, value, allowed):
    with pytest.raises(InputError) as caught:
        build_or_check("hopfield_pair", {"N": 100, "overlap": 0.2, "beta": 1.0} | {field: value}, 1)
    message = str(caught.value)
    assert message.startswith(f"{field} = {value!r}: ")
    assert allowed in message
    assert "\n" not in message


def test_the_largest_overlaps_leave_one_site_apart():
    for overlap, agreeing in [(0.98, 99), (-0.98, 1), (0.9899, 99)]:
        model = build("hopfield_pair", {"N": 100, "overlap": overlap, "beta": 1.0}, 1)
        assert (model.patterns.prod(1) > 0).sum() == agreeing
        assert model.collective_law.sum() == pytest.approx(1, abs=1e-12)
