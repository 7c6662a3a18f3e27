"""A particle in a box: closed forms against quadrature, for any real quantum number; what is printed."""

from __future__ import annotations

from math import pi, sin

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from mfvae.studies.box_energies.box import (
    box_function,
    energy,
    first_order_shift,
    first_order_state,
    matrix_element,
    mean_of_sine,
    quantum_number,
)

NUMBERS = st.floats(-8, 8).filter(lambda n: n == 0 or abs(n) > 1e-6)
WAVES = st.floats(0.01, 9)
GRID = [(n, t) for n in (0.3, 0.5, 1.0, 1.37, 2.0, 2.5, 4.2) for t in (0.7, 1.0, 2.0, 3.0, 4.5)]


def integral(n: float, t: float, length: float = 1.0) -> float:
    """⟨n|V|n⟩ as it is defined."""

    def density(z):
        return 2 / length * sin(pi * n * z / length) ** 2 * sin(pi * t * z / length)

    return quad(density, 0, length, epsabs=1e-10, epsrel=1e-10, limit=200)[0]


def rational(n: float, t: float, square: float, sign: float = 1.0) -> float:
    """Twice the form with a denominator, with ``square`` in place of t² and a factor before."""
    first = np.cos(np.pi * t) * (4 * n**2 + square * np.cos(2 * np.pi * n) - square)
    second = 2 * n * (t * np.sin(2 * np.pi * n) * np.sin(np.pi * t) - 2 * n)
    return 2 * (sign * first + second) / (2 * np.pi * t * (t**2 - 4 * n**2))


def assert_closed_form(formula, cases) -> None:
    for n, t in cases:
        assert formula(n, t) == pytest.approx(integral(n, t), abs=1e-8)


# -- energies --------------------------------------------------------------------------------------
@settings(max_examples=60)
@given(NUMBERS, WAVES)
def test_shift_is_its_integral_for_any_real_number(n, t):
    assert first_order_shift(np.float64(n), t) == pytest.approx(integral(n, t), abs=1e-8)


@settings(max_examples=30)
@given(NUMBERS)
def test_shift_has_no_poles(n):
    """At t = ±2n, where the rational form is 0/0, and close to it."""
    for t in (2 * n, 2 * n * (1 + 1e-9), -2 * n):
        assert first_order_shift(np.float64(n), t) == pytest.approx(integral(n, t), abs=1e-8)


def test_shift_is_the_rational_form_where_that_has_no_pole():
    cases = [(n, t) for n, t in GRID if abs(t - 2 * n) > 0.1]
    assert_closed_form(lambda n, t: rational(n, t, t**2), cases)


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(lambda n, t: rational(n, t, n**2), id="N² for t²"),
        pytest.param(lambda n, t: rational(n, t, t**2, (-1.0) ** t), id="(−1)^t before the first term"),
        pytest.param(lambda n, t: rational(n, t, n**2, (-1.0) ** t), id="both, as printed"),
    ],
)
@pytest.mark.parametrize("n", [0.3, 1.37, 4.2])
def test_the_printed_formula_is_not_the_integral(printed, n):
    with pytest.raises(AssertionError):
        assert_closed_form(printed, [(n, 3.0)])


def test_the_printed_sign_is_wrong_for_odd_t_alone():
    even = [(n, t) for n in (0.3, 1.37, 4.2) for t in (2.0, 4.0, 6.0)]
    assert_closed_form(lambda n, t: rational(n, t, t**2, (-1.0) ** t), even)


@pytest.mark.parametrize("length", [0.5, 2.0])
def test_shift_does_not_depend_on_the_length(length):
    for n, t in GRID:
        assert integral(n, t, length) == pytest.approx(first_order_shift(np.float64(n), t), abs=1e-8)


