"""Wells of Curie–Weiss and of separate clusters, from the spectrum alone."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.latent.spectrum import latent_spectrum
from mfvae.studies.latent_wells import (
    curie_weiss_barrier,
    curie_weiss_points,
    hopfield_points,
    separated_by_states,
)

POINTS, NEIGHBOURS = 4000, 48


@pytest.mark.parametrize(("beta", "wells"), [(0.5, 1), (0.8, 1), (0.9, 1), (1.2, 2), (1.5, 2)])
@pytest.mark.parametrize("n_sites", [64, 256])
def test_curie_weiss_has_two_wells_above_its_transition(n_sites, beta, wells):
    points = curie_weiss_points(n_sites, beta, POINTS)
    assert latent_spectrum(points, 6, NEIGHBOURS, 1).wells == wells


@pytest.mark.parametrize(
    ("patterns", "beta", "wells"), [(2, 0.8, 1), (2, 1.5, 4), (3, 0.8, 1), (3, 1.5, 6)]
)
def test_hopfield_has_two_wells_a_pattern_above_its_transition(patterns, beta, wells):
    rng = np.random.default_rng(0)
    points = hopfield_points(rng.choice([-1.0, 1.0], (200, patterns)), beta, 2000, rng)
    assert latent_spectrum(points, 10).wells == wells


def test_tunnelling_falls_with_the_exact_barrier():
    """log E against N, to the barrier of the field's law: as long as points lie on the barrier."""
    sizes, beta = [40, 80, 120, 160, 200, 240], 1.2
    energies = [
        latent_spectrum(curie_weiss_points(n, beta, POINTS), 4, NEIGHBOURS, 1).energies[1] for n in sizes
    ]
    barriers = [curie_weiss_barrier(n, beta) for n in sizes]
    slope = np.polyfit(sizes, np.log(energies), 1)[0]
    assert slope == pytest.approx(-np.polyfit(sizes, barriers, 1)[0], rel=0.1)


def test_states_tell_clusters_apart():
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1, 2], 200)
    centres = np.array([[0, 0], [9, 0], [0, 9]])
    points = centres[label] + rng.standard_normal((600, 2))
    spectrum = latent_spectrum(points, 6)
    assert separated_by_states(spectrum, label, 0) > 0.99
    assert abs(separated_by_states(spectrum, rng.permutation(label), 0)) < 0.05
