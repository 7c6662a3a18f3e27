"""The capacity bound, on channels for which every term is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from mfvae import capacity
from mfvae.capacity import (
    BoundReport,
    bound_report,
    encoder_information,
    model_mutual_information,
    rate_and_distortion,
)
from mfvae.estimates import Estimate
from mfvae.information import worst_split
from mfvae.quadrature import LatentLattice
from mfvae.sites import Spin
from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from mfvae.vae import VAE
from mfvae.verdict import FAITHFUL_KL, SIGMAS, Verdict, verdict
from tests.statistics import FACTOR, assert_within_floor
from tests.test_vae import cells_of, in_double, perceptron_by_hand, random_vae, spins

BETAS = [0.5, 1.0, 1.5]
SAMPLES = 20_000
ROUNDING = 1e-5  # nats: float32 statistics of tens of sites


class ExactChannel:
    """The Hubbard–Stratonovich channel of Curie–Weiss: q(φ|x) = N(βJ m(x), βJ/N) and prior ρ(φ).

    q is the exact posterior of ρ(φ) Π_i p(x_i|φ), so −ELBO − H(x) = 0 is an identity.
    """

    family = Spin()

    def __init__(self, system: CurieWeiss) -> None:
        self.n_sites, self.coupling = system.n_sites, system.coupling
        self.width = float(np.sqrt(self.coupling / self.n_sites))
        grid = torch.linspace(-2 * self.coupling - 3, 2 * self.coupling + 3, 40_001).double()
        self.log_normalisation = torch.logsumexp(self.log_weight(grid), 0) + np.log(
            (grid[1] - grid[0]).item()
        )

    def log_weight(self, phi: torch.Tensor) -> torch.Tensor:
        """Unnormalised log ρ(φ) = −Nφ²/2βJ + N log 2cosh φ."""
        return self.n_sites * (torch.logaddexp(phi, -phi) - phi**2 / (2 * self.coupling))

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = self.coupling * statistic.double().mean(1, keepdim=True)
        return mean, torch.full_like(mean, np.log(self.width))

    def rate(self, mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        """KL(q(φ|x) ‖ ρ) by the trapezoid rule over the noise of q."""
        noise = torch.linspace(-9, 9, 181, dtype=torch.float64)
        log_q = torch.log_softmax(-(noise**2) / 2, 0)
        phi = mean + log_std.exp() * noise
        log_rho = self.log_weight(phi) - self.log_normalisation
        log_density = -(noise**2) / 2 - log_std - np.log(2 * np.pi) / 2
        return (log_density - log_rho) @ log_q.exp()

    def fields(self, phi: torch.Tensor) -> torch.Tensor:
        return phi.expand(*phi.shape[:-1], self.n_sites)


class BlindChannel:
    """Its encoder ignores x (rate 0) and its decoder has independent, unbiased spins."""

    family = Spin()

    def __init__(self, n_sites: int) -> None:
        self.n_sites = n_sites

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (torch.zeros(len(statistic), 1, dtype=torch.float64),) * 2

    def rate(self, mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        return 0 * mean[:, 0]

    def fields(self, phi: torch.Tensor) -> torch.Tensor:
        return 0 * phi.expand(*phi.shape[:-1], self.n_sites)


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(system: CurieWeiss, n: int = SAMPLES, seed: int = 0) -> np.ndarray:
    return system.sample(n, np.random.default_rng([2026, seed]))


def terms(channel, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rate_and_distortion(channel, torch.from_numpy(Spin().statistic(x)), noise())


def information_of(system: BinaryPatternModel) -> float:
    """I(A;B) of the worst split."""
    return worst_split(system.bipartite_information(0, np.random.default_rng())).estimate.value


def exactly(value: float) -> Estimate:
    return Estimate(value, 0.0)


def report(channel, system: BinaryPatternModel, n: int = SAMPLES) -> BoundReport:
    x = drawn(system, n)
    return bound_report(*terms(channel, x), system.log_prob(x), exactly(information_of(system)))


def assert_bound_holds(found: BoundReport) -> None:
    """−ELBO − H ≥ I(A;B) − R: the slack is not negative beyond four of its standard errors."""
    violation = -(found.slack.value + ROUNDING) / (found.slack.stderr + 1e-12)
    assert violation <= FACTOR, f"the bound is violated by {violation:.1f} floors"


# -- the exact channel -----------------------------------------------------------------------------
@pytest.mark.parametrize("n_sites", [16, 64])
@pytest.mark.parametrize("beta", BETAS)
def test_the_exact_channel_has_no_gap_and_enough_rate(beta, n_sites):
    system = CurieWeiss(n_sites, beta)
    found = report(ExactChannel(system), system)
    assert_within_floor(found.elbo_gap.value, 0.0, found.elbo_gap.stderr)
    assert_within_floor(found.rate.value, system.channel_rate(), found.rate.stderr)
    assert_bound_holds(found)
    assert information_of(system) <= system.channel_rate()  # R ≥ I(A;B), here exactly
    assert found.deficit.value < 0


def slightly_wrong(system: CurieWeiss, name: str) -> ExactChannel:
    channel = ExactChannel(system)
    if name == "coupling 5 % too weak":
        return ExactChannel(CurieWeiss(system.n_sites, 0.95 * system.coupling))
    if name == "encoder 10 % too wide":
        exact = channel.encode
        channel.encode = lambda x: (exact(x)[0], exact(x)[1] + np.log(1.1))
    elif name == "rate forgets 2 %":
        rate = channel.rate
        channel.rate = lambda mean, log_std: 0.98 * rate(mean, log_std)
    return channel


@pytest.mark.parametrize("name", ["coupling 5 % too weak", "encoder 10 % too wide", "rate forgets 2 %"])
def test_twin_wrong_channels_have_a_gap(name):
    system = CurieWeiss(64, 1.0)
    found = report(slightly_wrong(system, name), system)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(found.elbo_gap.value, 0.0, found.elbo_gap.stderr)


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


# -- its terms -------------------------------------------------------------------------------------
def test_rate_and_distortion_are_those_of_the_model():
    """Per sample: the rate is exact; the distortion has the mean and variance of eight draws of z."""
    model, x = random_vae(6, 1, seed=2), spins(6).float().repeat(300, 1)
    rate, distortion = rate_and_distortion(model, x, noise())
    exact = in_double(model)
    nodes = torch.linspace(-9, 9, 1001, dtype=torch.float64)
    weights = (-(nodes**2) / 2).softmax(0)
    with torch.no_grad():
        mean, log_std = exact.encode(spins(6))
        z = mean + log_std.exp() * nodes
        values = -exact.log_likelihood(spins(6)[:, None], z[:, :, None])
        expected = values @ weights
        variance = (values - expected[:, None]) ** 2 @ weights / 8
    np.testing.assert_allclose(rate, exact.rate(mean, log_std).repeat(300), rtol=1e-4, atol=1e-5)
    by_configuration = distortion.reshape(300, 64)
    assert_within_floor(by_configuration.mean(0), expected.numpy(), np.sqrt(variance.numpy() / 300))
    squares = (by_configuration - expected.numpy()) ** 2 / variance.numpy()
    assert_within_floor(squares.mean(), 1.0, squares.std() / np.sqrt(squares.size))


def test_terms_depend_on_the_generator_alone():
    system = CurieWeiss(16, 1.0)
    x = torch.from_numpy(Spin().statistic(drawn(system, 100)))
    model = random_vae(16, 2, seed=0)
    first = rate_and_distortion(model, x, noise(1))
    torch.manual_seed(5)
    again = rate_and_distortion(model, x, noise(1))
    other = rate_and_distortion(model, x, noise(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[0], other[0])
    assert (first[1] != other[1]).any()


@given(
    st.integers(2, 50).flatmap(
        lambda n: st.tuples(*[st.lists(st.floats(-50, 50), min_size=n, max_size=n)] * 3)
    ),
    st.floats(0, 10),
    st.floats(0, 3),
)
def test_a_report_is_arithmetic(columns, information, information_stderr):
    rate, distortion, log_prob = map(np.array, columns)
    found = bound_report(rate, distortion, log_prob, Estimate(information, information_stderr))
    gap = rate + distortion + log_prob
    assert found.rate.value == pytest.approx(rate.mean(), abs=1e-9)
    assert found.distortion.value == pytest.approx(distortion.mean(), abs=1e-9)
    assert found.elbo_gap.value == pytest.approx(gap.mean(), abs=1e-9)
    assert found.deficit.value == pytest.approx(information - rate.mean(), abs=1e-9)
    assert found.slack.value == pytest.approx(found.elbo_gap.value - found.deficit.value, abs=1e-9)
    for field, values in {
        "rate": rate, "distortion": distortion, "elbo_gap": gap, "deficit": -rate, "slack": gap + rate
    }.items():  # fmt: skip
        floor = np.sqrt(values.var(ddof=1) / len(values))
        if field in ("deficit", "slack"):  # the error of I(A;B) is independent of the samples'
            floor = np.sqrt(floor**2 + information_stderr**2)
        assert getattr(found, field).stderr == pytest.approx(floor, abs=1e-9)


# -- information through the encoder ---------------------------------------------------------------
class LinearChannel:
    """z = G x + noise of given widths; for normal x of unit variance I = ½ Σ log(1 + g²/σ²)."""

    family = Spin()

    def __init__(self, signal_to_noise: list[float], width: float = 0.3) -> None:
        self.snr, self.width = np.array(signal_to_noise), width
        self.information = 0.5 * np.log1p(self.snr).sum()
        # of log q(z|x)/q(z): each component contributes its squared correlation g²/(g² + σ²)
        self.variance = (self.snr / (1 + self.snr)).sum()

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gain = torch.from_numpy(self.width * np.sqrt(self.snr)).float()
        mean = statistic * gain + 1.0
        return mean, torch.full_like(mean, np.log(self.width))


def normal_statistic(n: int, dim: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n, dim), dtype=np.float32))


POPULATION = 4000


def linear_information(
    channel: LinearChannel, n: int = SAMPLES, population: int = POPULATION
) -> Estimate:
    dim = len(channel.snr)
    x, others = normal_statistic(n, dim, seed=1), normal_statistic(population, dim, seed=2)
    return encoder_information(channel, x, others, noise())


LINEAR = [[0.0], [1.0], [3.0, 1.0], [0.5, 0.5, 0.5]]


@pytest.mark.parametrize("snr", LINEAR, ids=str)
def test_information_of_a_linear_channel(snr):
    """Low by (Π(1 + g²/σ²) − 1)/2M, far below the floor, and the population's noise is of that order."""
    channel = LinearChannel(snr)
    found = linear_information(channel)
    bias = (np.prod(1 + channel.snr) - 1) / (2 * POPULATION)
    floor = np.sqrt(channel.variance / SAMPLES) + 1e-6
    assert bias < floor
    assert_within_floor(found.value, channel.information - bias, floor)
    if channel.variance:
        assert found.stderr == pytest.approx(np.sqrt(channel.variance / SAMPLES), rel=0.05)


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_twin_information_of_a_noisier_or_clearer_channel_is_caught(wrong):
    channel = LinearChannel([3.0, 1.0])
    found = linear_information(LinearChannel([3.0 * wrong, 1.0 * wrong]))
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(found.value, channel.information, np.sqrt(channel.variance / SAMPLES))


