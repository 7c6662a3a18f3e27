"""What every registered system keeps of the protocol, so that no other code asks which one it is."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.randomness import generator
from mfvae.systems import SYSTEMS, build
from tests.statistics import assert_within_floor

POINTS = {
    "curie_weiss": {"N": 16, "beta": 0.9},
    "hopfield": {"N": 16, "p": 2, "beta": 0.9},
    "maier_saupe": {"N": 16, "beta": 4.2},
    "ising_2d": {"L": 4, "T": 2.5},
}
B = 2000


@pytest.fixture(params=sorted(SYSTEMS))
def system(request):
    return build(request.param, POINTS[request.param], seed=3)


@pytest.fixture
def x(system) -> np.ndarray:
    return system.sample(B, generator(3, f"protocol/{system.name}"))


def test_every_registered_system_has_a_point_here():
    assert set(POINTS) == set(SYSTEMS)


def test_observables_are_those_announced_and_known_ones_are_among_them(system, x):
    names = set(system.observable_names)
    assert set(system.observables(x)) == names
    assert system.exact_observables().keys() <= names
    assert system.limit_observables(POINTS[system.name]).keys() <= names


def test_configurations_survive_packing_and_have_a_statistic_per_site(system, x):
    family = system.site_family
    assert len(x) == B
    np.testing.assert_array_equal(family.unpack(family.pack(x), system.n_sites), x)
    assert family.statistic(x).shape == (B, system.n_sites * family.dim)


def test_minus_log_prob_averages_to_the_entropy(system, x):
    surprise = -system.log_prob(x)
    floor = surprise.std() / np.sqrt(B)
    assert_within_floor(surprise.mean(), system.entropy(), floor)
    with pytest.raises(AssertionError):
        assert_within_floor(surprise.mean(), system.entropy() + 1, floor)


def test_information_is_positive_and_every_split_is_named_once(system):
    splits = system.bipartite_information(B, generator(4, f"protocol/{system.name}"))
    assert len({split.split for split in splits}) == len(splits) >= 1
    for split in splits:
        assert split.estimate.value > 4 * split.estimate.stderr
        assert (split.estimate.stderr == 0) == (split.kind == "exact")


def test_transitions_are_marks_that_figures_know(system):
    assert system.transitions.keys() <= {"critical_temperature", "transition_beta"}
