"""Patterns in a decoded span: binary ones found again, real ones in canonical form, and matching."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.compare.pattern_matching import ALIGNMENTS, match_patterns, rotate_patterns
from mfvae.decoding.patterns import (
    KINDS,
    binary_patterns,
    orthonormal_patterns,
    patterns_of,
    real_patterns,
)
from tests.helpers.statistics import assert_within_floor

SEEDS = st.integers(0, 10_000)


def random_patterns(n_sites: int, n_patterns: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size=(n_sites, n_patterns))


def mixed_span(patterns: np.ndarray, rng: np.random.Generator, noise: float = 0.0) -> np.ndarray:
    """An orthonormal basis (N, K) of randomly mixed patterns with normal noise on every entry."""
    n_patterns = patterns.shape[1]
    rotation = np.linalg.qr(rng.normal(size=(n_patterns, n_patterns)))[0]
    mixing = rotation * rng.uniform(0.5, 2.0, size=n_patterns)
    return np.linalg.qr(patterns @ mixing + noise * rng.normal(size=patterns.shape))[0]


def is_binary(values: np.ndarray) -> bool:
    return set(np.unique(values)) <= {-1.0, 1.0}


# -- binary patterns -------------------------------------------------------------------------------
@settings(max_examples=60)
@given(n_patterns=st.integers(1, 4), n_sites=st.integers(60, 200), noise=st.floats(0, 0.1), seed=SEEDS)
def test_binary_patterns_are_found_up_to_order_and_sign(n_patterns, n_sites, noise, seed):
    rng = np.random.default_rng([2026, seed])
    truth = random_patterns(n_sites, n_patterns, rng)
    found = binary_patterns(mixed_span(truth, rng, noise), rng)
    assert found.values.shape == (n_sites, n_patterns)
    assert found.residual.shape == (n_patterns,)
    assert is_binary(found.values)
    assert (found.values.sum(0) >= 0).all()  # the sign is a convention
    permutation, overlap = match_patterns(found.values, truth)
    assert overlap.tolist() == [1.0] * n_patterns
    np.testing.assert_array_equal(found.values @ permutation, truth)


@pytest.mark.parametrize("shared", [0.0, 0.3], ids=["independent", "overlaps of 0.3"])
@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize(("n_patterns", "n_sites"), [(8, 100), (10, 200), (16, 100), (16, 200)])
def test_many_patterns_are_all_found(n_patterns, n_sites, noise, shared):
    """Every bit of every pattern, in ten random mixtures of each kind."""
    for seed in range(10):
        rng = np.random.default_rng([2035, seed])
        common = random_patterns(n_sites, 1, rng)
        kept = rng.random((n_sites, n_patterns)) < (1 + np.sqrt(shared)) / 2
        truth = np.where(kept, common, -common) if shared else random_patterns(n_sites, n_patterns, rng)
        found = binary_patterns(mixed_span(truth, rng, noise), rng)
        assert match_patterns(found.values, truth)[1].tolist() == [1.0] * n_patterns


@given(n_patterns=st.integers(1, 4), seed=SEEDS)
def test_a_span_of_binary_patterns_leaves_no_residual(n_patterns, seed):
    rng = np.random.default_rng([2027, seed])
    truth = random_patterns(100, n_patterns, rng)
    assert binary_patterns(mixed_span(truth, rng), rng).residual.max() < 1e-9


@given(n_patterns=st.integers(2, 4), seed=SEEDS)
def test_patterns_do_not_depend_on_the_basis_of_the_span(n_patterns, seed):
    rng = np.random.default_rng([2028, seed])
    basis = mixed_span(random_patterns(121, n_patterns, rng), rng, noise=0.05)
    rotated = basis @ np.linalg.qr(rng.normal(size=(n_patterns, n_patterns)))[0]
    first, second = (binary_patterns(part, rng).values for part in (basis, rotated))
    as_set = {tuple(column) for column in first.T}
    assert as_set == {tuple(column) for column in second.T}
    assert len(as_set) == n_patterns  # N is odd: no sum is zero, so that every sign is fixed


def residual_of(values: np.ndarray) -> float:
    """Residual of the span of one vector."""
    basis = values[:, None] / np.linalg.norm(values)
    return float(binary_patterns(basis, np.random.default_rng(0)).residual[0])


def test_the_residual_is_the_noise():
    """v = ξ + σg: the best multiple of v is at distance σ from ξ (per site, root mean square).

    The square has variance 2σ⁴/N, and the best multiple shrinks it by O(σ⁴).
    """
    sigma, n_sites = 0.02, 4000
    rng = np.random.default_rng(3)
    found = residual_of(random_patterns(n_sites, 1, rng)[:, 0] + sigma * rng.normal(size=n_sites)) ** 2
    assert_within_floor(found, sigma**2, sigma**2 * np.sqrt(2 / n_sites) + sigma**4)
    with pytest.raises(AssertionError, match="floors"):  # twin: 10 % more noise
        assert_within_floor(1.21 * found, sigma**2, sigma**2 * np.sqrt(2 / n_sites) + sigma**4)


def test_the_residual_grows_with_the_noise():
    residuals = []
    for noise in (0.0, 0.03, 0.1, 0.3, 1.0, 10.0):
        rng = np.random.default_rng(4)  # the same patterns, mixing and noise, scaled
        residuals.append(
            binary_patterns(mixed_span(random_patterns(500, 3, rng), rng, noise), rng).residual
        )
    assert (np.diff(np.array(residuals), axis=0) > 0).all()
    assert residuals[0].max() < 1e-9
    assert residuals[-1].min() > 0.5


def test_a_normal_direction_has_the_residual_of_its_absolute_values():
    """K = 1: the best multiple is ⟨|v|⟩, so residual² = 1 − ⟨|v|⟩² → 1 − 2/π for normal v."""
    n_sites = 4000
    v = np.random.default_rng(5).normal(size=n_sites)
    # with v of unit mean square r = ⟨|v|⟩/√⟨v²⟩; by the delta method its variance is
    # (Var|v| + r²/4 · Var v² − r · Cov(|v|, v²)) / N at ⟨v²⟩ = 1
    r = np.sqrt(2 / np.pi)
    variance = (1 - r**2) + r**2 / 4 * 2 - r * (2 * r - r)
    floor = 2 * r * np.sqrt(variance / n_sites)
    assert_within_floor(residual_of(v) ** 2, 1 - 2 / np.pi, floor)
    with pytest.raises(AssertionError, match="floors"):  # twin: uniform values, r² = 3/4
        assert_within_floor(
            residual_of(np.random.default_rng(5).uniform(-1, 1, n_sites)) ** 2, 1 - 2 / np.pi, floor
        )


@pytest.mark.parametrize("n_patterns", [1, 2, 3, 4])
def test_a_span_without_binary_vectors_says_so(n_patterns):
    """In a random span every residual is far above that of noisy patterns."""
    rng = np.random.default_rng(6)
    noisy = binary_patterns(mixed_span(random_patterns(500, n_patterns, rng), rng, 0.1), rng)
    none = binary_patterns(np.linalg.qr(rng.normal(size=(500, n_patterns)))[0], rng)
    assert is_binary(none.values)
    assert none.residual.min() > 2 * noisy.residual.max()


def test_the_search_depends_on_the_generator_alone():
    rng = np.random.default_rng(7)
    span = np.linalg.qr(rng.normal(size=(80, 3)))[0]
    first, again = (binary_patterns(span, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.residual, again.residual)


# -- real patterns ---------------------------------------------------------------------------------
@given(n_patterns=st.integers(1, 4), seed=SEEDS)
def test_real_patterns_are_canonical(n_patterns, seed):
    """Orthogonal, as long as their field is large, and of positive sum: no freedom is left."""
    rng = np.random.default_rng([2029, seed])
    directions = np.linalg.qr(rng.normal(size=(70, n_patterns)))[0]
    sizes = np.sort(rng.uniform(0.1, 5, size=n_patterns))[::-1]
    found = real_patterns(directions, sizes)
    assert found.values.shape == (70, n_patterns)
    assert (found.values.sum(0) >= 0).all()
    np.testing.assert_allclose(found.values.T @ found.values, np.diag(sizes**2), atol=1e-9)
    np.testing.assert_allclose(np.abs(found.values), np.abs(directions) * sizes, rtol=1e-12)
    flipped = real_patterns(directions * rng.choice([-1, 1], size=n_patterns), sizes)
    np.testing.assert_allclose(flipped.values, found.values, rtol=1e-12)


def test_a_real_pattern_is_the_typical_change_of_every_field():
    """Fields ξ_i φ of one variable: |pattern_i| is the root mean square of field i around its mean."""
    rng = np.random.default_rng(8)
    fields = rng.normal(size=(3000, 1)) * rng.normal(size=40)
    fields -= fields.mean(0)
    _, singular, right = np.linalg.svd(fields, full_matrices=False)
    found = real_patterns(right.T[:, :1], singular[:1] / np.sqrt(len(fields)))
    np.testing.assert_allclose(np.abs(found.values[:, 0]), fields.std(0), rtol=1e-9)


# -- matching --------------------------------------------------------------------------------------
@given(n_patterns=st.integers(1, 6), seed=SEEDS)
def test_matching_undoes_order_and_sign(n_patterns, seed):
    rng = np.random.default_rng([2030, seed])
    truth = random_patterns(100, n_patterns, rng)
    order, sign = rng.permutation(n_patterns), rng.choice([-1, 1], size=n_patterns)
    permutation, overlap = match_patterns(truth[:, order] * sign, truth)
    expected = np.zeros((n_patterns, n_patterns))
    expected[np.arange(n_patterns), order] = sign
    np.testing.assert_array_equal(permutation, expected)
    assert overlap.tolist() == [1.0] * n_patterns


@given(wrong=st.integers(0, 50), seed=SEEDS)
def test_overlap_counts_wrong_sites(wrong, seed):
    """Each site of the wrong sign lowers the overlap by 2/N."""
    rng = np.random.default_rng([2031, seed])
    truth = random_patterns(100, 1, rng)
    decoded = truth.copy()
    decoded[rng.choice(100, size=wrong, replace=False)] *= -1
    _, overlap = match_patterns(decoded, truth)
    assert overlap[0] == pytest.approx(1 - 2 * wrong / 100)


@given(n_true=st.integers(1, 5), n_decoded=st.integers(0, 5), seed=SEEDS)
def test_any_numbers_of_patterns_can_be_matched(n_true, n_decoded, seed):
    """Fewer than true: zero and no overlap for those left over; more: the best are chosen."""
    rng = np.random.default_rng([2032, seed])
    truth = random_patterns(100, n_true, rng)
    everything = np.hstack([truth, random_patterns(100, 5, rng)])
    chosen = rng.permutation(n_true + 5)[:n_decoded]
    permutation, overlap = match_patterns(everything[:, chosen], truth)
    assert permutation.shape == (n_decoded, n_true)
    assert np.isin(permutation, [-1, 0, 1]).all()
    assert max(np.abs(permutation).sum(0).max(), np.abs(permutation).sum(1).max(initial=0)) <= 1
    matched = everything[:, chosen] @ permutation
    assert overlap.shape == (n_true,)
    found = [k for k in range(n_true) if k in chosen]
    assert overlap[found].tolist() == [1.0] * len(found)
    np.testing.assert_array_equal(matched[:, found], truth[:, found])
    unmatched = np.flatnonzero(~matched.any(0))
    assert len(unmatched) == max(0, n_true - n_decoded)
    assert not overlap[unmatched].any()


def test_the_sum_of_overlaps_is_as_large_as_any_order_makes_it():
    """Greedy matching would give the first pattern its best and leave the second with nothing."""
    truth = np.ones((10, 2))
    truth[:5, 1] = -1
    decoded = np.column_stack([np.ones(10), np.ones(10)])
    decoded[:4, 0] = -1  # overlaps 0.2 and 0.8 with the true ones
    decoded[:2, 1] = -1  # overlaps 0.6 and 0.4
    _, overlap = match_patterns(decoded, truth)
    np.testing.assert_allclose(overlap, [0.6, 0.8])


def test_real_patterns_can_be_matched_with_whole_numbers():
    """Truth given as integers must not cut the decoded values to integers."""
    truth = np.array([[1, 1, -1, 1]]).T
    decoded = np.array([[-0.9, -0.8, 0.7, -0.6]]).T
    permutation, overlap = match_patterns(decoded, truth)
    assert permutation.tolist() == [[-1.0]]
    assert overlap[0] == pytest.approx(0.75)


# -- rotations -------------------------------------------------------------------------------------
@given(n_patterns=st.integers(1, 5), seed=SEEDS)
def test_orthonormal_patterns_are_as_long_as_independent_ones(n_patterns, seed):
    """ξᵀξ = N, in the span that was given, whatever the number of components of a site."""
    rng = np.random.default_rng([2033, seed])
    directions = np.linalg.qr(rng.normal(size=(5 * 20, n_patterns)))[0]
    found = orthonormal_patterns(directions, 20)
    np.testing.assert_allclose(found.values.T @ found.values, 20 * np.eye(n_patterns), atol=1e-10)
    np.testing.assert_allclose(directions @ (directions.T @ found.values), found.values, atol=1e-10)
    assert found.residual.tolist() == [0.0] * n_patterns


def random_rotation(size: int, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


@given(n_patterns=st.integers(1, 5), seed=SEEDS)
def test_a_rotation_is_undone(n_patterns, seed):
    rng = np.random.default_rng([2034, seed])
    truth = orthonormal_patterns(np.linalg.qr(rng.normal(size=(60, n_patterns)))[0], 60).values
    rotation = random_rotation(n_patterns, rng)
    found, cosines = rotate_patterns(truth @ rotation.T, truth)
    np.testing.assert_allclose(found, rotation, atol=1e-10)
    np.testing.assert_allclose(cosines, 1, atol=1e-12)


@settings(max_examples=30)
@given(n_patterns=st.integers(1, 4), seed=SEEDS)
def test_no_other_rotation_comes_closer(n_patterns, seed):
    """Procrustes: |decoded R − truth| is least, for patterns that are neither orthogonal nor exact."""
    rng = np.random.default_rng([2035, seed])
    truth = rng.normal(size=(30, n_patterns))
    decoded = truth @ rng.normal(size=(n_patterns, n_patterns)) + rng.normal(size=truth.shape)
    best, _ = rotate_patterns(decoded, truth)
    np.testing.assert_allclose(best.T @ best, np.eye(n_patterns), atol=1e-10)
    distance = np.linalg.norm(decoded @ best - truth)
    for size in (1e-3, 0.1, 1.0):
        turn = random_rotation(n_patterns, rng) if size == 1 else rng.normal(size=best.shape)
        other = turn if size == 1 else np.linalg.qr(best + size * turn)[0]
        other = other * np.where(np.diag(other.T @ best) < 0, -1, 1)  # QR leaves the signs open
        assert np.linalg.norm(decoded @ other - truth) >= distance - 1e-10


@given(angles=st.lists(st.floats(0, np.pi / 2), min_size=1, max_size=4), seed=SEEDS)
def test_cosines_are_those_of_the_principal_angles(angles, seed):
    """Planes turned against each other by known angles, whatever basis and scale spans them."""
    rng = np.random.default_rng([2036, seed])
    k = len(angles)
    frame = np.linalg.qr(rng.normal(size=(40, 2 * k)))[0]
    turned = frame[:, :k] * np.cos(angles) + frame[:, k:] * np.sin(angles)
    mixing = random_rotation(k, rng) * rng.uniform(0.5, 3, size=k) @ random_rotation(k, rng)
    _, cosines = rotate_patterns(turned @ mixing, frame[:, :k])
    np.testing.assert_allclose(cosines, np.sort(np.cos(angles))[::-1], atol=1e-7)


@pytest.mark.parametrize(("n_decoded", "n_true"), [(1, 3), (2, 3), (4, 2), (3, 3)])
def test_spans_of_other_sizes_are_compared_as_far_as_they_go(n_decoded, n_true):
    """Too few directions leave cosines of 0; too many may hold the truth all the same."""
    rng = np.random.default_rng(2037)
    frame = np.linalg.qr(rng.normal(size=(50, 4)))[0]
    decoded = frame[:, :n_decoded] @ random_rotation(n_decoded, rng)
    rotation, cosines = rotate_patterns(decoded, frame[:, :n_true])
    assert rotation.shape == (n_decoded, n_true)
    shared = min(n_decoded, n_true)
    np.testing.assert_allclose(cosines, [1.0] * shared + [0.0] * (n_true - shared), atol=1e-12)
    if n_decoded >= n_true:
        np.testing.assert_allclose(decoded @ rotation, frame[:, :n_true], atol=1e-10)


def test_every_alignment_turns_the_coupling_matrix_of_its_patterns():
    """βJ in the decoded basis becomes βJ along the truth as PᵀβJ P, with whatever was left open."""
    rng = np.random.default_rng(2038)
    truth, coupling = random_patterns(64, 3, rng), np.diag([0.5, 1.0, 2.0])
    left_open = {"binary": np.eye(3)[:, [2, 0, 1]] * [1, -1, -1], "orthonormal": random_rotation(3, rng)}
    assert set(ALIGNMENTS) == set(left_open)
    for kind, mixing in left_open.items():
        alignment, _ = ALIGNMENTS[kind](truth @ mixing, truth)
        np.testing.assert_allclose(
            alignment.T @ (mixing.T @ coupling @ mixing) @ alignment, coupling, atol=1e-9
        )


# -- kinds -----------------------------------------------------------------------------------------
def test_patterns_of_a_kind_are_those_that_its_own_function_finds():
    rng = np.random.default_rng(5)
    truth = rng.choice([-1.0, 1.0], size=(60, 2))
    directions, strength = np.linalg.qr(truth)[0], np.array([3.0, 2.0])
    by_hand = {
        "binary": binary_patterns(directions, np.random.default_rng(1)),
        "orthonormal": orthonormal_patterns(directions, 20),
        "real": real_patterns(directions, strength),
    }
    assert tuple(by_hand) == KINDS
    for kind, expected in by_hand.items():
        found = patterns_of(kind, directions, strength, 20, np.random.default_rng(1))
        np.testing.assert_array_equal(found.values, expected.values)
    sizes = {kind: np.linalg.norm(found.values) for kind, found in by_hand.items()}
    assert len(set(sizes.values())) == 3  # a twin: they differ
