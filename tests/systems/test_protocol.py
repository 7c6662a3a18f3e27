"""What every registered system keeps of the protocol, so that no other code asks which one it is."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.random import generator
from mfvae.systems import SYSTEMS, build
from mfvae.systems.base import TEMPERATURES, MeanFieldSystem
from tests.helpers.statistics import assert_within_floor

POINTS = {
    "curie_weiss": {"N": 16, "beta": 0.9},
    "curie_weiss_field": {"N": 16, "h": -0.1, "beta": 0.9},
    "hopfield": {"N": 16, "p": 2, "beta": 0.9},
    "hopfield_pair": {"N": 16, "overlap": 0.25, "beta": 0.7},
    "maier_saupe": {"N": 16, "beta": 4.2},
    "curie_weiss_potts3": {"N": 16, "beta": 2.6},
    "curie_weiss_potts4": {"N": 16, "beta": 3.0},
    "potts_hopfield3": {"N": 18, "p": 2, "beta": 1.8},
    "mean_field_xy": {"N": 16, "beta": 2.2},
    "mean_field_heisenberg": {"N": 16, "beta": 3.2},
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
    names = set(system.observable_labels)
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


def assert_covariance_of_what_parameters_multiply(system, x, exact) -> None:
    """Cov(N|m|²/2, N m), entry by entry; floors from the draws' own spread, at most 21 comparisons."""
    m = system.n_sites * system.order_parameters(x)
    conjugate = np.column_stack([(m**2).sum(1) / (2 * system.n_sites), m])
    conjugate -= conjugate.mean(0)
    products = conjugate[:, :, None] * conjugate[:, None, :]
    assert_within_floor(products.mean(0), exact, products.std(0) / np.sqrt(len(x)))


def test_fisher_matrix_of_coupling_and_field(system, x):
    if isinstance(system, MeanFieldSystem):
        exact = system.fisher_matrix()
        assert exact[0, 0] == system.fisher_information()
        assert_covariance_of_what_parameters_multiply(system, x, exact)
        for entry in (0, 1):
            wrong = exact.copy()
            wrong[entry, entry] *= 1.3
            with pytest.raises(AssertionError, match="floors"):
                assert_covariance_of_what_parameters_multiply(system, x, wrong)


def test_what_figures_ask_for_is_declared(system):
    """A title, one temperature, and transitions at values of parameters that the system has."""
    assert system.title
    assert set(system.parameters) == set(POINTS[system.name])
    roles = [parameter.role for parameter in system.parameters.values()]
    assert sum(role in TEMPERATURES for role in roles) == 1
    assert roles.count("size") == 1
    assert {transition.parameter for transition in system.transitions.values()} <= set(system.parameters)
