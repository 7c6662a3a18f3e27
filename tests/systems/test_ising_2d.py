"""The square-lattice Ising model: exact results against enumeration and each other, samples, inputs."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.stats import WINDOW
from mfvae.systems.ising_2d import exact, sampler
from mfvae.systems.ising_2d import system as ising_2d
from mfvae.systems.ising_2d.system import Ising2D
from tests.helpers.statistics import all_configurations, assert_law, assert_mean, assert_within_floor

T_C = exact.CRITICAL_TEMPERATURE
TEMPERATURES = [1.0, 1.8, T_C, 3.0]
each_temperature = pytest.mark.parametrize("temperature", TEMPERATURES)
each_boundary = pytest.mark.parametrize("boundary", ["torus", "cylinder"])


def caught():
    return pytest.raises(AssertionError, match="floors")


# -- every configuration of 4×4 --------------------------------------------------------------------
@cache
def enumerated() -> np.ndarray:
    return all_configurations(16)


def bond_sum(lattices: np.ndarray, boundary: str = "torus") -> np.ndarray:
    """Σ_<ij> s_i s_j with every pair of neighbours written out; on the cylinder columns do not wrap."""
    side = lattices.shape[1]
    total = np.zeros(len(lattices))
    for i in range(side):
        for j in range(side):
            total += lattices[:, i, j] * lattices[:, (i + 1) % side, j]
            if boundary == "torus" or j + 1 < side:
                total += lattices[:, i, j] * lattices[:, i, (j + 1) % side]
    return total


@cache
def enumerated_law(temperature: float, boundary: str = "torus") -> tuple[np.ndarray, float]:
    log_weights = bond_sum(enumerated().reshape(-1, 4, 4), boundary) / temperature
    log_z = float(logsumexp(log_weights))
    return np.exp(log_weights - log_z), log_z


def entropy_of(p: np.ndarray) -> float:
    return float(-(p[p > 0] * np.log(p[p > 0])).sum())


def information_between(first: np.ndarray, p: np.ndarray) -> float:
    """I(A;B) by its definition, A the sites where ``first`` (16,) is true."""
    codes = [(enumerated()[:, part] > 0) @ (1 << np.arange(8)) for part in (first, ~first)]
    joint = np.zeros((256, 256))
    np.add.at(joint, tuple(codes), p)
    return entropy_of(joint.sum(0)) + entropy_of(joint.sum(1)) - entropy_of(joint)


@each_temperature
def test_thermodynamics_of_every_configuration(temperature):
    p, log_z = enumerated_law(temperature)
    x, model = enumerated(), Ising2D(4, temperature)
    energies = -bond_sum(x.reshape(-1, 4, 4))
    mean = p @ energies
    assert model.log_partition == pytest.approx(log_z, rel=1e-13)
    assert model.entropy() == pytest.approx(entropy_of(p), rel=1e-11)
    np.testing.assert_allclose(model.energies(x), energies, atol=0)
    np.testing.assert_allclose(model.log_prob(x), np.log(p), rtol=1e-12)
    lattices = x.reshape(-1, 4, 4)
    opposite = (lattices[:, 0, 0] * lattices[:, 2, 0] + lattices[:, 0, 0] * lattices[:, 0, 2]) / 2
    direct = {
        "energy": mean / 16,
        "specific_heat": p @ (energies - mean) ** 2 / (16 * temperature**2),
        "mean_abs_magnetisation": p @ np.abs(x.mean(1)),
        "magnetisation_squared": p @ x.mean(1) ** 2,
        "half_distance_correlation": p @ opposite,
    }
    assert model.exact_observables() == pytest.approx(direct, rel=1e-11)


@each_temperature
def test_law_of_the_magnetisation_of_every_configuration(temperature):
    p, _ = enumerated_law(temperature)
    direct = np.bincount((enumerated() > 0).sum(1), weights=p)
    np.testing.assert_allclose(exact.magnetisation_law(4, temperature), direct, atol=1e-14)


@each_boundary
@each_temperature
def test_half_information_of_every_configuration(temperature, boundary):
    p, _ = enumerated_law(temperature, boundary)
    direct = information_between(np.arange(16) % 4 < 2, p)
    assert exact.half_information(4, temperature, boundary) == pytest.approx(direct, abs=1e-13)


@each_temperature
def test_checkerboard_information_of_every_configuration(temperature):
    """I = H(x) − ⟨H(B|A = x_A) + H(A|B = x_B)⟩, the mean taken with the exact law."""
    p, _ = enumerated_law(temperature)
    model = Ising2D(4, temperature)
    entropies, alignments = model.checkerboard_terms(enumerated())
    found = model.entropy() - p @ entropies
    direct = information_between(np.add.outer(np.arange(4), np.arange(4)).ravel() % 2 == 0, p)
    assert found == pytest.approx(direct, rel=1e-11)
    assert temperature * p @ alignments == pytest.approx(-32 * exact.energy(4, temperature), rel=1e-11)


# -- partition function ----------------------------------------------------------------------------
@pytest.mark.parametrize(("side", "log_z"), [(4, 15.521915), (6, 34.111541), (8, 60.141781)])
def test_critical_log_partition_computed_elsewhere(side, log_z):
    assert exact.log_partition(side, T_C) == pytest.approx(log_z, abs=0.5e-6)


def derivative(function, k: float, step: float = 1e-3) -> float:
    """Central difference extrapolated twice (Richardson): error O(step⁶), rounding about 1e-12/step."""
    d = [(function(k + h) - function(k - h)) / (2 * h) for h in (step, step / 2, step / 4)]
    first = [(4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3]
    return (16 * first[1] - first[0]) / 15


@pytest.mark.parametrize("side", [4, 32])
@pytest.mark.parametrize("temperature", [0.5, 1.8, 2.269185, T_C, 2.3, 3.0, 10.0])
def test_energy_and_specific_heat_are_the_derivatives(side, temperature):
    k, n = 1 / temperature, side**2
    energy = -derivative(lambda k: exact.log_partition(side, 1 / k) / n, k)
    specific_heat = -(k**2) * derivative(lambda k: exact.energy(side, 1 / k), k)
    assert exact.energy(side, temperature) == pytest.approx(energy, abs=1e-9)
    assert exact.specific_heat(side, temperature) == pytest.approx(specific_heat, abs=1e-8)


@pytest.mark.parametrize("side", [4, 64, 256])
def test_nothing_jumps_at_the_critical_temperature(side):
    """γ_0 changes its sign there; over 1e-9 in T nothing else can change by more than 1e-6."""
    for function in (exact.log_partition, exact.energy, exact.specific_heat):
        there = [function(side, T_C * (1 + shift)) for shift in (-1e-9, -1e-15, 0, 1e-15, 1e-9)]
        np.testing.assert_allclose(there, there[2], rtol=1e-6)


@pytest.mark.parametrize("side", [16, 256])
def test_low_temperature_expansion(side):
    """Z = 2 e^{2NK}(1 + N e^{−8K} + 2N e^{−12K} + …): one spin flipped, then two neighbours."""
    n, k = side**2, 2.0
    expansion = 2 * n * k + np.log(2) + n * (np.exp(-8 * k) + 2 * np.exp(-12 * k))
    next_order = n * 10 * np.exp(-16 * k)
    assert exact.log_partition(side, 1 / k) == pytest.approx(expansion, rel=1e-14, abs=next_order)


@pytest.mark.parametrize("side", [16, 256])
def test_high_temperature_expansion(side):
    """Z = (2 cosh²K)^N (1 + N t⁴ + 2N t⁶ + …), t = tanh K: squares, then dominoes."""
    n, k = side**2, 0.01
    t = np.tanh(k)
    expansion = n * (np.log(2) + 2 * np.log(np.cosh(k)) + t**4 + 2 * t**6)
    assert exact.log_partition(side, 1 / k) == pytest.approx(expansion, rel=1e-14, abs=n * 10 * t**8)


@pytest.mark.parametrize("temperature", [0.5, 1.8, 2.0, 2.6, 3.0, 10.0])
def test_large_torus_is_the_infinite_lattice(temperature):
    """Corrections are e^{−L/ξ}, with ξ < 7 here."""
    assert exact.energy(256, temperature) == pytest.approx(exact.limit_energy(temperature), abs=1e-11)
    limit = exact.limit_specific_heat(temperature)
    assert exact.specific_heat(256, temperature) == pytest.approx(limit, abs=1e-9)


@pytest.mark.parametrize("temperature", [0.5, 1.8, 2.0, 2.6, 3.0, 10.0])
def test_entropy_of_the_infinite_lattice_is_that_of_a_large_torus(temperature):
    """Below T_c the torus has two phases, log 2 more in all."""
    torus = exact.log_partition(256, temperature) + 256**2 * exact.energy(256, temperature) / temperature
    two_phases = np.log(2) if temperature < T_C else 0.0
    assert 256**2 * exact.limit_entropy(temperature) + two_phases == pytest.approx(torus, abs=1e-6)


def test_entropy_at_criticality_is_onsagers():
    assert exact.limit_entropy(T_C) == pytest.approx(0.3064701582, abs=1e-10)


def test_what_a_product_law_of_each_phase_leaves_out_peaks_at_criticality():
    below, above = (exact.limit_product_kl(T_C * (1 + side * 1e-4)) for side in (-1, 1))
    peak = exact.limit_product_kl(T_C)
    assert peak == pytest.approx(np.log(2) - 0.3064701582, abs=1e-10)
    assert below < peak > above
    temperatures = np.linspace(0.5, 8.0, 76)
    curve = np.array([exact.limit_product_kl(t) for t in temperatures])
    assert (curve > 0).all()
    assert (curve < peak).all()
    assert (np.diff(curve[temperatures < T_C]) > 0).all()
    assert (np.diff(curve[temperatures > T_C]) < 0).all()
    # at high temperature only neighbours count: one half tanh²(1/T) for each of the two bonds a site
    assert exact.limit_product_kl(50.0) == pytest.approx(np.tanh(1 / 50) ** 2, rel=1e-2)


def test_critical_torus_approaches_the_infinite_lattice():
    """u = −√2 up to O(1/L), log Z/N (Onsager) to O(1/L²), and C = A log L + 0.138149 up to O(1/L).

    The last, with A = (2/π) log²(1 + √2), from Ferdinand & Fisher, Phys. Rev. 185, 832 (1969).
    """
    assert exact.limit_energy(T_C) == pytest.approx(-np.sqrt(2), abs=1e-12)
    per_site = [exact.log_partition(side, T_C) / side**2 for side in (128, 256)]
    assert (4 * per_site[1] - per_site[0]) / 3 == pytest.approx(0.9296953983, abs=1e-9)
    energies = [exact.energy(side, T_C) for side in (128, 256)]
    assert 2 * energies[1] - energies[0] == pytest.approx(-np.sqrt(2), abs=1e-7)
    amplitude = 2 / np.pi * np.log1p(np.sqrt(2)) ** 2
    heats = [exact.specific_heat(side, T_C) - amplitude * np.log(side) for side in (128, 256)]
    assert 2 * heats[1] - heats[0] == pytest.approx(0.138149, abs=2e-6)


def test_spontaneous_magnetisation():
    """Yang's law where it is elsewhere tabulated, above T_c, and against ⟨s_0 s_r⟩ of a finite torus."""
    assert exact.spontaneous_magnetisation(2.0) == pytest.approx(0.911319, abs=0.5e-6)
    assert exact.spontaneous_magnetisation(2.3) == 0
    square = exact.pair_observables(12, 1.0)["half_distance_correlation"]
    assert np.sqrt(square) == pytest.approx(exact.spontaneous_magnetisation(1.0), abs=1e-8)


