"""Every exact number of a binary-pattern model against brute force over all 2^N configurations.

Here p(x) ∝ exp(½ Σ_ij J_ij x_i x_j + Σ_i h_i x_i) with the full matrix J = βJ ξξᵀ/N and h_i = ξ_i·h.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.systems.base import MeanFieldSystem, System
from mfvae.systems.binary_patterns import (
    SAMPLE_BLOCK,
    BinaryPatternModel,
    count_configurations,
    count_states,
    gauge_classes,
)
from tests.helpers.pattern_models import (
    AnyPatterns,
    BruteForce,
    first_half,
    information_by_marginals,
    rate_by_mixture,
)
from tests.helpers.statistics import assert_law, assert_within_floor, shuffled_sites

DRAWS = 200_000


def random_model(n_sites: int, n_patterns: int, beta: float, field: float = 0.0) -> BinaryPatternModel:
    """Random patterns, except that a single one is uniform: Curie–Weiss."""
    rng = np.random.default_rng([n_sites, n_patterns])
    patterns = rng.choice([-1, 1], size=(n_sites, n_patterns))
    if n_patterns == 1:
        patterns[:] = 1
    fields = field * np.linspace(1.0, -0.5, n_patterns)
    return AnyPatterns(patterns, beta, fields)


CASES = [
    (n, k, beta, field)
    for n, k in [(2, 1), (9, 1), (12, 1), (6, 2), (12, 2), (11, 3), (12, 3)]
    for beta, field in [(0.5, 0.0), (1.0, 0.3), (2.0, 0.0), (1.5, -0.1)]
]


@pytest.fixture
def model(request) -> BinaryPatternModel:
    return random_model(*request.param)


@pytest.fixture
def brute(model) -> BruteForce:
    return BruteForce(model)


every_case = pytest.mark.parametrize("model", CASES, indirect=True, ids=str)


@every_case
def test_log_partition_and_entropy(model, brute):
    assert model.log_partition == pytest.approx(brute.log_partition, rel=1e-12)
    assert model.entropy() == pytest.approx(-(brute.prob @ brute.log_prob), rel=1e-10)


@every_case
def test_log_prob_of_every_configuration(model, brute):
    log_prob = model.log_prob(brute.x)
    np.testing.assert_allclose(log_prob, brute.log_prob, rtol=1e-11)
    assert logsumexp(log_prob) == pytest.approx(0, abs=1e-11)


@every_case
def test_law_of_the_collective_vector(model, brute):
    law = brute.law_of_collective()
    states = list(map(tuple, model.collective_states.tolist()))
    assert len(set(states)) == len(states)
    assert set(states) == set(law)
    np.testing.assert_allclose(model.collective_law, [law[state] for state in states], rtol=1e-10)
    m = brute.collective / model.n_sites
    np.testing.assert_allclose(model.order_parameters(brute.x), m, atol=1e-15)


@every_case
def test_moments(model, brute):
    m = brute.collective / model.n_sites
    exact = np.einsum("b,bk,bl->kl", brute.prob, m, m)
    found = model.collective_states / model.n_sites
    np.testing.assert_allclose(model.moment(found[:, :, None] * found[:, None, :]), exact, atol=1e-13)


@every_case
def test_exact_observables(model, brute):
    m = brute.collective / model.n_sites
    assert model.exact_observables() == {
        "mean_abs_order_parameter": pytest.approx(brute.prob @ np.abs(m[:, 0]), abs=1e-12),
        "order_parameter_squared": pytest.approx(brute.prob @ (m**2).sum(1), abs=1e-12),
    }


@every_case
def test_fisher_information_is_the_curvature_of_log_z(model, brute):
    """Var(N|m|²/2) = d² log Z / d(βJ)², by brute force and by finite differences."""
    conjugate = (brute.collective.astype(float) ** 2).sum(1) / (2 * model.n_sites)
    exact = brute.prob @ conjugate**2 - (brute.prob @ conjugate) ** 2
    assert model.fisher_information() == pytest.approx(exact, abs=1e-10)
    step = 1e-3
    below, here, above = (
        AnyPatterns(model.patterns, model.coupling + shift, model.field).log_partition
        for shift in (-step, 0, step)
    )
    assert (below - 2 * here + above) / step**2 == pytest.approx(exact, rel=1e-4, abs=1e-5)


# -- information -----------------------------------------------------------------------------------


@every_case
def test_bipartite_information_from_explicit_marginals(model, brute):
    """Of the half, and of random splits of every size."""
    rng = np.random.default_rng(model.n_sites)
    splits = [first_half(model)]
    for size in range(1, model.n_sites):
        splits.append(rng.permutation(model.n_sites) < size)
    for in_a in splits:
        exact = information_by_marginals(brute, in_a)
        assert model.bipartite_mi(in_a) == pytest.approx(exact, abs=1e-11)
        assert model.bipartite_mi(~in_a) == pytest.approx(exact, abs=1e-11)


def test_twin_the_information_of_another_split_differs():
    """The checks above can tell splits apart: one site moved across is seen."""
    model = random_model(12, 3, 1.2, 0.1)
    brute, in_a = BruteForce(model), first_half(model)
    moved = in_a.copy()
    moved[7] = True
    assert abs(model.bipartite_mi(in_a) - information_by_marginals(brute, moved)) > 1e-3


def evenly_dealt(model: BinaryPatternModel) -> list[np.ndarray]:
    """Every half of the sites that has half of each class of equal sites, to one site."""
    rows = (model.patterns * model.patterns[:, :1]).tolist()
    classes = [
        np.array([row == other for row in rows]) for other in {tuple(r): r for r in rows}.values()
    ]
    halves = []
    for chosen in combinations(range(model.n_sites), model.n_sites // 2):
        in_a = np.isin(np.arange(model.n_sites), chosen)
        if all(abs(2 * in_a[members].sum() - members.sum()) <= 1 for members in classes):
            halves.append(in_a)
    return halves


HALVED = [case for case in CASES if case[0] in (6, 12) and case[1] > 1]


@pytest.mark.parametrize("model", HALVED, indirect=True, ids=str)
def test_every_split_is_known_exactly(model, brute):
    found = {part.split: part for part in model.bipartite_information(0, np.random.default_rng())}
    assert set(found) == {"half", "balanced"}
    assert all((part.kind, part.estimate.stderr) == ("exact", 0.0) for part in found.values())
    half = information_by_marginals(brute, first_half(model))
    assert found["half"].estimate.value == pytest.approx(half, abs=1e-11)
    dealt = [information_by_marginals(brute, in_a) for in_a in evenly_dealt(model)[:40]]
    assert dealt
    assert np.abs(np.array(dealt) - found["balanced"].estimate.value).min() < 1e-11
    assert found["balanced"].estimate.value >= half - 1e-11  # it asks the most of a channel


def test_a_balanced_split_couples_what_a_half_leaves_apart():
    """Two classes, one on each half: the halves know nothing of each other, dealt classes do.

    With ξ_2 = ±1 on the halves |M|² = 2 (M_A² + M_B²): two Curie–Weiss models side by side.
    """
    second = np.repeat([1.0, -1.0], 6)
    model = AnyPatterns(np.column_stack([np.ones(12), second]), 1.5, np.zeros(2))
    found = {part.split: part.estimate.value for part in model.bipartite_information(0, None)}
    one = AnyPatterns(np.ones((6, 1)), 1.5, np.zeros(1))
    assert found["half"] == pytest.approx(0, abs=1e-12)
    assert found["balanced"] == pytest.approx(2 * one.bipartite_mi(first_half(one)), abs=1e-11)
    assert found["balanced"] > 0.2


def test_one_class_of_sites_has_one_split():
    model = random_model(12, 1, 1.2, 0.1)
    (found,) = model.bipartite_information(0, np.random.default_rng())
    assert found.split == "half"
    anywhere = np.arange(12) % 2 == 0
    assert found.estimate.value == pytest.approx(model.bipartite_mi(anywhere), abs=1e-12)


def test_bipartite_information_in_several_blocks(monkeypatch):
    model = random_model(40, 2, 1.2, 0.1)
    whole = model.bipartite_mi(first_half(model))
    monkeypatch.setattr("mfvae.systems.binary_patterns.BLOCK_PAIRS", 1000)
    assert model.bipartite_mi(first_half(model)) == pytest.approx(whole, abs=1e-11)


@every_case
def test_hubbard_stratonovich_integral_is_the_partition_function(model, brute):
    """∫dφ ρ(φ) = Z (2πβJ/N)^{K/2}: trapezoid rule, exact to rounding for smooth decaying integrands."""
    k, width = model.n_patterns, np.sqrt(model.coupling / model.n_sites)
    edge = model.coupling + 9 * width
    axis, step = np.linspace(-edge, edge, {1: 2001, 2: 301, 3: 81}[k], retstep=True)
    grid = np.array(list(product(axis, repeat=k)))
    log_integral = logsumexp(model.log_hs_density(grid)) + k * np.log(step)
    expected = brute.log_partition + k / 2 * np.log(2 * np.pi * width**2)
    assert log_integral == pytest.approx(expected, abs=1e-9)


@every_case
def test_hubbard_stratonovich_density_site_by_site(model):
    phi = np.random.default_rng(0).normal(size=(20, model.n_patterns))
    site_fields = (phi + model.field) @ model.patterns.T
    quadratic = model.n_sites * (phi**2).sum(1) / (2 * model.coupling)
    explicit = np.log(2 * np.cosh(site_fields)).sum(1) - quadratic
    np.testing.assert_allclose(model.log_hs_density(phi), explicit, rtol=1e-12)


@pytest.mark.parametrize(
    "model",
    [(2, 1, 0.5, 0.0), (9, 1, 1.0, 0.3), (12, 1, 1.5, 0.0), (12, 1, 2.0, 0.2), (12, 2, 0.5, 0.0)]
    + [(8, 2, 1.5, 0.2), (6, 3, 1.0, 0.0)],
    indirect=True,
    ids=str,
)
def test_channel_rate_against_an_explicit_mixture(model, brute):
    fine, coarse = (rate_by_mixture(model, brute, nodes) for nodes in (24, 18))
    assert fine == pytest.approx(coarse, abs=1e-6)  # the reference itself has converged
    assert model.channel_rate() == pytest.approx(fine, abs=1e-6)


# -- counting --------------------------------------------------------------------------------------
pattern_arrays = st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(0, 2**32 - 1)).map(
    lambda a: np.random.default_rng(a[2]).choice([-1, 1], size=a[:2])
)


@given(pattern_arrays)
def test_all_configurations_are_counted(patterns):
    states, log_count = count_configurations(patterns)
    n_sites = len(patterns)
    assert logsumexp(log_count) == pytest.approx(n_sites * np.log(2), rel=1e-12)
    # Free spins: ⟨M⟩ = 0 and ⟨M_μ M_ν⟩ = (ξᵀξ)_μν.
    p = np.exp(log_count - n_sites * np.log(2))
    np.testing.assert_allclose(p @ states, 0, atol=1e-9)
    np.testing.assert_allclose((states * p[:, None]).T @ states, patterns.T @ patterns, atol=1e-8)
    assert len(states) <= count_states(gauge_classes(patterns)[1])


@given(pattern_arrays)
def test_classes_hold_every_site_once(patterns):
    rows, sizes = gauge_classes(patterns)
    assert sizes.sum() == len(patterns)
    assert len(rows) <= 2 ** (patterns.shape[1] - 1)
    matches = (patterns[:, None, :] == rows).all(-1) | (patterns[:, None, :] == -rows).all(-1)
    np.testing.assert_array_equal(matches.sum(0), sizes)
    np.testing.assert_array_equal(matches.sum(1), 1)


@given(pattern_arrays, st.floats(0.1, 2.0), st.integers(0, 2**32 - 1))
def test_flipping_a_site_in_all_its_patterns_changes_no_exact_number(patterns, beta, seed):
    flips = np.random.default_rng(seed).choice([-1, 1], size=(len(patterns), 1))
    field = np.linspace(-0.2, 0.3, patterns.shape[1])
    one, other = (AnyPatterns(xi, beta, field) for xi in (patterns, flips * patterns))
    assert one.log_partition == pytest.approx(other.log_partition, rel=1e-12)
    assert one.entropy() == pytest.approx(other.entropy(), rel=1e-9)


def test_states_that_cannot_be_indexed_are_refused():
    with pytest.raises(InputError) as caught:
        count_configurations(np.ones((1000, 6)))
    assert caught.value.field == "p"


# -- samples ---------------------------------------------------------------------------------------
SAMPLED = [(8, 1, 1.0, 0.2), (8, 1, 1.5, 0.0), (8, 2, 0.8, 0.0), (8, 3, 1.2, 0.1)]


def samples_of(model: BinaryPatternModel) -> np.ndarray:
    return model.sample(DRAWS, np.random.default_rng(20260))


def assert_every_configuration_has_its_probability(x: np.ndarray, brute: BruteForce) -> None:
    """χ² over all 256 configurations."""
    binary = 1 << np.arange(x.shape[1])[::-1]
    assert_law((x > 0) @ binary, brute.prob)


@pytest.mark.parametrize("model", SAMPLED, indirect=True, ids=str)
def test_samples_have_the_law_of_all_configurations(model, brute):
    assert_every_configuration_has_its_probability(samples_of(model), brute)


def assert_observables(x: np.ndarray, model: BinaryPatternModel, brute: BruteForce) -> None:
    """Each within its floor, and with an error that is the floor to a twentieth."""
    m = brute.collective / model.n_sites
    values = {
        "mean_abs_order_parameter": np.abs(m[:, 0]),
        "order_parameter_squared": (m**2).sum(1),
    }
    found = model.observables(x)
    assert found.keys() == values.keys() == model.exact_observables().keys()
    for name, exact in model.exact_observables().items():
        variance = brute.prob @ (values[name] - exact) ** 2
        floor = np.sqrt(variance / len(x))
        assert_within_floor(found[name].value, exact, floor)
        assert found[name].stderr == pytest.approx(floor, rel=0.05)


@pytest.mark.parametrize("model", SAMPLED, indirect=True, ids=str)
def test_observables_of_samples(model, brute):
    assert_observables(samples_of(model), model, brute)
    with pytest.raises(AssertionError, match="floors"):
        assert_observables(colder(model), model, brute)


def test_order_parameters_in_several_blocks(monkeypatch):
    model = random_model(10, 2, 1.0)
    x = model.sample(50, np.random.default_rng(3))
    monkeypatch.setattr("mfvae.systems.base.BLOCK", 7)
    np.testing.assert_allclose(model.order_parameters(x), x @ model.patterns / 10, atol=1e-7)


def test_systems_are_what_the_rest_of_the_library_asks_for():
    model = random_model(10, 2, 1.0)
    assert isinstance(model, MeanFieldSystem)
    for abstract in (System, MeanFieldSystem, BinaryPatternModel):
        with pytest.raises(TypeError, match="abstract"):
            abstract()


def colder(model):
    return samples_of(AnyPatterns(model.patterns, 1.05 * model.coupling, model.field))


def more_field(model):
    return samples_of(AnyPatterns(model.patterns, model.coupling, model.field + 0.02))


def without_noise(model):
    """Spins in the field of M itself instead of an exact draw of φ around it."""
    rng = np.random.default_rng(20261)
    drawn = rng.choice(len(model.collective_law), size=DRAWS, p=model.collective_law)
    phi = model.coupling / model.n_sites * model.collective_states[drawn]
    return model.site_family.sample((phi + model.field) @ model.patterns.T, rng)


def shuffled(model):
    return shuffled_sites(samples_of(model), np.random.default_rng(20262))


def permuted_sites(model):
    return samples_of(model)[:, ::-1]


@pytest.mark.parametrize("model", SAMPLED, indirect=True, ids=str)
@pytest.mark.parametrize("wrong", [colder, more_field, without_noise, shuffled])
def test_twin_wrong_samples_fail_the_law_of_all_configurations(model, brute, wrong):
    with pytest.raises(AssertionError, match="floors"):
        assert_every_configuration_has_its_probability(wrong(model), brute)


@pytest.mark.parametrize("model", [case for case in SAMPLED if case[1] > 1], indirect=True, ids=str)
def test_twin_sites_in_the_wrong_order_fail_the_law_of_all_configurations(model, brute):
    with pytest.raises(AssertionError, match="floors"):
        assert_every_configuration_has_its_probability(permuted_sites(model), brute)


def test_samples_are_spins_and_belong_to_their_generator():
    model = random_model(10, 2, 1.0)
    n = SAMPLE_BLOCK + 7
    first, again, other = (model.sample(n, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (n, 10)
    assert first.dtype == np.int8
    assert set(np.unique(first)) == {-1, 1}
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("n", [1, SAMPLE_BLOCK, SAMPLE_BLOCK + 1, 2 * SAMPLE_BLOCK])
def test_any_number_of_samples_can_be_drawn(n):
    x = random_model(4, 1, 50.0, 5.0).sample(n, np.random.default_rng(0))
    np.testing.assert_array_equal(x, np.ones((n, 4)))  # so cold, and in a field: all spins up
