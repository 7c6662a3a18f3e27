"""Decoding, on decoders built by hand: what is read off them is known exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from mfvae.compare.pattern_matching import match_patterns
from mfvae.decoding.collective import FIELD_FLOOR, CollectiveVariables, collective_variables
from mfvae.decoding.couplings import Couplings, couplings
from mfvae.decoding.patterns import binary_patterns
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LatentLattice
from mfvae.sites.spin import Spin
from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.decoders import Sampled, Sheet
from tests.helpers.pattern_models import AnyPatterns
from tests.helpers.statistics import assert_within_floor

N_SITES = 64
PRIOR_DRAWS = 2000


def statistic_of(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(Spin().statistic(x))


# -- exact decoders --------------------------------------------------------------------------------
def hubbard_stratonovich_map(n_sites: int, coupling: float, field: float = 0.0) -> Callable:
    """φ(z) = F_ρ⁻¹(Φ(z)): a standard normal z becomes φ ~ ρ ∝ exp(−Nφ²/2βJ + N log 2cosh(h + φ)).

    The distribution function is tabulated from both ends, so that both tails keep their precision.
    """
    reach = coupling + 10 * np.sqrt(coupling / n_sites)
    phi = np.linspace(-reach, reach, 400_001)
    log_rho = n_sites * (np.logaddexp(phi + field, -phi - field) - phi**2 / (2 * coupling))
    rho = np.exp(log_rho - log_rho.max())
    cells = (rho[1:] + rho[:-1]) / 2
    below = np.concatenate([[0], np.cumsum(cells)])
    above = np.concatenate([np.cumsum(cells[::-1])[::-1], [0]])
    with np.errstate(divide="ignore"):
        z = np.where(below < above, ndtri(below / cells.sum()), -ndtri(above / cells.sum()))
    known = np.isfinite(z)

    def phi_of(latent: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.interp(latent.numpy(), z[known], phi[known]))

    return phi_of


def curie_weiss_decoder(coupling: float, field: float = 0.0, n_sites: int = N_SITES) -> Sheet:
    """A decoder whose p_θ is Curie–Weiss exactly: η_i(z) = h + φ(z) on every site."""
    phi = hubbard_stratonovich_map(n_sites, coupling, field)
    return Sheet(np.ones((n_sites, 1)), phi, np.full(n_sites, field))


POINTS = [(0.5, 0.0), (1.0, 0.0), (1.5, 0.0), (0.5, 0.2), (1.0, -0.1), (1.5, 0.05)]
SPACING = {1.5: 2e-4}  # deep in the ordered phase φ(z) jumps between the modes within Δz = 0.01
EXACT = 1e-4  # relative: the lattice of nodes is in float32, its radius is 6.5


def lattice_of(decoder: Sheet, coupling: float) -> LatentLattice:
    return LatentLattice(decoder, 1, SPACING.get(coupling, 0.02), radius=6.5)


def assert_read_off(found, coupling: float, field: float = 0.0) -> None:
    """βJ from the mean and from the spread of the posterior, and h, to four digits."""
    assert found.from_mean == pytest.approx(coupling, rel=EXACT), "from the mean"
    assert found.from_spread == pytest.approx(coupling, rel=EXACT), "from the spread"
    assert found.field == pytest.approx(field, abs=EXACT), "field"


@pytest.mark.parametrize(("coupling", "field"), POINTS)
def test_exact_curie_weiss_decoder_is_read_off_exactly(coupling, field):
    system, decoder = CurieWeiss(N_SITES, coupling, field), curie_weiss_decoder(coupling, field)
    x = system.sample(300, np.random.default_rng(5))
    lattice = lattice_of(decoder, coupling)
    # p_θ is the system: nothing else could make the couplings exact
    np.testing.assert_allclose(
        lattice.log_marginal(statistic_of(x)).numpy(), system.log_prob(x), atol=1e-4
    )
    found = couplings(lattice, statistic_of(x), np.ones((N_SITES, 1)), N_SITES)
    assert found.from_mean.shape == found.from_spread.shape == (1, 1)
    assert found.field.shape == (1,)
    assert_read_off(found, coupling, field)
    assert found.from_mean_stderr < EXACT
    assert found.from_spread_stderr < EXACT


@pytest.mark.parametrize(
    ("decoder", "wrong"),
    [
        (curie_weiss_decoder(1.001), "from the mean"),
        (Sheet(np.ones((N_SITES, 1)), lambda z: z), "from the mean"),
        (curie_weiss_decoder(1.0, 0.001), "field"),
    ],
    ids=["coupling 0.1 % too strong", "another prior of φ", "a field of 0.001"],
)
def test_twin_another_decoder_is_not_read_off_the_same(decoder, wrong):
    x = statistic_of(CurieWeiss(N_SITES, 1.0).sample(300, np.random.default_rng(5)))
    with pytest.raises(AssertionError, match=wrong):
        assert_read_off(couplings(lattice_of(decoder, 1.0), x, np.ones((N_SITES, 1)), N_SITES), 1.0)


def test_couplings_belong_to_the_decoder_and_not_to_the_configurations():
    """Configurations of any other law give the same answer: only the posterior is asked."""
    x = CurieWeiss(N_SITES, 0.3).sample(300, np.random.default_rng(6))
    decoder = curie_weiss_decoder(1.0)
    assert_read_off(
        couplings(lattice_of(decoder, 1.0), statistic_of(x), np.ones((N_SITES, 1)), N_SITES), 1.0
    )


def test_signs_of_a_pattern_are_a_gauge():
    """Curie–Weiss with flipped sites is a Hopfield model with one pattern: the same βJ along it."""
    pattern = np.random.default_rng(7).choice([-1.0, 1.0], size=(N_SITES, 1))
    decoder = Sheet(pattern, hubbard_stratonovich_map(N_SITES, 1.2))
    x = CurieWeiss(N_SITES, 1.2).sample(300, np.random.default_rng(8)) * pattern.T
    found = couplings(lattice_of(decoder, 1.2), statistic_of(x), pattern, N_SITES)
    assert_read_off(found, 1.2)


def two_patterns() -> np.ndarray:
    """(1, 1) on the first half of the sites, (1, −1) on the second: orthogonal."""
    second = np.repeat([1.0, -1.0], N_SITES // 2)
    return np.column_stack([np.ones(N_SITES), second])


def two_pattern_decoder(coupling: float) -> Sheet:
    """Exact Hopfield with ``two_patterns``: φ_1 ± φ_2 are the fields of two Curie–Weiss models of N/2
    sites with the same βJ, because |m|² = 2(M_A² + M_B²)/N²."""
    phi = hubbard_stratonovich_map(N_SITES // 2, coupling)

    def both(z: torch.Tensor) -> torch.Tensor:
        plus, minus = phi(z[:, 0]), phi(z[:, 1])
        return torch.column_stack([(plus + minus) / 2, (plus - minus) / 2])

    return Sheet(two_patterns(), both)


@pytest.fixture(scope="module", params=[0.5, 0.9])
def hopfield(request) -> tuple[BinaryPatternModel, Sheet]:
    return (
        AnyPatterns(two_patterns(), request.param, np.zeros(2)),
        two_pattern_decoder(request.param),
    )


def test_exact_hopfield_decoder_is_read_off_exactly(hopfield):
    system, decoder = hopfield
    x = system.sample(200, np.random.default_rng(9))
    lattice = LatentLattice(decoder, 2, spacing=0.06, radius=6.5)
    np.testing.assert_allclose(
        lattice.log_marginal(statistic_of(x)).numpy(), system.log_prob(x), atol=1e-4
    )
    found = couplings(lattice, statistic_of(x), two_patterns(), N_SITES)
    expected = system.coupling * np.eye(2)
    np.testing.assert_allclose(found.from_mean, expected, atol=EXACT)
    np.testing.assert_allclose(found.from_spread, expected, atol=EXACT)
    np.testing.assert_allclose(found.field, 0, atol=EXACT)


def test_whole_decoding_of_an_exact_hopfield_decoder(hopfield):
    """Count, patterns up to order and sign, and couplings along them, without any truth."""
    system, decoder = hopfield
    rng = np.random.default_rng(10)
    variables = collective_variables(decoder, 2, PRIOR_DRAWS, rng)
    assert variables.count == 2
    patterns = binary_patterns(variables.directions[:, :2], rng).values
    _, overlap = match_patterns(patterns, system.patterns)
    assert overlap.tolist() == [1.0, 1.0]
    lattice = LatentLattice(decoder, 2, spacing=0.06, radius=6.5)
    found = couplings(lattice, statistic_of(system.sample(200, rng)), patterns, N_SITES)
    np.testing.assert_allclose(found.from_mean, system.coupling * np.eye(2), atol=EXACT)


# -- errors of couplings ---------------------------------------------------------------------------
SETS, SIZE = 200, 1000


@pytest.fixture(scope="module")
def repeated() -> list[Couplings]:
    """Couplings of a decoder that is not exact (φ = 0.9 z), from many independent sets of data."""
    lattice = LatentLattice(Sheet(np.ones((16, 1)), lambda z: 0.9 * z), 1)
    x = CurieWeiss(16, 0.8).sample(SETS * SIZE, np.random.default_rng(11))
    return [
        couplings(lattice, statistic_of(part), np.ones((16, 1)), 16)
        for part in x.reshape(SETS, SIZE, 16)
    ]


def assert_error_is_that_of_repeated_data(values: list[float], stderrs: list[float]) -> None:
    """The variance of repeated estimates against the mean of the reported ones, floor √(2/199)."""
    ratio = np.var(values, ddof=1) / np.mean(np.square(stderrs))
    assert_within_floor(ratio, 1.0, np.sqrt(2 / (SETS - 1)))


WAYS = ["from_mean", "from_spread"]
READ_OFF = [*WAYS, "field"]


@pytest.mark.parametrize("way", READ_OFF)
def test_reported_errors_are_those_of_repeated_data(repeated, way):
    values = [getattr(found, way).item() for found in repeated]
    assert_error_is_that_of_repeated_data(
        values, [getattr(found, f"{way}_stderr").item() for found in repeated]
    )


@pytest.mark.parametrize("way", READ_OFF)
@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_twin_wrong_errors_are_caught(repeated, way, factor):
    values = [getattr(found, way).item() for found in repeated]
    with pytest.raises(AssertionError, match="floors"):
        assert_error_is_that_of_repeated_data(values, [factor * np.std(values)] * SETS)


@pytest.mark.parametrize("way", READ_OFF)
def test_an_exact_decoder_has_no_misfit(way):
    system = CurieWeiss(N_SITES, 1.0, 0.1)
    x = system.sample(300, np.random.default_rng(5))
    found = couplings(
        lattice_of(curie_weiss_decoder(1.0, 0.1), 1.0), statistic_of(x), np.ones((N_SITES, 1)), N_SITES
    )
    assert (getattr(found, f"{way}_misfit") < EXACT).all()


@pytest.mark.parametrize("way", WAYS)
def test_the_misfit_covers_what_errors_over_configurations_do_not(way):
    """A decoder whose φ saturates: many configurations know its slope, which is not βJ all the same."""
    decoder = Sheet(np.ones((N_SITES, 1)), lambda z: torch.tanh(1.3 * z))
    x = CurieWeiss(N_SITES, 1.2).sample(20_000, np.random.default_rng(3))
    found = couplings(LatentLattice(decoder, 1), statistic_of(x), np.ones((N_SITES, 1)), N_SITES)
    off = abs(getattr(found, way).item() - 1.2)
    assert off > 10 * getattr(found, f"{way}_stderr").item()
    assert off < 3 * getattr(found, f"{way}_misfit").item()


def test_the_misfit_of_a_slope_is_clustered_by_regions():
    """By hand, for eight groups of as many m: the sum of influence times residual in each."""
    decoder = Sheet(np.ones((16, 1)), lambda z: torch.tanh(z))
    x = CurieWeiss(16, 0.8).sample(400, np.random.default_rng(12))
    lattice = LatentLattice(decoder, 1)
    found = couplings(lattice, statistic_of(x), np.ones((16, 1)), 16)
    m = x.mean(1)
    phi = lattice.posterior_moments(statistic_of(x), torch.eye(1, 16, dtype=torch.float64))[0][
        :, 0
    ].numpy()
    residual = phi - found.from_mean.item() * m - found.field.item()
    score = (m - m.mean()) * residual / ((m - m.mean()) ** 2).sum()
    edges = np.quantile(m, np.arange(1, 8) / 8)
    region = (m[:, None] > edges).sum(1)
    parts = np.array([score[region == one].sum() for one in range(8)])
    assert found.from_mean_misfit.item() == pytest.approx(np.sqrt(8 / 7 * (parts**2).sum()), rel=1e-6)


def test_slope_of_the_mean_is_least_squares_by_hand():
    lattice = LatentLattice(Sheet(np.ones((16, 1)), lambda z: 0.9 * z + 0.2), 1)
    x = CurieWeiss(16, 0.8).sample(400, np.random.default_rng(12))
    found = couplings(lattice, statistic_of(x), np.ones((16, 1)), 16)
    first_site = torch.eye(1, 16, dtype=torch.float64)
    mean, covariance = lattice.posterior_moments(statistic_of(x), first_site)
    m, phi = x.mean(1), mean[:, 0].numpy()
    slope = np.cov(m, phi)[0, 1] / m.var(ddof=1)
    assert found.from_mean.item() == pytest.approx(slope, rel=1e-9)
    assert found.field.item() == pytest.approx(phi.mean() - slope * m.mean(), abs=1e-9)
    assert found.from_spread.item() == pytest.approx(16 * covariance.mean().item(), rel=1e-9)


def test_rows_are_components_of_the_field_and_columns_of_the_overlap():
    """Two patterns and a decoder that treats them differently: the slopes are no symmetric matrix."""
    decoder = Sheet(two_patterns(), lambda z: 0.5 * torch.tanh(z) + torch.tensor([0.3, 0.0]) * z[:, 1:])
    x = AnyPatterns(two_patterns(), 0.5, np.array([0.3, -0.2])).sample(60, np.random.default_rng(18))
    lattice = LatentLattice(decoder, 2)
    found = couplings(lattice, statistic_of(x), two_patterns(), N_SITES)
    phi, _ = lattice.posterior_moments(statistic_of(x), torch.from_numpy(two_patterns().T / N_SITES))
    design = np.column_stack([x @ two_patterns() / N_SITES, np.ones(len(x))])
    for component in range(2):
        slope = np.linalg.solve(design.T @ design, design.T @ phi[:, component].numpy())
        np.testing.assert_allclose(found.from_mean[component], slope[:2], atol=1e-9)
        assert found.field[component] == pytest.approx(slope[2], abs=1e-9)
    assert abs(found.from_mean[0, 1] - found.from_mean[1, 0]) > 1e-3


# -- by importance sampling ------------------------------------------------------------------------


def sampled_couplings(gain: float) -> Couplings:
    decoder = Sampled(np.ones((16, 1)), lambda z: gain * z + 0.2)
    x = CurieWeiss(16, 0.8).sample(3000, np.random.default_rng(15))
    integral = ImportanceSampler(decoder, torch.Generator().manual_seed(16))
    return couplings(integral, statistic_of(x), np.ones((16, 1)), 16)


def assert_same_couplings(found: Couplings, exact: Couplings) -> None:
    """The noise of importance sampling is part of the residual and of the scatter, so of the errors."""
    for way in WAYS:
        floor = getattr(found, f"{way}_stderr")
        assert_within_floor(getattr(found, way), getattr(exact, way), floor)
        assert (floor >= getattr(exact, f"{way}_stderr") * 0.9).all()
    assert_within_floor(found.field, exact.field, found.field_stderr)


def test_couplings_of_five_latents_are_those_of_the_lattice():
    """p_θ is that of the one direction, which a lattice sums over: the same data, the same couplings."""
    x = CurieWeiss(16, 0.8).sample(3000, np.random.default_rng(15))
    lattice = LatentLattice(Sheet(np.ones((16, 1)), lambda z: 0.9 * z + 0.2), 1)
    exact = couplings(lattice, statistic_of(x), np.ones((16, 1)), 16)
    assert_same_couplings(sampled_couplings(0.9), exact)
    with pytest.raises(AssertionError, match="floors"):  # twin: a tenth more gain
        assert_same_couplings(sampled_couplings(1.0), exact)


# -- what is left open in the basis ----------------------------------------------------------------
def test_couplings_turn_with_the_basis(hopfield):
    """In a rotated orthonormal basis the matrix is RᵀβJR: the eigenvalues are what can be quoted."""
    system, decoder = hopfield
    lattice = LatentLattice(decoder, 2, spacing=0.06, radius=6.5)
    x = statistic_of(system.sample(200, np.random.default_rng(17)))
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    squeeze = np.diag([1.0, 2.0])  # and with patterns of another length
    plain = couplings(lattice, x, two_patterns(), N_SITES)
    turned = couplings(lattice, x, two_patterns() @ turn, N_SITES)
    np.testing.assert_allclose(turned.from_mean, turn.T @ plain.from_mean @ turn, atol=1e-9)
    np.testing.assert_allclose(turned.from_spread, turn.T @ plain.from_spread @ turn, atol=1e-9)
    squeezed = couplings(lattice, x, two_patterns() @ squeeze, N_SITES)
    inverse = np.linalg.inv(squeeze)
    np.testing.assert_allclose(squeezed.from_mean, inverse @ plain.from_mean @ inverse, atol=1e-9)
    np.testing.assert_allclose(squeezed.from_spread, inverse @ plain.from_spread @ inverse, atol=1e-9)


# -- collective variables --------------------------------------------------------------------------
def random_patterns(n_patterns: int, seed: int, n_sites: int = N_SITES) -> np.ndarray:
    return np.random.default_rng([seed, 1]).choice([-1.0, 1.0], size=(n_sites, n_patterns))


def monotone(mixing: np.ndarray) -> Callable:
    """φ = tanh(z·mixing): as many independent variables as latents, on a curved scale."""
    return lambda z: torch.tanh(z @ torch.from_numpy(mixing))


@settings(max_examples=25)
@given(n_patterns=st.integers(1, 3), seed=st.integers(0, 10_000), single=st.booleans())
def test_as_many_collective_variables_as_patterns(n_patterns, seed, single):
    """η = b + ξ·φ(z): K, the span of ξ and the mean field, in either precision."""
    rng = np.random.default_rng(seed)
    patterns, bias = random_patterns(n_patterns, seed), rng.normal(size=N_SITES)
    mixing = np.linalg.qr(rng.normal(size=(n_patterns, n_patterns)))[0]
    decoder = Sheet(patterns, monotone(mixing), bias)
    if single:
        exact = decoder.fields
        decoder.fields = lambda z: exact(z).float()
    variables = collective_variables(decoder, n_patterns, PRIOR_DRAWS, np.random.default_rng(seed))
    assert variables.count == n_patterns
    assert variables.latent_dim == n_patterns
    assert variables.mean_field.shape == (N_SITES,)
    assert (np.diff(variables.singular_values) <= 0).all()
    rounding = 1e-5 if single else 1e-9
    assert variables.singular_values[n_patterns] < rounding * variables.singular_values[0]
    directions = variables.directions[:, :n_patterns]
    np.testing.assert_allclose(directions.T @ directions, np.eye(n_patterns), atol=1e-9)
    np.testing.assert_allclose(directions @ (directions.T @ patterns), patterns, atol=100 * rounding)
    # the mean field is b + ξ⟨φ⟩, and nothing of it is left in the directions
    beyond = variables.mean_field - bias
    np.testing.assert_allclose(directions @ (directions.T @ beyond), beyond, atol=100 * rounding)


def assert_singular_values(decoder: Sheet, rms: np.ndarray) -> None:
    """Root mean squares of normal fields along orthogonal directions; var(s²) = 2 rms⁴ / draws."""
    variables = collective_variables(decoder, len(rms), PRIOR_DRAWS, np.random.default_rng(13))
    squares = variables.singular_values[: len(rms)] ** 2
    assert_within_floor(squares, rms**2, rms**2 * np.sqrt(2 / PRIOR_DRAWS))


AMPLITUDES = torch.tensor([1.5, 0.5], dtype=torch.float64)


def test_singular_values_are_the_size_of_the_field():
    """|ξ^μ| = √N and φ^μ = a_μ z_μ: the field along ξ^μ is a_μ √N times a standard normal."""
    decoder = Sheet(two_patterns(), lambda z: AMPLITUDES * z)
    assert_singular_values(decoder, np.sqrt(N_SITES) * AMPLITUDES.numpy())


def test_twin_other_sizes_of_the_field_are_caught():
    decoder = Sheet(two_patterns(), lambda z: 1.08 * AMPLITUDES * z)
    with pytest.raises(AssertionError, match="floors"):
        assert_singular_values(decoder, np.sqrt(N_SITES) * AMPLITUDES.numpy())


def curved(bend: float) -> Sheet:
    """One latent on a sheet that leaves its tangent: φ = (z, bend · (z² − 1))."""
    patterns = two_patterns()
    return Sheet(patterns, lambda z: torch.hstack([z, bend * (z**2 - 1)]))


@pytest.mark.parametrize(("bend", "count"), [(0.0, 1), (1e-3, 2), (0.5, 2)])
def test_curvature_counts_when_it_stands_out_of_rounding(bend, count):
    """The widest gap is searched up to 2d: a bent line fills a plane, a straight one does not."""
    found = collective_variables(curved(bend), 1, PRIOR_DRAWS, np.random.default_rng(0))
    assert found.count == count


def test_small_clutter_is_no_collective_variable():
    """Many weak directions, 1e-3 of the pattern, as a trained decoder has."""
    clutter = np.random.default_rng(14).normal(size=(N_SITES, 6)) * 1e-3
    patterns = np.hstack([random_patterns(1, seed=3), clutter])

    def phi(z: torch.Tensor) -> torch.Tensor:
        return torch.hstack([z, *(torch.sin(k * z + k) for k in range(1, 7))])

    found = collective_variables(Sheet(patterns, phi), 1, PRIOR_DRAWS, np.random.default_rng(0))
    assert found.count == 1
    assert 50 < found.singular_values[0] / found.singular_values[1] < 5000


@given(
    st.lists(st.floats(1e-6, 1e3), min_size=4, max_size=12).map(lambda s: np.sort(s)[::-1]),
    st.integers(1, 5),
)
def test_the_count_is_before_the_widest_gap_within_twice_the_latents(singular_values, latent_dim):
    size = len(singular_values)
    found = CollectiveVariables(np.zeros(size), singular_values, np.eye(size), latent_dim).count
    candidates = range(1, min(2 * latent_dim, size - 1) + 1)
    gaps = {k: singular_values[k - 1] / singular_values[k] for k in candidates}
    if singular_values[0] <= FIELD_FLOOR:
        assert found == 0
        return
    assert found in candidates
    assert gaps[found] == max(gaps.values())
    assert all(gaps[k] < gaps[found] for k in candidates if k < found)  # the first of equal ones


def test_draws_depend_on_the_generator_alone():
    decoder = curved(0.3)
    first, again = (
        collective_variables(decoder, 1, 100, np.random.default_rng(1)).singular_values for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    other = collective_variables(decoder, 1, 100, np.random.default_rng(2)).singular_values
    assert (other != first).any()
