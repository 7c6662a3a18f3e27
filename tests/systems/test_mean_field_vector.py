"""Mean-field XY and Heisenberg models: numbers computed elsewhere, independent integrals, samples."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.sites import _von_mises_fisher as sphere
from mfvae.systems import build
from mfvae.systems.mean_field_vector import MeanFieldHeisenberg, MeanFieldXY
from tests.helpers.statistics import assert_law, assert_mean, assert_within_floor, shuffled_sites

MODELS = {2: MeanFieldXY, 3: MeanFieldHeisenberg}
DRAWS = 20_000
POINTS = [(n, 64, beta) for n, betas in ((2, (1.0, 2.0, 3.0)), (3, (2.0, 3.0, 4.5))) for beta in betas]
each_n = pytest.mark.parametrize("n", MODELS)
each_point = pytest.mark.parametrize(("n", "n_sites", "beta"), POINTS)


def samples_at(n: int, n_sites: int, beta: float) -> np.ndarray:
    return MODELS[n](n_sites, beta).sample(DRAWS, np.random.default_rng([n, n_sites, int(1000 * beta)]))


@each_point
def test_numbers_computed_elsewhere(exact_values, n, n_sites, beta):
    """Those of n = 2, β = 1 were integrated to 1e-6."""
    reference = exact_values["mean_field_vector"][f"vector/n={n}/N={n_sites}/beta={beta:g}"]
    model = MODELS[n](n_sites, beta)
    assert model.log_partition / n_sites == pytest.approx(reference["log_partition_per_site"], abs=1e-8)
    square = model.exact_observables()["order_parameter_squared"]
    assert square == pytest.approx(reference["mean_squared_order_parameter"], abs=1e-7)
    assert model.entropy() == pytest.approx(reference["entropy_relative_to_uniform"], abs=2e-6)


@each_n
def test_two_sites_by_direct_integration(n):
    """p ∝ exp(β(2 + 2x·y)/4): Z = e^{β/2} exp A(β/2)."""
    model = MODELS[n](2, 1.3)
    partition = 0.65 + sphere.log_partition(np.array(0.65), n)
    assert model.log_partition == pytest.approx(partition, abs=1e-10)
    cosine = sphere.mean_length(np.array(0.65), n)
    assert model.exact_observables()["order_parameter_squared"] == pytest.approx(
        (1 + cosine) / 2, abs=1e-9
    )


@each_point
def test_the_marginal_of_all_sites_is_the_law_itself(n, n_sites, beta):
    model, length = MODELS[n](n_sites, beta), np.array([0.0, 3.0, 30.0, 60.0])
    expected = beta * length**2 / (2 * n_sites) - model.log_partition
    np.testing.assert_allclose(model.log_marginal(length, n_sites), expected, atol=1e-9)


@each_n
def test_a_marginal_by_averaging_over_the_other_sites(n):
    """p(x_A) = ⟨p(x_A, x_B)⟩ over independent x_B."""
    model, rng = MODELS[n](8, n - 0.5), np.random.default_rng(n)
    total = np.zeros(n)
    total[0] = 2.5
    others = model.site_family.sample(np.zeros((200_000, 4 * n)), rng).sum(1, dtype=np.float64)
    square = ((others + total) ** 2).sum(1)
    ratio = np.exp(
        model.coupling * square / 16 - model.log_partition - model.log_marginal(np.array([2.5]), 4)
    )
    floor = ratio.std() / np.sqrt(len(ratio))
    assert_within_floor(ratio.mean(), 1, floor)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(ratio.mean(), 1.05, floor)


def assert_order_parameter(x: np.ndarray, model) -> None:
    """⟨|m|²⟩ with its exact variance, isotropy, and pairs of nine sites."""
    m, (second, fourth) = model.order_parameters(x), model.moments
    n, k = model.n_sites, model.n_components
    assert_mean((m**2).sum(1), second, fourth - second**2)
    assert_mean(m, 0, second / k)
    first, other = np.triu_indices(k)
    products = m[:, first] * m[:, other]
    assert_within_floor(
        products.mean(0), second / k * (first == other), products.std(0) / np.sqrt(len(x))
    )
    left, right = (n // 9 * sites for sites in np.triu_indices(9, k=1))
    cosine = (x[:, left].astype(float) * x[:, right]).sum(2)
    assert_within_floor(cosine.mean(0), (n * second - 1) / (n - 1), cosine.std(0) / np.sqrt(len(x)))


@each_point
def test_samples_have_the_exact_moments(n, n_sites, beta):
    x, model = samples_at(n, n_sites, beta), MODELS[n](n_sites, beta)
    assert x.dtype == np.float32
    assert_order_parameter(x, model)


@each_point
def test_twin_samples_are_caught(n, n_sites, beta):
    model, x = MODELS[n](n_sites, beta), samples_at(n, n_sites, beta)
    for twin in (samples_at(n, n_sites, beta * 1.04), shuffled_sites(x, np.random.default_rng(1))):
        with pytest.raises(AssertionError, match="floors"):
            assert_order_parameter(twin, model)


@each_point
def test_lengths_of_the_field_follow_their_law(n, n_sites, beta):
    """In 25 cells of equal probability, integrated by the rule of the nodes."""
    model = MODELS[n](n_sites, beta)
    law = model.field_law
    cumulative = np.cumsum(law.probability)
    places = [0, *np.searchsorted(cumulative, np.linspace(0.05, 0.95, 12)), len(law.r)]
    # cells end between panels, where a rule is whole
    places = sorted({place // 10 * 10 for place in places})
    edges = np.linspace(0, model._most, len(law.r) // 10 + 1)[np.array(places) // 10]
    probability = np.add.reduceat(law.probability, places[:-1])
    for factor, fails in ((1.0, False), (1.02, True)):
        length = np.linalg.norm(model.sample_fields(100_000, np.random.default_rng(3)), axis=1) * factor
        cells = np.clip(np.searchsorted(edges, length) - 1, 0, len(probability) - 1)
        if fails:
            with pytest.raises(AssertionError, match="floors"):
                assert_law(cells, probability / probability.sum())
        else:
            assert_law(cells, probability / probability.sum())


@each_n
def test_information_of_the_disordered_phase_approaches_its_gaussian_limit(n):
    """−(n/2) log(1 − r²), r = b/(2 − b) with b = β/n, the correlation of two Gaussian halves."""
    (half,) = MODELS[n](1000, n / 2).bipartite_information(5000, np.random.default_rng(n))
    r = 0.5 / 1.5
    finite_size = 0.01 * n  # a correction of order 1/N with (1 − b)⁻² = 4
    assert abs(half.estimate.value + n / 2 * np.log1p(-(r**2))) < 4 * half.estimate.stderr + finite_size
    assert abs(half.estimate.value) > 0.05


@each_n
def test_limits(n):
    assert MODELS[n].limit_order_parameter(n - 1e-6) == 0
    for beta in (n + 1e-3, n + 0.1, 2.0 * n, 100.0):
        m = MODELS[n].limit_order_parameter(beta)
        assert m > 0
        assert sphere.mean_length(np.array(beta * m), n) == pytest.approx(m, abs=1e-12)
    large = MODELS[n](4000, 2.0 * n).exact_observables()["order_parameter"]
    assert large == pytest.approx(MODELS[n].limit_order_parameter(2.0 * n), abs=2e-3)
    growth = [MODELS[n](64, beta).information_growth() for beta in (n - 0.5, float(n), n + 0.5)]
    assert growth == [0, n / 4, (n - 1) / 2]


@pytest.mark.parametrize(("field", "value", "allowed"), [("N", 63, "even"), ("beta", -1, "> 0")])
@pytest.mark.parametrize("name", ["mean_field_xy", "mean_field_heisenberg"])
def test_unusable_parameters_are_refused(name, field, value, allowed):
    with pytest.raises(InputError, match=f"^{field} = {value}.*{allowed}"):
        build(name, {"N": 64, "beta": 2.0} | {field: value}, 1)