@pytest.mark.parametrize("n", [0.3, 1.0, 1.37, 3.0])
def test_energy_is_the_expectation_of_the_free_hamiltonian(n):
    """α n² = −(α/π²)⟨ψ|ψ''⟩/⟨ψ|ψ⟩, the second derivative by differences."""
    alpha, step = 1.7, 1e-4
    nodes, weight = np.polynomial.legendre.leggauss(40)
    z = (nodes + 1) / 2
    psi, ahead, behind = (box_function(np.float64(n), z + shift) for shift in (0.0, step, -step))
    curvature = (ahead - 2 * psi + behind) / step**2
    expected = -alpha / np.pi**2 * (weight @ (psi * curvature)) / (weight @ psi**2)
    assert energy(n, alpha) == pytest.approx(expected, rel=1e-5)  # (πn step)²/12 and rounding/step²


def test_mean_of_sine_is_smooth_at_zero():
    a = np.array([0.0, 1e-12, 1e-4])
    np.testing.assert_allclose(mean_of_sine(a), np.pi * a / 2, rtol=1e-7)


# -- states ----------------------------------------------------------------------------------------
@settings(max_examples=60)
@given(st.floats(0, 6), st.floats(0, 6), WAVES)
def test_matrix_elements_are_their_integrals(m, n, t):

    def product(z):
        return 2 * sin(pi * m * z) * sin(pi * n * z) * sin(pi * t * z)

    expected, _ = quad(product, 0, 1, epsabs=1e-10, limit=200)
    assert matrix_element(np.float64(m), np.float64(n), t) == pytest.approx(expected, abs=1e-8)


def test_first_order_is_the_derivative_of_the_exact_spectrum():
    """Of H⁰ + λV in 40 states, by central differences in λ."""
    states, alpha, t, strength = 40, 1.3, 3.0, 1e-3
    m = np.arange(1.0, states + 1)
    perturbation = matrix_element(m[:, None], m[None, :], t)
    spectra = []
    for sign in (-1, 1):
        values, vectors = np.linalg.eigh(np.diag(energy(m, alpha)) + sign * strength * perturbation)
        spectra.append((values, vectors * np.sign(np.diag(vectors))))
    (low, before), (high, after) = spectra
    for n in (1, 2, 5):
        slope = (high[n - 1] - low[n - 1]) / (2 * strength)
        assert first_order_shift(np.float64(n), t) == pytest.approx(slope, abs=1e-6)
        state = (after[:, n - 1] - before[:, n - 1]) / (2 * strength)
        np.testing.assert_allclose(first_order_state(n, t, alpha, states), state, atol=1e-6)
        assert first_order_state(n, t, alpha, states)[n - 1] == 0


# -- from ψ to n -----------------------------------------------------------------------------------
def test_quantum_number_is_bounded_and_finite_at_the_origin():
    z = np.linspace(-3, 3, 61)
    largest = quantum_number(np.full(61, np.nextafter(2**0.5, 0)), z, floor=0.1)
    np.testing.assert_allclose(largest, 0.5 / np.hypot(z, 0.1))
    np.testing.assert_array_equal(quantum_number(np.zeros(61), z, floor=0.1), 0)


def test_the_printed_number_is_not_that_of_the_box_function():
    n, z = np.float64(0.4), np.linspace(0.1, 1, 10)
    psi = box_function(n, z)
    np.testing.assert_allclose(np.arcsin(np.sqrt(psi**2 / 2)) / (np.pi * z), n)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(quantum_number(psi, z), n)


def test_tensors_and_arrays_agree_and_have_slopes():
    n = torch.linspace(0, 4, 9, dtype=torch.float64, requires_grad=True)
    shift = first_order_shift(n, 3.0)
    np.testing.assert_allclose(shift.detach(), first_order_shift(n.detach().numpy(), 3.0), rtol=1e-12)
    (slope,) = torch.autograd.grad(shift.sum(), n)
    step = 1e-6
    below, above = (first_order_shift(n.detach().numpy() + s, 3.0) for s in (-step, step))
    np.testing.assert_allclose(slope, (above - below) / (2 * step), atol=1e-8)
