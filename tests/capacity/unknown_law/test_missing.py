"""What a model lacks: couplings that are known, and rows."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.capacity.unknown_law.missing import discoveries, residual_couplings
from mfvae.capacity.unknown_law.unlikely import least_likely
from mfvae.errors import InputError
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.ising_2d.system import Ising2D
from tests.helpers.statistics import FACTOR, assert_within_floor

SIDE = 4
N = SIDE**2
ROWS = 10_000


def neighbours() -> set[tuple[int, int]]:
    """Pairs of nearest neighbours on the torus."""
    found = set()
    for site in range(N):
        row, column = divmod(site, SIDE)
        for other in (row * SIDE + (column + 1) % SIDE, (row + 1) % SIDE * SIDE + column):
            found.add((min(site, other), max(site, other)))
    return found


def free(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([-1, 1], size=(n, N))


def test_neighbours_of_the_ising_model_are_what_independent_sites_lack():
    """At a rate of false discoveries of 0.001 a wrong pair among the 32 is found in one of 30 trials."""
    system, rng = Ising2D(SIDE, 3.0), np.random.default_rng(2)
    found = residual_couplings(system.sample(ROWS, rng), free(2 * ROWS, rng), rate=0.001)
    assert set(found.pairs) == neighbours()
    exact = np.zeros((N, N))
    for pair in neighbours():
        exact[pair] = exact[pair[::-1]] = system.beta
    upper = np.triu_indices(N, 1)
    # the prior of width 1 draws couplings towards 0 by less than a tenth of their errors
    assert_within_floor(found.values[upper], exact[upper], found.stderr[upper])


def test_neighbours_are_what_one_latent_lacks():
    """The Curie–Weiss model has one collective variable; it couples all pairs by β/N."""
    system, model, rng = Ising2D(SIDE, 3.0), CurieWeiss(N, 0.93), np.random.default_rng(3)
    found = residual_couplings(system.sample(ROWS, rng), model.sample(2 * ROWS, rng), rate=0.001)
    stronger = {pair for pair in found.pairs if found.values[pair] > 0}
    assert stronger == neighbours()
    exact = np.full((N, N), -model.coupling / N)
    for pair in neighbours():
        exact[pair] += system.beta
    upper = np.triu_indices(N, 1)
    assert_within_floor(found.values[upper], exact[upper], found.stderr[upper])


def test_twin_correlations_are_not_couplings():
    """Distant sites are correlated as surely, so that a difference of correlations finds them, too."""
    x = Ising2D(SIDE, 3.0).sample(ROWS, np.random.default_rng(2))
    correlation = np.corrcoef(x.T)
    distant = [pair for pair in zip(*np.triu_indices(N, 1), strict=True) if pair not in neighbours()]
    assert min(correlation[pair] for pair in distant) * np.sqrt(ROWS) > FACTOR


def test_errors_of_groups_are_those_of_groups():
    """Rows that are there four times: as groups they have the errors of single rows, else half."""
    rng = np.random.default_rng(4)
    x, draws = free(2000, rng), free(40_000, rng)
    copied, groups = np.repeat(x, 4, axis=0), np.repeat(np.arange(2000), 4)
    single = residual_couplings(x, draws).stderr
    grouped = residual_couplings(copied, draws, groups).stderr
    wrong = residual_couplings(copied, draws).stderr
    upper = np.triu_indices(N, 1)
    np.testing.assert_allclose(grouped[upper], single[upper], rtol=0.02)
    assert (wrong[upper] < 0.6 * single[upper]).all()


@pytest.mark.parametrize("seed", range(5))
def test_no_pairs_are_found_where_none_are_missing(seed):
    """Without any departure the rule finds something in a share ``rate`` of trials: 5 · 0.001 here."""
    rng = np.random.default_rng([9, seed])
    found = residual_couplings(free(2000, rng), free(4000, rng), rate=0.001)
    assert found.pairs == []
    assert found.summary().startswith("0 of 120 pairs")


def test_sites_that_never_change_are_in_no_pair():
    rng = np.random.default_rng(0)
    x, draws = free(500, rng), free(500, rng)
    x[:, 3] = draws[:, 3] = 1
    found = residual_couplings(x, draws)
    assert not found.found[3].any()
    assert (found.p_values[3] == 1).all()


def test_discoveries_follow_the_rule_step_by_step():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.random(20) ** 3
        found = discoveries(p, 0.1)
        ranks = [k for k in range(1, 21) if np.sort(p)[k - 1] <= 0.1 * k / 20]
        assert found.sum() == max(ranks, default=0)


def test_the_share_of_false_discoveries_is_the_stated_one():
    """Of 1000 trials with 10 true effects among 50, as mean and standard error tell."""
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(1000):
        p = rng.random(50)
        p[:10] /= 1e6
        found = discoveries(p, 0.1)
        shares.append(found[10:].sum() / max(1, found.sum()))
    shares = np.array(shares)
    # exactly rate × share of true nulls, for independent p-values
    assert_within_floor(shares.mean(), 0.1 * 40 / 50, shares.std(ddof=1) / np.sqrt(len(shares)))


def test_a_planted_row_is_the_least_likely():
    system = CurieWeiss(20, 1.5)
    rng = np.random.default_rng(0)
    x, draws = system.sample(500, rng), system.sample(5000, rng)
    x[77] = np.resize([1, -1], 20)
    found = least_likely(system.log_prob(x), system.log_prob(draws), number=3)
    assert found.rows[0] == 77
    assert (np.diff(found.log_prob) >= 0).all()
    assert found.summary().splitlines()[1].startswith("  row 77: ")


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: residual_couplings(np.ones((50, 70)), np.ones((50, 70))), "sites"),
        (lambda: residual_couplings(np.ones((50, 7)), np.ones((50, 6))), "draws"),
        (lambda: discoveries([0.1], 1.5), "rate"),
        (lambda: least_likely([0.0], [0.0], 2), "number"),
        (lambda: least_likely([np.nan], [0.0], 1), "of_rows"),
    ],
)
def test_bad_input_is_named(call, field):
    with pytest.raises(InputError, match=f"^{field} = "):
        call()
