"""What counts as two generalized Hopfield models being the same."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from mfvae.compare.pattern_matching import align
from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield
from mfvae.systems.surrogate import surrogate

SITES = 160
truth = lru_cache(surrogate)


def perturbed(size: float) -> GeneralizedHopfield:
    """The truth in another gauge, its patterns and biases off by ``size``."""
    model, rng = truth(SITES), np.random.default_rng(3)
    a, c = np.array([[0.6, -1.1], [0.9, 0.4]]), np.array([0.5, -2.0])
    noisy = model.patterns + size * rng.normal(size=(SITES, 2))
    patterns = noisy @ np.linalg.inv(a)
    bias = model.bias - patterns @ c + size * rng.normal(size=SITES)
    return GeneralizedHopfield(bias, patterns, model.nodes @ a.T + c, model.log_weight)


def test_the_truth_in_another_gauge_is_recovered():
    found = align(perturbed(0.0), truth(SITES))
    np.testing.assert_allclose(found.principal_angles, 0, atol=1e-6)
    np.testing.assert_allclose(found.overlaps, 1, atol=1e-9)
    np.testing.assert_array_equal(found.matched, [0, 1])
    assert found.bias_error < 1e-9
    assert found.field_error < 1e-9


def test_errors_of_recovery_grow_with_what_is_wrong():
    small, large = (align(perturbed(size), truth(SITES)) for size in (0.02, 0.2))
    for one, other in (
        (small.principal_angles[0], large.principal_angles[0]),
        (1 - small.overlaps.min(), 1 - large.overlaps.min()),
        (small.bias_error, large.bias_error),
        (small.field_error, large.field_error),
    ):
        assert 0 < 3 * one < other
    assert small.overlaps.min() > 0.99
    assert small.principal_angles[0] < 0.1


def test_alignment_matches_exchanged_patterns_and_other_numbers_of_them():
    model = truth(SITES).canonical()
    exchanged = GeneralizedHopfield(
        model.bias, model.patterns * [0.1, 5.0], model.nodes, model.log_weight
    )
    np.testing.assert_array_equal(align(exchanged, model).matched, [1, 0])
    one = GeneralizedHopfield(model.bias, model.patterns[:, :1], model.nodes[:, :1], model.log_weight)
    for found in (align(one, model), align(model, one)):
        np.testing.assert_allclose(found.overlaps, 1)
        assert found.principal_angles.shape == (1,)
    with pytest.raises(InputError):
        align(truth(6), model)


def test_correlations_do_not_see_a_common_offset_as_overlaps_do():
    model = truth(SITES).canonical()
    rng = np.random.default_rng(4)
    unlike = rng.normal(size=(2, SITES, 2)) * [1.0, 0.2] + [20.0, 0.0]  # alike in their offset alone
    one, other = (
        GeneralizedHopfield(model.bias, patterns, model.nodes, model.log_weight) for patterns in unlike
    )
    found = align(one, other)
    assert found.overlaps[0] > 0.99
    assert found.correlations[0] < 5 / np.sqrt(SITES)
    np.testing.assert_allclose(align(one, one).correlations, 1)
