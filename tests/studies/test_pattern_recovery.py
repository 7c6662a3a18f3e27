"""One pattern from few samples: the exact limit, PCA against it, and a VAE against PCA."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.stats import estimate
from mfvae.studies.pattern_recovery import (
    bbp_overlap_squared,
    measure,
    overlap_squared,
    principal_component,
    replicate,
    sign_overlap_squared,
    vae_direction,
)
from mfvae.systems.hopfield import Hopfield
from tests.helpers.statistics import FACTOR, assert_mean, assert_within_floor, shuffled_sites

SIMULATED = {(0.5, 3200): 0.780, (0.7, 1600): 0.860}  # PCA's overlap² at N = 400, to three digits
ROUNDING = 0.0005
REPLICATES = 8


def drawn(n_sites: int, beta: float, n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([n_sites, n_samples, seed])
    pattern = rng.choice([-1.0, 1.0], n_sites)
    return pattern, Hopfield(pattern[:, None], beta).sample(n_samples, rng)


def pca_overlaps(n_sites: int, beta: float, n_samples: int) -> np.ndarray:
    pairs = [drawn(n_sites, beta, n_samples, seed) for seed in range(REPLICATES)]
    return np.array([overlap_squared(principal_component(x)[0], pattern) for pattern, x in pairs])


# -- the limit -------------------------------------------------------------------------------------
def test_limit_vanishes_up_to_the_threshold_and_grows_to_one():
    for beta in (0.3, 0.5, 0.7, 0.9):
        threshold = (1 / beta - 1) ** 2
        assert bbp_overlap_squared(beta, 0.5 * threshold) == 0
        assert bbp_overlap_squared(beta, threshold) == pytest.approx(0, abs=1e-12)
        above = [bbp_overlap_squared(beta, factor * threshold) for factor in (1.01, 2, 10, 1e6)]
        assert 0 < above[0] < above[1] < above[2] < above[3] < 1
        assert above[3] == pytest.approx(1, abs=1e-3)


def test_limit_in_closed_form():
    assert bbp_overlap_squared(0.5, 8) == pytest.approx(7 / 9)  # t = 1, c = 1/8
    assert bbp_overlap_squared(0.7, 1) == pytest.approx((1 - 9 / 49) / (1 + 3 / 7))


@pytest.mark.parametrize(("beta", "n_samples"), SIMULATED)
def test_pca_has_the_simulated_overlap_and_with_half_the_samples_another(beta, n_samples):
    expected = SIMULATED[beta, n_samples]
    found = estimate(pca_overlaps(400, beta, n_samples))
    assert_within_floor(found.value, expected, np.hypot(found.stderr, ROUNDING))
    fewer = estimate(pca_overlaps(400, beta, n_samples // 2))
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(fewer.value, expected, np.hypot(fewer.stderr, ROUNDING))


@pytest.mark.parametrize("rho_squared", [0.0, 0.1, 0.6, 0.9, 1.0])
def test_signs_of_a_noisy_direction(rho_squared):
    """(2p − 1)², p the probability of a right sign, whose Monte-Carlo floor is known."""
    noise = np.random.default_rng(3).standard_normal(100_000)
    right = np.sqrt(rho_squared) + np.sqrt(1 - rho_squared) * noise > 0
    p = (np.sqrt(sign_overlap_squared(rho_squared)) + 1) / 2
    floor = np.sqrt(max(p * (1 - p), 1e-9) / len(right))
    assert_within_floor(right.mean(), p, floor)
    if rho_squared > 0:
        with pytest.raises(AssertionError):
            assert_within_floor(right.mean(), (rho_squared**0.5 + 1) / 2 + 10 * floor, floor)


def test_signs_are_better_than_the_direction_only_above_an_overlap_of_six_tenths():
    assert sign_overlap_squared(0.55) < 0.55
    assert sign_overlap_squared(0.62) > 0.62


# -- what is measured ------------------------------------------------------------------------------
def test_overlap_ignores_sign_and_length():
    rng = np.random.default_rng(0)
    v, pattern = rng.standard_normal(50), rng.choice([-1.0, 1.0], 50)
    assert overlap_squared(-3 * v, pattern) == pytest.approx(overlap_squared(v, pattern))
    assert overlap_squared(2 * pattern, -pattern) == pytest.approx(1)


def test_principal_component_is_that_of_a_singular_decomposition():
    _, x = drawn(30, 0.7, 20, 0)
    vector, variance, noise = principal_component(x)
    _, singular, right = np.linalg.svd(x - x.mean(0), full_matrices=False)
    assert abs(vector @ right[0]) == pytest.approx(1)
    assert variance == pytest.approx(singular[0] ** 2 / 20)
    assert noise == pytest.approx((singular[1:] ** 2).sum() / 20 / 29)


@pytest.mark.parametrize(
    ("decode", "count"), [(lambda x: principal_component(x)[0], 30), (lambda x: vae_direction(x, 0), 12)]
)
def test_without_a_pattern_in_the_data_the_overlap_is_that_of_a_random_direction(decode, count):
    """Mean 1/N and variance 2(N − 1)/N²(N + 2), those of a Beta law."""
    n_sites, n_samples = 60, 240
    rng = np.random.default_rng(1)
    pairs = [drawn(n_sites, 0.7, n_samples, seed) for seed in range(count)]
    variance = 2 * (n_sites - 1) / (n_sites**2 * (n_sites + 2))
    shuffled = [overlap_squared(decode(shuffled_sites(x, rng)), pattern) for pattern, x in pairs]
    assert_mean(np.array(shuffled), 1 / n_sites, variance)
    with pytest.raises(AssertionError, match="floors"):
        assert_mean(
            np.array([overlap_squared(decode(x), pattern) for pattern, x in pairs[:4]]),
            1 / n_sites,
            variance,
        )


@pytest.mark.parametrize("n_samples", [100, 400])
def test_a_vae_is_not_below_pca_on_the_same_samples(n_samples):
    pairs = [drawn(100, 0.7, n_samples, seed) for seed in range(REPLICATES)]
    pca = np.array([overlap_squared(principal_component(x)[0], pattern) for pattern, x in pairs])
    vae = np.array([overlap_squared(vae_direction(x, 7), pattern) for pattern, x in pairs])
    rng = np.random.default_rng(2)
    worse = np.array(
        [overlap_squared(vae_direction(shuffled_sites(x, rng), 7), pattern) for pattern, x in pairs]
    )
    difference, twin = estimate(vae - pca), estimate(worse - pca)
    assert difference.value > -FACTOR * difference.stderr
    assert twin.value < -FACTOR * twin.stderr


def test_a_replicate_depends_on_seed_and_name_alone():
    first = replicate(20, 0.7, 40, 1, "a")
    assert set(first) == {"vae_real", "vae_sign", "pca_real", "pca_sign"}
    assert replicate(20, 0.7, 40, 1, "a") == first
    assert replicate(20, 0.7, 40, 2, "a") != first
    assert replicate(20, 0.7, 40, 1, "b") != first


def test_a_table_holds_means_errors_limits_and_paired_differences():
    table = measure(20, 0.7, 40, 3, 1)
    name = "pattern_recovery/N~20/beta~0.7/B~40/replicate~"
    runs = [replicate(20, 0.7, 40, 1, f"{name}{r}") for r in range(3)]
    assert table[["reading", "method"]].to_numpy().tolist() == [
        ["real", "vae"], ["real", "pca"], ["sign", "vae"], ["sign", "pca"],
    ]  # fmt: skip
    for row in table.itertuples():
        own = estimate(np.array([run[f"{row.method}_{row.reading}"] for run in runs]))
        paired = [run[f"vae_{row.reading}"] - run[f"pca_{row.reading}"] for run in runs]
        assert (row.overlap_squared, row.stderr) == pytest.approx((own.value, own.stderr))
        assert row.difference == pytest.approx(np.mean(paired))
        assert row.difference_stderr == pytest.approx(np.std(paired, ddof=1) / np.sqrt(3))
    real = bbp_overlap_squared(0.7, 2.0)
    assert table["limit"].tolist() == [real, real, *[sign_overlap_squared(real)] * 2]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("beta", {"beta": 1.0}),
        ("beta", {"beta": 0.0}),
        ("beta", {"beta": float("nan")}),
        ("n_samples", {"n_samples": 9}),
        ("replicates", {"replicates": 1}),
        ("N", {"n_sites": 21}),
        ("N", {"n_sites": 0}),
    ],
)
def test_bad_input_is_named(field, change):
    right = {"n_sites": 20, "beta": 0.7, "n_samples": 40, "replicates": 2, "seed": 1}
    with pytest.raises(InputError) as caught:
        measure(**right | change)
    assert caught.value.field == field
    assert caught.value.value == pytest.approx(next(iter(change.values())), nan_ok=True)
