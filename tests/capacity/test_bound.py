"""A channel with too little rate cannot be faithful: the bound, measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.capacity.bound import BoundReport, bound_report
from mfvae.capacity.verdict import Verdict, verdict
from mfvae.sites.spin import Spin
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from tests.helpers.channels import (
    BETAS,
    ROUNDING,
    SAMPLES,
    BlindChannel,
    ExactChannel,
    assert_bound_holds,
    drawn,
    exactly,
    information_of,
    report,
    terms,
)
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.vaes import random_vae

# -- too little rate -------------------------------------------------------------------------------
ORDERED = [
    pytest.param(CurieWeiss(64, 0.5), id="Curie–Weiss 0.5"),
    pytest.param(CurieWeiss(64, 1.0), id="Curie–Weiss 1.0"),
    pytest.param(CurieWeiss(64, 1.5), id="Curie–Weiss 1.5"),
    pytest.param(CurieWeiss(16, 4.0), id="Curie–Weiss 4.0"),
    pytest.param(Hopfield(random_patterns(40, 2, seed=1), 2.0), id="Hopfield 2.0"),
    pytest.param(Hopfield(random_patterns(20, 3, seed=1), 3.0), id="Hopfield 3.0"),
]


@pytest.mark.parametrize("system", ORDERED)
def test_without_rate_the_gap_is_the_total_correlation(system):
    """R = 0 and p_θ uniform: −ELBO − H(x) = N log 2 − H(x) ≥ I(A;B) > R, and nothing is violated."""
    found = report(BlindChannel(system.n_sites), system)
    total_correlation = system.n_sites * np.log(2) - system.entropy()
    assert found.rate.value == 0
    assert found.deficit.value == pytest.approx(information_of(system), rel=1e-12)
    assert_within_floor(found.elbo_gap.value, total_correlation, found.elbo_gap.stderr)
    assert found.elbo_gap.value > found.deficit.value > 0
    assert_bound_holds(found)
    assert verdict(found.deficit) is Verdict.NOT_FAITHFUL


class Copies:
    """N/2 fair bits, each copied to the other half with an error of probability ε.

    I(A;B) = (N/2) (log 2 − h(ε)), with h the entropy of the error; H(x) = (N/2) (log 2 + h(ε)).
    """

    def __init__(self, n_sites: int, error: float = 0.0) -> None:
        self.n_sites, self.half, self.error = n_sites, n_sites // 2, error
        self.error_entropy = -sum(p * np.log(p) for p in (error, 1 - error) if p > 0)
        self.information = self.half * (np.log(2) - self.error_entropy)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        first = rng.choice([-1, 1], size=(n, self.half))
        flips = np.where(rng.random(first.shape) < self.error, -1, 1)
        return np.hstack([first, first * flips]).astype(np.int8)

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        copied = x[:, : self.half] == x[:, self.half :]
        with np.errstate(divide="ignore"):
            return np.log(np.where(copied, 1 - self.error, self.error) / 2).sum(1)


class BitChannel:
    """Sends k of the bits of A: a narrow q(z|x) at z = ±1 and a prior of two such peaks, R = k log 2.

    The decoder returns the bits to A, and to B as surely as they were copied; other spins are free. So
    −ELBO − H = (N/2 − k)(log 2 − h), and I(A;B) − R is smaller by k h(ε): equality without errors.
    """

    family = Spin()

    def __init__(self, data: Copies, sent: int) -> None:
        self.sent = sent
        gains = torch.zeros(data.n_sites, sent)
        for bit in range(sent):
            gains[bit, bit] = 20.0  # log p of the right sign: −1e-17
            gains[data.half + bit, bit] = 0.5 * np.log(1 / max(data.error, 1e-17) - 1)
        self.gains = gains

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = statistic[:, : self.sent]
        return mean, torch.full_like(mean, -12.0)

    def rate(self, mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        return torch.full((len(mean),), self.sent * np.log(2))

    def fields(self, z: torch.Tensor) -> torch.Tensor:
        return z @ self.gains.T


def copied_terms(
    n_sites: int, error: float, sent: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Rate, distortion, log p(x) of copies through the channel, and their I(A;B)."""
    data = Copies(n_sites, error)
    x = data.sample(SAMPLES, np.random.default_rng(7))
    return (*terms(BitChannel(data, sent), x), data.log_prob(x), data.information)


@pytest.mark.parametrize("sent", [0, 1, 3, 6, 9])
def test_the_bound_is_tight_for_copies_at_every_rate(sent):
    """I(A;B) > R: a positive gap, as large as the bound demands to rounding, and nothing is violated."""
    *found, information = copied_terms(20, 0.0, sent)
    result = bound_report(*found, exactly(information))
    assert information == pytest.approx(10 * np.log(2))
    assert result.rate.value == pytest.approx(sent * np.log(2))
    assert result.elbo_gap.value == pytest.approx((10 - sent) * np.log(2), abs=ROUNDING)
    assert result.elbo_gap.value > 0.9 * np.log(2)
    assert result.slack.value == pytest.approx(0, abs=ROUNDING)
    assert_bound_holds(result)
    assert verdict(result.deficit) is Verdict.NOT_FAITHFUL


