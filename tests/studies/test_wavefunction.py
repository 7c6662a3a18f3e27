"""From latents to energies of a box: bounds, training, collapse."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfvae.errors import InputError
from mfvae.studies.box_energies.box import energy, first_order_shift
from mfvae.studies.box_energies.wavefunction import BoxConfig, Wavefunction, lowest_energy, spectra

RNG = np.random.default_rng(2026)
Z = RNG.standard_normal((200, 2))
BOX = BoxConfig(alpha=0.1, half_waves=4.0, updates=300)


def test_training_lowers_the_energy_and_never_below_the_lowest():
    before, after = spectra(Z, BOX, 1)
    lowest = lowest_energy(Z, BOX)
    assert after.total.mean() < before.total.mean()
    assert (after.energy >= lowest - 1e-4).all()  # of a grid of quantum numbers
    reached = (after.total.mean() - before.total.mean()) / (lowest.sum(1).mean() - before.total.mean())
    assert reached > 0.6


def test_lowest_energy_depends_on_the_distance_alone_and_is_the_smallest_of_a_finer_grid():
    np.testing.assert_array_equal(lowest_energy(-Z, BOX), lowest_energy(Z, BOX))
    z = np.array([[0.0, 0.3, 1.0, 3.0]])
    n = np.linspace(0, 1, 20_001)[:, None] * 0.5 / np.hypot(z, BOX.floor)
    expected = (energy(n, BOX.alpha) + first_order_shift(n, BOX.half_waves)).min(0)
    np.testing.assert_allclose(lowest_energy(z, BOX)[0], expected, atol=1e-4)


def test_with_a_strong_box_everything_collapses_to_nothing():
    """One half wave is nowhere negative: every energy is ≥ 0, and ψ = 0 has 0."""
    _, after = spectra(Z, BoxConfig(alpha=1.0, half_waves=1.0, updates=300), 1)
    assert after.total.max() < 0.01
    np.testing.assert_allclose(lowest_energy(Z, BoxConfig(alpha=1.0, half_waves=1.0)), 0, atol=1e-12)


def test_values_are_bounded_and_energies_finite_at_the_origin():
    model = Wavefunction(2, BOX)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e6)  # tanh at its ends
    z = torch.tensor([[0.0, 0.0], [1e-12, 40.0]], dtype=torch.float64, requires_grad=True)
    psi = model(z)
    assert (psi.abs() < math.sqrt(2)).all()
    total = model.energies(psi, z).sum()
    total.backward()
    assert total.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    assert model.spectrum(z).saturated == 1


def test_alpha_and_half_waves_move_only_if_learned():
    fixed = spectra(Z, BOX, 1)[1]
    assert (fixed.alpha, fixed.half_waves) == pytest.approx((0.1, 4.0))
    learned = spectra(Z, BoxConfig(0.1, 4.0, updates=300, learned=True), 1)[1]
    assert learned.alpha < 0.05  # nothing holds α up
    assert learned.half_waves != 4.0


def test_bits_depend_on_the_seed_alone():
    box = BoxConfig(updates=5)
    one, same, other = (spectra(Z, box, seed)[1].energy for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_energies_that_are_not_finite_stop_the_training():
    with pytest.raises(ArithmeticError, match="step 1: energy is nan"):
        spectra(np.full((3, 2), np.nan), BOX, 1)


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0.0}, {"half_waves": math.inf}, {"floor": 0.0}, {"updates": 0}]
)
def test_bad_settings_are_named(wrong):
    with pytest.raises(InputError) as caught:
        BoxConfig(**wrong)
    assert caught.value.field in wrong
