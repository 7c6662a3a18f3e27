"""Mutual information from statistics of both halves, and its way through metrics and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from mfvae.errors import InputError
from mfvae.information import GROUPS, BipartiteInformation, lower_bound_from_statistics, worst_split
from mfvae.stats import Estimate
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.workflow.metrics import Scope, read_metrics, splits_among, write_metrics
from tests.helpers.metrics import metric_of
from tests.helpers.statistics import FACTOR, assert_within_floor

DRAWS = 20_000


def mutual_information(joint: np.ndarray) -> float:
    """I of a joint law (A, B), in nats."""
    independent = np.outer(joint.sum(1), joint.sum(0))
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())


def draw(joint: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    cells = np.random.default_rng(seed).choice(joint.size, size=n, p=joint.ravel())
    return np.unravel_index(cells, joint.shape)


# -- through metrics -------------------------------------------------------------------------------
SCOPE = Scope("ising_2d", "L~8/T~2.269")
names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: not name.endswith("_lower_bound")
)
finite = st.floats(-1e6, 1e6)


@st.composite
def informations(draw) -> BipartiteInformation:
    kind = draw(st.sampled_from(["exact", "unbiased", "lower bound"]))
    stderr = 0.0 if kind == "exact" else draw(st.floats(0, 1e3))
    return BipartiteInformation(draw(names), Estimate(draw(finite), stderr), kind)


@given(st.lists(informations(), min_size=1, max_size=4, unique_by=lambda found: found.split))
def test_information_survives_its_metrics(tmp_path_factory, some):
    """Value, error, split and kind come back, out of a file that holds other metrics as well."""
    path = tmp_path_factory.getbasetemp() / "information.json"
    others = [SCOPE.metric("entropy", 3.0, "exact"), SCOPE.metric("exact_channel_rate", 1.0, "exact")]
    write_metrics(path, [others[0], *(SCOPE.information(found) for found in some), others[1]])
    assert splits_among(read_metrics([path])) == some


@pytest.mark.parametrize(
    ("kind", "name", "of_metric", "stderr"),
    [
        ("exact", "bipartite_mi_half", "exact", None),
        ("unbiased", "bipartite_mi_half", "statistical", 0.25),
        ("lower bound", "bipartite_mi_half_lower_bound", "statistical", 0.25),
    ],
)
def test_a_metric_says_of_what_kind_it_is(kind, name, of_metric, stderr):
    found = SCOPE.information(BipartiteInformation("half", Estimate(1.5, stderr or 0.0), kind))
    assert found == metric_of(f"ising_2d/L=8/T=2.269/{name}", 1.5, of_metric, stderr)


def test_metrics_without_information_are_refused_in_one_line():
    others = [
        SCOPE.metric("entropy", 3.0, "exact"),
        SCOPE.metric("model_bipartite_mi_half", 1.0, "exact"),  # another quantity
        SCOPE.metric("bipartite_mi", 1.0, "exact"),  # of no split
    ]
    with pytest.raises(InputError, match="bipartite_mi_") as caught:
        splits_among(others)
    assert "\n" not in str(caught.value)


# -- the worst split -------------------------------------------------------------------------------
@given(st.lists(informations(), min_size=1, max_size=6))
def test_the_worst_split_asks_the_most(some):
    worst = worst_split(iter(some))
    assert worst in some
    assert all(found.estimate.value <= worst.estimate.value for found in some)


def test_a_lower_bound_can_be_the_worst_split():
    half = BipartiteInformation("half", Estimate(0.7, 0.0), "exact")
    for value, expected in ((5.0, "checkerboard"), (0.6, "half")):
        bound = BipartiteInformation("checkerboard", Estimate(value, 0.1), "lower bound")
        assert worst_split([half, bound]).split == expected


# -- a lower bound by data processing --------------------------------------------------------------
def joint_law(n_sites: int, beta: float) -> np.ndarray:
    """Curie–Weiss: p(u_A, u_B) of the numbers of spins up in both halves, (N/2 + 1, N/2 + 1)."""
    half = n_sites // 2
    up = np.arange(half + 1)
    count = binom.pmf(up, half, 0.5)
    total = 2 * (up[:, None] + up) - n_sites
    joint = np.outer(count, count) * np.exp(beta / (2 * n_sites) * total**2)
    return joint / joint.sum()


def halves(n_sites: int, beta: float) -> tuple[np.ndarray, np.ndarray]:
    x = CurieWeiss(n_sites, beta).sample(DRAWS, np.random.default_rng(8)) > 0
    return x[:, : n_sites // 2].sum(1), x[:, n_sites // 2 :].sum(1)


STATISTICS = {  # of the number of spins up in a half of eight, with few values
    "itself": lambda up: up,
    "majority": lambda up: np.sign(up - 4) + 1,
    "is it more than two": lambda up: np.int64(up > 2),
    "parity": lambda up: up % 2,
}


def coarse(joint: np.ndarray, name: str) -> np.ndarray:
    """The law of the statistics, from that of the numbers of spins up."""
    value = STATISTICS[name](np.arange(len(joint)))
    table = (value[:, None] == np.unique(value)).astype(float)
    return table.T @ joint @ table


def check_lower_bound(name: str, beta: float, a: np.ndarray, b: np.ndarray) -> None:
    """The estimate against the exact I(f;g), and no more than I(A;B), at its own stated error."""
    joint = joint_law(16, beta)
    found = lower_bound_from_statistics("half", a, b)
    assert (found.split, found.kind) == ("half", "lower bound")
    assert_within_floor(
        found.estimate.value, mutual_information(coarse(joint, name)), found.estimate.stderr
    )
    above = found.estimate.value - mutual_information(joint)
    assert above <= FACTOR * found.estimate.stderr, "above I(A;B)"


@pytest.mark.parametrize("beta", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_halves_bound_their_information_from_below(name, beta):
    a, b = halves(16, beta)
    joint, system = joint_law(16, beta), CurieWeiss(16, beta)
    exact = mutual_information(joint)
    assert system.bipartite_mi(np.arange(16) < 8) == pytest.approx(exact, abs=1e-12)
    assert mutual_information(coarse(joint, name)) <= exact + 1e-12  # data processing
    f = STATISTICS[name]
    check_lower_bound(name, beta, f(a), f(b))


@pytest.mark.parametrize("name", ["itself", "majority", "is it more than two"])
def test_twin_statistics_that_know_the_other_half_are_caught(name):
    """A tenth of the values of f(A) are copied from B: no longer a statistic of A."""
    a, b = (STATISTICS[name](up) for up in halves(16, 1.0))
    copied = np.where(np.random.default_rng(9).random(DRAWS) < 0.1, b, a)
    with pytest.raises(AssertionError, match="floors"):
        check_lower_bound(name, 1.0, copied, b)


def test_labels_of_the_values_do_not_matter():
    a, b = halves(16, 1.0)
    found = lower_bound_from_statistics("half", a, b).estimate
    rename = np.random.default_rng(10).permutation(100)
    again = lower_bound_from_statistics("half", rename[a], 7 * b).estimate
    swapped = lower_bound_from_statistics("half", b, a).estimate
    for other in (again, swapped):
        assert other.value == pytest.approx(found.value, abs=1e-12)
        assert other.stderr == pytest.approx(found.stderr, abs=1e-12)


def test_a_statistic_of_itself_has_its_entropy():
    a = np.repeat([0, 3, 5], [10_000, 6_000, 4_000])
    np.random.default_rng(11).shuffle(a)
    p = np.array([0.5, 0.3, 0.2])
    miller = (3 - 1) / (2 * len(a))  # the entropy's own correction
    found = lower_bound_from_statistics("half", a, a).estimate
    assert found.value == pytest.approx(-(p @ np.log(p)) + miller, abs=1e-12)
    assert found.stderr > 0


# -- its bias and its error ------------------------------------------------------------------------
REPEATS, FEW = 400, 1000


def independent(values_a: int, values_b: int) -> list[Estimate]:
    """Estimates from many sets of independent statistics with equally likely values."""
    rng = np.random.default_rng(12)
    return [
        lower_bound_from_statistics(
            "half", rng.integers(values_a, size=FEW), rng.integers(values_b, size=FEW)
        ).estimate
        for _ in range(REPEATS)
    ]


def assert_unbiased(values: np.ndarray, freedom: int) -> None:
    """Zero on average: 2n·I is χ² with (a−1)(b−1) degrees of freedom, its mean being what is removed."""
    assert_within_floor(values.mean(), 0.0, np.sqrt(2 * freedom) / (2 * FEW) / np.sqrt(len(values)))


@pytest.mark.parametrize(("a", "b"), [(2, 2), (3, 5), (4, 4)])
def test_independent_statistics_have_no_information_on_average(a, b):
    found = independent(a, b)
    values, freedom = np.array([estimate.value for estimate in found]), (a - 1) * (b - 1)
    assert_unbiased(values, freedom)
    assert np.mean([abs(e.value) <= 3 * e.stderr for e in found]) > 0.97  # within what is stated
    with pytest.raises(AssertionError, match="floors"):  # twin: the plug-in estimate itself
        assert_unbiased(values + freedom / (2 * FEW), freedom)


def stated_over_true(correlation: float) -> tuple[float, float]:
    """Mean stated variance over the variance of repeated estimates, and the floor of that ratio."""
    same = (1 + correlation) / 4
    joint = np.array([[same, 0.5 - same], [0.5 - same, same]])
    found = [
        lower_bound_from_statistics("half", *draw(joint, 2000, seed)).estimate for seed in range(300)
    ]
    true = np.var([estimate.value for estimate in found], ddof=1)
    ratio = np.mean([estimate.stderr**2 for estimate in found]) / true
    return ratio, ratio * np.sqrt(2 / 299 + 2 / (300 * (GROUPS - 1)))


def test_the_stated_error_is_that_of_repeated_data():
    ratio, floor = stated_over_true(0.6)
    assert_within_floor(ratio, 1.0, floor)
    for wrong in (0.7**2, 1.5**2):
        with pytest.raises(AssertionError, match="floors"):
            assert_within_floor(wrong * ratio, 1.0, wrong * floor)


def test_the_stated_error_knows_that_neighbours_are_alike():
    """Every draw ten times in a row is as uncertain as once; shuffled, it would look like ten draws."""
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    a, b = draw(joint, 2000, seed=5)
    order = np.random.default_rng(6).permutation(20_000)
    once, tenfold, shuffled = (
        lower_bound_from_statistics("half", *pair).estimate.stderr
        for pair in ((a, b), (a.repeat(10), b.repeat(10)), (a.repeat(10)[order], b.repeat(10)[order]))
    )
    assert tenfold == pytest.approx(once, rel=1e-2)
    spread = FACTOR * np.sqrt(2 / (2 * (GROUPS - 1)))  # of a ratio of two errors from that many groups
    assert np.log(once / shuffled) == pytest.approx(np.log(10) / 2, abs=spread)