def test_limit_at_the_critical_temperature_has_no_specific_heat():
    for written in (T_C, 2.269185, 2.26919):
        limit = Ising2D.limit_observables({"L": 32, "T": written})
        assert limit == pytest.approx({"energy": -np.sqrt(2), "mean_abs_magnetisation": 0}, abs=1e-4)
    assert set(Ising2D.limit_observables({"L": 32, "T": 2.27})) == {
        "energy", "specific_heat", "mean_abs_magnetisation",
    }  # fmt: skip


# -- transfer matrix -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("side", "temperature", "information"),
    [(4, T_C, 0.728727), (6, T_C, 0.933681), (8, T_C, 1.155544), (10, 2.5, 1.629936)],
)
def test_half_information_computed_elsewhere(side, temperature, information):
    """The largest is above T_c: at finite L the information has its maximum in the disordered phase."""
    assert exact.half_information(side, temperature) == pytest.approx(information, abs=0.5e-6)


@each_temperature
@each_boundary
def test_half_information_from_the_whole_matrix(temperature, boundary):
    """At L = 6 with 64×64 matrices, without symmetries or bits, and each entropy from its own law."""
    side, k = 6, 1 / temperature
    c = all_configurations(side).astype(float)
    rings = np.exp(k * (c * np.roll(c, 1, axis=1)).sum(1))
    couple = np.exp(k * c @ c.T)
    path = np.diag(rings) @ couple @ np.diag(rings) @ couple @ np.diag(rings)  # three columns
    if boundary == "torus":
        outside = couple @ path @ couple
    else:
        f = path.sum(0)
        outside = np.outer(np.ones(64), couple @ f)
    ends = path * outside  # law of both outer columns of A, times Z
    p = ends / ends.sum()
    # The two columns around the middle one, given it, and that one given the ends: Markov fields.
    middle = np.einsum("a,ab,b,bc,c,ac->abc", rings, couple, rings, couple, rings, outside)
    half = entropy_of(middle / middle.sum())
    if boundary == "torus":
        whole = 36 * k * exact.energy(side, temperature) + exact.log_partition(side, temperature)
    else:
        matrix = f[:, None] * couple * f
        cut = entropy_of(matrix / matrix.sum())
        inner = half - entropy_of(p.sum(0))  # H of two columns of a half given the third, at the cut
        whole = cut + 2 * inner
    assert exact.half_information(side, temperature, boundary) == pytest.approx(
        2 * half - whole, abs=1e-11
    )


