"""Curie–Weiss: numbers computed elsewhere, large N, exact laws of samples, refused parameters."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.sites.spin import Spin
from mfvae.systems import SYSTEMS, build, build_mean_field, system_class
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.curie_weiss import (
    SIZES,
    assert_approaches_like_one_over_n,
    assert_law_of_magnetisation,
    half_half,
    information_at_infinite_n,
)
from tests.helpers.statistics import assert_mean, shuffled_sites

DRAWS = 60_000
POINTS = [(n, beta) for n in (64, 256) for beta in (0.5, 1.0, 1.5)]


# -- numbers computed elsewhere --------------------------------------------------------------------
@pytest.mark.parametrize("n_sites", [16, 100, 1000])
def test_critical_bipartite_information(exact_values, n_sites):
    reference = exact_values["curie_weiss_half_half_mi"]["beta=1"][f"N={n_sites}"]
    assert half_half(CurieWeiss(n_sites, 1.0)) == pytest.approx(reference, abs=0.5e-6)


@pytest.mark.parametrize("beta", [0.8, 1.0])
def test_channel_rate(exact_values, beta):
    reference = exact_values["curie_weiss_hs_channel_rate"]["N=100"][f"beta={beta}"]
    assert CurieWeiss(100, beta).channel_rate() == pytest.approx(reference, abs=0.5e-5)


@pytest.mark.parametrize("beta", [1.0, 1.2])
def test_mean_square_magnetisation(exact_values, beta):
    model = CurieWeiss(100, beta)
    reference = exact_values["curie_weiss_moments_N=100"][f"beta={beta}"]["<m^2>"]
    by_moment = model.moment((model.collective_states[:, 0] / 100) ** 2)
    values, law = model.order_parameter_law()
    for found in (by_moment, law @ values**2, model.exact_observables()["order_parameter_squared"]):
        assert found == pytest.approx(reference, abs=0.5e-6)


def test_log_partition_per_site(exact_values):
    reference = exact_values["curie_weiss_moments_N=100"]["beta=1.0"]["lnZ/N"]
    assert CurieWeiss(100, 1.0).log_partition / 100 == pytest.approx(reference, abs=0.5e-6)


# -- large N ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [0.8, 1.5])
def test_information_approaches_its_limit_like_one_over_n(exact_values, beta):
    limit = information_at_infinite_n(beta)
    reference = exact_values["curie_weiss_half_half_mi"]["infinite_N"][f"beta={beta}"]
    assert limit == pytest.approx(reference, abs=0.5e-5)
    information = np.array([half_half(CurieWeiss(n, beta)) for n in SIZES])
    assert_approaches_like_one_over_n(information, limit)


def test_twin_information_at_another_temperature_misses_the_limit():
    information = np.array([half_half(CurieWeiss(n, 0.8005)) for n in SIZES])
    with pytest.raises(AssertionError):
        assert_approaches_like_one_over_n(information, information_at_infinite_n(0.8))


def test_channel_rate_approaches_its_limit_like_one_over_n():
    rates = np.array([CurieWeiss(n, 0.8).channel_rate() for n in SIZES])
    assert_approaches_like_one_over_n(rates, -0.5 * np.log1p(-0.8))


def test_critical_information_grows_like_a_quarter_of_log_n():
    """Increments per fourfold N rise towards ¼ log 4, with corrections that halve (N^{-1/2})."""
    information = [half_half(CurieWeiss(n, 1.0)) for n in (64, 256, 1024, 4096)]
    missing = 0.25 * np.log(4) - np.diff(information)
    assert (missing > 0).all()
    np.testing.assert_allclose(missing[1:] / missing[:-1], 0.5, atol=0.1)


# -- samples ---------------------------------------------------------------------------------------
@cache
def model_at(n_sites: int, beta: float, field: float = 0.0) -> CurieWeiss:
    return CurieWeiss(n_sites, beta, field)


@lru_cache(maxsize=12)  # 12 × 60,000 × 256 bytes at most
def samples_at(n_sites: int, beta: float, field: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng([n_sites, int(1000 * beta)])
    return model_at(n_sites, beta, field).sample(DRAWS, rng)


def magnetisation(x):
    return x.mean(1)


def magnetisation_squared(x):
    return x.mean(1) ** 2


def magnetisation_absolute(x):
    return np.abs(x.mean(1))


def energy(x):
    """−½ Σ_ij J_ij x_i x_j with every pair written out, J_ij = 1/N; the diagonal is the constant −½."""
    spins = x.astype(np.float32)  # sums of up to 256 spins are exact
    couplings = np.full((x.shape[1], x.shape[1]), 1 / x.shape[1], dtype=np.float32)
    return -0.5 * np.einsum("bi,bi->b", spins @ couplings, spins, dtype=np.float64)


OBSERVABLES = {
    magnetisation: lambda m, n: m,
    magnetisation_squared: lambda m, n: m**2,
    magnetisation_absolute: lambda m, n: np.abs(m),
    energy: lambda m, n: -0.5 * n * m**2,
}


def assert_observable(observable, x: np.ndarray, model: CurieWeiss) -> None:
    """The mean over draws against the exact law of M, whose variance gives the floor."""
    m = model.collective_states[:, 0] / model.n_sites
    values = OBSERVABLES[observable](m, model.n_sites)
    mean = model.moment(values)
    assert_mean(observable(x), mean, model.moment((values - mean) ** 2))


def assert_alignment_of_every_site(x: np.ndarray, model: CurieWeiss) -> None:
    """E[x_i M] = E[M²]/N for every site, with Var(x_i M) = E[M²] − E[x_i M]²: N comparisons."""
    square = model.moment(model.collective_states[:, 0].astype(float) ** 2)
    mean = square / model.n_sites
    assert_mean(x * x.sum(1, keepdims=True), mean, square - mean**2)


def assert_pair_correlations(x: np.ndarray, model: CurieWeiss) -> None:
    """E[x_i x_j] = (E[M²] − N)/N(N − 1) for the 36 pairs of nine sites."""
    n = model.n_sites
    square = model.moment(model.collective_states[:, 0].astype(float) ** 2)
    mean = (square - n) / (n * (n - 1))
    first, second = (n // 9 * sites for sites in np.triu_indices(9, k=1))
    assert_mean(x[:, first] * x[:, second], mean, 1 - mean**2)


each_point = pytest.mark.parametrize(("n_sites", "beta"), POINTS)
each_small_point = pytest.mark.parametrize(("n_sites", "beta"), [(64, beta) for beta in (0.5, 1.0, 1.5)])
# Where one pair's correlation (0.06 and more) is far above its floor (0.004); at beta = 0.5 it is not.
each_correlated_point = pytest.mark.parametrize(
    ("n_sites", "beta"), [(n, beta) for n, beta in POINTS if beta >= 1]
)


@each_point
@pytest.mark.parametrize("observable", OBSERVABLES)
def test_moments_of_samples(observable, n_sites, beta):
    assert_observable(observable, samples_at(n_sites, beta), model_at(n_sites, beta))


@each_point
def test_law_of_the_magnetisation_of_samples(n_sites, beta):
    assert_law_of_magnetisation(samples_at(n_sites, beta), model_at(n_sites, beta))


@each_correlated_point
def test_pair_correlations_of_samples(n_sites, beta):
    assert_pair_correlations(samples_at(n_sites, beta), model_at(n_sites, beta))


@each_small_point
def test_every_site_of_samples_is_aligned_alike(n_sites, beta):
    assert_alignment_of_every_site(samples_at(n_sites, beta), model_at(n_sites, beta))


@each_point
def test_samples_in_a_field(n_sites, beta):
    x, model = samples_at(n_sites, beta, 0.02), model_at(n_sites, beta, 0.02)
    assert_observable(magnetisation, x, model)
    assert_law_of_magnetisation(x, model)


# -- twins that must fail --------------------------------------------------------------------------
def caught():
    return pytest.raises(AssertionError, match="floors")


@each_point
@pytest.mark.parametrize("observable", OBSERVABLES)
def test_twin_moments_at_another_temperature_are_caught(observable, n_sites, beta):
    """5 % off in β; ⟨m⟩, zero at every β, is tried with a field of 0.01 instead."""
    wrong = (n_sites, beta, 0.01) if observable is magnetisation else (n_sites, beta * 1.05)
    with caught():
        assert_observable(observable, samples_at(*wrong), model_at(n_sites, beta))


@each_point
def test_twin_law_at_another_temperature_is_caught(n_sites, beta):
    with caught():
        assert_law_of_magnetisation(samples_at(n_sites, beta * 1.05), model_at(n_sites, beta))


@each_point
def test_twin_law_without_noise_in_the_mean_field_is_caught(n_sites, beta):
    """Spins drawn in the field βM/N of an exact M, without the Gaussian that makes φ exact."""
    model, rng = model_at(n_sites, beta), np.random.default_rng(7)
    total = rng.choice(model.collective_states[:, 0], size=DRAWS, p=model.collective_law)
    fields = np.repeat(beta * total[:, None] / n_sites, n_sites, axis=1)
    with caught():
        assert_law_of_magnetisation(Spin().sample(fields, rng), model)


@each_point
def test_twin_shuffled_spins_are_caught(n_sites, beta):
    x = shuffled_sites(samples_at(n_sites, beta), np.random.default_rng(8))
    model = model_at(n_sites, beta)
    with caught():
        assert_law_of_magnetisation(x, model)
    with caught():
        assert_observable(magnetisation_squared, x, model)


@each_correlated_point
def test_twin_pairs_of_shuffled_spins_are_caught(n_sites, beta):
    x = shuffled_sites(samples_at(n_sites, beta), np.random.default_rng(8))
    with caught():
        assert_pair_correlations(x, model_at(n_sites, beta))


@each_small_point
def test_twin_one_free_site_is_caught(n_sites, beta):
    x = samples_at(n_sites, beta).copy()
    x[:, 41] = np.random.default_rng(9).choice([-1, 1], size=DRAWS)
    with caught():
        assert_alignment_of_every_site(x, model_at(n_sites, beta))


@each_point
def test_twin_another_field_is_caught(n_sites, beta):
    x, model = samples_at(n_sites, beta, 0.02), model_at(n_sites, beta, 0.01)
    with caught():
        assert_observable(magnetisation, x, model)
    with caught():
        assert_law_of_magnetisation(x, model)


# -- parameters ------------------------------------------------------------------------------------
def test_registry_builds_what_it_names():
    model = build("curie_weiss", {"N": 64, "beta": 0.5}, seed=1)
    assert isinstance(model, CurieWeiss)
    assert (model.n_sites, model.coupling, model.field.tolist()) == (64, 0.5, [0.0])
    assert all(system_class(name).name == name for name in SYSTEMS)


@pytest.mark.parametrize("build_or_check", [build, lambda name, *rest: system_class(name).check(*rest)])
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("beta", 0, "> 0"), ("beta", -0.5, "> 0"), ("beta", float("nan"), "finite"),
        ("beta", float("inf"), "finite"), ("N", 63, "even"), ("N", 0, "even"), ("N", -2, "even"),
        ("N", 64.5, "even"), ("N", float("nan"), "even"), ("N", float("inf"), "even"),
    ],
)  # fmt: skip
def test_unusable_parameters_are_refused_by_name(build_or_check, field, value, allowed):
    with pytest.raises(InputError) as caught:
        build_or_check("curie_weiss", {"N": 64, "beta": 1.0} | {field: value}, 1)
    message = str(caught.value)
    assert message.startswith(f"{field} = {value!r}: ")
    assert allowed in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "parameters", [{}, {"N": 64}, {"beta": 1.0}, {"N": 64, "beta": 1.0, "p": 3}, {"n": 64, "beta": 1.0}]
)
def test_unknown_or_missing_parameters_are_refused(parameters):
    with pytest.raises(InputError) as caught:
        build("curie_weiss", parameters, 1)
    message = str(caught.value)
    assert message.startswith(f"parameters of curie_weiss = {parameters!r}: ")
    assert message.endswith("N, beta")


def test_a_system_without_collective_variables_is_not_decoded():
    assert build_mean_field("curie_weiss", {"N": 8, "beta": 0.5}, 1).patterns.shape == (8, 1)
    with pytest.raises(InputError) as caught:
        build_mean_field("ising_2d", {"L": 4, "T": 2.0}, 1)
    assert str(caught.value) == "system = 'ising_2d': a mean-field system is needed"


def test_an_unknown_system_is_refused_with_those_known():
    with pytest.raises(InputError) as caught:
        build("ising_5d", {"N": 64}, 1)
    message = str(caught.value)
    assert message.startswith("system = 'ising_5d': ")
    assert all(name in message for name in SYSTEMS)
    assert "\n" not in message
