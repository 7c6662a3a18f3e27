"""The generalized Hopfield model: law, Monte Carlo, thermodynamics and attractors, by enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard
from scipy.optimize import brentq

from mfvae.errors import InputError
from mfvae.hamiltonian import _kernels
from mfvae.hamiltonian import model as generalized_hopfield
from mfvae.hamiltonian import monte_carlo as hopfield_monte_carlo
from mfvae.hamiltonian.attractors import basins, fixed_points, mean_field_free_energy
from mfvae.hamiltonian.model import GeneralizedHopfield
from mfvae.hamiltonian.monte_carlo import heat_capacity, monte_carlo
from mfvae.stats import split_r_hat
from mfvae.systems.hopfield import Hopfield
from tests.helpers.statistics import MIN_EXPECTED, all_configurations, assert_law, assert_within_floor

SITES, TEMPERATURES = 8, (0.6, 1.0, 2.0)
X = all_configurations(SITES)


def random_model(n_patterns: int = 2, seed: int = 0, n_sites: int = SITES) -> GeneralizedHopfield:
    """Strong fields of all sizes, φ far from Gaussian and not around 0."""
    rng = np.random.default_rng(seed)
    nodes = np.exp(0.6 * rng.normal(size=(60, n_patterns))) - 0.5
    patterns = rng.normal(size=(n_sites, n_patterns))
    return GeneralizedHopfield(rng.normal(size=n_sites) - 1, patterns, nodes, rng.normal(size=60))


def gaussian_model(patterns: np.ndarray, beta: float, bias: np.ndarray | None = None, cut=60.0):
    """ρ(φ) of Hubbard and Stratonovich on a lattice: the quadratic model, U = β|m|²/2."""
    n_sites, n_patterns = patterns.shape
    axis = np.linspace(-1, 1, 61) * (beta + 7 * np.sqrt(beta / n_sites))
    nodes = np.stack(np.meshgrid(*[axis] * n_patterns, indexing="ij"), -1).reshape(-1, n_patterns)
    bias = np.zeros(n_sites) if bias is None else bias
    fields = bias + nodes @ patterns.T
    log_weight = np.logaddexp(fields, -fields).sum(1) - n_sites / (2 * beta) * (nodes**2).sum(1)
    keep = log_weight > log_weight.max() - cut
    return GeneralizedHopfield(bias, patterns, nodes[keep], log_weight[keep])


def boltzmann(model: GeneralizedHopfield, temperature: float) -> np.ndarray:
    log_weight = model.log_prob(X) / temperature
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def index(x: np.ndarray) -> np.ndarray:
    """The place of words (B, SITES) in X."""
    return (x > 0) @ 2 ** np.arange(SITES)[::-1]


# -- the law ----------------------------------------------------------------------------------------
@given(st.integers(1, 4), st.integers(0, 1000))
def test_probabilities_are_those_of_the_decoder(n_patterns, seed):
    model = random_model(n_patterns, seed)
    p_up = 1 / (1 + np.exp(-2 * (model.bias + model.nodes @ model.patterns.T)))  # (G, N)
    given_node = np.where(X[:, None, :] > 0, p_up, 1 - p_up).prod(2)  # (B, G)
    weight = np.exp(model.log_weight)
    np.testing.assert_allclose(np.exp(model.log_prob(X)), given_node @ weight, rtol=1e-10)
    assert np.exp(-model.energy(X)).sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(
        model.mean_overlap, np.exp(model.log_prob(X)) @ model.overlap(X), atol=1e-12
    )


@given(st.integers(1, 4), st.integers(0, 1000))
def test_gradient_and_hessian_are_finite_differences(n_patterns, seed):
    model, h = random_model(n_patterns, seed), 1e-4
    m = np.random.default_rng(seed).normal(size=(5, n_patterns)) / 2
    steps = h * np.eye(n_patterns)
    slope = [(model.potential(m + e) - model.potential(m - e)) / (2 * h) for e in steps]
    curvature = [(model.gradient(m + e) - model.gradient(m - e)) / (2 * h) for e in steps]
    np.testing.assert_allclose(model.gradient(m), np.stack(slope, 1), atol=1e-4)
    hessian = model.hessian(m)
    np.testing.assert_allclose(hessian, np.stack(curvature, 1), atol=1e-3 * (1 + np.abs(hessian).max()))
    assert (np.linalg.eigvalsh(hessian) > -1e-9).all()  # U is convex


def test_blocks_keep_the_order(monkeypatch):
    model = random_model()
    m = model.overlap(X)
    whole = model.potential(m), model.gradient(m), model.hessian(m)
    monkeypatch.setattr(generalized_hopfield, "BLOCK_ENTRIES", 7 * len(model.nodes))
    for one, other in zip(whole, (model.potential(m), model.gradient(m), model.hessian(m)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@given(st.integers(1, 4), st.integers(0, 1000))
def test_the_canonical_form_is_one_for_all_gauges(n_patterns, seed):
    """p(x) stays, and φ → Aφ + c of the same model has the same form, entry by entry."""
    model, rng = random_model(n_patterns, seed), np.random.default_rng(seed)
    a, c = rng.normal(size=(n_patterns, n_patterns)) + np.eye(n_patterns), rng.normal(size=n_patterns)
    patterns = model.patterns @ np.linalg.inv(a)
    moved = GeneralizedHopfield(
        model.bias - patterns @ c, patterns, model.nodes @ a.T + c, model.log_weight
    )
    form, other = model.canonical(), moved.canonical()
    np.testing.assert_allclose(form.log_prob(X), model.log_prob(X), rtol=0, atol=1e-10)
    scale = np.linalg.cond(a)
    for name in ("bias", "patterns", "nodes"):
        np.testing.assert_allclose(getattr(form, name), getattr(other, name), atol=1e-8 * scale)
    weight, gram = np.exp(form.log_weight), form.patterns.T @ form.patterns
    np.testing.assert_allclose(weight @ form.nodes, 0, atol=1e-9)
    np.testing.assert_allclose((form.nodes.T * weight) @ form.nodes, np.eye(n_patterns), atol=1e-8)
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-9 * gram.max())
    assert (np.diff(np.diag(gram)) <= 0).all()
    assert (form.patterns.sum(0) > 0).all()


def test_gaussian_collective_variables_give_the_hopfield_network():
    rng, beta = np.random.default_rng(3), 1.2
    patterns, bias = rng.choice([-1.0, 1.0], size=(SITES, 2)), rng.normal(size=SITES) / 2
    model = gaussian_model(patterns, beta, bias)
    quadratic = X @ bias + SITES * beta / 2 * (model.overlap(X) ** 2).sum(1)
    np.testing.assert_allclose(np.ptp(model.log_prob(X) - quadratic), 0, atol=1e-9)
    free = gaussian_model(patterns, beta)
    np.testing.assert_allclose(free.log_prob(X), Hopfield(patterns, beta).log_prob(X), atol=1e-9)
    for m0 in (None, np.array([0.3, -0.2])):  # the expansion of a quadratic is the same everywhere
        coupling, field = model.quadratic_coupling(m0)
        np.testing.assert_allclose(coupling, beta * patterns @ patterns.T / SITES, atol=1e-8)
        np.testing.assert_allclose(field, bias, atol=1e-8)


def test_the_quadratic_model_is_the_expansion_around_its_mean():
    model = random_model(seed=4)
    coupling, field = model.quadratic_coupling()
    m0, xi, n = model.mean_overlap, model.patterns, SITES
    direction = np.array([0.7, -0.4])

    def error(size: float) -> float:
        """N U − its quadratic form at m0 + size · direction, against the same at m0."""
        found = []
        for m in (m0 + size * direction, m0):
            x = xi @ np.linalg.solve(xi.T @ xi, n * m)  # any real x with this overlap
            full = x @ model.bias + n * model.potential(m[None])[0]
            found.append(full - field @ x - x @ coupling @ x / 2)
        return abs(found[0] - found[1])

    assert error(2e-2) / error(1e-2) == pytest.approx(8, rel=0.1)  # of third order


# -- Monte Carlo ------------------------------------------------------------------------------------
def chains_of(model, seed=0, temperatures=TEMPERATURES, **options):
    settings = {"chains": 150, "kept": 100, "thinning": 4, "burn_in": 50} | options
    return monte_carlo(model, np.random.default_rng(seed), temperatures=temperatures, **settings)


def assert_moments(found, probabilities: np.ndarray) -> None:
    """Spins, pairs and P(K), 45 comparisons; errors between chains, or of independent draws."""
    words = found.words.astype(float)
    pairs = np.triu_indices(SITES, 1)
    counts = found.spike_counts()[:, :, None] == np.arange(SITES + 1)
    for per_chain, values in (
        (words.mean(1), X),
        ((words[:, :, pairs[0]] * words[:, :, pairs[1]]).mean(1), X[:, pairs[0]] * X[:, pairs[1]]),
        (counts.mean(1), (X > 0).sum(1)[:, None] == np.arange(SITES + 1)),
    ):
        exact = probabilities @ values
        independent = (probabilities @ values.astype(float) ** 2 - exact**2) / words[:, :, 0].size
        stderr = np.maximum(per_chain.std(0, ddof=1) / np.sqrt(len(words)), np.sqrt(independent))
        enough = exact * words[:, :, 0].size > MIN_EXPECTED if values.dtype == bool else slice(None)
        assert_within_floor(per_chain.mean(0)[enough], exact[enough], stderr[enough], factor=4.5)


@pytest.mark.parametrize("n_patterns", [1, 2, 4])
def test_monte_carlo_has_the_moments_of_enumeration(n_patterns):
    model = random_model(n_patterns, seed=5)
    for found, temperature in zip(chains_of(model), TEMPERATURES, strict=True):
        assert_moments(found, boltzmann(model, temperature))
        np.testing.assert_allclose(found.energies[0], model.energy(found.words[0]), atol=1e-9)
        assert max(found.split_r_hat().values()) < 1.02
        with pytest.raises(AssertionError, match="floors"):  # twin: a temperature nearby
            assert_moments(found, boltzmann(model, 1.1 * temperature))


@pytest.mark.parametrize("wrong", [{"SCREEN": 0.0}, {"SCREEN": 1.0}, {"REACH": 1e-9}])
def test_neither_screening_nor_renewal_changes_the_law(wrong, monkeypatch):
    """Uncompiled, so that constants can be changed; renewed weights leave the very same chain."""
    model, compiled = random_model(seed=6), hopfield_monte_carlo.run_ladder
    options = {"temperatures": (1.0,), "chains": 12, "kept": 60, "thinning": 2, "burn_in": 10}
    expected = chains_of(model, **options)[0]
    monkeypatch.setattr(hopfield_monte_carlo, "run_ladder", compiled.py_func)
    for name, value in wrong.items():
        module = _kernels if hasattr(_kernels, name) else hopfield_monte_carlo
        monkeypatch.setattr(module, name, value)
    found = chains_of(model, **options)[0]
    if "REACH" in wrong:
        np.testing.assert_array_equal(found.words, expected.words)
    assert_moments(found, boltzmann(model, 1.0))


def test_weights_are_renewed_before_they_leave_the_floats(monkeypatch):
    """From all spins up into disorder, where nodes rule that weighed e^−800 at first."""
    model, compiled = gaussian_model(np.ones((400, 1)), 4.0, cut=np.inf), hopfield_monte_carlo.run_ladder
    options = {"temperatures": (8.0,), "chains": 2, "kept": 4, "thinning": 1, "start": np.ones((2, 400))}
    found = chains_of(model, **options)[0]
    np.testing.assert_allclose(found.energies, [model.energy(x) for x in found.words], atol=1e-9)
    assert np.abs(found.words.mean(2)).max() < 0.6
    monkeypatch.setattr(hopfield_monte_carlo, "run_ladder", compiled.py_func)
    monkeypatch.setattr(_kernels, "REACH", 1e9)  # twin: never
    wrong = chains_of(model, **options)[0]
    assert not np.allclose(wrong.energies, [model.energy(x) for x in wrong.words], atol=1e-9)


def test_independent_draws_have_the_law_of_the_model():
    model = random_model(seed=7)
    x = model.draw(40_000, np.random.default_rng(0))
    assert x.dtype == np.int8
    assert_law(index(x), np.exp(model.log_prob(X)))
    with pytest.raises(AssertionError, match="floors"):
        assert_law(index(x), boltzmann(model, 1.05))


def test_heat_capacity_is_that_of_enumeration():
    model = random_model(seed=8)
    table = heat_capacity(model, TEMPERATURES, np.random.default_rng(1), chains=300, thinning=4)
    h = model.energy(X)
    laws = [boltzmann(model, t) for t in TEMPERATURES]
    mean = np.array([p @ h for p in laws])
    exact = np.array([p @ h**2 - (p @ h) ** 2 for p in laws]) / (SITES * np.square(TEMPERATURES))
    assert_within_floor(table["energy"], mean / SITES, table["energy_stderr"])
    assert_within_floor(table["heat_capacity"], exact, table["heat_capacity_stderr"])
    assert (table["heat_capacity_stderr"] < 0.03 * exact).all()
    with pytest.raises(AssertionError, match="floors"):  # twin: T instead of T²
        assert_within_floor(exact * TEMPERATURES, exact, table["heat_capacity_stderr"])
    assert table["exchange_rate"][:-1].between(0.2, 1).all()


def test_exchange_of_temperatures_crosses_a_barrier_that_flips_do_not():
    """Curie–Weiss at β = 2, N = 40: |m| = 0.957 of either sign, and R̂ sees which chain is stuck."""
    model = gaussian_model(np.ones((40, 1)), 2.0)
    start = np.repeat([[1], [-1]], [12, 12], axis=0) * np.ones((24, 40), dtype=np.int8)
    options = {"chains": 24, "kept": 150, "thinning": 2, "burn_in": 100, "start": start}
    alone = monte_carlo(model, np.random.default_rng(2), **options)[0]
    ladder = monte_carlo(
        model, np.random.default_rng(2), temperatures=(1.0, 1.25, 1.6, 2.0, 2.6), **options
    )[0]
    assert alone.split_r_hat()["spike_count"] > 3
    assert ladder.split_r_hat()["spike_count"] < 1.3
    magnetisation = ladder.mean(ladder.words.mean(2))
    assert_within_floor(magnetisation.value, 0.0, magnetisation.stderr)


def test_split_r_hat_sees_a_drift_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(20, 400))
    assert split_r_hat(noise) == pytest.approx(1, abs=0.01)
    assert split_r_hat(noise + np.linspace(0, 2, 400)) > 1.1
    assert split_r_hat(np.ones((4, 10))) == 1


# -- attractors -------------------------------------------------------------------------------------
ORTHOGONAL = hadamard(32)[:, 1:3].astype(float)


def test_the_stored_patterns_are_the_attractors_of_a_hopfield_network():
    """Orthogonal patterns below T_c: ±ξ_μ with m = tanh(βm), and the words themselves at T = 0."""
    beta, model = 1.5, gaussian_model(ORTHOGONAL, 1.5)
    starts = np.random.default_rng(0).uniform(-1, 1, size=(200, 32))
    found = fixed_points(model, starts=starts)
    m = brentq(lambda m: np.tanh(beta * m) - m, 0.1, 1)
    overlaps = found.overlaps[found.stable]
    assert found.stable.sum() == 4
    assert found.unconverged == 0
    assert found.share.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.sort(np.abs(overlaps), 1), [[0, m]] * 4, atol=1e-8)
    np.testing.assert_allclose(found.slope[found.stable], beta * (1 - m**2), atol=1e-8)
    entropy = -sum(p * np.log(p) for p in ((1 + m) / 2, (1 - m) / 2))
    f = 32 * (-beta * m**2 / 2 - entropy - model.potential(np.zeros((1, 2)))[0])
    np.testing.assert_allclose(found.free_energy[found.stable], f, atol=1e-8)
    words = np.concatenate([s * ORTHOGONAL.T for s in (1, -1)]).astype(np.int8)
    found_words = basins(model, np.repeat(words, 3, axis=0) * (1 - 2 * np.eye(32)[:12]))
    assert {w.tobytes() for w in found_words.minima} == {w.tobytes() for w in words}
    np.testing.assert_array_equal(found_words.counts, 3)


def test_curie_weiss_has_one_attractor_above_and_two_below_its_transition():
    model = gaussian_model(np.ones((30, 1)), 2.0)
    for temperature, slope, stable in ((2.5, 0.8, 1), (1.6, None, 2)):  # β = 2/T
        found = fixed_points(model, temperature)
        assert found.stable.sum() == stable
        if slope:
            np.testing.assert_allclose([found.overlaps[0, 0], found.slope[0]], [0, slope], atol=1e-8)
    saddle = fixed_points(model, 1.6, starts=np.zeros((1, 30)))  # on the plane of symmetry
    assert saddle.slope[0] == pytest.approx(1.25)
    assert not saddle.stable[0]


@given(st.integers(0, 1000))
def test_fixed_points_are_stationary_and_bound_the_free_energy(seed):
    """At T = 1 f is no less than −log Z = 0 anywhere (Gibbs and Bogoliubov)."""
    model, rng = random_model(seed=seed), np.random.default_rng(seed)
    means = rng.uniform(-1, 1, size=(20, SITES))
    assert (mean_field_free_energy(model, means) > 0).all()
    found = fixed_points(model)
    f = found.free_energy
    assert (np.diff(f) >= 0).all()
    assert (f > 0).all()
    assert (mean_field_free_energy(model, means) >= f[0] - 1e-9).all()
    for a in found.means[found.stable]:
        near = np.clip(a + 1e-3 * rng.normal(size=(20, SITES)) * (1 - a**2), -1, 1)
        assert (mean_field_free_energy(model, near) > mean_field_free_energy(model, a[None])).all()


@given(st.integers(1, 3), st.integers(0, 1000))
def test_words_flow_down_the_steepest_way(n_patterns, seed):
    model = random_model(n_patterns, seed)
    found, energy = basins(model, X), model.energy(X)
    neighbours = index((X[:, None, :] * (1 - 2 * np.eye(SITES))).reshape(-1, SITES)).reshape(-1, SITES)
    best = neighbours[np.arange(len(X)), energy[neighbours].argmin(1)]
    flow = np.where(energy[best] < energy - 1e-9, best, np.arange(len(X)))
    for _ in range(SITES + 8):
        flow = flow[flow]
    np.testing.assert_array_equal(index(found.minima[found.basin]), flow)
    np.testing.assert_allclose(found.energies, model.energy(found.minima))
    np.testing.assert_array_equal(found.counts, np.bincount(found.basin))
    assert (np.diff(found.counts) <= 0).all()


# -- bad input --------------------------------------------------------------------------------------
def test_what_fits_no_model_is_refused():
    b, xi, phi, w = np.zeros(4), np.ones((4, 2)), np.ones((6, 2)), np.zeros(6)
    for wrong in (
        (b, xi[:, :1], phi, w),
        (b[:3], xi, phi, w),
        (b, xi, phi, w[:2]),
        (b, xi * np.nan, phi, w),
    ):
        with pytest.raises(InputError):
            GeneralizedHopfield(*wrong)
    with pytest.raises(InputError, match="span"):
        GeneralizedHopfield(b, xi, phi, w).canonical()
    model, rng = random_model(), np.random.default_rng(0)
    for options in (
        {"temperatures": (1.0, 0.0)}, {"chains": 1}, {"kept": 3}, {"thinning": 0},
        {"start": np.zeros((50, SITES))}, {"start": np.ones((3, SITES))},
    ):  # fmt: skip
        with pytest.raises(InputError):
            monte_carlo(model, rng, **options)
    steep = GeneralizedHopfield(model.bias, 100 * model.patterns, model.nodes, model.log_weight)
    with pytest.raises(InputError, match="range"):
        monte_carlo(steep, rng)
    for call in (
        lambda: fixed_points(model, 0.0), lambda: fixed_points(model, starts=2 * np.ones((1, SITES))),
        lambda: basins(model, np.zeros((2, SITES))),
    ):  # fmt: skip
        with pytest.raises(InputError):
            call()
