"""Maier–Saupe: two sites, expansions, references, an independent Markov chain, exact laws of samples."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pytest
from numba import njit

from mfvae.errors import InputError
from mfvae.sites import _bingham as bingham
from mfvae.sites.director import Director
from mfvae.systems import maier_saupe
from mfvae.systems._maier_saupe_limit import (
    TRANSITION_BETA,
    limit_order_parameter,
    transition,
    uniaxial_cumulants,
)
from mfvae.systems.maier_saupe import HERMITE_NODES, MAX_BETA, MaierSaupe
from tests.helpers.statistics import assert_law, assert_mean, assert_within_floor, shuffled_sites

K = 5
DRAWS = 30_000
DIRECTOR = Director()


def rng_of(name: str) -> np.random.Generator:
    return np.random.default_rng([2026, *name.encode()])


@cache
def model_at(n_sites: int, beta: float) -> MaierSaupe:
    return MaierSaupe(n_sites, beta)


@lru_cache(maxsize=6)
def samples_at(n_sites: int, beta: float) -> np.ndarray:
    return model_at(n_sites, beta).sample(DRAWS, rng_of(f"{n_sites} {beta}"))


def caught():
    return pytest.raises(AssertionError, match="floors")


def stderr_of(values: np.ndarray) -> np.ndarray:
    return values.std(0, ddof=1) / np.sqrt(len(values))


# -- two sites: everything is an integral over one angle -------------------------------------------
each_beta = pytest.mark.parametrize("beta", [0.05, 1.0, 4.8, 15.0])


class TwoSites:
    """p(t) ∝ exp(β(1 + P₂(t))/2) for t = |u₁·u₂|, uniform on (0, 1) without coupling."""

    def __init__(self, beta: float) -> None:
        t, weight = np.polynomial.legendre.leggauss(200)
        t = (t + 1) / 2
        first, second = np.zeros((200, 3)), np.zeros((200, 3))
        first[:, 2] = 1
        second[:, 0], second[:, 2] = np.sqrt(1 - t**2), t
        m = (bingham.statistic(first) + bingham.statistic(second)) / 2
        self.square = (1 + (3 * t**2 - 1) / 2) / 2
        np.testing.assert_allclose((m**2).sum(1), self.square, atol=1e-14)
        self.cubic = bingham.cubic_invariant(m)
        boltzmann = weight / 2 * np.exp(beta * self.square)
        self.log_partition = float(np.log(boltzmann.sum()))
        self.probability = boltzmann / boltzmann.sum()


@each_beta
def test_two_sites(beta):
    """To 1e-10; moments at small β are differences of larger numbers, ε/β² (their cubes ε/β³)."""
    model, two = model_at(2, beta), TwoSites(beta)
    second, fourth, cubic = model.moments
    lost = 1e-10 + 1e-14 / beta**3
    assert model.log_partition == pytest.approx(two.log_partition, abs=1e-11)
    assert second == pytest.approx(two.probability @ two.square, abs=lost)
    assert fourth == pytest.approx(two.probability @ two.square**2, abs=lost / beta)
    assert cubic == pytest.approx(two.probability @ two.cubic, abs=lost)
    variance = two.probability @ two.square**2 - (two.probability @ two.square) ** 2
    assert model.fisher_information() == pytest.approx(variance, abs=2 * lost / beta)
    entropy = two.log_partition - beta * (two.probability @ two.square)
    assert model.entropy() == pytest.approx(entropy, abs=beta * lost + 1e-11)


@pytest.mark.parametrize("beta", [1.0, 4.8])
def test_one_of_two_sites_is_uniform(beta):
    """log p(x_A) = 0, to the 2e-4 that the Hermite nodes reach in their worst case; so I(A;B) = −H."""
    total = bingham.statistic(np.array([[0.48, 0.6, 0.64], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(model_at(2, beta).log_marginal(total, 1), 0, atol=2e-4)


def test_information_of_two_sites_is_minus_the_entropy():
    (half,) = model_at(2, 1.0).bipartite_information(50, rng_of("two"))
    assert (half.split, half.kind) == ("half", "unbiased")
    assert half.estimate.value == pytest.approx(-model_at(2, 1.0).entropy(), abs=5e-6)


def test_twin_two_sites_at_another_temperature_are_told_apart():
    assert abs(model_at(2, 4.8001).log_partition - TwoSites(4.8).log_partition) > 1e-5


def test_log_prob_of_two_sites_is_normalised_and_right():
    model = model_at(2, 4.8)
    x = rng_of("uniform").standard_normal((1000, 2, 3)).astype(np.float32)
    x /= np.linalg.norm(x, axis=2, keepdims=True)
    cosine = np.einsum("bi,bi->b", x[:, 0].astype(float), x[:, 1].astype(float))
    expected = 4.8 * (1 + (3 * cosine**2 - 1) / 2) / 2 - TwoSites(4.8).log_partition
    np.testing.assert_allclose(model.log_prob(x), expected, atol=5e-6)  # float32 directors


# -- high temperature and derivatives --------------------------------------------------------------
@pytest.mark.parametrize("n_sites", [2, 10, 64])
def test_high_temperature_expansion(n_sites):
    """log Z = β/2 + β²(N − 1)/20N + O(β³): what is left falls eightfold per halving of β (to 2 %)."""
    left = [
        model_at(n_sites, beta).log_partition - beta / 2 - beta**2 * (n_sites - 1) / (20 * n_sites)
        for beta in (0.08, 0.04)
    ]
    assert left[0] / left[1] == pytest.approx(8, rel=0.02)


@pytest.mark.parametrize(("n_sites", "beta"), [(32, 4.0), (128, 4.6), (64, 6.0), (200, 4.6)])
def test_derivatives_of_log_z_are_its_cumulants(n_sites, beta):
    """d log Z/dβ = N⟨|m|²⟩/2 and d²/dβ² = Var(N|m|²/2); the five-point stencil errs by step⁴."""
    step = 0.004
    log_z = np.array([MaierSaupe(n_sites, beta + k * step).log_partition for k in (-2, -1, 0, 1, 2)])
    model = model_at(n_sites, beta)
    slope = np.array([1, -8, 0, 8, -1]) @ log_z / (12 * step)
    curvature = np.array([-1, 16, -30, 16, -1]) @ log_z / (12 * step**2)
    assert slope == pytest.approx(n_sites / 2 * model.moments[0], rel=1e-6)
    assert curvature == pytest.approx(model.fisher_information(), rel=1e-4)
    assert model.entropy() < 0


def test_log_partition_by_direct_integration_in_five_dimensions():
    """Z = E exp(N A(√(β/N) g)) over g of five normal components, A by quadrature on the sphere."""
    n_sites, beta = 32, 2.0
    g = rng_of("five").standard_normal((200_000, K))
    rule = next(rule for rule in bingham.RULES if isinstance(rule, bingham.Lebedev))
    values = np.exp(n_sites * _by_rule(rule, np.sqrt(beta / n_sites) * g))
    exact = np.exp(model_at(n_sites, beta).log_partition)
    assert_within_floor(values.mean(), exact, stderr_of(values))
    with caught():
        assert_within_floor(values.mean(), exact * 1.05, stderr_of(values))


def _by_rule(rule, fields: np.ndarray) -> np.ndarray:
    blocks = np.array_split(fields, len(fields) // 2000)
    return np.concatenate([rule(block, False)[0] for block in blocks])


class Finer(MaierSaupe):
    """The same with twice the nodes in both invariants (see the test)."""

    @property
    def _shape_nodes(self) -> int:
        return 2 * super()._shape_nodes


@pytest.mark.parametrize(
    ("n_sites", "beta"), [(2, 20.0), (32, 4.8), (128, 4.6), (400, 4.55), (256, 20.0)]
)
def test_quadrature_is_converged(monkeypatch, n_sites, beta):
    """Twice the nodes change log Z, the moments and the rate by 1e-10 (relative) at most."""
    coarse, fine = MaierSaupe(n_sites, beta), Finer(n_sites, beta)
    results = [[coarse.log_partition, *coarse.moments, coarse.channel_rate()]]
    monkeypatch.setattr(maier_saupe, "NODES_PER_WIDTH", 2 * maier_saupe.NODES_PER_WIDTH)
    results.append([fine.log_partition, *fine.moments, fine.channel_rate()])
    assert len(fine.field_law.r) > 3 * len(coarse.field_law.r)
    assert coarse.field_law.probability.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(*results, rtol=1e-10, atol=1e-10)


# -- thermodynamic limit ---------------------------------------------------------------------------
def test_transition_has_its_published_numbers():
    """To their six digits; the supercooling limit is β = 5 exactly."""
    found = transition()
    expected = (4.541459, 0.429029, 4.487658, 5, 0.417964)
    np.testing.assert_allclose(found, expected, atol=0.6e-6)
    assert found.beta == pytest.approx(TRANSITION_BETA, abs=1e-9)
    assert MaierSaupe.transitions["transition_beta"].value == TRANSITION_BETA


def test_limit_order_parameter_minimises_the_free_energy():
    for beta in (4.4, 4.54, 4.543, 5.0, 7.0):
        r = np.linspace(0, beta, 1001)
        free_energy = r**2 / (2 * beta) - np.array([uniaxial_cumulants(value)[0] for value in r])
        lowest = r[np.argmin(free_energy)] / beta
        assert limit_order_parameter(beta) == pytest.approx(lowest, abs=1 / 1000)
    limit = MaierSaupe.limit_observables({"N": 64, "beta": 5.0})
    order = limit_order_parameter(5.0)
    assert limit == pytest.approx(
        {
            "order_parameter": order,
            "order_parameter_squared": order**2,
            "order_parameter_cubed": order**3,
        }
    )
    assert set(MaierSaupe.limit_observables({"N": 64, "beta": 3.0}).values()) == {0.0}


def test_exact_observables_approach_the_limit_like_one_over_n():
    for beta in (3.0, 6.0):
        limit = MaierSaupe.limit_observables({"beta": beta})["order_parameter_squared"]
        distance = np.array([MaierSaupe(n, beta).moments[0] - limit for n in (500, 1000, 2000)])
        np.testing.assert_allclose(distance[1:] / distance[:-1], 0.5, atol=0.02)


def test_channel_rate_of_the_isotropic_phase_approaches_its_gaussian_limit():
    """−(5/2) log(1 − β/5), as Curie–Weiss has −½ log(1 − β) for its one component."""
    limit = -K / 2 * np.log1p(-2.0 / 5)
    distance = np.array([MaierSaupe(n, 2.0).channel_rate() - limit for n in (500, 1000, 2000)])
    np.testing.assert_allclose(distance[1:] / distance[:-1], 0.5, atol=0.02)
    assert abs(distance[-1]) < 0.01


# -- an independent Markov chain -------------------------------------------------------------------
@njit(cache=True)
def _metropolis(n_sites, beta, chains, burn_in, sweeps, rng):  # type: ignore[no-untyped-def]
    """Mean |m|², |m|⁴ and 4 det of every chain, by Metropolis moves of one director at a time."""
    found = np.zeros((chains, 3))
    for chain in range(chains):
        u = np.empty((n_sites, 3))
        q = np.zeros((3, 3))  # Σ u uᵀ
        for i in range(n_sites):
            u[i] = rng.standard_normal(3)
            if chain % 2:  # half of the chains start aligned
                u[i, 2] += 5.0
            u[i] /= np.sqrt((u[i] ** 2).sum())
            for a in range(3):
                for b in range(3):
                    q[a, b] += u[i, a] * u[i, b]
        for sweep in range(burn_in + sweeps):
            for _ in range(n_sites):
                i = rng.integers(0, n_sites)
                new = u[i] + 0.8 * rng.standard_normal(3)  # symmetric on the sphere after projection
                new /= np.sqrt((new**2).sum())
                # |m|² = (3/2)(tr q²/N² − 1/3): Δ tr q² for q + new newᵀ − old oldᵀ
                along_new, along_old = 0.0, 0.0
                overlap = 0.0
                for a in range(3):
                    overlap += new[a] * u[i, a]
                    for b in range(3):
                        along_new += new[a] * q[a, b] * new[b]
                        along_old += u[i, a] * q[a, b] * u[i, b]
                change = 2 * (along_new - along_old) + 2 - 2 * overlap**2
                if rng.random() < np.exp(0.75 * beta / n_sites * change):
                    for a in range(3):
                        for b in range(3):
                            q[a, b] += new[a] * new[b] - u[i, a] * u[i, b]
                    u[i] = new
            if sweep >= burn_in:
                m = 1.5 * (q / n_sites - np.eye(3) / 3)  # the matrix M(m)
                square = 2 / 3 * (m**2).sum()
                found[chain, 0] += square / sweeps
                found[chain, 1] += square**2 / sweeps
                found[chain, 2] += 4 * np.linalg.det(m) / sweeps
    return found


@lru_cache
def chains_at(beta: float) -> np.ndarray:
    return _metropolis(32, beta, 100, 300, 2000, rng_of(f"chain {beta}"))


each_phase = pytest.mark.parametrize("beta", [4.0, 4.8])


@each_phase
def test_markov_chain_finds_the_exact_moments(beta):
    chains = chains_at(beta)
    assert_within_floor(chains.mean(0), model_at(32, beta).moments, stderr_of(chains))


@each_phase
def test_markov_chain_finds_the_moments_of_the_samples(beta):
    m = model_at(32, beta).order_parameters(samples_at(32, beta))
    square = (m**2).sum(1)
    values = np.stack([square, square**2, bingham.cubic_invariant(m)], 1)
    chains = chains_at(beta)
    floor = np.hypot(stderr_of(values), stderr_of(chains))
    assert_within_floor(values.mean(0), chains.mean(0), floor)


@each_phase
def test_twin_markov_chain_at_another_temperature_is_caught(beta):
    chains = chains_at(beta)
    with caught():
        assert_within_floor(chains.mean(0), model_at(32, beta * 1.03).moments, stderr_of(chains))


# -- samples ---------------------------------------------------------------------------------------
POINTS = [(32, 4.8), (64, 3.0), (64, 4.5), (128, 4.0), (128, 4.8)]
each_point = pytest.mark.parametrize(("n_sites", "beta"), POINTS)


def assert_order_parameter(x: np.ndarray, model: MaierSaupe) -> None:
    """⟨|m|²⟩ with its exact variance, the cubic invariant with the measured one, and isotropy."""
    m = model.order_parameters(x)
    second, fourth, cubic = model.moments
    square = (m**2).sum(1)
    assert_mean(square, second, fourth - second**2)
    assert_within_floor(bingham.cubic_invariant(m).mean(), cubic, stderr_of(bingham.cubic_invariant(m)))
    assert_mean(m, 0, second / K)
    first, other = np.triu_indices(K)
    products = m[:, first] * m[:, other]
    assert_within_floor(products.mean(0), second / K * (first == other), stderr_of(products))


def assert_pairs(x: np.ndarray, model: MaierSaupe) -> None:
    """⟨P₂(u_i·u_j)⟩ = (N⟨|m|²⟩ − 1)/(N − 1) for the 36 pairs of nine sites."""
    n = model.n_sites
    mean = (n * model.moments[0] - 1) / (n - 1)
    first, second = (n // 9 * sites for sites in np.triu_indices(9, k=1))
    legendre = 1.5 * (x[:, first].astype(float) * x[:, second]).sum(2) ** 2 - 0.5
    assert_within_floor(legendre.mean(0), mean, stderr_of(legendre))


@each_point
def test_samples_have_the_exact_moments(n_sites, beta):
    x, model = samples_at(n_sites, beta), model_at(n_sites, beta)
    assert x.dtype == np.float32
    assert x.shape == (DRAWS, n_sites, 3)
    assert_order_parameter(x, model)
    assert_pairs(x, model)


@each_point
def test_observables_of_samples_are_the_exact_ones(n_sites, beta):
    found = model_at(n_sites, beta).observables(samples_at(n_sites, beta))
    exact = model_at(n_sites, beta).exact_observables()
    assert found.keys() == exact.keys()
    for name, value in exact.items():
        assert_within_floor(found[name].value, value, found[name].stderr)


@each_point
def test_log_prob_of_samples_has_the_mean_of_the_entropy(n_sites, beta):
    model = model_at(n_sites, beta)
    variance = beta**2 * model.fisher_information()
    assert_mean(-model.log_prob(samples_at(n_sites, beta)), model.entropy(), variance)


@each_point
def test_twin_samples_at_another_temperature_are_caught(n_sites, beta):
    with caught():
        assert_order_parameter(samples_at(n_sites, beta), model_at(n_sites, beta * 1.03))


@each_point
def test_twin_shuffled_directors_are_caught(n_sites, beta):
    x, model = shuffled_sites(samples_at(n_sites, beta), rng_of("shuffled")), model_at(n_sites, beta)
    with caught():
        assert_order_parameter(x, model)
    with caught():
        assert_pairs(x, model)


def test_twin_samples_that_share_one_axis_are_caught():
    """Fields that keep their eigenvalues but are never rotated."""
    model = model_at(64, 4.8)
    levels = bingham.eigenvalues(*model._draw_invariants(DRAWS, rng_of("axis")))
    phi = 2 / 3 * levels @ bingham.statistic(np.eye(3))
    x = DIRECTOR.sample(np.tile(phi, (1, 64)), rng_of("directors"))
    with caught():
        assert_order_parameter(x, model)


def test_twin_samples_without_noise_in_the_field_are_caught():
    """Directors drawn in the field βm of an exact configuration instead of φ."""
    model = model_at(64, 4.5)
    phi = 4.5 * model.order_parameters(samples_at(64, 4.5))
    x = DIRECTOR.sample(np.tile(phi, (1, 64)), rng_of("mean field"))
    with caught():
        assert_order_parameter(x, model)


# -- the field -------------------------------------------------------------------------------------
def assert_law_of_invariants(r: np.ndarray, w: np.ndarray, model: MaierSaupe) -> None:
    """(r, w) in 12 × 8 cells against r⁴ exp(−Nr²/2β + N A(r, w)), integrated over every cell."""
    node, weight = np.polynomial.legendre.leggauss(16)
    edges = np.linspace(0, 1.02 * r.max(), 13), np.linspace(-1, 1, 9)
    fine = [(left[:-1, None] + np.diff(left)[:, None] * (node + 1) / 2).ravel() for left in edges]
    grid_r, grid_w = (g.ravel() for g in np.meshgrid(*fine, indexing="ij"))
    n, beta = model.n_sites, model.coupling
    log_density = 4 * np.log(grid_r) - n * grid_r**2 / (2 * beta)
    log_density += n * bingham.log_partition_polar(grid_r, grid_w)
    density = np.exp(log_density - log_density.max()).reshape(12, 16, 8, 16)
    law = np.einsum("aibj,i,j->ab", density, weight, weight)
    row = np.searchsorted(edges[0], r, side="right") - 1
    column = np.minimum(np.searchsorted(edges[1], w, side="right") - 1, 7)
    assert_law(row * 8 + column, (law / law.sum()).ravel())


@each_point
def test_invariants_of_the_field_follow_their_law(n_sites, beta):
    model = model_at(n_sites, beta)
    phi = model.sample_fields(100_000, rng_of("invariants"))
    r = np.linalg.norm(phi, axis=1)
    assert_law_of_invariants(r, bingham.cubic_invariant(phi) / r**3, model)


@each_point
def test_twin_invariants_at_another_temperature_are_caught(n_sites, beta):
    phi = model_at(n_sites, beta * 1.02).sample_fields(100_000, rng_of("invariants"))
    r = np.linalg.norm(phi, axis=1)
    with caught():
        assert_law_of_invariants(r, bingham.cubic_invariant(phi) / r**3, model_at(n_sites, beta))


@pytest.mark.parametrize(("n_sites", "beta"), [(32, 4.8), (64, 4.5)])
def test_channel_rate_is_the_mean_log_ratio_of_densities(n_sites, beta):
    """E log [N(φ; βm, β/N)/ρ(φ)] over configurations and the field drawn for each."""
    model, rng = model_at(n_sites, beta), rng_of("channel")
    m = model.order_parameters(samples_at(n_sites, beta)).astype(float)
    noise = rng.standard_normal(m.shape)
    phi = beta * m + np.sqrt(beta / n_sites) * noise
    log_normal = -(noise**2).sum(1) / 2  # both densities lack (2πβ/N)^{5/2}
    log_rho = n_sites * (bingham.log_partition(phi) - (phi**2).sum(1) / (2 * beta)) - model.log_partition
    values = log_normal - log_rho
    assert_within_floor(values.mean(), model.channel_rate(), stderr_of(values))
    with caught():
        assert_within_floor(values.mean(), model.channel_rate() * 1.02, stderr_of(values))


# -- information between halves --------------------------------------------------------------------
def half_totals(n_sites: int, beta: float, n: int) -> np.ndarray:
    statistic = DIRECTOR.statistic(samples_at(n_sites, beta)[:n]).reshape(n, n_sites, K)
    return statistic[:, : n_sites // 2].sum(1, dtype=float)


@pytest.mark.parametrize(("n_sites", "beta"), [(32, 4.8), (64, 4.5), (128, 4.8)])
def test_log_marginal_of_all_sites_is_log_prob(n_sites, beta):
    model, x = model_at(n_sites, beta), samples_at(n_sites, beta)[:20]
    total = n_sites * model.order_parameters(x).astype(float)
    np.testing.assert_allclose(model.log_marginal(total, n_sites), model.log_prob(x), atol=2e-6)


@pytest.mark.parametrize(("n_sites", "beta"), [(32, 2.5), (12, 3.5)])
def test_log_marginal_by_direct_integration_in_five_dimensions(n_sites, beta):
    """p(x_A)·Z = E exp(N_B A(βM_A/N + √(β/N) g)) e^{β|M_A|²/2N}, averaged over normal g."""
    model, half = model_at(n_sites, beta), n_sites // 2
    total = half_totals(n_sites, beta, 4)
    g = rng_of("direct").standard_normal((200_000, K))
    for m_a, found in zip(total, model.log_marginal(total, half), strict=True):
        phi = beta / n_sites * m_a + np.sqrt(beta / n_sites) * g
        log_factor = beta * (m_a**2).sum() / (2 * n_sites) - model.log_partition - found
        values = np.exp(half * bingham.log_partition(phi) + log_factor)  # relative to what was found
        assert_within_floor(values.mean(), 1, stderr_of(values))
        with caught():
            assert_within_floor(values.mean(), 1.1, stderr_of(values))


@pytest.mark.parametrize(("n_sites", "beta"), [(32, 4.8), (128, 4.6), (128, 6.0)])
def test_nodes_and_table_of_the_marginal_are_converged(n_sites, beta):
    """Two orders below the statistical error of 20,000 configurations, 1e-3."""
    model, total = model_at(n_sites, beta), half_totals(n_sites, beta, 2000)
    some = slice(None, 20)
    direct = model.log_marginal(total[some], n_sites // 2, HERMITE_NODES + 2)
    np.testing.assert_allclose(model.log_marginal(total[some], n_sites // 2), direct, atol=2e-5)
    table = model._interpolated_marginal(total, n_sites // 2)
    np.testing.assert_allclose(table[some], direct, atol=3e-5)


def information_at(n_sites: int, beta: float) -> tuple[float, float]:
    (half,) = model_at(n_sites, beta).bipartite_information(5000, rng_of("information"))
    return half.estimate.value, half.estimate.stderr


@pytest.mark.parametrize(("n_sites", "beta"), [(64, 4.5), (128, 4.0)])
def test_information_is_the_mean_of_the_log_ratio(n_sites, beta):
    """Without table or control variates; those must not have moved the mean."""
    model, half = model_at(n_sites, beta), n_sites // 2
    x = samples_at(n_sites, beta)[:400]
    totals = DIRECTOR.statistic(x).reshape(400, 2, half, K).sum(2, dtype=float)
    ratio = model.log_prob(x) - sum(model.log_marginal(totals[:, part], half) for part in (0, 1))
    value, stderr = information_at(n_sites, beta)
    assert stderr < 0.1 * stderr_of(ratio)
    assert_within_floor(ratio.mean(), value, np.hypot(stderr_of(ratio), stderr))


def test_information_of_the_isotropic_phase_approaches_its_gaussian_limit():
    """−(5/2) log(1 − r²), r = b/(2 − b) with b = β/5, the correlation of two Gaussian halves."""
    value, stderr = information_at(1000, 2.0)
    limit = -K / 2 * np.log1p(-((0.4 / 1.6) ** 2))
    finite_size = 1e-3  # the correction of order 1/N, with b(1 − b)⁻² of order 1
    assert abs(value - limit) < 4 * stderr + finite_size
    twin = -K / 2 * np.log1p(-((0.42 / 1.58) ** 2))
    assert abs(value - twin) > 4 * stderr + finite_size


# -- parameters ------------------------------------------------------------------------------------
def test_attributes_are_those_of_a_mean_field_system():
    model = MaierSaupe.from_parameters({"N": 6, "beta": 4.0}, seed=1)
    assert (model.name, tuple(model.parameters), model.n_sites) == ("maier_saupe", ("N", "beta"), 6)
    assert model.site_family.name == "director"
    assert model.coupling == 4.0
    np.testing.assert_array_equal(model.field, np.zeros(K))
    x = model.sample(3, rng_of("six"))
    statistic = DIRECTOR.statistic(x).reshape(3, 6, K)
    np.testing.assert_allclose(model.order_parameters(x), statistic.mean(1), atol=1e-7)
    np.testing.assert_array_equal(x, model.sample(3, rng_of("six")))


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("beta", 0, "> 0"), ("beta", -0.5, "> 0"), ("beta", float("nan"), "finite"),
        ("beta", float("inf"), "finite"), ("beta", MAX_BETA * 1.01, f"≤ {MAX_BETA:g}"),
        ("N", 63, "even"), ("N", 0, "even"), ("N", 64.5, "even"), ("N", float("nan"), "even"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("check", [MaierSaupe.check, MaierSaupe.from_parameters])
def test_unusable_parameters_are_refused_by_name(check, field, value, allowed):
    with pytest.raises(InputError) as refused:
        check({"N": 64, "beta": 4.0} | {field: value}, 1)
    message = str(refused.value)
    assert message.startswith(f"{field} = {value!r}: ")
    assert allowed in message
    assert "\n" not in message