@pytest.mark.parametrize(("boundary", "cuts"), [("torus", 2), ("cylinder", 1)])
def test_half_information_of_the_free_and_the_frozen(boundary, cuts):
    """½K² per cut bond to leading order at high T; log 2, the common sign, at low T."""
    assert exact.half_information(10, 200.0, boundary) == pytest.approx(cuts * 10 / 2 / 200**2, rel=1e-3)
    for temperature in (0.05, 0.3):
        assert exact.half_information(10, temperature, boundary) == pytest.approx(np.log(2), abs=1e-9)


@pytest.mark.parametrize("side", [3, 7, 2, 18])
def test_transfer_matrix_of_another_size_is_refused(side):
    with pytest.raises(InputError, match=f"L = {side}: an even integer from 4 to 16"):
        exact.half_information(side, 2.0)


@each_temperature
def test_law_of_the_magnetisation_agrees_with_its_variance(temperature):
    law = law_at(8, temperature)
    m = np.linspace(-1, 1, 65)
    square = exact.pair_observables(8, temperature)["magnetisation_squared"]
    assert law.sum() == pytest.approx(1, abs=1e-13)
    assert law @ m**2 == pytest.approx(square, abs=1e-13)


# -- samples ---------------------------------------------------------------------------------------
DRAWS = {4: 50_000, 8: 50_000, 16: 20_000}
each_point = pytest.mark.parametrize(
    ("side", "temperature"), [(side, t) for side in (8, 16) for t in (1.8, 2.269185, 3.0)]
)
each_small_point = pytest.mark.parametrize("temperature", [1.8, 2.269185, 3.0])


