"""Information through the encoder, and between the halves of what a model draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from mfvae.capacity import bound as capacity
from mfvae.capacity.bound import encoder_information, model_mutual_information, rate_and_distortion
from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE
from mfvae.sites.spin import Spin
from mfvae.stats import Estimate
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.channels import (
    BETAS,
    SAMPLES,
    BlindChannel,
    ExactChannel,
    drawn,
    noise,
)
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.vaes import cells_of, in_double, perceptron_by_hand, random_vae, spins


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
