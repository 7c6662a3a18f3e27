"""Effective couplings of laws whose couplings are known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch

from mfvae.decoding.effective import effective_couplings
from mfvae.errors import InputError
from mfvae.latent.lattice import LatentLattice
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from tests.helpers.exact_sums import exact_sum
from tests.helpers.statistics import all_configurations
from tests.helpers.vaes import small_vae

ROUNDING = 1e-8  # of sums over nodes that are float32
SYSTEMS = [
    pytest.param(CurieWeiss(20, 0.8), id="Curie–Weiss"),
    pytest.param(CurieWeiss(20, 1.5), id="Curie–Weiss, ordered"),
    pytest.param(Hopfield(random_patterns(24, 2, seed=3), 1.3), id="Hopfield"),
]


def rows_of(system, n: int = 30) -> torch.Tensor:
    return torch.from_numpy(system.sample(n, np.random.default_rng(0))).float()


def hopfield_couplings(system) -> np.ndarray:
    """βξξᵀ/N without its diagonal."""
    found = system.coupling / system.n_sites * system.patterns @ system.patterns.T
    return found - np.diag(found.diagonal())


@pytest.mark.parametrize("system", SYSTEMS)
def test_couplings_of_hopfield_models_are_those_of_the_patterns(system):
    """At every configuration the same, with no triplets: exact, not statistical."""
    found = effective_couplings(exact_sum(system), rows_of(system), [(0, 1, 2), (3, 7, 11)])
    np.testing.assert_allclose(found.pairs, hopfield_couplings(system), atol=ROUNDING)
    np.testing.assert_allclose(found.pairs_spread, 0, atol=ROUNDING)
    np.testing.assert_allclose(found.triplet_values, 0, atol=ROUNDING)


def test_twin_patterns_a_tenth_too_large_are_seen():
    """The law is then no Hopfield model: its couplings differ, and from one configuration to another."""
    system = SYSTEMS[2].values[0]
    found = effective_couplings(exact_sum(system, factor=1.1), rows_of(system))
    assert np.abs(found.pairs - hopfield_couplings(system)).max() > 1e-3
    assert found.pairs_spread.max() > 1e-3


def test_they_are_differences_of_the_log_likelihood():
    """Of any decoder: averages over the four, or eight, settings of the sites, counted one by one."""
    n = 5
    model = small_vae(n, 2, seed=4)
    law = LatentLattice(model, 2)
    x = all_configurations(n)
    log_prob = dict(zip(map(tuple, x), law.log_marginal(torch.from_numpy(x)).tolist(), strict=True))

    def coefficient(row: np.ndarray, sites: tuple[int, ...]) -> float:
        settings = all_configurations(len(sites))
        total = 0.0
        for setting in settings:
            turned = row.copy()
            turned[list(sites)] = setting
            total += setting.prod() * log_prob[tuple(turned)]
        return total / len(settings)

    rows = x[[3, 12, 29]]
    triplets = list(combinations(range(n), 3))
    found = effective_couplings(law, torch.from_numpy(rows).float(), triplets)
    for i, j in combinations(range(n), 2):
        each = [coefficient(row, (i, j)) for row in rows]
        assert found.pairs[i, j] == pytest.approx(np.mean(each), abs=1e-8)
        assert found.pairs_stderr[i, j] == pytest.approx(np.std(each, ddof=1) / np.sqrt(3), abs=1e-8)
    for sites, value in zip(triplets, found.triplet_values, strict=True):
        expected = np.mean([coefficient(row, sites) for row in rows])
        assert value == pytest.approx(expected, abs=1e-8)
    assert np.abs(found.triplet_values).max() > 1e-4  # there are some to be compared


def test_a_summary_has_a_line_for_pairs_and_one_for_triplets():
    system = SYSTEMS[0].values[0]
    found = effective_couplings(exact_sum(system), rows_of(system), [(0, 1, 2)])
    first, second = found.summary().splitlines()
    assert first.startswith("190 effective couplings: root mean square 0.04,")
    assert second.startswith("1 of triplets")


@pytest.mark.parametrize(
    ("statistic", "triplets", "field"),
    [
        (torch.ones(1, 20), [], "statistic"),
        (torch.zeros(3, 20), [], "statistic"),
        (torch.ones(3, 20), [(0, 1, 1)], "triplets"),
        (torch.ones(3, 20), [(0, 1, 20)], "triplets"),
    ],
)
def test_bad_input_is_named(statistic, triplets, field):
    with pytest.raises(InputError, match=f"^{field} = "):
        effective_couplings(exact_sum(SYSTEMS[0].values[0]), statistic, triplets)
