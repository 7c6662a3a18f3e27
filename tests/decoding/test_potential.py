"""Couplings from the law of φ(z), on decoders whose law is the Hubbard–Stratonovich density exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.linalg import hadamard
from scipy.special import ndtr, ndtri

from mfvae.decoding.potential import Potential, fit_slope, potential
from mfvae.errors import InputError
from mfvae.latent.nodes import prior_nodes
from mfvae.sites.spin import Spin
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.maier_saupe import MaierSaupe
from tests.helpers.decoders import Sampled, Sheet
from tests.helpers.pattern_models import AnyPatterns
from tests.helpers.statistics import FACTOR, assert_within_floor

N_SITES = 64
UNIFORM = np.ones((N_SITES, 1))
PRECISE = 3e-3  # relative: the largest error that a reading of an exact decoder may state
EXACT = 1e-4  # nats: of a field, for which no error is stated
POINTS = [(0.5, 0.0), (1.0, 0.0), (1.5, 0.0), (2.0, 0.0), (0.5, 0.2), (1.0, -0.1), (1.5, 0.05)]


def quantiles(log_rho: np.ndarray, phi: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """φ(z) = F_ρ⁻¹(Φ(z)) of log ρ on a fine grid; summed from both ends: both tails are precise."""
    rho = np.exp(log_rho - log_rho.max())
    cells = (rho[1:] + rho[:-1]) / 2
    below = np.concatenate([[0], np.cumsum(cells)])
    above = np.concatenate([np.cumsum(cells[::-1])[::-1], [0]])
    with np.errstate(divide="ignore"):
        at = np.where(below < above, ndtri(below / cells.sum()), -ndtri(above / cells.sum()))
    known = np.isfinite(at)
    return lambda z: np.interp(z, at[known], phi[known])


def grid(coupling: float, n_sites: int, nodes: int) -> np.ndarray:
    reach = coupling + 10 * np.sqrt(coupling / n_sites)
    return np.linspace(-reach, reach, nodes)


def exact_map(system: AnyPatterns | CurieWeiss) -> Callable:
    """φ(z) of a system with one pattern, (G, 1) → (G, 1), without the field."""
    phi = grid(system.coupling, system.n_sites, 400_001)
    phi_of = quantiles(system.log_hs_density(phi[:, None]), phi)
    return lambda z: torch.from_numpy(phi_of(z.numpy()))


def curie_weiss_decoder(coupling: float, field: float = 0.0, n_sites: int = N_SITES) -> Sheet:
    return Sheet(np.ones((n_sites, 1)), exact_map(CurieWeiss(n_sites, coupling, field)), field)


def read(decoder, patterns: np.ndarray = UNIFORM, n_sites: int = N_SITES, seed: int = 0) -> Potential:
    return potential(decoder, patterns.shape[1], patterns, n_sites, np.random.default_rng(seed))


def assert_read_off(found: Potential, coupling, field=0.0) -> None:
    """βJ within four stated errors, which are numerical here and must be small; h to four digits."""
    assert (found.coupling_stderr < PRECISE * np.diag(found.coupling).max()).all(), "imprecise"
    assert_within_floor(found.coupling, coupling, found.coupling_stderr)
    assert found.field == pytest.approx(field, abs=EXACT), "field"


# -- one pattern -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("coupling", "field"), POINTS)
def test_exact_curie_weiss_decoder_is_read_off_exactly(coupling, field):
    found = read(curie_weiss_decoder(coupling, field))
    assert found.coupling.shape == found.coupling_stderr.shape == (1, 1)
    assert_read_off(found, coupling, field)


class NoPartition(Spin):
    """A twin: sites of which A is left out, so that ∇A = 0."""

    def mean_statistic(self, fields):
        return torch.zeros_like(fields)


def without_partition() -> Sheet:
    decoder = curie_weiss_decoder(1.0)
    decoder.family = NoPartition()
    return decoder


@pytest.mark.parametrize(
    ("decoder", "n_sites"),
    [
        (curie_weiss_decoder(1.002), N_SITES),
        (without_partition(), N_SITES),
        (curie_weiss_decoder(1.0), N_SITES - 1),
        (Sheet(UNIFORM, lambda z: 0.5 * z), N_SITES),
        (curie_weiss_decoder(1.0, 0.002), N_SITES),
    ],
    ids=["coupling 0.2 % too strong", "A left out", "wrong N", "another prior of φ", "a field of 0.002"],
)
def test_twin_another_decoder_is_not_read_off_the_same(decoder, n_sites):
    with pytest.raises(AssertionError, match=r"floors|imprecise|field"):
        assert_read_off(read(decoder, n_sites=n_sites), 1.0)


def test_twin_without_its_jacobian_the_reading_is_wrong():
    """1/N is what the Jacobian leaves behind: with φ and m(φ) alone it can be put in and left out."""
    phi = exact_map(CurieWeiss(N_SITES, 1.0))(prior_nodes(1, np.random.default_rng(0))).numpy()
    stated = read(curie_weiss_decoder(1.0)).coupling_stderr
    assert_within_floor(fit_slope(phi, np.tanh(phi), N_SITES), 1.0, stated)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(fit_slope(phi, np.tanh(phi), 10**9), 1.0, stated)


def density_ratio(decoder: Sheet, z: torch.Tensor, step: float, jacobian: bool = True) -> np.ndarray:
    """log ρ(φ) − Σ_i A(φ) at φ(z), the Jacobian by central differences."""
    phi, above, below = (decoder.fields(at)[:, 0].numpy() for at in (z, z + step, z - step))
    log_rho = -(z[:, 0].numpy() ** 2) / 2 - jacobian * np.log((above - below) / (2 * step))
    return log_rho - N_SITES * np.logaddexp(phi, -phi)


@pytest.mark.parametrize(("coupling", "field"), [(0.5, 0.2), (1.0, 0.0), (1.1, -0.01)])
def test_what_is_fitted_is_the_potential_itself(coupling, field):
    """Point by point, log ρ − ΣA is the quadratic form that was read off its slope."""
    decoder = curie_weiss_decoder(coupling, field)
    found = read(decoder)
    z = torch.linspace(-2, 2, 201, dtype=torch.float64)[:, None]
    phi = decoder.fields(z)[:, 0].numpy()
    quadratic = N_SITES / found.coupling.item() * (found.field.item() * phi - phi**2 / 2)
    fine, coarse = (density_ratio(decoder, z, step) for step in (0.02, 0.04))
    # central differences err as step²; a coupling that errs by its stated error bends the parabola
    bend = FACTOR * found.coupling_stderr.item() / coupling * np.ptp(quadratic)
    tolerance = np.abs(fine - coarse).max() + bend + N_SITES / coupling * EXACT * np.ptp(phi)
    assert np.ptp(fine - quadratic) < 2 * tolerance
    bare = density_ratio(decoder, z, 0.02, jacobian=False)
    assert np.ptp(bare - quadratic) > 2 * tolerance  # twin: the Jacobian left out


def test_signs_of_a_pattern_are_a_gauge():
    pattern = np.random.default_rng(7).choice([-1.0, 1.0], size=(N_SITES, 1))
    assert_read_off(read(Sheet(pattern, exact_map(CurieWeiss(N_SITES, 1.2))), pattern), 1.2)


def biased(bias: np.ndarray) -> Sheet:
    """Sites with fields b_i + φ, φ ~ exp(−Nφ²/2βJ + Σ_i log 2cosh(b_i + φ)), βJ = 1.2."""
    phi = grid(1.2, N_SITES, 40_001)
    log_rho = -N_SITES * phi**2 / 2.4
    for b in bias:
        log_rho += np.logaddexp(b + phi, -b - phi)
    phi_of = quantiles(log_rho, phi)
    return Sheet(UNIFORM, lambda z: torch.from_numpy(phi_of(z.numpy())), bias)


def test_fields_that_the_patterns_do_not_span_belong_to_the_sites():
    bias = np.repeat([0.8, -0.8], N_SITES // 2)
    decoder = biased(bias)
    assert_read_off(read(decoder), 1.2)
    decoder.bias = torch.zeros(N_SITES)  # twin: forgotten
    with pytest.raises(AssertionError, match=r"floors|imprecise"):
        assert_read_off(read(decoder), 1.2)


class Wobbling(Sheet):
    """Every field has in addition what no pattern spans, as large as ``size``, and zero in the mean."""

    size = 0.1

    def fields(self, z: torch.Tensor) -> torch.Tensor:
        sign = torch.tensor([1.0, -1.0]).repeat(N_SITES // 2)
        return super().fields(z) + self.size * torch.sin(3 * z.double()) * sign


def test_what_the_patterns_do_not_span_leaves_the_reading_alone():
    decoder = Wobbling(UNIFORM, exact_map(CurieWeiss(N_SITES, 1.0)))
    found = read(decoder)
    assert_read_off(found, 1.0)
    fields = decoder.fields(prior_nodes(1, np.random.default_rng(0))).numpy()
    phi, m = (values.mean(1, keepdims=True) for values in (fields, np.tanh(fields)))
    with pytest.raises(AssertionError, match="floors"):  # twin: A in the actual fields
        assert_within_floor(fit_slope(phi, m, N_SITES), 1.0, found.coupling_stderr)


# -- several patterns ------------------------------------------------------------------------------
def product_decoder(coupling: float, n_patterns: int) -> tuple[Sheet, np.ndarray]:
    """Exact Hopfield with the columns of a Hadamard matrix, every row for N/K sites: the fields of the K
    groups of sites are those of K Curie–Weiss models with the same βJ, as |m|² = K Σ_c (M_c/N)²."""
    rows = hadamard(n_patterns).astype(float)
    patterns = np.repeat(rows, N_SITES // n_patterns, axis=0)
    group = exact_map(CurieWeiss(N_SITES // n_patterns, coupling))
    return Sheet(patterns, lambda z: group(z) @ torch.from_numpy(rows) / n_patterns), patterns


@pytest.mark.parametrize("coupling", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("n_patterns", [2, 4])
def test_exact_hopfield_decoder_is_read_off_exactly(coupling, n_patterns):
    found = read(*product_decoder(coupling, n_patterns))
    assert_read_off(found, coupling * np.eye(n_patterns), np.zeros(n_patterns))
    np.testing.assert_allclose(found.coupling, found.coupling.T, atol=1e-12)
    with pytest.raises(AssertionError, match="floors"):  # twin
        assert_read_off(found, 1.02 * coupling * np.eye(n_patterns), np.zeros(n_patterns))


def triangular_map(system: AnyPatterns, nodes: int) -> Callable:
    """φ_1 from its marginal, φ_2 from its law given φ_1 (Rosenblatt), both tabulated."""
    phi = grid(system.coupling, system.n_sites, nodes)
    pairs = np.stack(np.meshgrid(phi, phi, indexing="ij"), -1).reshape(-1, 2)
    log_rho = system.log_hs_density(pairs).reshape(nodes, nodes)
    first_of = quantiles(np.logaddexp.reduce(log_rho, axis=1), phi)
    z_axis = np.linspace(-6, 6, nodes)
    table = np.stack([quantiles(row, phi)(z_axis) for row in log_rho])  # φ_2, (φ_1, z_2)

    def place(values: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = np.interp(values, axis, np.arange(nodes))
        cell = np.minimum(at.astype(int), nodes - 2)
        return cell, at - cell

    def phi_of(z: torch.Tensor) -> torch.Tensor:
        first = first_of(z[:, 0].numpy())
        (i, s), (j, t) = place(first, phi), place(z[:, 1].numpy(), z_axis)
        low, high = ((1 - t) * table[row, j] + t * table[row, j + 1] for row in (i, i + 1))
        return torch.from_numpy(np.column_stack([first, (1 - s) * low + s * high]))

    return phi_of


def test_patterns_that_overlap_and_a_field():
    second = np.where(np.arange(N_SITES) < N_SITES // 3, -1.0, 1.0)
    patterns = np.column_stack([np.ones(N_SITES), second])
    field = np.array([0.1, -0.05])
    system = AnyPatterns(patterns, 0.9, field)
    coarse, fine = (
        read(Sheet(patterns, triangular_map(system, nodes), patterns @ field), patterns)
        for nodes in (301, 601)
    )
    # what halving the cells of the table changes is more than what is left of their error
    table = np.abs(fine.coupling - coarse.coupling)
    np.testing.assert_array_less(table, PRECISE)
    assert_within_floor(fine.coupling, 0.9 * np.eye(2), np.hypot(fine.coupling_stderr, table))
    np.testing.assert_allclose(fine.field, field, atol=EXACT + np.abs(fine.field - coarse.field).max())


def test_the_reading_turns_with_the_basis():
    decoder, patterns = product_decoder(0.9, 2)
    decoder.patterns = decoder.patterns * torch.tensor([1.0, 1.3])  # not isotropic
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    plain, turned = read(decoder, patterns), read(decoder, patterns @ turn)
    np.testing.assert_allclose(turned.coupling, turn.T @ plain.coupling @ turn, atol=1e-9)
    np.testing.assert_allclose(turned.field, turn.T @ plain.field, atol=1e-9)
    assert np.ptp(np.diag(plain.coupling)) > 0.05


BATCHES, DRAWS = 40, 2000


@pytest.mark.parametrize("beta", [4.0, 5.0])
def test_directors(beta):
    """φ = βm(x) + √(β/N) noise is an exact draw of ρ; the error is that of independent batches."""
    system, rng = MaierSaupe(16, beta), np.random.default_rng(21)
    m = system.order_parameters(system.sample(BATCHES * DRAWS, rng))
    phi = beta * m + np.sqrt(beta / 16) * rng.standard_normal(m.shape)
    mean = system.site_family.mean_statistic(phi)
    pairs = zip(np.split(phi, BATCHES), np.split(mean, BATCHES), strict=True)
    scatter = np.std([fit_slope(*pair, 16) for pair in pairs], axis=0, ddof=1)
    found, floor = fit_slope(phi, mean, 16), scatter / np.sqrt(BATCHES)
    assert_within_floor(found, beta * np.eye(5), floor)
    with pytest.raises(AssertionError, match="floors"):  # twin: no Jacobian
        assert_within_floor(fit_slope(phi, mean, 10**9), beta * np.eye(5), floor)


# -- latents and patterns --------------------------------------------------------------------------
def test_more_patterns_than_latents_have_no_density():
    decoder, patterns = product_decoder(0.9, 2)
    with pytest.raises(InputError, match="patterns = 2"):
        potential(decoder, 1, patterns, N_SITES, np.random.default_rng(0))


def test_latents_that_the_fields_ignore_change_nothing():
    """One pattern on one direction of R^5: φ has a density all the same."""
    decoder = Sampled(np.ones((16, 1)), exact_map(CurieWeiss(16, 0.8)))
    found = potential(decoder, 5, np.ones((16, 1)), 16, np.random.default_rng(0))
    assert_within_floor(found.coupling, 0.8, found.coupling_stderr)
    assert found.coupling_stderr < 0.01


def test_nodes_depend_on_the_generator_alone():
    first, again, other = (prior_nodes(2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.isfinite(first).all()


def test_a_decoder_that_jumps_between_two_fields_has_a_finite_error():
    """Most draws at one φ: all regions lie there, with nothing between them."""
    found = read(Sheet(UNIFORM, lambda z: torch.where(z > -2, 1.0, -1.0).double()))
    assert np.isfinite(found.coupling_stderr).all()


# -- the stated error ------------------------------------------------------------------------------
REPEATS, KNOWN = 200, 2000


def decoder_from_draws(rng: np.random.Generator, phi_of: Callable) -> Sheet:
    """A decoder that knows ρ from a finite sample: φ(z) is the sample's quantile."""
    phi = np.sort(phi_of(torch.from_numpy(rng.standard_normal(KNOWN))))
    level = (np.arange(KNOWN) + 0.5) / KNOWN
    return Sheet(UNIFORM, lambda z: torch.from_numpy(np.interp(ndtr(z.numpy()), level, phi)))


