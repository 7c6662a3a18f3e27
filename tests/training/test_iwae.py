"""The importance-weighted bound: its value, its law for one and two draws, and unbiased gradients."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mfvae.model.vae import VAE
from mfvae.training.objectives import Draws, Loss, iwae
from tests.helpers.evidence import exact_terms, log_evidence
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import in_double, perceptron_by_hand, random_vae, spins

N_SITES = 3
ALL = spins(N_SITES)
ROUNDING = 1e-5  # nats: float32 fields of a handful of sites
BATCHES = 600  # of all configurations, each REPEATS times
REPEATS = 20


def mismatched_vae() -> VAE:
    """Its encoder is far from the posterior, so that the number of draws matters."""
    return random_vae(N_SITES, 1, seed=1, gain=3.0, widths=(2,))


def wide_vae() -> VAE:
    """Its q(z|x) = N(0.5, 1.2²) is wider than every posterior: weights are bounded."""
    model = mismatched_vae()
    with torch.no_grad():
        model.encoder[-1].weight.zero_()
        model.encoder[-1].bias.copy_(torch.tensor([0.5, np.log(1.2)]))
    return model


# -- value -----------------------------------------------------------------------------------------
@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    draws=st.integers(1, 9),
    latent_dim=st.integers(1, 3),
    rate_weight=st.floats(0, 1),
)
def test_the_value_is_that_written_by_hand(seed, draws, latent_dim, rate_weight):
    """−log (1/K) Σ_k p(x|z_k) [p(z_k)/q(z_k|x)]^λ, in NumPy from the weights, of the same draws."""
    model = in_double(random_vae(N_SITES, latent_dim, seed))
    loss = iwae(model, ALL, Draws(draws, rate_weight, generator(seed)))
    noise = torch.randn((draws, len(ALL), latent_dim), generator=generator(seed)).double().numpy()
    mean, log_std = np.split(perceptron_by_hand(model.encoder, ALL.numpy()), 2, axis=1)
    z = mean + np.exp(log_std) * noise
    fields = perceptron_by_hand(model.decoder, z)
    log_likelihood = -np.log1p(np.exp(-2 * ALL.numpy() * fields)).sum(2)
    log_prior = -(z**2).sum(2) / 2
    log_q = (-((z - mean) ** 2) / (2 * np.exp(2 * log_std)) - log_std).sum(2)
    weights = np.exp(log_likelihood + rate_weight * (log_prior - log_q))
    by_hand = -np.log(weights.mean(0)).mean()
    assert loss.value.item() == pytest.approx(by_hand, rel=1e-10)
    assert loss.terms["importance-weighted bound"].item() == pytest.approx(by_hand, rel=1e-10)


# -- law -------------------------------------------------------------------------------------------
def tempered_log_weights(model: VAE, rate_weight: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """log w at nodes of the noise, (B, G), and the probabilities of the nodes, (G,); differentiable."""
    noise = torch.linspace(-8, 8, 321, dtype=torch.float64)
    mean, log_std = model.encode(ALL)  # (B, 1)
    z = mean + log_std.exp() * noise
    log_ratio = noise**2 / 2 + log_std - z**2 / 2
    log_likelihood = model.log_likelihood(ALL[:, None], z[:, :, None])
    return log_likelihood + rate_weight * log_ratio, (-(noise**2) / 2).softmax(0)


def pair_bounds(model: VAE, rate_weight: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """−log (w₁ + w₂)/2 of all pairs of nodes (B, G, G), and the probabilities of pairs (G, G)."""
    log_weight, probability = tempered_log_weights(model, rate_weight)
    pairs = torch.logaddexp(log_weight[:, :, None], log_weight[:, None, :]) - np.log(2)
    return -pairs, probability[:, None] * probability


@cache
def law_of_two_draws(rate_weight: float = 1.0) -> tuple[float, float]:
    """Mean over configurations of the expected bound for K = 2, and of its variance."""
    with torch.no_grad():
        bounds, probability = pair_bounds(in_double(mismatched_vae()), rate_weight)
        mean = (bounds * probability).sum((1, 2))
        variance = ((bounds - mean[:, None, None]) ** 2 * probability).sum((1, 2))
    return mean.mean().item(), variance.mean().item()


def measured(draws: int, rate_weight: float = 1.0, repeats: int = 4000) -> float:
    batch = ALL.float().repeat(repeats, 1)
    with torch.no_grad():
        return iwae(mismatched_vae(), batch, Draws(draws, rate_weight, generator())).value.item()


def test_one_draw_gives_the_evidence_lower_bound():
    """In expectation; the floor is exact, from the law of log w."""
    rate, distortion, _ = exact_terms(mismatched_vae(), ALL)
    with torch.no_grad():
        log_weight, probability = tempered_log_weights(in_double(mismatched_vae()))
    mean = log_weight @ probability
    np.testing.assert_allclose(-mean, rate + distortion, atol=ROUNDING)
    variance = ((log_weight - mean[:, None]) ** 2 @ probability).mean().item()
    floor = np.sqrt(variance / (4000 * len(ALL)))
    assert_within_floor(measured(1), (rate + distortion).mean(), floor)
    with pytest.raises(AssertionError, match="floors"):  # twin: with two draws it is another number
        assert_within_floor(measured(2), (rate + distortion).mean(), floor)


@pytest.mark.parametrize("rate_weight", [0.5, 1.0])
def test_two_draws_give_the_integral_over_both(rate_weight):
    expected, variance = law_of_two_draws(rate_weight)
    floor = np.sqrt(variance / (4000 * len(ALL)))
    assert_within_floor(measured(2, rate_weight), expected, floor)
    for wrong in (measured(1, rate_weight), measured(3, rate_weight)):  # twins
        with pytest.raises(AssertionError, match="floors"):
            assert_within_floor(wrong, expected, floor)


def bounds_of(draws: int) -> np.ndarray:
    """The loss of independent batches."""
    model, batch, source = wide_vae(), ALL.float().repeat(50, 1), generator(draws)
    with torch.no_grad():
        return np.array([iwae(model, batch, Draws(draws, 1.0, source)).value for _ in range(100)])


def test_the_bound_falls_with_the_number_of_draws_towards_the_evidence():
    """And by Var(w)/2Kp² above it at large K, up to the next order in 1/K."""
    evidence = -log_evidence(wide_vae(), ALL).mean()
    found = {draws: bounds_of(draws) for draws in (1, 2, 4, 8, 16)}
    means = np.array([values.mean() for values in found.values()])
    stderr = np.array([values.std(ddof=1) / np.sqrt(len(values)) for values in found.values()])
    falls, floors = -np.diff(means), np.hypot(stderr[1:], stderr[:-1])
    assert (falls > FACTOR * floors).all()
    assert (means > evidence - FACTOR * stderr - ROUNDING).all()
    with torch.no_grad():
        log_weight, probability = tempered_log_weights(in_double(wide_vae()))
    relative = (2 * log_weight).exp() @ probability / (log_weight.exp() @ probability) ** 2 - 1
    leading = relative.mean().item() / 2 / 16
    assert_within_floor(means[-1] - evidence, leading, stderr[-1] + leading / 16)
    with pytest.raises(AssertionError, match="floors"):  # twin: the gap of half as many draws
        assert_within_floor(means[-1] - evidence, 2 * leading, stderr[-1] + leading / 16)


# -- gradients -------------------------------------------------------------------------------------
def flat(gradients) -> np.ndarray:
    return torch.cat([gradient.flatten() for gradient in gradients]).detach().numpy()


def exact_gradient(part: str, rate_weight: float) -> np.ndarray:
    """Of the expected bound for two draws, by automatic differentiation through the double integral."""
    model = in_double(mismatched_vae())
    bounds, probability = pair_bounds(model, rate_weight)
    loss = (bounds * probability).sum((1, 2)).mean()
    return flat(torch.autograd.grad(loss, list(getattr(model, part).parameters())))


def gradient(model: VAE, batch: torch.Tensor, part: str, draws: Draws) -> np.ndarray:
    return flat(
        torch.autograd.grad(iwae(model, batch, draws).value, list(getattr(model, part).parameters()))
    )


def sampled_gradients(part: str, rate_weight: float) -> np.ndarray:
    """(BATCHES, P), independent."""
    model, batch, source = mismatched_vae(), ALL.float().repeat(REPEATS, 1), generator(3)
    draws = Draws(2, rate_weight, source)
    return np.array([gradient(model, batch, part, draws) for _ in range(BATCHES)])


def assert_gradient(part: str, rate_weight: float) -> None:
    """Some twelve comparisons each, with the scatter of the batches as floor."""
    found = sampled_gradients(part, rate_weight)
    floor = found.std(0, ddof=1) / np.sqrt(len(found)) + 1e-9  # some have none: all units agree
    assert_within_floor(found.mean(0), exact_gradient(part, rate_weight), floor)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
@pytest.mark.parametrize("rate_weight", [0.0, 0.5, 1.0])
def test_gradients_are_those_of_the_expected_bound(part, rate_weight):
    assert_gradient(part, rate_weight)


@pytest.mark.parametrize("rate_weight", [0.5, 1.0])
def test_twin_without_squared_weights_the_gradient_of_the_encoder_is_wrong(monkeypatch, rate_weight):
    monkeypatch.setattr(torch.Tensor, "register_hook", lambda tensor, hook: None)
    assert_gradient("decoder", rate_weight)  # which has none
    with pytest.raises(AssertionError, match="floors"):
        assert_gradient("encoder", rate_weight)


def test_twin_a_gradient_for_another_number_of_draws_is_caught():
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(
            exact_gradient("decoder", 0.5),
            exact_gradient("decoder", 1.0),
            sampled_gradients("decoder", 1.0).std(0, ddof=1) / np.sqrt(BATCHES),
        )


def noise_over_signal(draws: int) -> float:
    """Of the encoder's gradient, over all its entries."""
    model, given = wide_vae(), Draws(draws, 1.0, generator(7))
    found = np.array([gradient(model, ALL.float(), "encoder", given) for _ in range(400)])
    return float(np.linalg.norm(found.std(0)) / np.linalg.norm(found.mean(0)))


def test_more_draws_do_not_drown_the_gradient_of_the_encoder(monkeypatch):
    """With squared weights noise over signal falls like K^-½; without, the twin, it grows."""
    assert noise_over_signal(64) < 0.5 * noise_over_signal(4)

    def score_gradient(model, statistic, draws):
        """The plain estimator: through log q too, with weights that are not squared."""
        mean, log_std = model.encode(statistic)
        noise = torch.randn((draws.number, *mean.shape), generator=draws.generator)
        z = mean + log_std.exp() * noise
        log_ratio = (0.5 * noise**2 + log_std - 0.5 * z**2).sum(2)
        return Loss(-(model.log_likelihood(statistic, z) + log_ratio).logsumexp(0).mean(), {})

    monkeypatch.setitem(globals(), "iwae", score_gradient)
    assert noise_over_signal(64) > noise_over_signal(4)
