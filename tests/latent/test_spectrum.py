"""Energies of a latent space: solvable wells, invariance, and wells that are counted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal
from scipy.special import ndtri

from mfvae.errors import InputError
from mfvae.latent.spectrum import fisher_chart, latent_spectrum
from mfvae.sites.director import Director
from mfvae.sites.gaussian import Gaussian
from mfvae.sites.spin import Spin

LEVELS = (np.arange(4000) + 0.5) / 4000  # quantiles at which a law on the line is represented
MANY = 128  # neighbours: of points at equal distances 1/k is a bias, as the point itself is left out


def schroedinger(potential, first: float, last: float, n_states: int, steps: int = 4000) -> np.ndarray:
    """Energies (n_states,) of −d²/dx² + V'²/4 − V''/2 on a grid of this interval."""
    x, step = np.linspace(first, last, steps, retstep=True)
    slope = np.gradient(potential(x), step)
    well = slope**2 / 4 - np.gradient(slope, step) / 2
    off_diagonal = np.full(steps - 1, -1 / step**2)
    return eigh_tridiagonal(
        2 / step**2 + well, off_diagonal, eigvals_only=True, select="i", select_range=(0, n_states - 1)
    )


def double_well(x: np.ndarray) -> np.ndarray:
    return 3 * (x**2 - 1) ** 2


def quantiles_of(potential, first: float, last: float) -> np.ndarray:
    """Points (4000, 1) at equal distances in the distribution function of exp(−V)."""
    x = np.linspace(first, last, 20_001)
    cumulative = np.cumsum(np.exp(-potential(x)))
    return np.interp(LEVELS, cumulative / cumulative[-1], x)[:, None]


