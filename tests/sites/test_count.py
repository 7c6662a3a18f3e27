"""Counts: Poisson's law of SciPy, its end, and draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import gammaln, logsumexp
from scipy.stats import poisson

from mfvae.sites.count import MAX_COUNT, MAX_FIELD, Count
from tests.helpers.statistics import assert_law, assert_mean

COUNT = Count()
FIELDS = np.linspace(-6, 6, 25)
DRAWS = 40_000


def test_log_prob_is_that_of_poisson():
    x = np.arange(25)[None]
    expected = poisson.logpmf(x, np.exp(FIELDS)).sum()
    found = COUNT.log_prob(COUNT.statistic(x).astype(np.float64), FIELDS[None])
    assert found[0] == pytest.approx(expected, rel=1e-12)
    tensors = torch.from_numpy(COUNT.statistic(x)).double(), torch.from_numpy(FIELDS[None])
    assert COUNT.log_prob(*tensors).item() == pytest.approx(expected, rel=1e-12)
    assert abs(COUNT.log_prob(COUNT.statistic(x + 1), FIELDS[None])[0] - expected) > 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_derivative_of_log_partition_is_the_mean(dtype):
    fields = torch.tensor([*FIELDS, 11.0, 12.0, 1e4], dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(COUNT.log_partition(fields).sum(), fields)
    mean = COUNT.mean_statistic(fields.detach())
    torch.testing.assert_close(slope, mean, rtol=1e-6, atol=0)
    np.testing.assert_allclose(mean, np.minimum(np.exp(fields.detach()), MAX_COUNT), rtol=1e-5)


@pytest.mark.parametrize("field", [-2.0, 5.0, MAX_FIELD - 0.1, MAX_FIELD, MAX_FIELD + 0.1, 15.0, 100.0])
def test_probabilities_of_all_counts_sum_to_one_or_less(field):
    """To one while the field is below its end, to less beyond, and never to more."""
    x = np.arange(MAX_COUNT + 1)
    total = logsumexp(field * x - gammaln(x + 1)) - COUNT.log_partition(np.array(field))
    assert total < 1e-9
    if field < MAX_FIELD - 0.05:
        assert total == pytest.approx(0, abs=1e-9)
    if field > MAX_FIELD:
        assert total < -0.1


def test_fields_of_means_are_inverse():
    np.testing.assert_allclose(COUNT.field_of_mean(np.exp(FIELDS)), FIELDS, atol=1e-12)
    assert np.isfinite(COUNT.field_of_mean(np.array([0.0, 1e9]))).all()


def assert_counts_follow(x: np.ndarray, fields: np.ndarray) -> None:
    mean = np.exp(fields)
    assert_mean(x, mean, mean)
    for site, rate in enumerate(mean):
        cells = np.arange(int(rate + 10 * np.sqrt(rate) + 10))
        law_ = poisson.pmf(cells, rate)
        law_[-1] += 1 - law_.sum()
        assert_law(np.minimum(x[:, site], cells[-1]), law_)
    product = x[:, 0] * x[:, 1]
    assert_mean(product, mean[0] * mean[1], product.var())


def test_samples_are_independent_counts():
    fields, rng = np.array([-1.0, 0.0, 1.0, 3.0]), np.random.default_rng(2026)
    x = COUNT.sample(np.tile(fields, (DRAWS, 1)), rng)
    assert x.dtype == np.int32
    assert_counts_follow(x, fields)
    wider = COUNT.sample(np.tile(fields, (DRAWS, 1)) + 0.1 * rng.standard_normal((DRAWS, 1)), rng)
    for twin in (COUNT.sample(np.tile(fields + 0.03, (DRAWS, 1)), rng), np.sort(x, axis=0), wider):
        with pytest.raises(AssertionError, match="floors"):
            assert_counts_follow(twin, fields)


def test_counts_are_packed_without_loss():
    x = np.array([[0, 1, MAX_COUNT], [255, 256, 257]])
    for layout in (x, np.asfortranarray(x), x.astype(float)):
        packed = COUNT.pack(layout)
        assert packed.shape == (2, 6)
        np.testing.assert_array_equal(COUNT.unpack(packed, 3), x)
    assert COUNT.sample(np.full((1, 2), 50.0), np.random.default_rng(1)).max() <= MAX_COUNT
