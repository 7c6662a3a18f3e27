"""Masks: what a gap leaves of a log-probability, and which masks are refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.sites import masks
from mfvae.sites.base import SiteFamily
from mfvae.sites.count import Count
from mfvae.sites.director import Director
from mfvae.sites.gaussian import Gaussian
from mfvae.sites.potts import Potts
from mfvae.sites.spin import Spin
from mfvae.sites.vector import Vector
from tests.helpers.directors import directors
from tests.helpers.statistics import all_configurations

N_SITES = 5
ROWS = 12
EXACT = {"director": 1e-7}  # nats: what A is exact to; of all others it is rounding
ROUNDING = 1e-10
rng = np.random.default_rng(2026)
OBSERVED = rng.random((ROWS, N_SITES)) > 0.4
CONFIGURATIONS: dict[str, tuple[SiteFamily, np.ndarray]] = {
    "spin": (Spin(), rng.choice([-1, 1], size=(ROWS, N_SITES)).astype(np.int8)),
    "gaussian": (Gaussian(), rng.standard_normal((ROWS, N_SITES)).astype(np.float32)),
    "director": (Director(), directors(ROWS, N_SITES)),
    "potts3": (Potts(3), rng.integers(3, size=(ROWS, N_SITES)).astype(np.uint8)),
    "vector2": (Vector(2), Vector(2).sample(np.zeros((ROWS, 2 * N_SITES)), rng)),
    "count": (Count(), rng.poisson(2.0, size=(ROWS, N_SITES)).astype(np.int32)),
}
each_family = pytest.mark.parametrize("name", CONFIGURATIONS)


def statistics_and_fields(name: str) -> tuple[SiteFamily, np.ndarray, np.ndarray]:
    family, x = CONFIGURATIONS[name]
    statistic = family.statistic(x).astype(np.float64)
    return family, statistic, np.random.default_rng(7).standard_normal(statistic.shape)


# -- log-probabilities -----------------------------------------------------------------------------
@each_family
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_log_prob_of_observed_sites_is_that_of_these_sites_alone(name, library):
    """Whatever stands in the gaps."""
    family, statistic, fields = statistics_and_fields(name)
    by_field = masks.by_field(OBSERVED, family.dim)
    given = np.where(by_field, statistic, np.nan), fields, OBSERVED
    if library == "torch":
        given = tuple(torch.from_numpy(part) for part in given)
    found = np.asarray(family.log_prob(*given))
    alone = [
        family.log_prob(t[seen], eta[seen])
        for t, eta, seen in zip(statistic, fields, by_field, strict=True)
    ]
    np.testing.assert_allclose(found, alone, atol=EXACT.get(name, ROUNDING))
    assert np.abs(found - np.asarray(family.log_prob(statistic, fields))).max() > 0.1  # a twin


def test_the_log_prob_of_observed_spins_is_summed_over_all_others():
    fields = np.random.default_rng(3).standard_normal(N_SITES)
    everything = all_configurations(N_SITES).astype(np.float64)
    x = everything[11]
    for seen in everything[:, :] > 0:  # every mask, none of it observed included
        same = (everything[:, seen] == x[seen]).all(1)
        expected = logsumexp(Spin().log_prob(everything[same], fields))
        found = Spin().log_prob(x, fields, seen)
        assert found == pytest.approx(expected, abs=ROUNDING)


def test_gradients_pass_by_the_gaps():
    """A gap that is no number leaves the gradients of the observed sites as they are."""
    for family, *parts in (statistics_and_fields(name) for name in CONFIGURATIONS):
        statistic, fields = (torch.from_numpy(part) for part in parts)
        mask = torch.from_numpy(masks.by_field(OBSERVED, family.dim))
        fields.requires_grad_()
        log_prob = family.log_prob(statistic.where(mask, torch.nan), fields, torch.from_numpy(OBSERVED))
        (gradient,) = torch.autograd.grad(log_prob.sum(), fields)
        expected = (statistic - family.mean_statistic(fields.detach())) * mask
        torch.testing.assert_close(gradient, expected, atol=1e-7, rtol=1e-7)


# -- masks themselves ------------------------------------------------------------------------------
def test_a_complete_mask_is_none():
    assert masks.unless_complete(np.ones((3, 2), dtype=bool)) is None
    assert masks.unless_complete(OBSERVED) is OBSERVED
    assert masks.mask_argument(None) == ()
    assert masks.rows_of(None, slice(2)) is None


def test_blocks_have_their_parts_of_the_mask():
    x = np.arange(ROWS)
    parts = list(masks.in_blocks(x, OBSERVED, 5))
    assert [len(rows) for rows, _ in parts] == [5, 5, 2]
    np.testing.assert_array_equal(np.concatenate([seen for _, seen in parts]), OBSERVED)
    assert all(seen is None for _, seen in masks.in_blocks(x, None, 5))


@each_family
def test_filled_configurations_are_ones_of_their_family(name):
    """The same ones whatever stood in the gaps."""
    family, x = CONFIGURATIONS[name]
    spoilt = x.copy()
    spoilt[~OBSERVED] = 77
    with pytest.raises(InputError):
        family.check(np.where(np.isin(spoilt, 77), np.nan, spoilt.astype(np.float32)))
    filled = masks.filled(spoilt, OBSERVED)
    family.check(filled)
    np.testing.assert_array_equal(filled[OBSERVED], x[OBSERVED])
    np.testing.assert_array_equal(filled, masks.filled(x, OBSERVED))
    with pytest.raises(InputError, match="one observed entry"):
        masks.filled(x, np.zeros_like(OBSERVED))


def test_what_is_no_mask_is_refused():
    masks.check_observed(None, 3, 2)
    masks.check_observed(OBSERVED, ROWS, N_SITES)
    with pytest.raises(InputError, match=r"shape of observed = \(12, 5\).*\(12, 4\)"):
        masks.check_observed(OBSERVED, ROWS, 4)
    for wrong in (OBSERVED.astype(float), torch.from_numpy(OBSERVED).float()):
        with pytest.raises(InputError, match="bool is needed"):
            masks.check_observed(wrong, ROWS, N_SITES)
    empty = OBSERVED.copy()
    empty[7] = False
    masks.check_observed(empty, ROWS, N_SITES)
    for mask in (empty, torch.from_numpy(empty)):
        with pytest.raises(InputError, match="row of observed = 7"):
            masks.check_observed(mask, ROWS, N_SITES, whole=True)


def test_a_site_that_was_never_observed_is_refused():
    masks.check_every_site(None)
    never = OBSERVED.copy()
    never[:, 3] = False
    for mask in (never, torch.from_numpy(never)):
        with pytest.raises(InputError, match="site of observed = 3"):
            masks.check_every_site(mask)


# -- whole blocks -----------------------------------------------------------------------------------
def test_a_whole_block_has_no_gap_and_as_many_entries_as_any_of_the_same_order():
    observed = np.random.default_rng(3).random((200, 8)) < np.linspace(0.5, 1, 8)
    rows, sites = masks.largest_complete(observed)
    assert observed[np.ix_(rows, sites)].all()
    by_share = np.argsort(-observed.sum(0), kind="stable")
    entries = [n * observed[:, by_share[:n]].all(1).sum() for n in range(2, 9)]
    assert len(rows) * len(sites) == max(entries)
    assert list(rows) == sorted(rows)
    assert list(sites) == sorted(sites)


def test_a_whole_block_of_a_complete_mask_is_all_of_it():
    rows, sites = masks.largest_complete(np.ones((4, 3), dtype=bool))
    assert (list(rows), list(sites)) == ([0, 1, 2, 3], [0, 1, 2])


def test_without_two_sites_in_one_row_there_is_no_whole_block():
    with pytest.raises(InputError, match="a row in which two sites were observed"):
        masks.largest_complete(np.eye(3, dtype=bool))