@pytest.mark.parametrize("sent", [0, 2, 5])
@pytest.mark.parametrize("error", [0.05, 0.2])
def test_slack_for_copies_with_errors_is_what_the_errors_cost(error, sent):
    *found, information = copied_terms(20, error, sent)
    result = bound_report(*found, exactly(information))
    unexplained = (10 - sent) * information / 10
    assert result.elbo_gap.value > FACTOR * result.elbo_gap.stderr
    stderr = result.elbo_gap.stderr + ROUNDING
    assert_within_floor(result.elbo_gap.value, unexplained, stderr)
    assert_within_floor(result.slack.value, sent * Copies(20, error).error_entropy, stderr)
    assert_bound_holds(result)


WRONG_BOUNDS = {  # what the right-hand side would become, from I and R
    "I doubled": lambda i, r: 2 * i - r,
    "sign of R": lambda i, r: i + r,
    "R forgotten": lambda i, r: i,
    "half of R": lambda i, r: i - r / 2,
    "I 2 % too large": lambda i, r: 1.02 * i - r,
    "I of one more pair": lambda i, r: i + np.log(2) - r,
}


def with_right_side(found: list[np.ndarray], right: float) -> BoundReport:
    """A report whose deficit is ``right``, however wrong."""
    return bound_report(*found, exactly(right + float(found[0].mean())))


@pytest.mark.parametrize("error", [0.0, 0.001])
@pytest.mark.parametrize("name", WRONG_BOUNDS)
def test_twin_a_wrong_bound_is_violated_by_copies(name, error):
    """The same data and check: a wrong formula cannot hide where the right one is tight."""
    *found, information = copied_terms(20, error, sent=3)
    rate = float(found[0].mean())
    assert_bound_holds(with_right_side(found, information - rate))
    with pytest.raises(AssertionError, match="violated"):
        assert_bound_holds(with_right_side(found, WRONG_BOUNDS[name](information, rate)))


@pytest.mark.parametrize("name", ["sign of R", "R forgotten"])
def test_twin_a_wrong_bound_is_violated_by_the_exact_channel(name):
    """−ELBO − H = 0 there: anything that asks for a gap is wrong."""
    system = CurieWeiss(64, 1.5)
    x = drawn(system)
    found = [*terms(ExactChannel(system), x), system.log_prob(x)]
    information, rate = information_of(system), float(found[0].mean())
    with pytest.raises(AssertionError, match="violated"):
        assert_bound_holds(with_right_side(found, WRONG_BOUNDS[name](information, rate)))


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), latent_dim=st.integers(1, 4), error=st.sampled_from([0.0, 0.01]))
def test_no_vae_carries_copies_through_too_little_rate(seed, latent_dim, error):
    data = Copies(16, error)
    x = data.sample(2000, np.random.default_rng(seed))
    found = terms(random_vae(16, latent_dim, seed, gain=1.0), x)
    result = bound_report(*found, data.log_prob(x), exactly(data.information))
    assert result.deficit.value > 0
    assert result.elbo_gap.value > result.deficit.value
    assert_bound_holds(result)


def tight() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Two sites, one on each side: without rate the bound is an equality, I(A;B) = N log 2 − H."""
    system = CurieWeiss(2, 1.5)
    x = drawn(system)
    return (*terms(BlindChannel(2), x), system.log_prob(x), information_of(system))


def tight_report(rate, distortion, log_prob, information) -> BoundReport:
    return bound_report(rate, distortion, log_prob, exactly(information))


def test_the_bound_is_tight_for_two_sites():
    found = tight_report(*tight())
    assert_within_floor(found.slack.value, 0.0, found.slack.stderr)
    assert_bound_holds(found)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda r, d, p, i: (r, d - 0.5 * (r + d + p).mean(), p, i), id="half the gap"),
        pytest.param(lambda r, d, p, i: (r, d, p - 0.02, i), id="log p(x) too low by 0.02 nat"),
        pytest.param(lambda r, d, p, i: (r, d, p, 1.1 * i), id="10 % too much information"),
    ],
)
def test_twin_a_violated_bound_is_caught(wrong):
    with pytest.raises(AssertionError, match="violated"):
        assert_bound_holds(tight_report(*wrong(*tight())))


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    latent_dim=st.integers(1, 3),
    beta=st.sampled_from(BETAS),
    gain=st.floats(0.1, 4),
)
def test_the_bound_holds_for_any_vae(seed, latent_dim, beta, gain):
    system = CurieWeiss(16, beta)
    found = report(random_vae(16, latent_dim, seed, gain=gain), system, n=2000)
    assert_bound_holds(found)
    violation = -found.elbo_gap.value / found.elbo_gap.stderr
    assert violation <= FACTOR  # KL(p_data‖p_θ) + E KL(q‖posterior) is not negative
