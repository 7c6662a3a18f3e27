"""Hopfield: numbers computed elsewhere, relations to Curie–Weiss, laws of samples, refused parameters.

The reference for samples at N = 100 counts how many spins are aligned with their class (sites with equal
patterns up to a sign), all 2^(p−1) classes at once: another route than the library's merged states.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, logsumexp

from mfvae.errors import InputError
from mfvae.information import worst_split
from mfvae.sites.spin import Spin
from mfvae.systems import build, system_class
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from tests.helpers.curie_weiss import half_half
from tests.helpers.pattern_models import AnyPatterns
from tests.helpers.statistics import assert_law, assert_mean, assert_within_floor, shuffled_sites

N, P, BETAS = 100, 3, (0.8, 1.2, 2.0)
DRAWS = 50_000
PATTERN_SEED = 11


# -- numbers computed elsewhere, and limits that are Curie–Weiss -----------------------------------
def orthogonal_patterns(n_sites: int) -> np.ndarray:
    """Two orthogonal patterns whose classes are equally large in each half of the sites."""
    return np.stack([np.ones(n_sites), np.tile([1.0, -1.0], n_sites // 2)], axis=1)


def test_information_of_two_orthogonal_patterns(exact_values):
    reference = exact_values["hopfield_half_half_mi"]["N=16,P=2,beta=1 (brute force 2^16)"]
    assert half_half(Hopfield(orthogonal_patterns(16), 1.0)) == pytest.approx(reference, abs=1e-10)


@pytest.mark.parametrize("n_sites", [16, 40, 128])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_two_orthogonal_patterns_are_two_curie_weiss_models(n_sites, beta):
    """Even and odd sites decouple: each is a Curie–Weiss model of N/2 spins at the same β."""
    hopfield, half = Hopfield(orthogonal_patterns(n_sites), beta), CurieWeiss(n_sites // 2, beta)
    assert half_half(hopfield) == pytest.approx(2 * half_half(half), abs=1e-9)
    assert hopfield.log_partition == pytest.approx(2 * half.log_partition, rel=1e-12)
    assert hopfield.entropy() == pytest.approx(2 * half.entropy(), rel=1e-11)
    assert hopfield.channel_rate() == pytest.approx(2 * half.channel_rate(), abs=1e-7)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_one_pattern_is_curie_weiss_in_disguise(beta):
    patterns = random_patterns(50, 1, PATTERN_SEED)
    hopfield, uniform = Hopfield(patterns, beta), CurieWeiss(50, beta)
    assert hopfield.log_partition == pytest.approx(uniform.log_partition, rel=1e-13)
    assert half_half(hopfield) == pytest.approx(half_half(uniform), abs=1e-11)
    assert hopfield.channel_rate() == pytest.approx(uniform.channel_rate(), abs=1e-11)
    x = np.random.default_rng(0).choice([-1, 1], size=(20, 50))
    np.testing.assert_allclose(hopfield.log_prob(x * patterns[:, 0]), uniform.log_prob(x), rtol=1e-13)


@given(st.permutations(range(P)), st.lists(st.sampled_from([-1, 1]), min_size=P, max_size=P))
def test_patterns_have_neither_order_nor_sign(order, signs):
    patterns = random_patterns(20, P, PATTERN_SEED)
    one, other = Hopfield(patterns, 1.2), Hopfield(patterns[:, order] * signs, 1.2)
    assert one.log_partition == pytest.approx(other.log_partition, rel=1e-13)
    assert half_half(one) == pytest.approx(half_half(other), abs=1e-11)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_the_balanced_split_is_the_worst_known(beta):
    """More than the half and than random ones; the same where the half deals classes evenly."""
    rng = np.random.default_rng(12)
    model = Hopfield(random_patterns(60, P, PATTERN_SEED), beta)
    found = {part.split: part.estimate.value for part in model.bipartite_information(0, rng)}
    assert found["half"] == pytest.approx(half_half(model), abs=1e-12)
    assert worst_split(model.bipartite_information(0, rng)).split == "balanced"
    for _ in range(5):
        assert model.bipartite_mi(rng.permutation(60) < 30) <= found["balanced"] + 1e-12
    even = Hopfield(orthogonal_patterns(40), beta).bipartite_information(0, rng)
    assert even[0].estimate.value == pytest.approx(even[1].estimate.value, abs=1e-11)


# -- the exact law by class counts -----------------------------------------------------------------
class ClassCounts:
    """Exact law at N = 100, p = 3 from all ∏(n_c + 1) counts of aligned spins in the four classes."""

    def __init__(self, patterns: np.ndarray, beta: float) -> None:
        self.patterns = patterns
        self.signs = patterns[:, 0]
        gauged = patterns * self.signs[:, None]
        self.classes, self.class_of = np.unique(gauged, axis=0, return_inverse=True)
        self.sizes = np.bincount(self.class_of)
        up = np.meshgrid(*[np.arange(n + 1) for n in self.sizes], indexing="ij")
        up = np.stack([u.ravel() for u in up], axis=1)
        n = self.sizes
        log_count = (gammaln(n + 1) - gammaln(up + 1) - gammaln(n - up + 1)).sum(1)
        self.sums = (2 * up - n).astype(float)  # Σ over a class of sign_i x_i, (S, classes)
        self.collective = self.sums @ self.classes
        log_weight = log_count + beta / (2 * len(patterns)) * (self.collective**2).sum(1)
        self.log_partition = logsumexp(log_weight)
        self.probability = np.exp(log_weight - self.log_partition)

    def mean_and_variance(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = self.probability @ values
        return mean, self.probability @ (values - mean) ** 2

    def pair_correlations(self) -> np.ndarray:
        """E[x_i x_j] of all sites (N, N), ones on the diagonal."""
        second = (self.sums * self.probability[:, None]).T @ self.sums
        within = np.diag(self.sizes)
        pairs = np.outer(self.sizes, self.sizes) - within
        by_class = (second - within) / pairs
        correlation = by_class[np.ix_(self.class_of, self.class_of)] * np.outer(self.signs, self.signs)
        np.fill_diagonal(correlation, 1)
        return correlation


@cache
def patterns_at_100() -> np.ndarray:
    return random_patterns(N, P, PATTERN_SEED)


@cache
def exact_at(beta: float) -> ClassCounts:
    return ClassCounts(patterns_at_100(), beta)


@cache
def samples_at(beta: float) -> np.ndarray:
    model = Hopfield(patterns_at_100(), beta)
    return model.sample(DRAWS, np.random.default_rng([3, int(1000 * beta)]))


each_beta = pytest.mark.parametrize("beta", BETAS)


@each_beta
def test_exact_numbers_by_class_counts(beta):
    model, exact = Hopfield(patterns_at_100(), beta), exact_at(beta)
    assert model.log_partition == pytest.approx(exact.log_partition, rel=1e-12)
    m, m_exact = model.collective_states / N, exact.collective / N
    np.testing.assert_allclose(
        model.moment(m[:, :, None] * m[:, None, :]),
        np.einsum("s,sk,sl->kl", exact.probability, m_exact, m_exact),
        atol=1e-12,
    )


# -- samples ---------------------------------------------------------------------------------------
def assert_overlap_moments(x: np.ndarray, exact: ClassCounts) -> None:
    """⟨m_μ m_ν⟩ for the six pairs μ ≤ ν."""
    mu, nu = np.triu_indices(P)
    m, states = x @ exact.patterns / N, exact.collective / N
    assert_mean(m[:, mu] * m[:, nu], *exact.mean_and_variance(states[:, mu] * states[:, nu]))


def assert_overlap_means(x: np.ndarray, exact: ClassCounts) -> None:
    """⟨m_μ⟩ and ⟨|m_μ|⟩, six comparisons."""
    m, states = x @ exact.patterns / N, exact.collective / N
    for function in (lambda overlap: overlap, np.abs):
        assert_mean(function(m), *exact.mean_and_variance(function(states)))


def assert_energy(x: np.ndarray, exact: ClassCounts) -> None:
    """−½ Σ_ij J_ij x_i x_j with Hebb's matrix J = ξξᵀ/N, every pair written out."""
    spins, hebb = x.astype(float), exact.patterns @ exact.patterns.T / N
    energy = -0.5 * ((spins @ hebb) * spins).sum(1)
    assert_mean(energy, *exact.mean_and_variance(-0.5 / N * (exact.collective**2).sum(1)))


