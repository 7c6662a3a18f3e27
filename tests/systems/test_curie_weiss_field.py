"""Curie–Weiss in a field: brute force, large N, symmetry, exact laws of samples, refused parameters."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.systems import build, system_class
from mfvae.systems.curie_weiss import MAX_FIELD, CurieWeiss, CurieWeissField
from tests.helpers.curie_weiss import (
    SIZES,
    assert_approaches_like_one_over_n,
    assert_law_of_magnetisation,
    half_half,
    information_at_infinite_n,
)
from tests.helpers.pattern_models import (
    BruteForce,
    first_half,
    information_by_marginals,
    rate_by_mixture,
)
from tests.helpers.statistics import all_configurations, assert_mean, shuffled_sites

N = 10
DRAWS = 60_000
FIELDS, BETAS = (-0.7, 0.0, 0.05, 3.0), (0.5, 1.0, 1.6)

each_small_point = pytest.mark.parametrize(("h", "beta"), [(h, beta) for h in FIELDS for beta in BETAS])


class Enumeration:
    """The law of N = 10 spins from exp(β/2N Σ_ij x_i x_j + h Σ_i x_i), every configuration in turn."""

    def __init__(self, h: float, beta: float) -> None:
        self.x = all_configurations(N)
        self.total = self.x.sum(1, dtype=float)
        weights = beta / (2 * N) * np.einsum("bi,bj->b", self.x.astype(float), self.x.astype(float))
        weights += h * self.total
        self.log_partition = logsumexp(weights)
        self.log_prob = weights - self.log_partition

    def mean(self, values: np.ndarray) -> np.ndarray:
        return np.exp(self.log_prob) @ values


# -- brute force -----------------------------------------------------------------------------------
@each_small_point
def test_exact_numbers_by_enumeration(h, beta):
    model, exact = CurieWeissField(N, beta, h), Enumeration(h, beta)
    assert model.log_partition == pytest.approx(exact.log_partition, rel=1e-12)
    assert model.entropy() == pytest.approx(-exact.mean(exact.log_prob), abs=1e-12)
    np.testing.assert_allclose(model.log_prob(exact.x), exact.log_prob, atol=1e-11)
    m = exact.total / N
    assert model.exact_observables() == {
        "mean_order_parameter": pytest.approx(exact.mean(m), abs=1e-12),
        "mean_abs_order_parameter": pytest.approx(exact.mean(np.abs(m)), abs=1e-12),
        "order_parameter_squared": pytest.approx(exact.mean(m**2), abs=1e-12),
    }
    conjugate = np.column_stack([exact.total**2 / (2 * N), exact.total])
    conjugate -= exact.mean(conjugate)
    covariance = conjugate.T * np.exp(exact.log_prob) @ conjugate
    np.testing.assert_allclose(model.fisher_matrix(), covariance, atol=1e-11)


@each_small_point
def test_information_by_enumeration(h, beta):
    model = CurieWeissField(N, beta, h)
    (found,) = model.bipartite_information(0, np.random.default_rng())
    half = information_by_marginals(BruteForce(model), first_half(model))
    assert (found.split, found.kind) == ("half", "exact")
    assert found.estimate.value == pytest.approx(half, abs=1e-11)


@pytest.mark.parametrize(("h", "beta"), [(-0.7, 0.5), (0.05, 1.6), (3.0, 1.0), (12.0, 1.6)])
def test_channel_rate_against_an_explicit_mixture(h, beta):
    model = CurieWeissField(N, beta, h)
    brute = BruteForce(model)
    fine, coarse = (rate_by_mixture(model, brute, nodes) for nodes in (30, 24))
    assert fine == pytest.approx(coarse, abs=1e-6)  # the reference itself has converged
    assert model.channel_rate() == pytest.approx(fine, abs=1e-6)


@pytest.mark.parametrize(("h", "beta"), [(-0.02, 1.5), (0.3, 0.9), (-2.0, 1.0), (8.0, 0.5)])
def test_channel_rate_of_many_spins_by_adaptive_quadrature(h, beta):
    """Of the density of φ, which ends far inside −β − ½ to β + ½."""
    model = CurieWeissField(256, beta, h)
    shift = model.log_hs_density(np.linspace(-beta, beta, 4001)[:, None]).max()

    def density(phi: float) -> float:
        return float(np.exp(model.log_hs_density(np.array([[phi]]))[0] - shift))

    marks = {"points": np.linspace(-beta, beta, 9), "limit": 400, "epsabs": 0, "epsrel": 1e-11}
    edges = -beta - 0.5, beta + 0.5
    total = quad(density, *edges, **marks)[0]
    mean_log = quad(lambda phi: density(phi) * np.log(density(phi) + 1e-300), *edges, **marks)[0] / total
    noise = 0.5 * np.log(2 * np.pi * np.e * beta / 256)
    assert model.channel_rate() == pytest.approx(np.log(total) - mean_log - noise, abs=1e-9)


# -- symmetry and limits ---------------------------------------------------------------------------
@pytest.mark.parametrize("beta", BETAS)
def test_reversing_the_field_reverses_the_magnetisation_alone(beta):
    up, down = CurieWeissField(64, beta, 0.1), CurieWeissField(64, beta, -0.1)
    signed = [model.exact_observables().pop("mean_order_parameter") for model in (up, down)]
    assert signed[0] == pytest.approx(-signed[1], rel=1e-12)
    assert signed[0] > 0.1
    for number in ("entropy", "channel_rate", "fisher_information"):
        assert getattr(up, number)() == pytest.approx(getattr(down, number)(), rel=1e-10)
    assert half_half(up) == pytest.approx(half_half(down), abs=1e-11)


@pytest.mark.parametrize("beta", BETAS)
def test_without_field_it_is_curie_weiss(beta):
    model, plain = build("curie_weiss_field", {"N": 64, "h": 0, "beta": beta}, 1), CurieWeiss(64, beta)
    assert model.log_partition == plain.log_partition
    assert model.information_growth() == plain.information_growth()
    known = model.exact_observables()
    assert known.pop("mean_order_parameter") == pytest.approx(0, abs=1e-13)
    assert known == plain.exact_observables()


@pytest.mark.parametrize(("h", "beta"), [(0.2, 0.8), (-0.5, 1.0), (0.05, 1.5)])
def test_one_phase_at_large_n(h, beta):
    """m = tanh(βm + h); halves and the channel as without field at β(1 − m²), which is below one."""
    m = brentq(lambda m: m - np.tanh(beta * m + h), 1e-9 * np.sign(h), np.sign(h))
    effective = beta * (1 - m**2)
    assert effective < 1
    models = [CurieWeissField(n, beta, h) for n in SIZES]
    signed = np.array([model.exact_observables()["mean_order_parameter"] for model in models])
    assert_approaches_like_one_over_n(signed, m)
    rates = np.array([model.channel_rate() for model in models])
    assert_approaches_like_one_over_n(rates, -0.5 * np.log1p(-effective))
    information = np.array([half_half(model) for model in models])
    assert_approaches_like_one_over_n(information, information_at_infinite_n(effective))


def test_no_temperature_is_critical_in_a_field():
    assert not CurieWeissField.transitions
    assert CurieWeissField(64, 1.0, -0.1).information_growth() == 0
    assert CurieWeissField(64, 1.0, 0.0).information_growth() == 0.25


def test_the_fisher_matrix_is_the_curvature_of_log_z():
    """∂² log Z / ∂(βJ, h)² by central differences, whose error is a fourth derivative times 1e-6."""
    beta, h, step = 0.9, 0.2, 1e-3
    log_z = np.array(
        [
            [CurieWeissField(20, beta + i * step, h + j * step).log_partition for j in (-1, 0, 1)]
            for i in (-1, 0, 1)
        ]
    )
    of_coupling = (log_z[0, 1] - 2 * log_z[1, 1] + log_z[2, 1]) / step**2
    of_field = (log_z[1, 0] - 2 * log_z[1, 1] + log_z[1, 2]) / step**2
    mixed = (log_z[2, 2] - log_z[2, 0] - log_z[0, 2] + log_z[0, 0]) / (4 * step**2)
    found = CurieWeissField(20, beta, h).fisher_matrix()
    np.testing.assert_allclose(found, [[of_coupling, mixed], [mixed, of_field]], rtol=1e-4)


def test_the_strongest_field_keeps_its_digits():
    model = build("curie_weiss_field", {"N": 256, "h": -MAX_FIELD, "beta": 1.0}, 1)
    assert model.exact_observables()["mean_order_parameter"] == pytest.approx(-1, abs=1e-12)
    assert [model.entropy(), model.channel_rate(), half_half(model)] == pytest.approx([0] * 3, abs=1e-9)
    np.testing.assert_array_equal(model.sample(5, np.random.default_rng(0)), -np.ones((5, 256)))


# -- samples ---------------------------------------------------------------------------------------
SAMPLED = [(64, 0.1, 0.9), (64, -0.15, 1.1), (256, 0.05, 0.5)]
each_sampled = pytest.mark.parametrize(("n_sites", "h", "beta"), SAMPLED)


@cache
def samples_at(n_sites: int, h: float, beta: float) -> np.ndarray:
    rng = np.random.default_rng([n_sites, int(1000 * beta)])
    return CurieWeissField(n_sites, beta, h).sample(DRAWS, rng)


def assert_signed_mean(x: np.ndarray, model: CurieWeissField) -> None:
    """⟨m⟩ with the floor of its exact variance, and the estimate that the system itself makes."""
    m = model.collective_states[:, 0] / model.n_sites
    exact = model.exact_observables()["mean_order_parameter"]
    variance = model.moment((m - exact) ** 2)
    assert_mean(x.mean(1), exact, variance)
    own = model.observables(x)["mean_order_parameter"]
    assert own.value == pytest.approx(x.mean(), abs=1e-12)
    assert own.stderr == pytest.approx(np.sqrt(variance / len(x)), rel=0.05)


@each_sampled
@pytest.mark.parametrize("check", [assert_signed_mean, assert_law_of_magnetisation])
def test_samples(check, n_sites, h, beta):
    check(samples_at(n_sites, h, beta), CurieWeissField(n_sites, beta, h))


@each_sampled
@pytest.mark.parametrize("check", [assert_signed_mean, assert_law_of_magnetisation])
@pytest.mark.parametrize("factor", [1.04, 0.96, 0.0, -1.0], ids="of {} times the field".format)
def test_twin_another_field_is_caught(check, factor, n_sites, h, beta):
    with pytest.raises(AssertionError, match="floors"):
        check(samples_at(n_sites, factor * h, beta), CurieWeissField(n_sites, beta, h))


@each_sampled
def test_twin_shuffled_spins_are_caught(n_sites, h, beta):
    """Their mean is right, their law is not."""
    x = shuffled_sites(samples_at(n_sites, h, beta), np.random.default_rng(8))
    with pytest.raises(AssertionError, match="floors"):
        assert_law_of_magnetisation(x, CurieWeissField(n_sites, beta, h))


# -- parameters ------------------------------------------------------------------------------------
def test_registry_builds_what_it_names():
    model = build("curie_weiss_field", {"N": 64, "h": -0.25, "beta": 0.5}, seed=1)
    assert isinstance(model, CurieWeissField)
    assert (model.n_sites, model.coupling, model.field.tolist()) == (64, 0.5, [-0.25])
    assert tuple(model.parameters) == ("N", "h", "beta")


@pytest.mark.parametrize("build_or_check", [build, lambda name, *rest: system_class(name).check(*rest)])
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("h", float("nan"), "finite"), ("h", float("inf"), "finite"), ("h", -float("inf"), "finite"),
        ("h", 1e300, "from −1000 to 1000"), ("h", -1001, "from −1000 to 1000"),
        ("beta", 0, "> 0"), ("beta", float("nan"), "finite"), ("N", 63, "even"),
    ],
)  # fmt: skip
def test_unusable_parameters_are_refused_by_name(build_or_check, field, value, allowed):
    with pytest.raises(InputError) as caught:
        build_or_check("curie_weiss_field", {"N": 64, "h": 0.1, "beta": 1.0} | {field: value}, 1)
    message = str(caught.value)
    assert message.startswith(f"{field} = {value!r}: ")
    assert allowed in message
    assert "\n" not in message