def reparametrised(z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """g(z) for a random smooth invertible map: four layers that shear one latent along the other."""
    g = z.copy()
    for layer in range(4):
        a, b, c = rng.normal(0, 1, 3)
        moved = layer % 2
        g[:, moved] = np.exp(0.5 * a) * g[:, moved] + 2 * np.tanh(b * g[:, 1 - moved] + c)
    return g


def undone(g: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The inverse of ``reparametrised`` with a generator in the same state."""
    z, layers = g.copy(), rng.normal(0, 1, (4, 3))
    for layer in reversed(range(4)):
        a, b, c = layers[layer]
        moved = layer % 2
        z[:, moved] = (z[:, moved] - 2 * np.tanh(b * z[:, 1 - moved] + c)) * np.exp(-0.5 * a)
    return z


# -- solvable ----------------------------------------------------------------------------------------
def test_particle_in_a_box():
    found = latent_spectrum(LEVELS[:, None], 4, MANY, 1).energies
    assert found[1:] == pytest.approx((np.pi * np.arange(1, 4)) ** 2, rel=0.03)


def test_harmonic_well():
    """The Ornstein–Uhlenbeck process of a standard normal law has energies 0, 1, 2, …"""
    found = latent_spectrum(ndtri(LEVELS)[:, None], 3, MANY, 1).energies
    assert found == pytest.approx([0, 1, 2], rel=0.03, abs=1e-9)


def test_double_well_tunnels_as_on_a_grid():
    found = latent_spectrum(quantiles_of(double_well, -2.5, 2.5), 3, MANY, 1)
    exact = schroedinger(double_well, -2.5, 2.5, 3)
    assert found.wells == 2
    assert found.tunnelling == pytest.approx(exact[1:2], rel=0.03)
    assert found.energies[2] == pytest.approx(exact[2], rel=0.05)  # a kernel widens where points are few


def test_scale_of_energies_is_that_of_inverse_squared_length():
    points = quantiles_of(double_well, -2.5, 2.5)
    once, thrice = (latent_spectrum(scale * points, 3, MANY, 1).energies for scale in (1, 3))
    assert 9 * thrice[1:] == pytest.approx(once[1:], rel=1e-6)


def test_random_points_converge_to_a_box():
    """Randomness of conductances lowers energies by a share of order 1/k: errors fall with n and k."""
    rng, errors = np.random.default_rng(7), {}
    for n, k in ((500, 16), (6000, 96)):
        found = [latent_spectrum(rng.random((n, 1)), 2, k, 1).energies[1] for _ in range(4)]
        errors[n] = abs(np.mean(found) / np.pi**2 - 1)
    assert errors[6000] < 0.06 < errors[500]


# -- invariance --------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_no_reparametrisation_changes_energies_but_those_of_raw_latents(seed):
    rng = np.random.default_rng(seed)
    z, readout = rng.standard_normal((600, 2)), rng.standard_normal((2, 20))

    def fields(latent):
        return np.tanh(latent) @ readout

    g = reparametrised(z, np.random.default_rng(100 + seed))
    decoded_again = fields(undone(g, np.random.default_rng(100 + seed)))
    before, after = (
        latent_spectrum(fisher_chart(Spin(), decoded), 6).energies
        for decoded in (fields(z), decoded_again)
    )
    assert after[1:] == pytest.approx(before[1:], rel=1e-6)
    raw_before, raw_after = (latent_spectrum(latent, 6).energies for latent in (z, g))
    assert raw_after[1:] != pytest.approx(raw_before[1:], rel=0.05)


@pytest.mark.parametrize(("family", "fields"), [(Spin(), [[0.7]]), (Gaussian(), [[0.7]])])
def test_chart_is_that_of_the_kullback_leibler_divergence(family, fields):
    """KL of fields η and η + δ, to third order in δ, is ½|y(η + δ) − y(η)|²."""
    eta, step = np.array(fields), 1e-3
    gain = family.log_partition(eta + step) - family.log_partition(eta)
    divergence = (gain - family.mean_statistic(eta) * step).sum()
    moved = fisher_chart(family, eta + step) - fisher_chart(family, eta)
    assert (moved**2).sum() / 2 == pytest.approx(divergence, rel=1e-2)


# -- wells -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wells", [1, 2, 3, 5])
@pytest.mark.parametrize("distance", [6.0, 40.0])
def test_wells_are_counted(wells, distance):
    rng = np.random.default_rng(wells)
    angle = 2 * np.pi * np.arange(wells) / wells
    radius = distance / (2 * np.sin(np.pi / wells)) if wells > 1 else 0
    centres = radius * np.c_[np.cos(angle), np.sin(angle)]
    points = np.concatenate([centre + rng.standard_normal((240, 2)) for centre in centres])
    assert latent_spectrum(points, 8).wells == wells


def test_long_gaussian_is_one_well():
    points = np.random.default_rng(5).standard_normal((800, 2)) * [5, 1]
    assert latent_spectrum(points, 8).wells == 1


# -- states and perturbation -------------------------------------------------------------------------
def test_full_operator_is_the_unperturbed_one_and_its_potential():
    """Of the ground state first order is an upper bound (Rayleigh–Ritz); the rest is mixing."""
    found = latent_spectrum(quantiles_of(double_well, -2.5, 2.5), 6, MANY, 1)
    assert found.free_energies[0] == pytest.approx(0, abs=1e-6)
    assert found.first_order[0] > found.energies[0]
    assert np.diag(found.mixing) == pytest.approx(0)
    assert found.mixing == pytest.approx(-found.mixing.T)


def test_states_are_orthonormal_and_of_stated_sign():
    states = latent_spectrum(ndtri(LEVELS)[:, None], 4, MANY, 1).states
    assert states.T @ states / len(states) == pytest.approx(np.eye(4), abs=1e-8)
    assert (states.max(0) >= -states.min(0) - 1e-9).all()


# -- input -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("points", "more", "named"),
    [
        (np.zeros(200), {}, "points"),
        (np.full((200, 2), np.nan), {}, "points"),
        (np.zeros((200, 2)), {}, "points"),
        (np.eye(20), {}, "points"),
        (np.arange(200.0)[:, None], {"neighbours": 1}, "neighbours"),
        (np.arange(200.0)[:, None], {"n_states": 100}, "n_states"),
    ],
)
def test_bad_input_is_named(points, more, named):
    with pytest.raises(InputError, match=f"^{named} = "):
        latent_spectrum(points, **more)


def test_family_without_flat_chart_is_refused():
    with pytest.raises(InputError, match=r"^family = 'director'"):
        fisher_chart(Director(), np.zeros((3, 5)))
