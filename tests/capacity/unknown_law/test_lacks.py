"""What a model lacks: sites, pairs, counts and rows that were planted are named."""

from __future__ import annotations

import numpy as np

from mfvae.capacity.unknown_law.lacks import count_function, what_is_missing, worst_sites
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.statistics import FACTOR

N = 40


def free(n, rng):
    return rng.choice([-1, 1], size=(n, N)).astype(np.float32)


def test_a_planted_pair_and_an_odd_row_are_found_among_more_sites_than_are_fitted():
    rng = np.random.default_rng(0)
    x = free(8000, rng)
    x[::3, 17] = x[::3, 4]
    held_out = x[4000:]
    held_out[5] = 1  # the least likely under a score that counts
    found = what_is_missing(free, lambda rows: -rows.sum(1), x[:4000], held_out, None, 1)
    sites = found.sites.tolist()
    assert len(sites) == 32
    assert (sites.index(4), sites.index(17)) in found.couplings.pairs
    assert len(found.couplings.pairs) <= 3  # of 496, some by chance
    assert found.unlikely.rows[0] == 5
    assert found.unlikely.expected[0] < 1


def test_worst_sites_of_equal_laws_are_any():
    rng = np.random.default_rng(0)
    assert worst_sites(free(1000, rng), free(1000, rng), 5).shape == (5,)


def test_the_count_function_is_that_of_known_laws():
    """log of the ratio of two exact laws of the magnetisation, within their errors."""
    one, other = CurieWeiss(10, 0.5), CurieWeiss(10, 0.9)
    rng = np.random.default_rng(0)
    found = count_function(one.sample(20_000, rng), other.sample(60_000, rng))
    values, exact = one.order_parameter_law()
    ratio = np.log(exact / other.order_parameter_law()[1])
    place = [int(np.abs(values - (2 * count / 10 - 1)).argmin()) for count in found.counts]
    assert (np.abs(found.values - ratio[place]) < FACTOR * found.stderr).all()
    assert np.abs(found.values).max() > 10 * found.stderr.min()


def test_names_of_sites_stand_beside_their_numbers():
    rng = np.random.default_rng(0)
    x = rng.choice([-1, 1], size=(2000, 4))
    found = what_is_missing(
        lambda n, rng: rng.choice([-1, 1], size=(n, 4)), lambda x: x[:, 0], x[:1000], x[1000:], None, 0
    )
    table = found.to_frame("abcd".__getitem__)
    pairs = table[table["quantity"] == "residual_coupling"]
    for number, name in (("site", "site_name"), ("other", "other_name")):
        assert pairs[name].tolist() == ["abcd"[int(site) - 1] for site in pairs[number]]
    assert "site_name" not in found.to_frame()
