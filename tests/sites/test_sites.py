"""Site families as exponential families: p(x|η) = exp(ηT(x) − A(η))."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_expit, logsumexp

from mfvae.sites import SITE_FAMILIES
from mfvae.sites.director import Director
from mfvae.sites.spin import Spin
from tests.helpers.directors import directors
from tests.helpers.statistics import all_configurations, assert_mean

SPIN = Spin()
FIELDS = np.linspace(-6, 6, 25)
DRAWS = 40_000

fields_of_sites = st.lists(st.floats(-30, 30), min_size=1, max_size=10).map(np.array)


def test_families_are_registered_by_their_names():
    assert isinstance(SITE_FAMILIES["spin"], Spin)
    assert all(name == family.name for name, family in SITE_FAMILIES.items())


def test_log_partition_is_the_sum_over_both_spins():
    explicit = np.log(np.exp(FIELDS) + np.exp(-FIELDS))
    np.testing.assert_allclose(SPIN.log_partition(FIELDS), explicit, rtol=1e-14)


def test_derivative_of_log_partition_is_the_mean_numerically():
    step = 1e-5  # error of the central difference: step²/6 and rounding/step, both below 1e-9
    slope = (SPIN.log_partition(FIELDS + step) - SPIN.log_partition(FIELDS - step)) / (2 * step)
    np.testing.assert_allclose(slope, SPIN.mean_statistic(FIELDS), atol=1e-9)


def test_derivative_of_log_partition_is_the_mean_by_autograd():
    fields = torch.tensor(FIELDS, requires_grad=True)
    (slope,) = torch.autograd.grad(SPIN.log_partition(fields).sum(), fields)
    torch.testing.assert_close(slope, SPIN.mean_statistic(fields).detach(), rtol=1e-13, atol=1e-13)


def test_mean_statistic_is_the_weighted_mean_of_both_spins():
    up, down = (np.exp(x * FIELDS - SPIN.log_partition(FIELDS)) for x in (1, -1))
    np.testing.assert_allclose(up + down, 1, rtol=1e-13)
    np.testing.assert_allclose(up - down, SPIN.mean_statistic(FIELDS), atol=1e-13)


@given(fields_of_sites)
def test_probabilities_of_all_configurations_sum_to_one(fields):
    x = SPIN.statistic(all_configurations(len(fields)))
    assert logsumexp(SPIN.log_prob(x, fields)) == pytest.approx(0, abs=1e-10)


@given(fields_of_sites)
def test_log_prob_is_the_sum_of_the_sites(fields):
    x = all_configurations(len(fields))
    explicit = log_expit(2 * x * fields).sum(1)  # p(x_i) = 1/(1 + exp(−2 x_i η_i))
    np.testing.assert_allclose(SPIN.log_prob(SPIN.statistic(x), fields), explicit, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numpy_and_torch_agree(dtype):
    tensor = torch.tensor(FIELDS, dtype=dtype).reshape(5, 5)
    array = tensor.numpy()
    x = SPIN.statistic(np.where(np.arange(25).reshape(5, 5) % 3, 1, -1))
    tolerance = 8 * torch.finfo(dtype).eps
    for by_torch, by_numpy in [
        (SPIN.log_partition(tensor), SPIN.log_partition(array)),
        (SPIN.mean_statistic(tensor), SPIN.mean_statistic(array)),
        (SPIN.log_prob(torch.from_numpy(x), tensor), SPIN.log_prob(x, array)),
    ]:
        assert by_torch.shape == by_numpy.shape
        np.testing.assert_allclose(by_torch.numpy(), by_numpy, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("magnitude", [1e2, 1e4, 1e8])
def test_large_fields_stay_finite(magnitude):
    fields = np.array([-magnitude, magnitude])
    np.testing.assert_allclose(SPIN.log_partition(fields), magnitude, rtol=1e-15)
    np.testing.assert_array_equal(SPIN.mean_statistic(fields), [-1, 1])
    tensor = torch.tensor(fields, dtype=torch.float32, requires_grad=True)
    (slope,) = torch.autograd.grad(SPIN.log_partition(tensor).sum(), tensor)
    torch.testing.assert_close(slope, torch.tensor([-1.0, 1.0]))
    for x in (torch.ones(2), -torch.ones(2), torch.tensor([-1.0, 1.0])):
        log_prob = SPIN.log_prob(x, tensor)
        assert log_prob.item() == pytest.approx(log_expit(2 * x.numpy() * fields).sum(), rel=1e-6)
        (slope,) = torch.autograd.grad(log_prob, tensor)
        torch.testing.assert_close(slope, x - tensor.tanh())


def test_statistic_is_the_spin():
    x = all_configurations(3)
    assert SPIN.statistic(x).dtype == np.float32
    np.testing.assert_array_equal(SPIN.statistic(x), x)


def assert_samples_follow(x: np.ndarray, fields: np.ndarray) -> None:
    """Means of the 25 sites and products of the 24 neighbours, each within four floors."""
    mean = np.tanh(fields)
    assert_mean(x, mean, 1 - mean**2)
    product = mean[1:] * mean[:-1]
    assert_mean(x[:, 1:] * x[:, :-1], product, 1 - product**2)


def drawn(fields: np.ndarray, name: str) -> np.ndarray:
    return SPIN.sample(np.tile(fields, (DRAWS, 1)), np.random.default_rng([2026, *name.encode()]))


FIELDS_TO_SAMPLE = np.linspace(-3, 3, 25)


def test_samples_are_independent_spins_in_their_fields():
    x = drawn(FIELDS_TO_SAMPLE, "samples")
    assert x.dtype == np.int8
    assert set(np.unique(x)) == {-1, 1}
    assert_samples_follow(x, FIELDS_TO_SAMPLE)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda x: drawn(FIELDS_TO_SAMPLE + 0.03, "twin"), id="fields shifted by 0.03"),
        pytest.param(lambda x: drawn(FIELDS_TO_SAMPLE * 1.05, "twin"), id="fields 5 % too strong"),
        pytest.param(lambda x: np.sort(x, axis=0), id="all sites of a row move together"),
    ],
)
def test_twin_wrong_samples_of_sites_are_caught(wrong):
    with pytest.raises(AssertionError, match="floors"):
        assert_samples_follow(wrong(drawn(FIELDS_TO_SAMPLE, "samples")), FIELDS_TO_SAMPLE)


def test_strong_fields_leave_no_choice():
    fields = np.tile([-50.0, 50.0], (10_000, 1))
    x = SPIN.sample(fields, np.random.default_rng(1))
    np.testing.assert_array_equal(x, np.sign(fields))


# -- directors (their laws are tested in test_bingham.py) ------------------------------------------
DIRECTOR = Director()


def test_directors_are_packed_without_loss():
    x = directors(5, 7)
    x[0, 0] = [0.0, -0.0, 1.0]
    for layout in (x, np.asfortranarray(x), x[::-1]):
        packed = DIRECTOR.pack(layout)
        assert packed.dtype == np.uint8
        assert packed.shape == (5, 7 * 12)
        unpacked = DIRECTOR.unpack(packed, 7)
        assert unpacked.dtype == np.float32
        assert unpacked.tobytes() == np.ascontiguousarray(layout).tobytes()
    assert DIRECTOR.unpack(np.asfortranarray(DIRECTOR.pack(x)), 7).tobytes() == x.tobytes()


def test_statistics_of_directors_lie_site_after_site():
    x = directors(5, 7)
    statistic = DIRECTOR.statistic(x)
    assert statistic.dtype == np.float32
    assert statistic.shape == (5, 7 * DIRECTOR.dim)
    by_site = statistic.reshape(5, 7, DIRECTOR.dim)
    cosine = np.einsum("bix,bjx->bij", x, x)
    legendre = np.einsum("bik,bjk->bij", by_site, by_site)
    np.testing.assert_allclose(legendre, 1.5 * cosine**2 - 0.5, atol=1e-6)


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_fields_of_directors_keep_their_leading_axes(kind):
    fields = np.random.default_rng(3).standard_normal((2, 4, 7 * 5))
    log_partition, mean = DIRECTOR.log_partition(kind(fields)), DIRECTOR.mean_statistic(kind(fields))
    assert log_partition.shape == (2, 4, 7)
    assert mean.shape == fields.shape
    one = fields[1, 2, 15:20]  # the fourth site
    np.testing.assert_allclose(log_partition[1, 2, 3], DIRECTOR.log_partition(one)[0], atol=1e-6)
    np.testing.assert_allclose(mean[1, 2, 15:20], DIRECTOR.mean_statistic(one), atol=1e-5)


def test_log_prob_of_directors_is_differentiable_and_normalised():
    """E[exp log p] over uniform directors is 1, to the floor of its draws."""
    x = directors(40_000, 2)
    fields = np.tile([0.3, 0.5, -0.2, 0.7, 0.1, 0, 0, 0, 0.4, -0.9], (len(x), 1))
    statistic = DIRECTOR.statistic(x)
    density = np.exp(DIRECTOR.log_prob(statistic, fields))
    assert_mean(density, 1, density.var())
    with pytest.raises(AssertionError, match="floors"):
        assert_mean(density * 1.05, 1, density.var())
    tensor = torch.tensor(fields, requires_grad=True)
    (slope,) = torch.autograd.grad(DIRECTOR.log_prob(torch.from_numpy(statistic), tensor).sum(), tensor)
    np.testing.assert_allclose(slope.numpy(), statistic - DIRECTOR.mean_statistic(fields), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_of_directors_do_not_depend_on_precision_or_layout_of_the_fields(dtype):
    fields = np.random.default_rng(4).standard_normal((100, 35)).astype(np.float32)
    x = DIRECTOR.sample(fields, np.random.default_rng(5))
    assert x.dtype == np.float32
    assert x.shape == (100, 7, 3)
    same = DIRECTOR.sample(np.asfortranarray(fields.astype(dtype)), np.random.default_rng(5))
    np.testing.assert_array_equal(same, x)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_directors_are_not_drawn_in_fields_that_are_not_finite(bad):
    fields = np.zeros((2, 10))
    fields[1, 3] = bad
    with pytest.raises(ArithmeticError, match="not finite"):
        DIRECTOR.sample(fields, np.random.default_rng(1))