@cache
def samples_at(side: int, temperature: float) -> np.ndarray:
    rng = np.random.default_rng([side, int(1000 * temperature)])
    return Ising2D(side, temperature).sample(DRAWS[side], rng)


def assert_correlated_mean(series: np.ndarray, mean: float, variance: float) -> None:
    """assert_mean for a chain, whose mean has 2τ times the variance (τ measured, ½ if independent)."""
    inefficiency = 2 * sampler.integrated_autocorrelation_time(series)
    assert_mean(series, mean, variance * inefficiency)


def assert_energy(energies: np.ndarray, side: int, temperature: float) -> None:
    """The mean energy against Kaufman's; its floor from his specific heat."""
    variance = exact.specific_heat(side, temperature) * (side * temperature) ** 2
    assert_correlated_mean(energies, side**2 * exact.energy(side, temperature), variance)


def assert_energy_fluctuations(energies: np.ndarray, side: int, temperature: float) -> None:
    """The variance of the energy around Kaufman's mean; the floor from its own scatter."""
    squares = (energies - side**2 * exact.energy(side, temperature)) ** 2
    variance = exact.specific_heat(side, temperature) * (side * temperature) ** 2
    assert_correlated_mean(squares, variance, squares.var())


@cache
def law_at(side: int, temperature: float) -> np.ndarray:
    return exact.magnetisation_law(side, temperature)