@pytest.mark.parametrize("beta", BETAS)
def test_information_of_the_exact_channel_is_its_rate(beta):
    """Curie–Weiss' φ | x: I(x;φ) = h(φ) − h(φ|x), known by quadrature, and R is no more there."""
    system = CurieWeiss(64, beta)
    x = torch.from_numpy(Spin().statistic(drawn(system)))
    others = torch.from_numpy(Spin().statistic(drawn(system, POPULATION, seed=1)))
    found = encoder_information(ExactChannel(system), x, others, noise())
    assert_within_floor(found.value, system.channel_rate(), found.stderr)
    with pytest.raises(AssertionError, match="floors"):  # twin
        assert_within_floor(found.value, system.channel_rate() + 0.04, found.stderr)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000), latent_dim=st.integers(1, 5), population=st.sampled_from([1, 10, 500])
)
def test_information_is_at_most_the_rate_and_the_population(seed, latent_dim, population):
    system = CurieWeiss(16, 1.0)
    x, others = (
        torch.from_numpy(Spin().statistic(drawn(system, n, seed=s)))
        for n, s in ((500, 1), (population, 2))
    )
    model = random_vae(16, latent_dim, seed, gain=5.0)
    found = encoder_information(model, x, others, noise())
    rate, _ = rate_and_distortion(model, x, noise())
    assert found.value <= np.log(population + 1) + 1e-9
    above = found.value - rate.mean()
    assert above <= FACTOR * np.hypot(found.stderr, rate.std() / np.sqrt(len(rate)))


