"""The VAE as a probabilistic model: its terms, its gradients and the law of its samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from torch.func import functional_call

from mfvae.errors import InputError
from mfvae.model.vae import SAMPLE_BLOCK, VAE, VAEConfig
from mfvae.sites.spin import Spin
from tests.helpers.statistics import all_configurations, assert_law, assert_mean, shuffled_sites
from tests.helpers.vaes import cells_of, in_double, perceptron_by_hand, random_vae, spins

WIDTHS = st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple)


# -- architecture ----------------------------------------------------------------------------------
@settings(max_examples=40)
@given(
    n_sites=st.integers(1, 9),
    batch=st.integers(1, 5),
    latent_dim=st.integers(1, 4),
    encoder=WIDTHS,
    decoder=WIDTHS,
)
def test_shapes(n_sites, batch, latent_dim, encoder, decoder):
    model = VAE(Spin(), n_sites, VAEConfig(latent_dim, encoder, decoder))
    statistic = torch.ones(batch, n_sites)
    mean, log_std = model.encode(statistic)
    assert mean.shape == log_std.shape == (batch, latent_dim)
    assert model.rate(mean, log_std).shape == (batch,)
    assert model.fields(mean).shape == (batch, n_sites)
    assert model.fields(torch.zeros(2, batch, latent_dim)).shape == (2, batch, n_sites)
    assert model.log_likelihood(statistic, mean).shape == (batch,)
    terms = model(statistic, torch.zeros(batch, latent_dim))
    assert terms.rate.shape == terms.distortion.shape == (batch,)
    assert model.sample(batch, np.random.default_rng(0)).shape == (batch, n_sites)
    widths = [layer.out_features for layer in model.encoder if isinstance(layer, torch.nn.Linear)]
    assert widths == [*encoder, 2 * latent_dim]
    widths = [layer.out_features for layer in model.decoder if isinstance(layer, torch.nn.Linear)]
    assert widths == [*decoder, n_sites]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latent_dim", 0),
        ("latent_dim", -1),
        ("encoder_hidden", ()),
        ("encoder_hidden", (4, 0)),
        ("decoder_hidden", ()),
        ("decoder_hidden", (-3,)),
        ("field_rank", -1),
        ("warp", -1),
    ],
)
def test_impossible_architectures_are_refused_by_field(field, value):
    with pytest.raises(InputError) as caught:
        VAEConfig(**{"latent_dim": 1, field: value})
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} = {value!r}: ")
    assert "\n" not in str(caught.value)


# -- terms -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_encoder_and_decoder_are_perceptrons_of_tanh_units(latent_dim):
    model = in_double(random_vae(5, latent_dim, seed=latent_dim, widths=(6, 4)))
    x, z = spins(5), np.random.default_rng(0).normal(size=(40, latent_dim))
    mean, log_std = model.encode(x)
    by_hand = perceptron_by_hand(model.encoder, x.numpy())
    np.testing.assert_allclose(np.hstack([mean.detach(), log_std.detach()]), by_hand, atol=1e-12)
    fields = model.fields(torch.from_numpy(z)).detach()
    np.testing.assert_allclose(fields, perceptron_by_hand(model.decoder, z), atol=1e-12)


def test_the_gain_scales_each_latent_of_the_decoder_and_nothing_else():
    model, z = in_double(random_vae(5, 2, seed=1)), np.random.default_rng(0).normal(size=(40, 2))
    assert torch.equal(model.latent_gain, torch.ones(2).double())
    encoded = model.encode(spins(5))
    model.latent_gain.copy_(torch.tensor([3.0, 0.5]))
    found = model.fields(torch.from_numpy(z)).detach()
    by_hand = perceptron_by_hand(model.decoder, z * np.array([3.0, 0.5]))
    np.testing.assert_allclose(found, by_hand, atol=1e-12)
    assert all(map(torch.equal, model.encode(spins(5)), encoded))
    assert "latent_gain" in model.state_dict()
    assert "latent_gain" not in dict(model.named_parameters())  # it is not trained


def test_a_warp_is_the_identity_at_first_and_moves_z_before_the_gain():
    torch.manual_seed(4)
    model = in_double(VAE(Spin(), 5, VAEConfig(2, (6,), (6,), warp=7)))
    model.latent_gain.copy_(torch.tensor([3.0, 0.5]))
    z = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 40, 2)))
    assert torch.equal(model.warp(z), z)
    assert model.warp.directions.std() > 0.5  # as wide as the prior
    with torch.no_grad():
        model.warp.displacements.normal_()
    w, c, v = (part.detach().numpy() for part in model.warp.parameters())
    moved = z.numpy() + np.tanh(z.numpy() @ w.T + c) @ v.T
    np.testing.assert_allclose(model.placed(z).detach(), moved * [3.0, 0.5], atol=1e-12)
    by_hand = perceptron_by_hand(model.decoder, moved * [3.0, 0.5])
    np.testing.assert_allclose(model.fields(z).detach(), by_hand, atol=1e-12)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_log_likelihood_is_the_product_over_sites(latent_dim):
    model = in_double(random_vae(5, latent_dim, seed=3))
    x = spins(5)
    for z in np.random.default_rng(1).normal(size=(7, latent_dim)):
        fields = perceptron_by_hand(model.decoder, z)
        probability = np.prod(np.exp(x.numpy() * fields) / (np.exp(fields) + np.exp(-fields)), axis=1)
        found = model.log_likelihood(x, torch.from_numpy(z).expand(len(x), -1)).detach().numpy()
        np.testing.assert_allclose(np.exp(found), probability, rtol=1e-11)
        assert np.exp(found).sum() == pytest.approx(1, rel=1e-12)


def test_one_pass_is_the_likelihood_at_the_reparametrised_draw():
    model = in_double(random_vae(4, 2, seed=5))
    x = spins(4)
    noise = torch.from_numpy(np.random.default_rng(2).normal(size=(len(x), 2)))
    mean, log_std = model.encode(x)
    terms = model(x, noise)
    expected = -model.log_likelihood(x, mean + log_std.exp() * noise)
    torch.testing.assert_close(terms.distortion, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(terms.rate, model.rate(mean, log_std), rtol=1e-12, atol=1e-12)


ENCODERS = np.random.default_rng(7).normal(size=(2, 5, 2)) * [[[1.0]], [[0.5]]]  # mean, log std


def divergence_samples(mean: np.ndarray, log_std: np.ndarray, draws: int) -> np.ndarray:
    """log q(z|x) − log p(z) at draws of z ~ q(z|x), (draws, B)."""
    noise = np.random.default_rng(8).standard_normal((draws, *mean.shape))
    z = mean + np.exp(log_std) * noise
    return (-(noise**2) / 2 - log_std + z**2 / 2).sum(-1)


def assert_rate_is_the_divergence(rate) -> None:
    """Against a Monte-Carlo KL of five encoders, floors from the exact variance of log q/p."""
    mean, log_std = ENCODERS
    variance = ((np.exp(2 * log_std) - 1) ** 2 / 2 + mean**2 * np.exp(2 * log_std)).sum(-1)
    found = rate(torch.from_numpy(mean), torch.from_numpy(log_std)).numpy()
    assert_mean(divergence_samples(mean, log_std, 40_000), found, variance)


def test_rate_is_the_divergence_from_the_prior():
    assert_rate_is_the_divergence(random_vae(3, 2, seed=0).rate)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda rate: lambda m, s: rate(m, 2 * s), id="log variance for log std"),
        pytest.param(lambda rate: lambda m, s: rate(0 * m, s), id="mean forgotten"),
        pytest.param(lambda rate: lambda m, s: rate(m, s) * 1.02, id="2 % too large"),
    ],
)
def test_twin_wrong_rates_are_caught(wrong):
    with pytest.raises(AssertionError, match="floors"):
        assert_rate_is_the_divergence(wrong(random_vae(3, 2, seed=0).rate))


@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(-3, 2)), min_size=1, max_size=4))
def test_rate_is_never_negative_and_adds_over_latents(latents):
    mean, log_std = torch.tensor(latents, dtype=torch.float64).T[:, None]
    rate = VAE.rate(random_vae(2, 1, seed=0), mean, log_std)
    assert rate.item() >= -1e-12  # rounding
    separate = [0.5 * (m**2 + np.exp(2 * s) - 1) - s for m, s in latents]
    assert rate.item() == pytest.approx(sum(separate), abs=1e-9)


def test_rate_vanishes_at_the_prior_alone():
    model, zero = random_vae(2, 3, seed=0), torch.zeros(1, 3, dtype=torch.float64)
    assert model.rate(zero, zero).item() == 0
    for latent in range(3):
        moved = zero.clone()
        moved[0, latent] = 0.1
        assert model.rate(moved, zero).item() == pytest.approx(0.005, rel=1e-9)  # m²/2
        assert model.rate(zero, moved).item() == pytest.approx((np.exp(0.2) - 1.2) / 2, rel=1e-9)


# -- gradients -------------------------------------------------------------------------------------
def test_gradients_of_the_terms_are_their_derivatives():
    """Every parameter of a small model, against central differences in float64."""
    model = in_double(random_vae(3, 2, seed=11, widths=(3,)))
    x, noise = spins(3), torch.from_numpy(np.random.default_rng(3).normal(size=(8, 2)))
    names, values = zip(*model.named_parameters(), strict=True)

    def terms(*parameters):
        return tuple(functional_call(model, dict(zip(names, parameters, strict=True)), (x, noise)))

    assert torch.autograd.gradcheck(terms, values, eps=1e-6, atol=1e-7)


def test_every_parameter_learns():
    model = random_vae(5, 2, seed=4)
    terms = model(
        spins(5).float(), torch.from_numpy(np.random.default_rng(4).normal(size=(32, 2))).float()
    )
    (terms.distortion + terms.rate).mean().backward()
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert (parameter.grad != 0).any(), name


def test_the_rate_does_not_move_the_decoder_nor_a_fixed_latent_the_encoder():
    model = random_vae(5, 2, seed=4)
    model(spins(5).float(), torch.zeros(32, 2)).rate.sum().backward()
    assert all(parameter.grad is None for parameter in model.decoder.parameters())
    model.zero_grad()
    model.log_likelihood(spins(5).float(), torch.zeros(32, 2)).sum().backward()
    assert all(not p.grad.any() for p in model.encoder.parameters() if p.grad is not None)


# -- samples ---------------------------------------------------------------------------------------
SLOPE = np.array([2.0, -1.5, 1.0, 0.5])
OFFSET = np.array([0.2, 0.0, -0.3, 0.5])
STEEPNESS = 1.3
DRAWS = 40_000  # several blocks


def tanh_vae(steepness: float = STEEPNESS) -> VAE:
    """Four sites, one latent, fields η_i(z) = a_i tanh(steepness · z) + b_i set by hand."""
    model = VAE(Spin(), 4, VAEConfig(1, (1,), (1,)))
    with torch.no_grad():
        model.decoder[0].weight.fill_(steepness)
        model.decoder[0].bias.zero_()
        model.decoder[-1].weight.copy_(torch.from_numpy(SLOPE)[:, None])
        model.decoder[-1].bias.copy_(torch.from_numpy(OFFSET))
    return model


def exact_mixture() -> np.ndarray:
    """p(x) = ∫ N(z; 0, 1) Π_i e^{x_i η_i(z)} / 2cosh η_i(z) dz of all 16 configurations."""

    def joint(z: float, x: np.ndarray) -> float:
        fields = SLOPE * np.tanh(STEEPNESS * z) + OFFSET
        return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * np.prod(1 / (1 + np.exp(-2 * x * fields)))

    return np.array([quad(joint, -12, 12, args=(x,), epsabs=1e-13)[0] for x in all_configurations(4)])


def sampled(model: VAE, n: int = DRAWS) -> np.ndarray:
    return model.sample(n, np.random.default_rng([2026, 1]))


def test_samples_follow_the_exact_mixture():
    x = sampled(tanh_vae())
    assert DRAWS > SAMPLE_BLOCK
    assert x.dtype == np.int8
    assert x.shape == (DRAWS, 4)
    assert_law(cells_of(x), exact_mixture())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: sampled(tanh_vae(0.9 * STEEPNESS)), id="latents 10 % too narrow"),
        pytest.param(lambda: sampled(tanh_vae())[:, ::-1], id="sites in another order"),
        pytest.param(
            lambda: shuffled_sites(sampled(tanh_vae()), np.random.default_rng(0)),
            id="a latent of its own for every site",
        ),
        pytest.param(
            lambda: np.tile(sampled(tanh_vae(), SAMPLE_BLOCK // 16), (64, 1)), id="a block repeated"
        ),
    ],
)
def test_twin_wrong_samples_are_caught(wrong):
    with pytest.raises(AssertionError, match="floors"):
        assert_law(cells_of(wrong()), exact_mixture())


def test_samples_depend_on_the_generator_alone():
    model = random_vae(6, 2, seed=1)
    first, torch_state = sampled(model, 50), torch.get_rng_state()
    torch.manual_seed(99)
    np.testing.assert_array_equal(sampled(model, 50), first)
    assert (model.sample(50, np.random.default_rng(0)) != first).any()
    torch.set_rng_state(torch_state)