def assert_law_of_keys(drawn: np.ndarray, keys: np.ndarray, probability: np.ndarray) -> None:
    """χ² of drawn integers (B,) against the exact probabilities of keys (S,), equal keys being added."""
    values, cell_of = np.unique(keys, return_inverse=True)
    cells = np.searchsorted(values, drawn).clip(max=len(values) - 1)
    assert (values[cells] == drawn).all(), "a draw outside the exact support"
    assert_law(cells, np.bincount(cell_of, weights=probability))


def assert_joint_law_of_overlaps(x: np.ndarray, exact: ClassCounts) -> None:
    """χ² of (M_1, M_2, M_3)."""

    def key(collective: np.ndarray) -> np.ndarray:
        return np.ravel_multi_index(tuple(collective.astype(int).T + N), (2 * N + 1,) * P)

    assert_law_of_keys(key(x @ exact.patterns), key(exact.collective), exact.probability)


def assert_law_of_energy(x: np.ndarray, exact: ClassCounts) -> None:
    """χ² of |M|²."""
    drawn, states = ((m**2).sum(1).astype(int) for m in (x @ exact.patterns, exact.collective))
    assert_law_of_keys(drawn, states, exact.probability)


def assert_site_correlations(x: np.ndarray, exact: ClassCounts) -> None:
    """E[x_i x_j] for the 36 pairs of nine sites spread over the system; Var = 1 − E²."""
    first, second = (N // 9 * sites for sites in np.triu_indices(9, k=1))
    mean = exact.pair_correlations()[first, second]
    assert_mean(x[:, first] * x[:, second], mean, 1 - mean**2)


def assert_site_alignments(x: np.ndarray, exact: ClassCounts) -> None:
    """E[x_i ξ_i·M] = Σ_j (ξξᵀ)_ij E[x_i x_j] for every site: 100 comparisons.

    (x_i ξ_i·M)² = (ξ_i·M)² does not depend on x_i, so the variance is exact too.
    """
    hebb = exact.patterns @ exact.patterns.T
    mean = (hebb * exact.pair_correlations()).sum(1)
    square = exact.probability @ (exact.collective @ exact.classes.T) ** 2
    assert_mean(x * (x @ hebb), mean, square[exact.class_of] - mean**2)


CHECKS = [
    assert_overlap_moments,
    assert_overlap_means,
    assert_energy,
    assert_joint_law_of_overlaps,
    assert_law_of_energy,
    assert_site_correlations,
    assert_site_alignments,
]


@each_beta
@pytest.mark.parametrize("check", CHECKS)
def test_samples(check, beta):
    check(samples_at(beta), exact_at(beta))


# -- twins that must fail --------------------------------------------------------------------------
@cache
def warmer(beta: float) -> np.ndarray:
    return Hopfield(patterns_at_100(), 0.95 * beta).sample(DRAWS, np.random.default_rng(4))


@cache
def shuffled(beta: float) -> np.ndarray:
    return shuffled_sites(samples_at(beta), np.random.default_rng(5))


def in_another_order(beta: float) -> np.ndarray:
    return samples_at(beta)[:, ::-1]


@cache
def without_noise(beta: float) -> np.ndarray:
    """Spins drawn in the field βM/N of an exact M, without the Gaussian that makes φ exact."""
    exact, rng = exact_at(beta), np.random.default_rng(6)
    collective = exact.collective[rng.choice(len(exact.probability), size=DRAWS, p=exact.probability)]
    return Spin().sample(beta / N * collective @ exact.patterns.T, rng)


def with_one_free_site(beta: float) -> np.ndarray:
    x = samples_at(beta).copy()
    x[:, 44] = np.random.default_rng(7).choice([-1, 1], size=DRAWS)
    return x


def in_a_field(beta: float) -> np.ndarray:
    biased = AnyPatterns(patterns_at_100(), beta, np.full(P, 0.01))
    return biased.sample(DRAWS, np.random.default_rng(8))


TWINS = [
    *((check, wrong) for check in CHECKS for wrong in (warmer, shuffled, in_another_order)),
    (assert_overlap_moments, without_noise),
    (assert_joint_law_of_overlaps, without_noise),
    (assert_law_of_energy, without_noise),
    (assert_site_alignments, without_noise),
    (assert_site_correlations, with_one_free_site),
    (assert_site_alignments, with_one_free_site),
    (assert_overlap_means, in_a_field),
]


@each_beta
@pytest.mark.parametrize(("check", "wrong"), TWINS)
def test_twin_wrong_samples_are_caught(check, wrong, beta):
    with pytest.raises(AssertionError, match="floors"):
        check(wrong(beta), exact_at(beta))


# -- patterns --------------------------------------------------------------------------------------
def assert_unbiased(patterns: np.ndarray) -> None:
    """Means and mutual overlaps of random signs vanish, each within four floors (six comparisons)."""
    mu, nu = np.triu_indices(patterns.shape[1], k=1)
    values = np.concatenate([patterns, patterns[:, mu] * patterns[:, nu]], axis=1)
    assert_within_floor(values.mean(0), 0.0, len(patterns) ** -0.5)


def test_random_patterns_are_unbiased_signs():
    patterns = random_patterns(40_000, P, PATTERN_SEED)
    assert set(np.unique(patterns)) == {-1.0, 1.0}
    assert_unbiased(patterns)


def test_twin_biased_or_correlated_patterns_are_caught():
    rng = np.random.default_rng(0)
    with pytest.raises(AssertionError, match="floors"):
        assert_unbiased(rng.choice([-1, 1], size=(40_000, P), p=[0.48, 0.52]))
    correlated = random_patterns(40_000, P, PATTERN_SEED)
    correlated[:, 2] = np.where(rng.random(40_000) < 0.04, correlated[:, 0], correlated[:, 2])
    with pytest.raises(AssertionError, match="floors"):
        assert_unbiased(correlated)


def test_patterns_are_quenched():
    """They depend on seed, N and p, and not on temperature."""
    cold, hot, again = (
        build("hopfield", {"N": 40, "p": 2, "beta": beta}, seed=5) for beta in (2.0, 0.5, 2.0)
    )
    np.testing.assert_array_equal(cold.patterns, hot.patterns)
    np.testing.assert_array_equal(cold.patterns, again.patterns)
    assert cold.patterns.shape == (40, 2)
    other = build("hopfield", {"N": 40, "p": 2, "beta": 2.0}, seed=6)
    assert (other.patterns != cold.patterns).any()


# -- parameters ------------------------------------------------------------------------------------
@pytest.mark.parametrize("build_or_check", [build, lambda name, *rest: system_class(name).check(*rest)])
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("beta", 0, "> 0"), ("beta", -1.0, "> 0"), ("beta", float("nan"), "finite"),
        ("N", 99, "even"), ("N", 0, "even"), ("N", float("nan"), "even"),
        ("p", 0, "≥ 1"), ("p", -1, "≥ 1"), ("p", 1.5, "integer"), ("p", float("nan"), "integer"),
        ("p", float("inf"), ""),
    ],
)  # fmt: skip
def test_unusable_parameters_are_refused_by_name(build_or_check, field, value, allowed):
    with pytest.raises(InputError) as caught:
        build_or_check("hopfield", {"N": 100, "p": 3, "beta": 1.0} | {field: value}, 1)
    message = str(caught.value)
    assert message.startswith(f"{field} = {value!r}: ")
    assert allowed in message
    assert "\n" not in message


