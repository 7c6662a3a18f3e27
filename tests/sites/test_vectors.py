"""Unit vectors: Bessel functions of SciPy, direct integrals over spheres, draws of von Mises–Fisher."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import gammaln, ive

from mfvae.errors import InputError
from mfvae.sites import _von_mises_fisher as law
from mfvae.sites.vector import MAX_COMPONENTS, Vector
from tests.helpers.statistics import assert_law, assert_mean

LENGTHS = np.array([1e-3, 0.1, 0.3, 0.499, 0.501, 1.0, 3.0, 10.0, 100.0, 300.0])
each_n = pytest.mark.parametrize("n", [2, 3, 4, 5, MAX_COMPONENTS])
DRAWS = 40_000


def by_bessel(length: np.ndarray, n: int) -> np.ndarray:
    nu = n / 2 - 1
    return gammaln(n / 2) + nu * np.log(2 / length) + np.log(ive(nu, length)) + length


@each_n
def test_log_partition_and_mean_are_those_of_bessel_functions(n):
    np.testing.assert_allclose(law.log_partition(LENGTHS, n), by_bessel(LENGTHS, n), atol=1e-10)
    ratio = ive(n / 2, LENGTHS) / ive(n / 2 - 1, LENGTHS)
    np.testing.assert_allclose(law.mean_length(LENGTHS, n), ratio, atol=1e-10)


@each_n
def test_log_partition_is_the_integral_over_the_sphere(n):
    """Over the angle to the field, whose density is ∝ sin^(n−2), normalised to 1."""
    for length in (0.3, 4.0):
        whole, _ = quad(lambda a: np.sin(a) ** (n - 2), 0, np.pi, epsabs=1e-12)
        weighted, _ = quad(
            lambda a, k=length: np.exp(k * np.cos(a)) * np.sin(a) ** (n - 2), 0, np.pi, epsabs=1e-12
        )
        fields = np.random.default_rng(n).standard_normal(n)
        fields *= length / np.linalg.norm(fields)
        assert Vector(n).log_partition(fields)[0] == pytest.approx(np.log(weighted / whole), abs=1e-9)


@each_n
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numpy_torch_and_derivatives_agree(n, dtype):
    family = Vector(n)
    fields = np.random.default_rng(n).standard_normal((4, 6 * n)) * np.repeat([0, 0.1, 1, 2, 5, 20], n)
    tensor = torch.tensor(fields, dtype=dtype, requires_grad=True)
    array = tensor.detach().numpy()
    value = family.log_partition(tensor)
    (slope,) = torch.autograd.grad(value.sum(), tensor)
    tolerance = 200 * torch.finfo(dtype).eps
    assert value.dtype == dtype
    for found, expected in [
        (value, family.log_partition(array)),
        (slope, family.mean_statistic(array)),
        (family.mean_statistic(tensor), family.mean_statistic(array)),
    ]:
        np.testing.assert_allclose(found.detach(), expected, rtol=tolerance, atol=tolerance)


@each_n
def test_fields_of_means_are_inverse(n):
    family = Vector(n)
    fields = np.random.default_rng(n).standard_normal((4, 5 * n)) * np.repeat([0, 1e-3, 1, 5, 20], n)
    found = family.field_of_mean(family.mean_statistic(fields))
    np.testing.assert_allclose(found, fields, rtol=1e-8, atol=1e-10)
    certain = family.field_of_mean(np.eye(n)[0])
    assert np.isfinite(certain).all()
    np.testing.assert_allclose(family.mean_statistic(certain), np.eye(n)[0], atol=0.1)


def test_fields_beyond_the_quadrature_are_refused():
    strong = np.array([law.MAX_LENGTH * 1.01, 0, 0, 0])
    for kind in (np.asarray, torch.as_tensor):
        with pytest.raises(ArithmeticError, match="300"):
            Vector(4).log_partition(kind(strong))
    assert np.isfinite(Vector(3).log_partition(np.array([1e7, 0.0, 0.0])))


def assert_vectors_follow(x: np.ndarray, n: int, fields: np.ndarray) -> None:
    """Means, the law of the component along the field of the first site, and pairs of sites."""
    x = x.astype(np.float64)
    assert np.abs((x**2).sum(-1) - 1).max() < 1e-6
    length = np.linalg.norm(fields[0])
    along = x[:, 0] @ fields[0] / length
    edges = np.linspace(-1, 1, 25)
    weights = np.array(
        [
            quad(lambda a: np.exp(length * np.cos(a)) * np.sin(a) ** (n - 2), high, low, epsabs=1e-13)[0]
            for low, high in pairwise(np.arccos(edges))
        ]
    )
    place = np.clip(np.searchsorted(edges, along, side="right") - 1, 0, 23)
    assert_law(place, weights / weights.sum())
    mean = Vector(n).mean_statistic(fields.ravel()).reshape(-1, n)
    assert_mean(x.reshape(len(x), -1), mean.ravel(), x.reshape(len(x), -1).var(0))
    overlap = (x[:, 0] * x[:, 1]).sum(1)
    assert_mean(overlap, mean[0] @ mean[1], overlap.var())


@each_n
def test_samples_follow_their_law(n):
    rng = np.random.default_rng([2026, n])
    fields = rng.standard_normal((3, n)) * np.array([1.0, 2.0, 0.3])[:, None]
    family = Vector(n)
    x = family.sample(np.tile(fields.ravel(), (DRAWS, 1)), rng)
    assert x.dtype == np.float32
    assert x.shape == (DRAWS, 3, n)
    family.check(x)
    assert_vectors_follow(x, n, fields)
    weak = family.sample(np.tile(0.9 * fields.ravel(), (DRAWS, 1)), rng)
    together = x.copy()
    together[:, 1] = x[:, 0]
    for twin in (weak, together):
        with pytest.raises(AssertionError, match="floors"):
            assert_vectors_follow(twin, n, fields)


@each_n
def test_without_a_field_all_directions_are_alike(n):
    x = Vector(n).sample(np.zeros((DRAWS, 2 * n)), np.random.default_rng(n)).astype(np.float64)
    second = x[:, 0, :, None] * x[:, 0, None, :]
    assert_mean(x, 0, 1 / n)
    assert_mean(second.reshape(DRAWS, -1), np.eye(n).ravel() / n, second.reshape(DRAWS, -1).var(0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nothing_is_drawn_in_fields_that_are_not_finite(bad):
    with pytest.raises(ArithmeticError, match="not finite"):
        Vector(2).sample(np.full((1, 4), bad), np.random.default_rng(1))


@pytest.mark.parametrize("n", [1, 17])
def test_other_numbers_of_components_are_refused(n):
    with pytest.raises(InputError, match=f"n = {n}: a number of components from 2 to 16 is needed"):
        Vector(n)