def test_more_than_the_population_tells_apart_is_not_seen():
    """A channel of 20 nats with 10 others: log 11, and no more, however sharp."""
    found = linear_information(LinearChannel([1e7, 1e7, 1e7], width=1e-3), n=200, population=10)
    assert found.value == pytest.approx(np.log(11), abs=1e-9)
    nearly = linear_information(LinearChannel([3.0, 1.0]), population=3)  # a lower bound with few others
    assert nearly.value < LinearChannel([3.0, 1.0]).information - 0.1


def test_an_encoder_that_ignores_its_input_tells_nothing():
    x = torch.ones(50, 4)
    assert encoder_information(BlindChannel(4), x, x, noise()).value == pytest.approx(0, abs=1e-12)


def test_blocks_of_the_mixture_do_not_matter(monkeypatch):
    channel = LinearChannel([3.0, 1.0])
    whole = linear_information(channel, n=103, population=50)
    monkeypatch.setattr(capacity, "MIXTURE_ENTRIES", 500)
    assert linear_information(channel, n=103, population=50).value == pytest.approx(
        whole.value, rel=1e-6
    )
    monkeypatch.setattr(capacity, "MIXTURE_ENTRIES", 1)  # fewer than the population: one row at a time
    assert linear_information(channel, n=103, population=50).value == pytest.approx(
        whole.value, rel=1e-6
    )


