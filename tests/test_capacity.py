"""The capacity bound, on channels for which every term is known exactly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from mfvae.capacity import (
    BoundReport,
    bound_report,
    model_mutual_information,
    rate_and_distortion,
)
from mfvae.free_energy import LatentLattice
from mfvae.sites import Spin
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.vae import VAE
from tests.statistics import FACTOR, assert_within_floor
from tests.test_vae import cells_of, in_double, perceptron_by_hand, random_vae, spins

BETAS = [0.5, 1.0, 1.5]
SAMPLES = 20_000


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


class BlindChannel(ExactChannel):
    """Its encoder ignores x (rate 0) and its decoder has independent, unbiased spins."""

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (torch.zeros(len(statistic), 1, dtype=torch.float64),) * 2

    def rate(self, mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        return 0 * mean[:, 0]

    def fields(self, phi: torch.Tensor) -> torch.Tensor:
        return 0 * super().fields(phi)


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(system: CurieWeiss, n: int = SAMPLES, seed: int = 0) -> np.ndarray:
    return system.sample(n, np.random.default_rng([2026, seed]))


def terms(channel, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rate_and_distortion(channel, torch.from_numpy(Spin().statistic(x)), noise())


def report(channel, system: CurieWeiss, n: int = SAMPLES) -> BoundReport:
    x = drawn(system, n)
    return bound_report(*terms(channel, x), system.log_prob(x), system.bipartite_mi())


def assert_bound_holds(found: BoundReport) -> None:
    """−ELBO − H ≥ I(A;B) − R: the slack is not negative beyond four of its standard errors."""
    violation = -found.slack.value / found.slack.stderr
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
    assert found.bipartite_mi == system.bipartite_mi()
    assert found.bipartite_mi <= system.channel_rate()  # R ≥ I(A;B), here exactly
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
@pytest.mark.parametrize("beta", BETAS)
def test_without_rate_the_gap_is_the_total_correlation(beta):
    """R = 0 and p_θ uniform: −ELBO − H(x) = N log 2 − H(x) ≥ I(A;B)."""
    system = CurieWeiss(64, beta)
    found = report(BlindChannel(system), system)
    total_correlation = system.n_sites * np.log(2) - system.entropy()
    assert found.rate.value == 0
    assert found.deficit.value == pytest.approx(system.bipartite_mi(), rel=1e-12)
    assert_within_floor(found.elbo_gap.value, total_correlation, found.elbo_gap.stderr)
    assert found.elbo_gap.value > found.deficit.value > 0
    assert_bound_holds(found)


def tight() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Two sites, one on each side: without rate the bound is an equality, I(A;B) = N log 2 − H."""
    system = CurieWeiss(2, 1.5)
    x = drawn(system)
    return (*terms(BlindChannel(system), x), system.log_prob(x), system.bipartite_mi())


def test_the_bound_is_tight_for_two_sites():
    found = bound_report(*tight())
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
        assert_bound_holds(bound_report(*wrong(*tight())))


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
)
def test_a_report_is_arithmetic(columns, information):
    rate, distortion, log_prob = map(np.array, columns)
    found = bound_report(rate, distortion, log_prob, information)
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
        assert getattr(found, field).stderr == pytest.approx(floor, abs=1e-9)
    assert {field.name for field in dataclasses.fields(found)} >= {"slack", "bipartite_mi"}


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