@pytest.mark.parametrize(("n_sites", "n_patterns"), [(100, 5), (100, 12), (64, 200), (2000, 20)])
def test_too_many_patterns_are_refused_with_the_sampler_that_would_do(n_sites, n_patterns):
    with pytest.raises(InputError) as caught:
        build("hopfield", {"N": n_sites, "p": n_patterns, "beta": 1.0}, 1)
    message = str(caught.value)
    assert message.startswith(f"p = {n_patterns}: ")
    assert f"N = {n_sites}" in message
    assert "tempered_gibbs" in message
    assert "\n" not in message


def test_the_largest_allowed_patterns_are_sampled():
    """p = 4 at N = 40 passes the check, and is then really counted."""
    model = build("hopfield", {"N": 40, "p": 4, "beta": 1.0}, 1)
    assert model.collective_law.sum() == pytest.approx(1, abs=1e-12)
    assert model.sample(3, np.random.default_rng(0)).shape == (3, 40)


@pytest.mark.parametrize("parameters", [{}, {"N": 64, "beta": 1.0}, {"N": 64, "beta": 1.0, "P": 3}])
def test_unknown_or_missing_parameters_are_refused(parameters):
    with pytest.raises(InputError) as caught:
        build("hopfield", parameters, 1)
    message = str(caught.value)
    assert message.startswith(f"parameters of hopfield = {parameters!r}: ")
    assert message.endswith("N, p, beta")