# -- the verdict -----------------------------------------------------------------------------------
SILENT = Estimate(-1.0, 0.1)  # I(A;B) − R: the bound forbids nothing
FORBIDDEN, UNDECIDED, FAITHFUL = Verdict.NOT_FAITHFUL, Verdict.UNDECIDED, Verdict.FAITHFUL


@pytest.mark.parametrize(
    ("deficit", "kl", "kl_error", "expected"),
    [
        (Estimate(0.31, 0.1), None, 0.0, FORBIDDEN),
        (Estimate(0.31, 0.1), Estimate(0.0, 1e-3), 0.0, FORBIDDEN),  # the bound needs no KL
        (Estimate(0.29, 0.1), None, 0.0, UNDECIDED),  # not at three standard errors
        (Estimate(0.29, 0.1), Estimate(0.01, 0.01), 0.0, FAITHFUL),
        (Estimate(1e-9, 0.0), None, 0.0, FORBIDDEN),
        (Estimate(0.0, 0.0), None, 0.0, UNDECIDED),
        (SILENT, None, 0.0, UNDECIDED),
        (SILENT, Estimate(0.05, 0.01), 0.0, FAITHFUL),
        (SILENT, Estimate(-0.01, 0.01), 0.0, FAITHFUL),
        (SILENT, Estimate(0.05, 0.02), 0.0, UNDECIDED),
        (SILENT, Estimate(0.05, 0.01), 0.03, UNDECIDED),  # the numerical error counts once
        (SILENT, Estimate(0.15, 0.01), 0.0, FORBIDDEN),
        (SILENT, Estimate(0.15, 0.02), 0.0, UNDECIDED),
        (SILENT, Estimate(0.15, 0.01), 0.03, UNDECIDED),
        (SILENT, Estimate(5.0, 0.1), 0.0, FORBIDDEN),
        (SILENT, Estimate(FAITHFUL_KL, 0.0), 0.0, UNDECIDED),
    ],
)
def test_verdict_in_every_branch(deficit, kl, kl_error, expected):
    assert verdict(deficit, kl, kl_error) is expected
    assert (SIGMAS, FAITHFUL_KL) == (3.0, 0.1)  # on which the cases above are built


estimates = st.builds(Estimate, st.floats(-2, 2), st.floats(0, 0.5))


@given(estimates, estimates, st.floats(0, 1), st.floats(0, 1))
def test_more_uncertainty_never_reverses_a_verdict(deficit, kl, kl_error, more):
    """It leaves it, or leads to doubt; a larger KL never makes a model more faithful."""
    before = verdict(deficit, kl, kl_error)
    for blurred in (
        verdict(deficit, kl, kl_error + more),
        verdict(deficit, Estimate(kl.value, kl.stderr + more), kl_error),
    ):
        assert blurred in (before, Verdict.UNDECIDED)
    assert verdict(deficit, Estimate(kl.value + more, kl.stderr), kl_error) <= before
    assert verdict(Estimate(deficit.value + more, deficit.stderr), kl, kl_error) <= before
    assert verdict(deficit) in (Verdict.UNDECIDED, Verdict.NOT_FAITHFUL)


