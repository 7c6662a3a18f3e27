"""Directors: geometry, every rule for A against independent integrals, exact Bingham draws."""

from __future__ import annotations

import subprocess
import sys
import warnings
from itertools import product

import numpy as np
import pytest
import torch
from scipy.special import dawsn, erf

from mfvae.sites import _bingham as bingham
from mfvae.sites._bingham import MAX_FIELD, RULES, Lebedev, Series
from mfvae.sites._bingham_sampler import draw
from tests.helpers.statistics import assert_law, assert_mean, assert_within_floor

REFERENCE_NODES = 250
ACCURACY = 1e-6  # nats, what every rule promises


def rng_of(name: str) -> np.random.Generator:
    return np.random.default_rng([2026, *name.encode()])


def random_directors(n: int, rng: np.random.Generator) -> np.ndarray:
    u = rng.standard_normal((n, 3))
    return u / np.linalg.norm(u, axis=1, keepdims=True)


def random_rotations(n: int, rng: np.random.Generator) -> np.ndarray:
    q = np.linalg.qr(rng.standard_normal((n, 3, 3)))[0]
    return q * np.linalg.det(q)[:, None, None]


def components(matrix: np.ndarray) -> np.ndarray:
    """η of symmetric traceless matrices M (..., 3, 3), by solving η·T(u) = uᵀMu for five directors."""
    u = random_directors(5, rng_of("five directors"))
    return np.linalg.solve(bingham.statistic(u), np.einsum("ki,...ij,kj->k...", u, matrix, u)).T