def assert_magnetisation(x: np.ndarray, side: int, temperature: float) -> None:
    """Law of M, and ⟨m²⟩ and ⟨|m|⟩ with their exact variances."""
    law = law_at(side, temperature)
    m = np.linspace(-1, 1, side**2 + 1)
    assert_law((x > 0).sum(1), law / law.sum())
    for function in (np.abs, np.square):
        mean = law @ function(m)
        assert_correlated_mean(function(x.mean(1)), mean, law @ (function(m) - mean) ** 2)


@each_point
def test_energy_of_samples(side, temperature):
    energies = Ising2D(side, temperature).energies(samples_at(side, temperature))
    assert_energy(energies, side, temperature)
    assert_energy_fluctuations(energies, side, temperature)


@each_point
def test_twin_energy_of_samples_at_another_temperature_is_caught(side, temperature):
    """1 % off in T for the energy; 7 % for the specific heat, whose floor is wider and whose slope
    vanishes at its maximum."""
    energies = Ising2D(side, temperature).energies(samples_at(side, temperature))
    with caught():
        assert_energy(energies, side, temperature * 1.01)
    with caught():
        assert_energy_fluctuations(energies, side, temperature * 1.07)


@each_small_point
def test_magnetisation_of_samples(temperature):
    assert_magnetisation(samples_at(8, temperature), 8, temperature)


@each_small_point
def test_twin_magnetisation_at_another_temperature_is_caught(temperature):
    with caught():
        assert_magnetisation(samples_at(8, temperature), 8, temperature * 1.02)


@each_point
def test_every_observable_of_samples_is_within_its_error(side, temperature):
    """Against all that is exact at this size; the errors take draws as independent."""
    model = Ising2D(side, temperature)
    found = model.observables(samples_at(side, temperature))
    known = model.exact_observables()
    assert set(known) == (set(found) if side == 8 else {"energy", "specific_heat"})
    for name, value in known.items():
        assert_within_floor(found[name].value, value, found[name].stderr)


@each_point
def test_samples_are_nearly_independent(side, temperature):
    """Energy and |M| of neighbours in the sample: what e⁻⁶ leaves is below the floor 1/√B."""
    x = samples_at(side, temperature)
    for series in (Ising2D(side, temperature).energies(x), np.abs(x.sum(1, dtype=int))):
        values = (series - series.mean()) / series.std()
        assert_within_floor((values[1:] * values[:-1]).mean(), 0, 1 / np.sqrt(len(x)))