def test_the_exact_channel_is_never_condemned_and_a_blind_one_always():
    system = CurieWeiss(64, 1.5)
    nothing = Estimate(0.0, 1e-3)
    assert verdict(report(ExactChannel(system), system).deficit, nothing) is Verdict.FAITHFUL
    assert verdict(report(BlindChannel(64), system).deficit) is Verdict.NOT_FAITHFUL


# -- the model's own information -------------------------------------------------------------------
def model_law(model: VAE) -> np.ndarray:
    """p_θ(x) of all 64 configurations by a quadrature over z of the test's own (d = 1)."""
    z = np.linspace(-9, 9, 4001)
    fields = perceptron_by_hand(in_double(model).decoder, z[:, None])
    log_p = spins(6).numpy() @ fields.T - np.logaddexp(fields, -fields).sum(1)
    return np.exp(logsumexp(log_p - z**2 / 2 - np.log(np.exp(-(z**2) / 2).sum()), axis=1))


def information(p: np.ndarray) -> tuple[float, float]:
    """I(A;B) of a law on 64 configurations, first three sites against the others, and the variance of
    log p(x) − log p(x_A) − log p(x_B)."""
    joint = p.reshape(8, 8)
    density = np.log(joint / np.outer(joint.sum(1), joint.sum(0)))
    mean = (joint * density).sum()
    return mean, (joint * (density - mean) ** 2).sum()


def assert_information_is(value: float, p: np.ndarray, n: int) -> None:
    exact, variance = information(p)
    assert_within_floor(value, exact, np.sqrt(variance / n))


def common_field_vae(strength: float) -> VAE:
    """Fields ± strength · tanh(1.5 z) on six sites: pairs of sites are strongly correlated."""
    model = random_vae(6, 1, seed=0, widths=(1,))
    with torch.no_grad():
        model.decoder[0].weight.fill_(1.5)
        model.decoder[0].bias.zero_()
        model.decoder[-1].weight.copy_(strength * torch.tensor([[1.0, -1, 1, 1, -1, 1]]).T)
        model.decoder[-1].bias.zero_()
    return model


@pytest.fixture(scope="module")
def coupled() -> VAE:
    return common_field_vae(1.8)


@pytest.fixture(scope="module")
def own(coupled):
    return model_mutual_information(
        LatentLattice(coupled, 1), coupled, SAMPLES, np.random.default_rng(3)
    )


def test_own_information_is_that_of_the_enumerated_law(coupled, own):
    p = model_law(coupled)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert information(p)[0] > 0.2  # there is something to be measured
    assert_information_is(own.bipartite_mi.value, p, SAMPLES)
    assert own.statistic.shape == (SAMPLES, 6)
    expected = np.log(p)[cells_of(own.statistic.numpy())]
    np.testing.assert_allclose(own.log_marginal, expected, atol=2e-5)


def test_error_of_own_information_is_its_floor(coupled, own):
    """The reported standard error squared against the exact variance, within its own error."""
    p = model_law(coupled)
    joint = p.reshape(8, 8)
    density = np.log(joint / np.outer(joint.sum(1), joint.sum(0)))
    mean, variance = information(p)
    fourth = (joint * (density - mean) ** 4).sum()
    floor = np.sqrt((fourth - variance**2) / SAMPLES)
    assert_within_floor(own.bipartite_mi.stderr**2 * SAMPLES, variance, floor)


@pytest.mark.parametrize("strength", [1.6, 2.0])
def test_twin_the_information_of_another_model_is_caught(own, strength):
    other = model_law(common_field_vae(strength))
    with pytest.raises(AssertionError, match="floors"):
        assert_information_is(own.bipartite_mi.value, other, SAMPLES)


def test_independent_sites_have_no_information():
    model = random_vae(6, 1, seed=0, gain=0.0)
    found = model_mutual_information(LatentLattice(model, 1), model, 50, np.random.default_rng(0))
    assert abs(found.bipartite_mi.value) < 1e-6