def fields_with(r: float, w: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """n fields with |η| = r and 4 det M = r³w in random orientations, the first along the axes."""
    rotation = random_rotations(n, rng)
    rotation[0] = np.eye(3)
    diagonal = np.diag(bingham.eigenvalues(np.float64(r), np.float64(w)))
    return components(rotation @ diagonal @ np.swapaxes(rotation, 1, 2))


def exact(fields: np.ndarray) -> np.ndarray:
    """A by the polar form with far more nodes than it needs."""
    r = np.linalg.norm(fields, axis=-1)
    w = bingham.cubic_invariant(fields) / np.maximum(r, 1e-50) ** 3
    return bingham.log_partition_polar(r, w, REFERENCE_NODES)


def mixed_fields(largest: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Uniaxial, biaxial and random fields with norms up to ``largest``."""
    kinds = [fields_with(largest * 0.999, w, n, rng) for w in (-1, -0.99, -0.5, 0, 0.7, 0.99, 1)]
    random = rng.standard_normal((n, 5))
    kinds.append(random * (largest * 0.99 / np.linalg.norm(random, axis=1).max()))
    return np.concatenate([kind * scale for kind in kinds for scale in (1.0, 0.6)])


# -- geometry --------------------------------------------------------------------------------------
U, V = random_directors(200, rng_of("u")), random_directors(200, rng_of("v"))


def test_statistics_of_two_directors_multiply_to_the_legendre_polynomial():
    product_of_statistics = (bingham.statistic(U) * bingham.statistic(V)).sum(1)
    cosine = (U * V).sum(1)
    np.testing.assert_allclose(product_of_statistics, (3 * cosine**2 - 1) / 2, atol=1e-14)
    np.testing.assert_allclose((bingham.statistic(U) ** 2).sum(1), 1, rtol=1e-14)


def test_statistic_has_no_head_or_tail_and_keeps_the_precision_of_its_argument():
    np.testing.assert_array_equal(bingham.statistic(-U), bingham.statistic(U))
    assert bingham.statistic(U.astype(np.float32)).dtype == np.float32


def test_quadratic_form_is_the_exponent():
    fields = rng_of("form").standard_normal((200, 5))
    form = bingham.quadratic_form(fields)
    by_form = np.einsum("bi,bij,bj->b", U, form, U)
    np.testing.assert_allclose(by_form, (fields * bingham.statistic(U)).sum(1), atol=1e-14)
    np.testing.assert_allclose(np.trace(form, axis1=1, axis2=2), 0, atol=1e-14)
    np.testing.assert_allclose(2 / 3 * (form**2).sum((1, 2)), (fields**2).sum(1), rtol=1e-13)


def test_invariants_are_those_of_the_matrix():
    fields = rng_of("invariants").standard_normal((200, 5))
    form = bingham.quadratic_form(fields)
    cubic = bingham.cubic_invariant(fields)
    np.testing.assert_allclose(cubic, 4 * np.linalg.det(form), atol=1e-13)
    r = np.linalg.norm(fields, axis=1)
    levels = bingham.eigenvalues(r, cubic / r**3)
    np.testing.assert_allclose(levels, np.linalg.eigvalsh(form)[:, ::-1], atol=1e-12)


def test_cubic_invariant_of_a_uniaxial_field_is_the_cube_of_its_order():
    for order in (-0.5, 0.3, 1.0):
        np.testing.assert_allclose(bingham.cubic_invariant(order * bingham.statistic(U)), order**3)


def test_directions_drawn_uniformly_have_a_uniform_shape():
    """The Jacobian from five components to (|η|, w) is |η|⁴: w is uniform on (−1, 1)."""
    direction = rng_of("shape").standard_normal((40_000, 5))
    w = bingham.cubic_invariant(direction) / np.linalg.norm(direction, axis=1) ** 3
    assert_law(np.minimum((w + 1) * 10, 19).astype(int), np.full(20, 0.05))


def test_cubic_invariant_is_harmonic():
    """Noise of any size leaves its mean alone: third-order stencils of a cubic are exact."""
    fields, step = rng_of("harmonic").standard_normal((50, 5)), 0.5
    laplacian = sum(
        bingham.cubic_invariant(fields + step * e) + bingham.cubic_invariant(fields - step * e)
        for e in np.eye(5)
    ) - 10 * bingham.cubic_invariant(fields)
    np.testing.assert_allclose(laplacian, 0, atol=1e-12)


# -- polar form against independent integrals ------------------------------------------------------
def integrate_over_the_sphere(fields: np.ndarray, nodes: int = 100) -> np.ndarray:
    """A on a product grid of the sphere: Gauss–Legendre in z by equal steps in the azimuth."""
    z, weight = np.polynomial.legendre.leggauss(nodes)
    azimuth = 2 * np.pi * np.arange(nodes) / nodes
    z, azimuth = (grid.ravel() for grid in np.meshgrid(z, azimuth, indexing="ij"))
    rho = np.sqrt(1 - z**2)
    u = np.stack([rho * np.cos(azimuth), rho * np.sin(azimuth), z], 1)
    boltzmann = np.exp(fields @ bingham.statistic(u).T)
    return np.log(boltzmann @ np.repeat(weight, nodes) / (2 * nodes))


@pytest.mark.parametrize("largest", [0.5, 4.0, 20.0])
def test_polar_form_is_the_integral_over_the_sphere(largest):
    fields = mixed_fields(largest, 2, rng_of("polar"))
    np.testing.assert_allclose(exact(fields), integrate_over_the_sphere(fields), atol=1e-11)


@pytest.mark.parametrize("r", [0.01, 1.0, 10.0, 100.0])
def test_polar_form_of_uniaxial_fields_in_closed_form(r):
    """∫₀¹ exp(±r P₂(t)) dt, by Dawson's function (rods) and the error function (discs)."""
    root = np.sqrt(1.5 * r)
    rods = r + np.log(dawsn(root) / root)
    discs = r / 2 + np.log(np.sqrt(np.pi) * erf(root) / (2 * root))
    found = bingham.log_partition_polar(np.array([r, r]), np.array([1.0, -1.0]), REFERENCE_NODES)
    np.testing.assert_allclose(found, [rods, discs], rtol=1e-12, atol=1e-13)


def test_polar_nodes_are_enough_up_to_forty():
    r, w = (g.ravel() for g in np.meshgrid(np.linspace(0, 40, 41), np.linspace(-1, 1, 41)))
    default = bingham.log_partition_polar(r, w)
    np.testing.assert_allclose(default, bingham.log_partition_polar(r, w, REFERENCE_NODES), atol=2e-13)


# -- the rules -------------------------------------------------------------------------------------
def error_of(rule: Series | Lebedev, largest: float) -> float:
    fields = mixed_fields(largest, 12, rng_of("rules"))
    return np.abs(rule(fields, False)[0] - exact(fields)).max()


each_rule = pytest.mark.parametrize(
    "rule", RULES, ids=lambda rule: f"{type(rule).__name__}{rule.degree}"
)


@each_rule
def test_every_rule_is_accurate_up_to_its_reach(rule):
    assert error_of(rule, rule.reach) < ACCURACY


@each_rule
def test_twin_no_rule_is_accurate_far_beyond_its_reach(rule):
    assert error_of(rule, 1.6 * rule.reach) > ACCURACY


@each_rule
def test_mean_is_the_slope_of_the_exact_log_partition(rule):
    """Central differences: their error is step²/6 ≈ 2e-9 and the roundings of A over the step.

    A polynomial's slope is less accurate than its value, by its degree over its reach.
    """
    fields, step = mixed_fields(rule.reach, 4, rng_of("slope")), 1e-4
    slope = [(exact(fields + step * e) - exact(fields - step * e)) / (2 * step) for e in np.eye(5)]
    tolerance = ACCURACY * max(1, rule.degree / rule.reach)
    np.testing.assert_allclose(rule(fields, True)[1], np.stack(slope, 1), rtol=0, atol=tolerance)
    twin = np.stack(slope, 1) * (1 + 1e-4)
    assert not np.allclose(rule(fields, True)[1], twin, rtol=0, atol=tolerance)


@pytest.mark.parametrize("largest", [0.5, 2.5, 3.5, 5.0, 10.0, 30.0, 100.0])
def test_the_rule_that_is_chosen_is_accurate(largest):
    fields = mixed_fields(largest, 3, rng_of("chosen"))
    np.testing.assert_allclose(bingham.log_partition(fields), exact(fields), rtol=0, atol=ACCURACY)


def test_log_partition_does_not_change_under_rotations():
    """To twice the accuracy of the rules, and to rounding where invariants alone are used."""
    rotation = random_rotations(300, rng_of("rotations"))
    for r in (1.5, 5.0, 30.0):
        fields = r / 2 * rng_of("rotated").standard_normal((1, 5)) / 2
        form = rotation @ bingham.quadratic_form(fields) @ np.swapaxes(rotation, 1, 2)
        found = bingham.log_partition(components(form))
        np.testing.assert_allclose(found, bingham.log_partition(fields)[0], atol=2 * ACCURACY)
    turned = components(rotation @ np.diag([1.0, 0.2, -1.2]) @ np.swapaxes(rotation, 1, 2))
    assert np.ptp(bingham.log_partition(turned)) < 1e-13
    twin = turned + np.array([0, 1e-3, 0, 0, 0])  # a field along z is not rotated along
    assert np.ptp(bingham.log_partition(twin)) > 1e-5


def test_fields_of_zero_and_no_fields_at_all():
    np.testing.assert_allclose(bingham.log_partition(np.zeros((3, 5))), 0, atol=ACCURACY)
    np.testing.assert_allclose(bingham.mean_statistic(np.zeros((3, 5))), 0, atol=ACCURACY)
    assert bingham.log_partition(np.empty((0, 4, 5))).shape == (0, 4)
    assert bingham.log_partition(torch.empty((2, 0, 5))).shape == (2, 0)


@pytest.mark.parametrize("rule", [RULES[1], RULES[4]], ids=["series", "quadrature"])
def test_blocks_do_not_matter(rule):
    rng = rng_of("blocks")
    fields = rng.standard_normal((2 * rule.block + 7, 5))
    length = rule.reach * rng.uniform(0.7, 0.999, len(fields))  # no field weak enough for another rule
    fields *= (length / np.linalg.norm(fields, axis=1))[:, None]
    some = slice(rule.block - 3, rule.block + 3)
    np.testing.assert_allclose(
        bingham.log_partition(fields)[some], rule(fields[some], False)[0], atol=1e-14
    )
    np.testing.assert_allclose(
        bingham.mean_statistic(fields)[some], rule(fields[some], True)[1], atol=1e-14
    )


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_few_strong_fields_leave_the_others_to_the_series(kind):
    fields = rng_of("mixed").standard_normal((300, 5))
    fields[::30] *= 8
    strong = np.linalg.norm(fields, axis=1) > bingham.SERIES_REACH
    assert 5 < strong.sum() < 20
    value, mean = bingham.log_partition(kind(fields)), bingham.mean_statistic(kind(fields))
    for part in (strong, ~strong):
        alone = kind(fields[part])
        np.testing.assert_array_equal(value[part], bingham.log_partition(alone))
        np.testing.assert_array_equal(mean[part], bingham.mean_statistic(alone))
    invariant = bingham.cubic_invariant(fields) / np.linalg.norm(fields, axis=1) ** 3
    exact = bingham.log_partition_polar(np.linalg.norm(fields, axis=1), invariant)
    np.testing.assert_allclose(value, exact, atol=1e-6)


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_fields_beyond_the_largest_rule_are_refused(kind):
    fields = kind(np.array([[0.0, 0, 0, 0, 0], [0.0, 0, 1.01 * MAX_FIELD, 0, 0]]))
    for function in (bingham.log_partition, bingham.mean_statistic):
        with pytest.raises(ArithmeticError) as caught:
            function(fields)
        message = str(caught.value)
        assert "\n" not in message
        assert f"{1.01 * MAX_FIELD:.6g}" in message
        assert f"at most {MAX_FIELD:g}" in message


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
@pytest.mark.parametrize(("bad", "scale"), [*product([np.nan, np.inf, -np.inf], [1.0, 10.0])])
def test_fields_that_are_not_finite_give_nan_and_nothing_else(kind, bad, scale):
    fields = np.tile(np.array([0.1, 0.2, 0.0, 0.5, 0.0]) * scale, (4, 1))
    clean = bingham.log_partition(fields), bingham.mean_statistic(fields)
    fields[2, 3] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bingham.log_partition(kind(fields)), bingham.mean_statistic(kind(fields))
    for values, expected in zip(found, clean, strict=True):
        values = np.asarray(values)
        assert np.isnan(values[2]).all()
        np.testing.assert_allclose(values[[0, 1, 3]], expected[[0, 1, 3]], atol=1e-14)


# -- tensors ---------------------------------------------------------------------------------------
each_reach = pytest.mark.parametrize("largest", [1.0, 2.9, 3.9, 5.9, 14.0, 39.0, 149.0])


@each_reach
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numpy_and_torch_agree(dtype, largest):
    """To a few roundings of the exponent (|η|) or of the series' terms (a few units)."""
    fields = torch.as_tensor(mixed_fields(largest, 3, rng_of("torch")), dtype=dtype).reshape(3, -1, 5)
    exact_precision = fields.double().numpy()
    tolerance = 4 * (1 + largest) * torch.finfo(dtype).eps
    for function in (bingham.log_partition, bingham.mean_statistic):
        by_torch = function(fields)
        assert by_torch.dtype == dtype
        np.testing.assert_allclose(by_torch.numpy(), function(exact_precision), rtol=0, atol=tolerance)


@each_reach
def test_autograd_gives_the_mean(largest):
    fields = torch.as_tensor(mixed_fields(largest, 3, rng_of("autograd"))).requires_grad_()
    weight = torch.linspace(-1, 2, len(fields), dtype=torch.float64)
    (slope,) = torch.autograd.grad((weight * bingham.log_partition(fields)).sum(), fields)
    mean = bingham.mean_statistic(fields.detach())
    torch.testing.assert_close(slope, weight[:, None] * mean, rtol=1e-14, atol=1e-14)
    with torch.no_grad():
        torch.testing.assert_close(bingham.log_partition(fields), bingham.log_partition(fields.detach()))


def test_second_derivatives_are_those_of_the_mean():
    fields = torch.as_tensor(mixed_fields(2.5, 2, rng_of("second"))).requires_grad_()
    (slope,) = torch.autograd.grad(bingham.log_partition(fields).sum(), fields, create_graph=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mean = bingham.mean_statistic(fields)
    array, step = fields.detach().numpy(), 1e-4
    shift = step * np.eye(5)[1]
    difference = bingham.mean_statistic(array + shift) - bingham.mean_statistic(array - shift)
    for first in (slope, mean):
        (second,) = torch.autograd.grad(first[:, 1].sum(), fields)
        np.testing.assert_allclose(second.numpy(), difference / (2 * step), atol=1e-7)


# -- samples ---------------------------------------------------------------------------------------
DRAWS = 100_000
STRENGTHS = [(0.0, 1.0), (1.0, 0.3), (3.0, 1.0), (3.0, -1.0), (6.0, 0.5), (30.0, 1.0), (30.0, -0.9)]
CELLS = 40


def drawn(field: np.ndarray, name: str) -> np.ndarray:
    return draw(np.tile(field, (DRAWS, 1)), rng_of(name))


def assert_mean_statistic(u: np.ndarray, field: np.ndarray) -> None:
    """Five means with their exact variances, ∂²A/∂η² by central differences (error below 1e-6)."""
    step = 1e-4
    slopes = (
        bingham.mean_statistic(field + step * np.eye(5)),
        bingham.mean_statistic(field - step * np.eye(5)),
    )
    variance = np.diag(slopes[0] - slopes[1]) / (2 * step)
    assert_mean(
        bingham.statistic(u.astype(np.float64)), bingham.mean_statistic(field[None])[0], variance
    )


def assert_law_along(axis: np.ndarray, u: np.ndarray, field: np.ndarray) -> None:
    """The law of (u·axis)² in cells of |u·axis|, integrated over azimuth and cell."""
    t, weight = np.polynomial.legendre.leggauss(24)
    edges = np.linspace(0, 1, CELLS + 1)
    cosine = (edges[:-1, None] + (t + 1) / (2 * CELLS)).ravel()
    frame = np.linalg.qr(np.column_stack([axis, np.eye(3)]))[0]
    azimuth = 2 * np.pi * np.arange(128) / 128
    ring = frame[:, 1:2] * np.cos(azimuth) + frame[:, 2:3] * np.sin(azimuth)  # (3, azimuth)
    sine = np.sqrt(1 - cosine**2)
    points = cosine[:, None, None] * axis + sine[:, None, None] * ring.T
    boltzmann = np.exp(bingham.statistic(points) @ field - exact(field[None])[0]).mean(1)
    law = (boltzmann.reshape(CELLS, -1) * weight / (2 * CELLS)).sum(1)
    cells = np.minimum(np.abs(u.astype(np.float64) @ axis) * CELLS, CELLS - 1).astype(int)
    assert_law(cells, law / law.sum())


each_strength = pytest.mark.parametrize(("r", "w"), STRENGTHS)
AXIS = np.array([0.48, 0.6, 0.64])


@each_strength
def test_samples_follow_bingham(r, w):
    field = fields_with(r, w, 2, rng_of("sampled field"))[1]
    u = drawn(field, f"samples {r} {w}")
    assert u.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), 1, atol=2e-7)
    assert_mean_statistic(u, field)
    assert_law_along(AXIS, u, field)
    assert_mean(np.sign(u), 0, 1)  # neither head nor tail


@each_strength
def test_twin_samples_in_a_slightly_wrong_field_are_caught(r, w):
    field = fields_with(r, w, 2, rng_of("sampled field"))[1]
    wrong = 1.06 * field + 0.06 * bingham.statistic(AXIS)
    with pytest.raises(AssertionError, match="floors"):
        assert_mean_statistic(drawn(wrong, f"twin {r} {w}"), field)


def test_twin_draws_from_the_envelope_alone_are_caught():
    """The angular central Gaussian that a Bingham law of M = diag(3, −1.5, −1.5) is cut from."""
    field = fields_with(3.0, 1.0, 1, rng_of("axes"))[0]
    normal = rng_of("envelope").standard_normal((DRAWS, 3)) / np.sqrt(
        1 + 2 * np.array([0, 4.5, 4.5]) / 1.9
    )
    u = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    with pytest.raises(AssertionError, match="floors"):
        assert_mean_statistic(u, field)
    with pytest.raises(AssertionError, match="floors"):
        assert_law_along(AXIS, u, field)


def test_every_site_is_drawn_in_its_own_field():
    """Fields that alternate, repeat and vanish, each judged on its own sites."""
    kinds = np.concatenate([fields_with(3.0, 1.0, 3, rng_of("own")), np.zeros((1, 5))])
    pattern = np.array([0, 0, 1, 3, 3, 2, 0, 1])
    u = draw(np.tile(kinds[pattern], (DRAWS // 4, 1)), rng_of("own draws")).reshape(-1, len(pattern), 3)
    mean = bingham.mean_statistic(kinds)[pattern]
    values = bingham.statistic(u.astype(np.float64))
    assert_within_floor(values.mean(0), mean, values.std(0, ddof=1) / np.sqrt(len(values)))
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(
            values.mean(0), np.roll(mean, 1, axis=0), values.std(0, ddof=1) / np.sqrt(len(values))
        )


# -- imports ---------------------------------------------------------------------------------------
def test_systems_and_sites_are_imported_without_compilers_or_quadrature():
    heavy = "{'numba', 'torch', 'scipy.integrate', 'scipy.optimize'}"
    code = (
        f"import sys, mfvae.sites, mfvae.systems.maier_saupe; print(sorted({heavy} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
