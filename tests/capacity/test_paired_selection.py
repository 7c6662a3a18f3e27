"""Selection by paired differences: it sees what the common scatter hides, and nothing that is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, t

from mfvae.capacity import selection
from mfvae.capacity.selection import SIGMAS, contiguous_blocks, fewest_of, fewest_paired, next_rung
from mfvae.errors import InputError
from mfvae.population.baselines import independent, quadratic_hopfield
from mfvae.stats import estimate, estimate_over_groups
from tests.helpers.statistics import FACTOR, assert_within_floor

GROUPS, ROWS = 30, 40  # groups, and rows in each
COMMON, OWN = 0.29, 0.009  # standard errors of a mean that models share, and of a difference
CASES, ALLOWED = 100, 5  # random ones of independent data, and how many may choose more


def labels() -> np.ndarray:
    return np.repeat(np.arange(GROUPS), ROWS)


def scores(gains: list[float], seed: int = 0, own: float = OWN) -> dict[int, np.ndarray]:
    """Of models 0, 1, …: by how much each is better than the first, under the scatter of groups."""
    rng = np.random.default_rng(seed)
    common = rng.normal(-18, COMMON * np.sqrt(GROUPS), GROUPS)
    noise = rng.normal(0, own * np.sqrt(GROUPS / 2), (len(gains), GROUPS))
    within = rng.normal(0, 2, GROUPS * ROWS)  # of rows, which models share too
    return {k: np.repeat(common + gain + noise[k], ROWS) + within for k, gain in enumerate(gains)}


# -- errors ----------------------------------------------------------------------------------------
def test_the_paired_error_is_that_of_the_difference():
    """A standard error of G groups is known to a relative 1/√(2(G − 1))."""
    found = fewest_paired(scores([0.0, 0.015]), labels())
    (difference,) = found.differences
    assert_within_floor(difference.gain.stderr, OWN, OWN / np.sqrt(2 * (GROUPS - 1)))
    assert_within_floor(difference.gain.value, 0.015, OWN)
    assert difference.training_stderr == 0
    unpaired = [estimate_over_groups(one, labels()) for one in scores([0.0, 0.015]).values()]
    assert np.hypot(*(one.stderr for one in unpaired)) > 30 * difference.gain.stderr


@pytest.mark.parametrize("gain", [0.06, 0.1])
def test_twin_without_pairs_misses_what_pairs_see(gain):
    given = scores([0.0, gain])
    assert fewest_paired(given, labels()).choice == 1
    assert fewest_of({k: estimate_over_groups(one, labels()) for k, one in given.items()}) == 0


def test_three_standard_errors_decide():
    assert fewest_paired(scores([0.0, 0.015]), labels()).choice == 0
    exact = scores([0.0, 0.0])
    (difference,) = fewest_paired(exact, labels()).differences
    for factor, choice in ((0.99, 0), (1.01, 1)):
        exact[1] = exact[1] + factor * SIGMAS * difference.gain.stderr - difference.gain.value
        assert fewest_paired(exact, labels()).choice == choice
        exact[1] = exact[1] - factor * SIGMAS * difference.gain.stderr + difference.gain.value


def test_equal_groups_have_the_error_of_their_means():
    given = scores([0.0, 0.3])
    (difference,) = fewest_paired(given, labels()).differences
    expected = estimate_over_groups(given[1] - given[0], labels())
    assert difference.gain.value == pytest.approx(expected.value, abs=1e-12)
    assert difference.gain.stderr == pytest.approx(expected.stderr, rel=1e-9)


def test_groups_of_any_sizes_have_the_jackknifes_error():
    """By leaving each out, from the rows themselves."""
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 12, 300)
    one, other = rng.normal(size=(2, 300)) + rng.normal(size=12)[groups]
    left_out = np.array([(other - one)[groups != g].mean() for g in range(12)])
    (difference,) = fewest_paired({1: one, 2: other}, groups).differences
    assert difference.gain.value == pytest.approx((other - one).mean(), rel=1e-10)
    expected = np.sqrt(11 / 12 * ((left_out - left_out.mean()) ** 2).sum())
    assert difference.group_stderr == pytest.approx(expected, rel=1e-10)


def test_rows_without_groups_are_cut_into_contiguous_blocks():
    given = scores([0.0, 0.1])
    blocks = contiguous_blocks(GROUPS * ROWS)
    assert fewest_paired(given) == fewest_paired(given, blocks)
    sizes = np.bincount(contiguous_blocks(103, 20))
    assert len(sizes) == 20
    assert set(sizes) == {5, 6}
    assert (np.diff(blocks) >= 0).all()


# -- trainings -------------------------------------------------------------------------------------
def trained(gains: list[float], scatter: float, trainings: int, seed: int) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed)
    given = scores(gains, seed)
    return {k: one + rng.normal(0, scatter, (trainings, 1)) for k, one in given.items()}


def test_the_scatter_of_trainings_is_added_in_quadrature():
    given = trained([0.0, 0.06], 0.1, 4, seed=2)
    (difference,) = fewest_paired(given, labels()).differences
    means = [one.mean(1) for one in given.values()]
    own = [mean.var(ddof=1) for mean in means]
    expected = np.sqrt(sum(max(np.mean(own), one) / 4 for one in own))
    assert difference.training_stderr == pytest.approx(expected, rel=1e-10)
    assert difference.gain.stderr == pytest.approx(np.hypot(difference.group_stderr, expected))
    assert difference.gain.value == pytest.approx(means[1].mean() - means[0].mean())


def test_a_single_training_is_taken_to_scatter_as_the_others():
    given = trained([0.0, 0.06, 0.0], 0.1, 5, seed=3)
    given[1] = given[1][0]
    found = {
        (d.smaller, d.larger): d.training_stderr**2 for d in fewest_paired(given, labels()).differences
    }
    own = [given[k].mean(1).var(ddof=1) for k in (0, 2)]
    pooled = np.mean(own)
    assert found[0, 1] == pytest.approx(pooled + max(own[0], pooled) / 5)
    assert found[1, 2] == pytest.approx(pooled + max(own[1], pooled) / 5)


def test_twin_that_forgets_trainings_chooses_more_by_their_luck(monkeypatch):
    """The errors of 3 trainings of 3 models have at least 6 degrees of freedom together."""
    cases = [trained([0.0, 0.0, 0.0], 0.1, 3, seed) for seed in range(CASES)]
    rate = 3 * t.sf(SIGMAS, 6)  # of three comparisons, at most
    allowed = int(binom.isf(1e-3, CASES, rate))
    wrong = sum(fewest_paired(given, labels()).choice != 0 for given in cases)
    assert wrong <= allowed
    monkeypatch.setattr(selection, "_training_variances", lambda trained, _: [0.0] * len(trained))
    assert sum(fewest_paired(given, labels()).choice != 0 for given in cases) > allowed


# -- choices ---------------------------------------------------------------------------------------
def wrong_choices(sigmas: float, monkeypatch) -> int:
    monkeypatch.setattr(selection, "SIGMAS", sigmas)
    cases = (scores([0.0] * 5, seed) for seed in range(CASES))
    return sum(fewest_paired(given, labels()).choice != 0 for given in cases)


def test_models_that_are_alike_leave_the_first_one(monkeypatch):
    """95 cases of 100 at least.

    The first is left if any of ten differences of five models exceeds three errors; those with the
    first are four. So a case errs with probability at most 4 P(t > 3) = 0.011 of Student's t with 29
    degrees of freedom, and more than 5 of 100 do with probability 0.0010.
    """
    rate = 4 * t.sf(SIGMAS, GROUPS - 1)
    assert binom.sf(ALLOWED, CASES, rate) < 2e-3
    assert wrong_choices(SIGMAS, monkeypatch) <= ALLOWED
    assert wrong_choices(1.0, monkeypatch) > ALLOWED  # the twin


def test_fits_to_independent_sites_leave_no_pattern():
    """The same bound, with 20 blocks and two larger models, which fit noise and lose by it."""
    wrong = 0
    for seed in range(CASES):
        rng = np.random.default_rng(seed)
        words = np.where(rng.random((1000, 6)) < rng.uniform(0.1, 0.9, 6), 1, -1).astype(np.int8)
        train, held_out = words[:500], words[500:]
        models = {0: independent.fit(train, rng)} | {
            k: quadratic_hopfield.fit(train, rng, patterns=k) for k in (1, 2)
        }
        found = fewest_paired({k: model.log_prob(held_out) for k, model in models.items()})
        wrong += found.choice != 0
    assert binom.sf(ALLOWED, CASES, 2 * t.sf(SIGMAS, selection.BLOCKS - 1)) < 2e-3
    assert wrong <= ALLOWED


def test_what_comes_last_decides_even_past_a_worse_one():
    found = fewest_paired(scores([0.0, 0.2, 0.1, 0.5]), labels())
    assert found.choice == 3
    assert found.last_helped


def test_the_table_has_all_pairs_and_the_reason_both_sides():
    found = fewest_paired(scores([0.0, 0.5, 0.5, 0.4]), labels())
    assert found.choice == 1
    assert [(d.smaller, d.larger) for d in found.differences] == [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 2),
        (1, 3),
        (2, 3),
    ]
    assert [d.helps for d in found.differences] == [True, True, True, False, False, False]
    assert found.reason.startswith("1: 0 is not enough (")
    assert "none larger is better by more than 3 standard errors (at most 2 over 1: " in found.reason
    assert found.summary().splitlines() == [found.reason, *map(str, found.differences)]


def test_names_are_in_the_order_in_which_they_are_given():
    given = scores([0.0, 0.5])
    found = fewest_paired({"independent": given[0], "d1": given[1]}, labels())
    assert found.offered == ("independent", "d1")
    assert found.choice == "d1"
    assert "none larger was offered" in found.reason


def test_the_ladder_goes_on_as_long_as_the_last_one_helps():
    gains, ladder = [0.0, 0.4, 0.6, 0.6, 0.9], [0, 1, 2, 3, 4]
    given = scores(gains)
    offered = [0]
    while (
        rung := next_rung(fewest_paired({k: given[k] for k in offered}, labels()), ladder)
    ) is not None:
        offered.append(int(rung))
    assert offered == [0, 1, 2, 3]
    assert next_rung(fewest_paired(given, labels()), ladder) is None
    assert fewest_paired(given, labels()).last_helped  # the ladder has ended


@pytest.mark.parametrize(
    ("given", "groups", "words"),
    [
        ({}, None, "one candidate"),
        ({1: np.zeros(40), 2: np.zeros(41)}, None, "of 40 rows"),
        ({1: np.zeros((2, 2, 40))}, None, "of 40 rows"),
        ({1: 3.0}, None, "blocks = 20"),
        ({1: np.full(40, -np.inf)}, None, "finite"),
        ({1: np.zeros(40)}, np.zeros(40), "two at least"),
        ({1: np.zeros(40)}, np.zeros(39), "40 rows"),
        ({1: np.zeros(5)}, None, "number of rows"),
    ],
)
def test_what_cannot_be_compared_is_refused(given, groups, words):
    with pytest.raises(InputError, match=words) as refusal:
        fewest_paired(given, groups)
    assert "\n" not in str(refusal.value)


def test_a_ladder_without_the_last_one_is_refused():
    with pytest.raises(InputError, match="ladder"):
        next_rung(fewest_paired(scores([0.0, 0.1]), labels()), [0, 2])


def test_rows_alone_are_as_good_as_groups_where_they_are_independent():
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(2, 2000))
    (difference,) = fewest_paired({1: one, 2: other}, np.arange(2000)).differences
    assert difference.gain.stderr == pytest.approx(estimate(other - one).stderr, rel=1e-6)
    (blocked,) = fewest_paired({1: one, 2: other}).differences
    relative = 1 / np.sqrt(2 * (selection.BLOCKS - 1))
    assert abs(blocked.gain.stderr / difference.gain.stderr - 1) < FACTOR * relative
