"""Potts states: sums over all states, the simplex, and two states that are a spin."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from scipy.special import logsumexp, softmax

from mfvae.errors import InputError
from mfvae.sites.potts import MAX_STATES, Potts, simplex
from mfvae.sites.spin import Spin
from tests.helpers.statistics import assert_law, assert_mean

each_q = pytest.mark.parametrize("q", [2, 3, 4, 21])
DRAWS = 40_000


def fields_of(q: int, sites: int, rows: int = 6) -> np.ndarray:
    return np.random.default_rng(q).normal(scale=2.0, size=(rows, sites * (q - 1)))


@each_q
def test_corners_are_those_of_a_regular_simplex(q):
    corners = simplex(q)
    expected = (q * np.eye(q) - 1) / (q - 1)
    np.testing.assert_allclose(corners @ corners.T, expected, atol=1e-14)
    np.testing.assert_allclose(corners.sum(0), 0, atol=1e-13)
    x = np.arange(q, dtype=np.uint8)[None]
    np.testing.assert_allclose(Potts(q).statistic(x).reshape(q, q - 1), corners, atol=1e-7)


@each_q
def test_log_partition_and_mean_are_sums_over_the_states(q):
    family, fields = Potts(q), fields_of(q, 5)
    energies = fields.reshape(6, 5, q - 1) @ simplex(q).T
    np.testing.assert_allclose(family.log_partition(fields), logsumexp(energies, axis=-1), atol=1e-12)
    mean = softmax(energies, axis=-1) @ simplex(q)
    np.testing.assert_allclose(family.mean_statistic(fields), mean.reshape(6, -1), atol=1e-13)


@pytest.mark.parametrize("q", [2, 3, 4])
def test_probabilities_of_all_configurations_sum_to_one(q):
    family, fields = Potts(q), fields_of(q, 4, 1)
    x = np.array(list(product(range(q), repeat=4)), dtype=np.uint8)
    log_prob = family.log_prob(family.statistic(x).astype(np.float64), fields)
    assert logsumexp(log_prob) == pytest.approx(0, abs=1e-6)  # statistics are float32
    assert abs(logsumexp(log_prob - 1e-5)) > 1e-6


def test_two_states_are_a_spin():
    """Every number of it, state 1 for +1."""
    fields, states = fields_of(2, 7), np.random.default_rng(1).integers(2, size=(6, 7))
    potts, spin, spins = Potts(2), Spin(), 2 * states - 1
    np.testing.assert_array_equal(potts.statistic(states), spin.statistic(spins))
    for one, other in [
        (potts.log_partition(fields), spin.log_partition(fields)),
        (potts.mean_statistic(fields), spin.mean_statistic(fields)),
        (
            potts.log_prob(potts.statistic(states), fields),
            spin.log_prob(spin.statistic(spins), fields),
        ),
        (potts.field_of_mean(np.tanh(fields)), spin.field_of_mean(np.tanh(fields))),
    ]:
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    twin = spin.log_prob(spin.statistic(-spins), fields)
    assert np.abs(potts.log_prob(potts.statistic(states), fields) - twin).max() > 0.1


@each_q
def test_fields_of_means_are_inverse(q):
    family, fields = Potts(q), fields_of(q, 5)
    np.testing.assert_allclose(
        family.field_of_mean(family.mean_statistic(fields)), fields, rtol=1e-9, atol=1e-9
    )
    certain = family.field_of_mean(simplex(q)[0])
    assert np.isfinite(certain).all()
    np.testing.assert_allclose(family.mean_statistic(certain), simplex(q)[0], atol=1e-12)


@each_q
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numpy_and_torch_agree(q, dtype):
    family, tensor = Potts(q), torch.tensor(fields_of(q, 5), dtype=dtype, requires_grad=True)
    array = tensor.detach().numpy()
    tolerance = 30 * torch.finfo(dtype).eps
    (slope,) = torch.autograd.grad(family.log_partition(tensor).sum(), tensor)
    for found, expected in [
        (slope, family.mean_statistic(array)),
        (family.mean_statistic(tensor), family.mean_statistic(array)),
        (family.log_partition(tensor), family.log_partition(array)),
    ]:
        assert found.dtype == dtype
        np.testing.assert_allclose(found.detach().numpy(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("magnitude", [1e2, 1e8])
def test_large_fields_stay_finite(magnitude):
    family, corner = Potts(3), simplex(3)[2]
    fields = torch.tensor(magnitude * corner, dtype=torch.float32, requires_grad=True)
    value = family.log_partition(fields)
    assert value.item() == pytest.approx(magnitude, rel=1e-6)
    (slope,) = torch.autograd.grad(value.sum(), fields)
    np.testing.assert_allclose(slope, corner, rtol=1e-6)


def assert_states_follow(x: np.ndarray, family: Potts, fields: np.ndarray) -> None:
    """Frequencies of the states of every site, and the pairs of the first two."""
    p = family.probabilities(fields)
    for site, law in enumerate(p):
        assert_law(x[:, site], law)
    pairs = np.outer(p[0], p[1]).ravel()
    assert_law(x[:, 0].astype(int) * family.n_states + x[:, 1], pairs)
    statistic = family.statistic(x).astype(np.float64)
    mean = family.mean_statistic(fields)
    second = np.einsum("ia,ak,al->ikl", p, family.corners, family.corners)
    variance = np.einsum("ikk->ik", second).ravel() - mean**2
    assert_mean(statistic, mean, variance)


@each_q
def test_samples_are_independent_states_in_their_fields(q):
    family, fields = Potts(q), fields_of(q, 3, 1)[0] / 2
    rng = np.random.default_rng([2026, q])
    x = family.sample(np.tile(fields, (DRAWS, 1)), rng)
    assert x.dtype == np.uint8
    assert_states_follow(x, family, fields)
    strong = family.sample(np.tile(1.06 * fields, (DRAWS, 1)), rng)
    together = np.sort(x, axis=0)
    for twin in (strong, together):
        with pytest.raises(AssertionError, match="floors"):
            assert_states_follow(twin, family, fields)


def test_a_state_without_probability_is_never_drawn():
    fields = np.tile(-200 * simplex(4)[1], (20_000, 1))
    x = Potts(4).sample(fields, np.random.default_rng(1))
    assert set(np.unique(x)) == {0, 2, 3}


def test_states_are_packed_without_loss():
    x = np.random.default_rng(1).integers(MAX_STATES, size=(5, 7)).astype(np.uint8)
    for layout in (x, np.asfortranarray(x), x[::-1], x.astype(float)):
        packed = Potts(MAX_STATES).pack(layout)
        assert packed.dtype == np.uint8
        np.testing.assert_array_equal(Potts(MAX_STATES).unpack(packed, 7), layout)


@pytest.mark.parametrize("q", [1, 256, -3])
def test_other_numbers_of_states_are_refused(q):
    with pytest.raises(InputError, match=f"q = {q}: a number of states from 2 to 255 is needed"):
        Potts(q)
