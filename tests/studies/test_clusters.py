"""Clusters of points: their features, and how k-means is judged."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.studies.box_energies.clusters import ClusterConfig, draw, embedding, separability

CONFIG = ClusterConfig(informative=3, redundant=2, noise=4, separation=4.0)


def test_features_are_standardised_and_of_three_kinds():
    x, label = draw(3, 2000, CONFIG, 1)
    assert x.dtype == np.float32
    assert x.shape == (2000, 9)
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(0), 1, atol=1e-5)
    assert set(label) == {0, 1, 2}
    spectrum = np.linalg.eigvalsh(np.cov(x.T))
    assert (spectrum[:2] < 1e-5).all()  # the redundant features
    assert spectrum[2] > 0.01


def test_points_depend_on_the_seed():
    one, same, other = (draw(2, 50, CONFIG, seed)[0] for seed in (2**40, 2**40, 2**40 + 1))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_too_many_clusters_are_refused():
    with pytest.raises(InputError, match="informative = 3"):
        draw(9, 100, CONFIG, 1)


def test_clusters_are_found_in_the_data_and_not_in_noise_or_constants():
    x, label = draw(3, 600, CONFIG, 1)
    rng = np.random.default_rng(1)
    assert separability(x, label, 1) > 0.9
    assert separability(x[:, :1] * 0, label, 1) == 0
    # of independent partitions the index has mean 0 and a spread of about 1/B (Hubert & Arabie)
    assert abs(separability(rng.standard_normal(x.shape), label, 1)) < 0.02
    assert abs(separability(x, rng.permutation(label), 1)) < 0.02


def test_the_plane_keeps_clusters_apart_and_depends_on_the_seed_alone():
    x, label = draw(2, 120, CONFIG, 1)
    plane = embedding(x, 5)
    assert plane.shape == (120, 2)
    assert separability(plane, label, 1) > 0.8
    np.testing.assert_array_equal(plane, embedding(x, 5))