def test_twin_samples_taken_every_step_are_caught():
    rng = np.random.default_rng(3)
    chain = sampler.equilibrated_chain(16, 2.269185, rng)
    series = sampler.wolff_series(chain.spins, 2.269185, chain.clusters, 20_000, rng)[0]
    values = (series - series.mean()) / series.std()
    with caught():
        assert_within_floor((values[1:] * values[:-1]).mean(), 0, 1 / np.sqrt(len(values)))


def assert_law_of_configurations(x: np.ndarray, temperature: float) -> None:
    """Every configuration of 4×4 up to what leaves energy and magnetisation alone: the law of both."""
    p, _ = enumerated_law(temperature)
    classes = [bond_sum(s.reshape(-1, 4, 4)) * 100 + s.sum(1) for s in (enumerated(), x)]
    names, cells = np.unique(classes[0], return_inverse=True)
    assert_law(np.searchsorted(names, classes[1]), np.bincount(cells, weights=p))


@each_small_point
def test_law_of_energy_and_magnetisation(temperature):
    assert_law_of_configurations(samples_at(4, temperature), temperature)


@each_small_point
def test_twin_law_at_another_temperature_is_caught(temperature):
    with caught():
        assert_law_of_configurations(samples_at(4, temperature), temperature * 1.03)


@each_small_point
def test_twin_law_without_the_random_flip_is_caught(temperature):
    x = samples_at(4, temperature)
    majority_up = x * np.where(x.sum(1, keepdims=True) < 0, -1, 1)
    with caught():
        assert_law_of_configurations(majority_up, temperature)


@each_small_point
def test_every_site_of_samples_is_alike(temperature):
    """⟨s_i⟩ = 0 and ⟨s_i M⟩ = ⟨M²⟩/N at all 64 sites."""
    x = samples_at(8, temperature)
    assert_mean(x, 0, 1)
    square = 64**2 * exact.pair_observables(8, temperature)["magnetisation_squared"]
    assert_mean(x * x.sum(1, keepdims=True), square / 64, square - (square / 64) ** 2)