@pytest.mark.parametrize("coupling", [0.5, 1.0])
def test_stated_error_is_the_scatter_of_decoders_within_a_factor_of_two(coupling):
    phi_of = exact_map(CurieWeiss(N_SITES, coupling))
    found = [
        read(decoder_from_draws(np.random.default_rng(seed), phi_of), seed=seed)
        for seed in range(REPEATS)
    ]
    values = [one.coupling.item() for one in found]
    stated = np.sqrt(np.mean([one.coupling_stderr.item() ** 2 for one in found]))
    scatter = np.std(values, ddof=1)
    assert_within_floor(np.mean(values), coupling, scatter / np.sqrt(REPEATS) + coupling / KNOWN)
    assert scatter / 2 < stated < 2 * scatter


def test_a_potential_that_is_not_quadratic_has_a_large_error():
    """φ bent by a few percent: the reading moves, and the stated error says so."""
    exact = exact_map(CurieWeiss(N_SITES, 1.0))
    bent = read(Sheet(UNIFORM, lambda z: exact(z) * (1 + 0.05 * torch.tanh(z))))
    straight = read(Sheet(UNIFORM, exact))
    assert bent.coupling_stderr > 20 * straight.coupling_stderr
    assert_within_floor(bent.coupling, 1.0, bent.coupling_stderr)