def test_samples_depend_on_the_generator_alone():
    first, second, other = (
        Ising2D(8, 2.3).sample(50, np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert first.dtype == np.int8
    assert first.shape == (50, 64)
    assert set(np.unique(first)) == {-1, 1}
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@pytest.mark.parametrize("temperature", [0.05, 0.3])
def test_frozen_samples(temperature):
    """All spins agree, and each sign comes up about as often (binomial floor)."""
    x = Ising2D(8, temperature).sample(400, np.random.default_rng(1))
    assert (x == x[:, :1]).all()
    assert_mean(x[:, 0], 0, 1)


@pytest.mark.parametrize("start", [1, -1])
def test_metropolis_chain(start):
    """Kaufman's energy and its fluctuations, from every other sweep after 200."""
    spins, rng = np.full((8, 8), start, dtype=np.int8), np.random.default_rng(4)
    sampler.metropolis(spins, 3.0, 200, rng)
    energies, magnetisation = sampler.metropolis_series(spins, 3.0, 2, 40_000, rng)
    assert_energy(energies, 8, 3.0)
    assert_energy_fluctuations(energies, 8, 3.0)
    assert energies[-1] == Ising2D(8, 3.0).energies(spins.reshape(1, -1))[0]
    assert magnetisation[-1] == abs(spins.sum())
    with caught():
        assert_energy(energies, 8, 3.03)


def autoregression(a: float, steps: int, seed: int) -> np.ndarray:
    """x(t) = a x(t−1) + noise, whose τ is ½(1 + a)/(1 − a)."""
    from scipy.signal import lfilter

    return lfilter([1], [1, -a], np.random.default_rng(seed).standard_normal(steps))


@pytest.mark.parametrize("a", [0.0, 0.5, 0.9])
def test_integrated_autocorrelation_time(a):
    """Within four standard errors τ√((4W + 2)/B), W = 6τ (Madras & Sokal 1988); a twin is 15 % off.

    What the window leaves out is e⁻⁶ of τ.
    """
    steps, tau = 400_000, 0.5 * (1 + a) / (1 - a)
    floor = tau * np.sqrt((4 * WINDOW * tau + 2) / steps)
    found = sampler.integrated_autocorrelation_time(autoregression(a, steps, seed=2))
    assert_within_floor(found, tau, floor)
    with caught():
        assert_within_floor(found, 1.15 * tau, floor)


def test_a_constant_series_counts_as_independent():
    assert sampler.integrated_autocorrelation_time(np.full(100, -1024.0)) == 0.5


# -- information from samples ----------------------------------------------------------------------
@each_small_point
def test_checkerboard_information_from_samples(temperature):
    p, _ = enumerated_law(temperature)
    exact_value = information_between(np.add.outer(np.arange(4), np.arange(4)).ravel() % 2 == 0, p)
    half, found = Ising2D(4, temperature).bipartite_information(5000, np.random.default_rng(7))
    assert (half.split, half.kind, half.estimate.stderr) == ("half", "exact", 0)
    assert half.estimate.value == exact.half_information(4, temperature)
    assert (found.split, found.kind) == ("checkerboard", "unbiased")
    assert_within_floor(found.estimate.value, exact_value, found.estimate.stderr)
    with caught():
        assert_within_floor(found.estimate.value, 1.02 * exact_value, found.estimate.stderr)


@each_small_point
def test_checkerboard_information_is_extensive(temperature):
    """Four times the sites hold more than thrice the information; between halves, not thrice."""
    sizes = [Ising2D(16, temperature), Ising2D(32, temperature)]
    small, large = (
        model._checkerboard(model.sample(300, np.random.default_rng(1))).estimate for model in sizes
    )
    assert large.value - 4 * large.stderr > 3 * (small.value + 4 * small.stderr)
    assert exact.half_information(12, temperature) < 3 * exact.half_information(6, temperature)


@each_small_point
def test_lower_bound_on_the_half_information(temperature, monkeypatch):
    """Made to sample at L = 8, it stays below the exact value, and above a third of it."""
    monkeypatch.setattr(ising_2d, "EXACT_HALF_SIDE", 4)
    bound = Ising2D(8, temperature)._half(samples_at(8, temperature))
    exact_value = exact.half_information(8, temperature)
    assert (bound.split, bound.kind) == ("half", "lower bound")
    assert exact_value / 3 < bound.estimate.value < exact_value - 4 * bound.estimate.stderr
    assert bound.estimate.stderr < 0.02


# -- parameters ------------------------------------------------------------------------------------
@pytest.mark.parametrize("use", [Ising2D.check, Ising2D.from_parameters])
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("L", 2, "from 4 to 128"), ("L", 9, "even"), ("L", 130, "from 4 to 128"), ("L", 8.5, "even"),
        ("L", -8, "even"), ("L", float("nan"), "even"), ("L", float("inf"), "even"),
        ("T", 0, "> 0"), ("T", -1.0, "> 0"), ("T", float("nan"), "finite"),
        ("T", float("inf"), "finite"), ("T", 0.01, "from 0.05"), ("T", 2000, "to 1000"),
    ],
)  # fmt: skip
def test_unusable_parameters_are_refused_by_name(use, field, value, allowed):
    with pytest.raises(InputError) as refused:
        use({"L": 8, "T": 2.0} | {field: value}, 1)
    message = str(refused.value)
    assert message.startswith(f"{field} = {value!r}: ")
    assert allowed in message
    assert "\n" not in message


def test_the_whole_range_of_parameters_is_finite():
    for side in (4, 128):
        for temperature in (0.05, 0.1, 0.5, 10.0, 1000.0):
            model = Ising2D.from_parameters({"L": side, "T": temperature}, 1)
            assert np.isfinite(model.log_partition)
            assert -1e-9 <= model.entropy() / model.n_sites <= np.log(2)
            assert model.entropy() >= np.log(2) - 1e-9
            assert exact.specific_heat(side, temperature) >= -1e-12


def test_importing_the_system_does_not_import_numba():
    """It would cost every start of the pipeline a quarter of a second."""
    code = "import sys, mfvae.systems.ising_2d; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
