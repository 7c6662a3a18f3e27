"""The ledger of free energies: its identities, its terms against other integrals, its errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from mfvae.capacity import ledger as free_energy
from mfvae.capacity.ledger import COARSE, FINE, Ledger, estimates, ledger, residuals
from mfvae.errors import InputError
from mfvae.latent import lattice as quadrature
from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.director import Director
from tests.helpers.directors import directors
from tests.helpers.vaes import in_double, perceptron_by_hand, random_vae, small_vae, spins, steep_vae

REQUIRED = 1e-6  # nats per configuration: what every identity is asked for
IDENTITIES = ["distortion + rate", "energy - entropy", "helmholtz + gap"]


def director_vae(n_sites: int, seed: int) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = VAE(Director(), n_sites, VAEConfig(1, (6,), (6,))).double()
    with torch.no_grad():
        model.encoder[-1].bias[1:] -= 1
    return model


def director_statistics(n: int, n_sites: int) -> torch.Tensor:
    return torch.from_numpy(Director().statistic(directors(n, n_sites)))


def assert_identities(terms: Ledger, allowed: float = REQUIRED) -> None:
    for name, values in residuals(terms).items():
        assert torch.isfinite(values).all(), name
        assert values.abs().max() <= allowed, f"{name} fails by {values.abs().max():.2g} nats"


# -- identities ------------------------------------------------------------------------------------
def assert_ledger_of(model: VAE, statistic: torch.Tensor) -> None:
    terms = ledger(model, statistic)
    assert all(values.shape == (len(statistic),) for values in terms)
    assert all(values.dtype == torch.float64 for values in terms)
    assert_identities(terms)
    assert terms.gap.min() >= -REQUIRED
    assert terms.rate.min() >= -REQUIRED


@example(latent_dim=2, seed=4096, gain=2.0, n_sites=5)  # takes a hundred nodes an axis
@settings(max_examples=40)
@given(
    latent_dim=st.sampled_from([1, 2]),
    seed=st.integers(0, 10_000),
    gain=st.floats(0, 3),
    n_sites=st.integers(1, 6),
)
def test_identities_hold_for_spins(latent_dim, seed, gain, n_sites):
    assert_ledger_of(small_vae(n_sites, latent_dim, seed, gain), spins(n_sites))


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), gain=st.floats(0, 2.5), n_sites=st.integers(1, 6))
def test_identities_hold_for_spins_with_three_latents(seed, gain, n_sites):
    assert_ledger_of(small_vae(n_sites, 3, seed, gain), spins(n_sites)[::5])


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), n_sites=st.integers(1, 4))
def test_identities_hold_for_directors(seed, n_sites):
    assert_ledger_of(director_vae(n_sites, seed), director_statistics(12, n_sites))


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize("n_sites", [1, 6])
def test_probabilities_of_all_configurations_sum_to_one(latent_dim, n_sites):
    terms = ledger(small_vae(n_sites, latent_dim, seed=4), spins(n_sites))
    assert (-terms.helmholtz).exp().sum().item() == pytest.approx(1, abs=REQUIRED)


def test_probabilities_sum_to_one_with_three_latents():
    terms = ledger(small_vae(4, 3, seed=4), spins(4))
    assert (-terms.helmholtz).exp().sum().item() == pytest.approx(1, abs=REQUIRED)


# -- twins -----------------------------------------------------------------------------------------
def model_and_data() -> tuple[VAE, torch.Tensor]:
    return small_vae(5, 2, seed=1), spins(5)


TWINS = {
    "entropy in bits": (lambda t: {"entropy": t.entropy / np.log(2)}, IDENTITIES[1:2]),
    "entropy of the wrong sign": (lambda t: {"entropy": -t.entropy}, IDENTITIES[1:2]),
    "energy without prior": (lambda t: {"energy": t.distortion}, IDENTITIES[1:2]),
    "rate of the wrong sign": (lambda t: {"rate": -t.rate}, IDENTITIES[:1]),
    "rate 0.01 % too large": (lambda t: {"rate": t.rate * 1.0001}, IDENTITIES[:1]),
    "distortion of the wrong sign": (lambda t: {"distortion": -t.distortion}, IDENTITIES[:1]),
    "gap of the wrong sign": (lambda t: {"gap": -t.gap}, IDENTITIES[2:]),
    "gap of another configuration": (lambda t: {"gap": t.gap.flip(0)}, IDENTITIES[2:]),
    "log p for its negative": (lambda t: {"helmholtz": -t.helmholtz}, IDENTITIES[2:]),
    "ELBO for its negative": (lambda t: {"variational": -t.variational}, IDENTITIES),
}


def failing(terms: Ledger) -> list[str]:
    return [name for name, values in residuals(terms).items() if values.abs().max() > REQUIRED]


@pytest.mark.parametrize("twin", TWINS)
def test_twin_a_wrong_term_fails_the_identities_that_it_enters(twin):
    terms = ledger(*model_and_data())
    assert failing(terms) == []
    change, caught = TWINS[twin]
    wrong = terms._replace(**change(terms))
    assert failing(wrong) == caught
    with pytest.raises(AssertionError, match="fails by"):
        assert_identities(wrong)


def test_twin_a_rate_without_the_width_is_caught(monkeypatch):
    def rate(self, mean, log_std):
        return 0.5 * (mean**2 + (2 * log_std).exp() - 1).sum(-1)

    monkeypatch.setattr(VAE, "rate", rate)
    assert failing(ledger(*model_and_data())) == IDENTITIES[:1]


def test_twin_a_prior_of_another_width_is_caught(monkeypatch):
    """In the lattice alone: F_p is then that of another model."""
    right = LatentLattice.__init__

    def wrong(self, *arguments):
        right(self, *arguments)
        self.log_weight = self.log_weight - 1e-5 * (self.nodes**2).sum(1)

    monkeypatch.setattr(LatentLattice, "__init__", wrong)
    assert failing(ledger(*model_and_data())) == IDENTITIES[2:]


def test_twin_an_unnormalised_prior_is_caught(monkeypatch):
    """In the ledger's own density: −½z² without ½ log 2π."""
    monkeypatch.setattr(free_energy, "_log_normal", lambda z: -(z**2).sum(-1) / 2)
    assert failing(ledger(*model_and_data())) == IDENTITIES[1:]


def test_twin_too_few_nodes_under_the_encoder_are_caught():
    few = {d: level._replace(fewest=4, finest=4) for d, level in FINE.items()}
    assert failing(ledger(*model_and_data(), resolution=few)) == IDENTITIES


def test_twin_too_few_nodes_over_the_posterior_are_caught():
    few = {d: level._replace(step=2.5) for d, level in FINE.items()}
    assert failing(ledger(*model_and_data(), resolution=few)) == IDENTITIES[2:]


def test_twin_a_posterior_that_is_cut_off_is_caught():
    cut = {d: level._replace(depth=6.0) for d, level in FINE.items()}
    assert failing(ledger(*model_and_data(), resolution=cut)) == IDENTITIES[2:]


def test_twin_a_lattice_coarser_than_the_posterior_is_caught():
    assert failing(ledger(*model_and_data(), spacing=1.5)) == IDENTITIES[2:]
    assert failing(ledger(*model_and_data(), spacing=0.1)) == []


# -- terms by themselves ---------------------------------------------------------------------------
def by_adaptive_integration(model: VAE, x: np.ndarray) -> dict[str, float]:
    """All terms for one latent, from the weights in NumPy and integrals over the line."""
    encoded = perceptron_by_hand(model.encoder, x)
    mean, std = encoded[0], np.exp(encoded[1])

    def log_likelihood(z: float) -> float:
        return -np.logaddexp(0, -2 * x * perceptron_by_hand(model.decoder, np.array([z]))).sum()

    def integral(function, low: float, high: float) -> float:
        return quad(function, low, high, epsabs=1e-11, epsrel=1e-11, limit=400)[0]

    def average(function) -> float:
        return integral(lambda z: norm.pdf(z, mean, std) * function(z), mean - 10 * std, mean + 10 * std)

    def log_q(z: float) -> float:
        return norm.logpdf(z, mean, std)

    evidence = integral(lambda z: norm.pdf(z) * np.exp(log_likelihood(z)), -10, 10)

    def log_posterior(z: float) -> float:
        return log_likelihood(z) + norm.logpdf(z) - np.log(evidence)

    return {
        "helmholtz": -np.log(evidence),
        "variational": average(lambda z: log_q(z) - log_likelihood(z) - norm.logpdf(z)),
        "energy": average(lambda z: -log_likelihood(z) - norm.logpdf(z)),
        "entropy": average(lambda z: -log_q(z)),
        "rate": average(lambda z: log_q(z) - norm.logpdf(z)),
        "distortion": average(lambda z: -log_likelihood(z)),
        "gap": average(lambda z: log_q(z) - log_posterior(z)),
    }


@pytest.mark.parametrize("seed", [0, 1])
def test_every_term_is_its_integral(seed):
    model, x = small_vae(4, 1, seed, gain=3.0), spins(4)[::5]
    terms = ledger(model, x)
    for row, configuration in enumerate(x.numpy()):
        for name, expected in by_adaptive_integration(model, configuration).items():
            assert getattr(terms, name)[row].item() == pytest.approx(expected, abs=REQUIRED), name


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_the_gap_vanishes_where_the_encoder_is_the_posterior(latent_dim):
    """A decoder that ignores z leaves the posterior at the prior; all of F is a product over sites."""
    model = small_vae(4, latent_dim, seed=2, gain=0.0)  # all fields are 0
    with torch.no_grad():
        model.encoder[-1].bias.zero_()
        model.encoder[-1].weight.zero_()
        model.decoder[-1].bias.copy_(torch.linspace(-1, 1, 4))
    exact = np.log1p(np.exp(-2 * spins(4).numpy() * np.linspace(-1, 1, 4))).sum(1)
    terms = ledger(model, spins(4))
    assert_identities(terms)
    for name in ("helmholtz", "variational", "distortion"):
        np.testing.assert_allclose(getattr(terms, name), exact, atol=REQUIRED, err_msg=name)
    for name in ("gap", "rate"):
        np.testing.assert_allclose(getattr(terms, name), 0, atol=REQUIRED, err_msg=name)
    np.testing.assert_allclose(terms.entropy, latent_dim * norm.entropy(), atol=REQUIRED)
    with torch.no_grad():
        model.encoder[-1].bias[0] = 0.3  # a mean of 0.3: the gap is that from the prior, m²/2
    np.testing.assert_allclose(ledger(model, spins(4)).gap, 0.045, atol=REQUIRED)


def test_two_separate_latents_add():
    """A second latent that nobody looks at, with q of its own, adds its divergence from the prior."""
    one, x = small_vae(4, 1, seed=3), spins(4)
    both = small_vae(4, 2, seed=3)
    with torch.no_grad():
        both.encoder[0].load_state_dict(one.encoder[0].state_dict())
        both.decoder[2].load_state_dict(one.decoder[2].state_dict())
        both.decoder[0].weight.copy_(torch.hstack([one.decoder[0].weight, torch.zeros(6, 1)]))
        both.decoder[0].bias.copy_(one.decoder[0].bias)
        for part in ("weight", "bias"):
            new, old = getattr(both.encoder[2], part), getattr(one.encoder[2], part)
            new.zero_()[::2] = old  # mean and log std of the first latent
        both.encoder[2].bias[1], both.encoder[2].bias[3] = 0.5, -0.7
    extra = 0.5 * (0.5**2 + np.exp(-1.4) - 1) + 0.7
    alone, joined = ledger(one, x), ledger(both, x)
    for name, added in {"helmholtz": 0, "distortion": 0, "variational": extra, "gap": extra}.items():
        expected = getattr(alone, name) + added
        torch.testing.assert_close(getattr(joined, name), expected, rtol=0, atol=REQUIRED)


# -- a trained-like decoder ------------------------------------------------------------------------


COARSE_ERROR = {1: (1e-3, 1e-4), 2: (1e-2, 3e-3), 3: (1e-1, 3e-2)}  # nats: of one x, of the mean


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_the_coarse_resolution_is_good_enough_to_follow_a_training(latent_dim):
    model, x = steep_vae(60, latent_dim)
    exact, coarse = ledger(model, x[:16]), ledger(model, x[:16], resolution=COARSE)
    assert_identities(exact)
    assert exact.gap.mean() > 0.01  # there is something to follow
    each, mean = COARSE_ERROR[latent_dim]
    for name in Ledger._fields:
        off = getattr(coarse, name) - getattr(exact, name)
        assert off.abs().max() <= each, name
        assert off.mean().abs() <= mean, name
    assert_identities(coarse, 2 * each)


def test_posteriors_of_two_modes_are_normalised():
    """A field that depends on |z| only: ±z are alike, and q sits on one of them."""
    model = VAE(random_vae(2, 1, seed=0).family, 20, VAEConfig(1, (2,), (2,))).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.decoder[0].weight.copy_(torch.tensor([[2.0], [2.0]]))
        model.decoder[0].bias.copy_(torch.tensor([3.0, -3.0]))
        model.decoder[2].weight.copy_(torch.tensor([[-1.0, 1.0]]).expand(20, 2))
        model.decoder[2].bias.fill_(1.0)
        model.encoder[2].bias.copy_(torch.tensor([1.5, -1.0]))
    terms = ledger(model, torch.ones(1, 20))
    assert_identities(terms)
    assert terms.gap.item() > np.log(2)  # half of the posterior is not covered by q


# -- precision, blocks, refusals -------------------------------------------------------------------
@pytest.mark.parametrize("latent_dim", [1, 2])
def test_a_model_in_single_precision_has_the_same_ledger(latent_dim):
    model = random_vae(5, latent_dim, seed=6)
    single, double = ledger(model, spins(5)), ledger(in_double(model), spins(5))
    rounding = 5 * 20 * np.finfo(np.float32).eps  # sites × roundings of a field of order 1
    for name, value in single._asdict().items():
        assert value.dtype == torch.float64
        np.testing.assert_allclose(value, getattr(double, name), atol=rounding, err_msg=name)
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())


def test_blocks_do_not_matter(monkeypatch):
    model, x = model_and_data()
    whole = ledger(model, x)
    monkeypatch.setattr(free_energy, "BLOCK_ENTRIES", 200_000)
    monkeypatch.setattr(free_energy, "FIELD_ENTRIES", 10_000)
    monkeypatch.setattr(quadrature, "BLOCK_ENTRIES", 100_000)
    for name, value in ledger(model, x)._asdict().items():
        torch.testing.assert_close(value, getattr(whole, name), rtol=1e-11, atol=1e-11)


def test_one_configuration_has_the_ledger_that_it_has_among_others():
    model, x = model_and_data()
    for alone, among in zip(ledger(model, x[7:8]), ledger(model, x), strict=True):
        torch.testing.assert_close(alone[0], among[7], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("resolution", [FINE, COARSE])
def test_too_many_latents_are_refused(resolution):
    with pytest.raises(InputError) as caught:
        ledger(random_vae(3, 4, seed=0), spins(3), resolution=resolution)
    assert caught.value.field == "latent_dim"
    assert caught.value.value == 4


def test_estimates_are_means_with_their_standard_errors():
    terms = ledger(*model_and_data())
    found = estimates(terms)
    assert list(found) == list(Ledger._fields)
    for name, values in terms._asdict().items():
        assert found[name].value == pytest.approx(values.mean().item(), rel=1e-12)
        expected = values.std().item() / np.sqrt(len(values))
        assert found[name].stderr == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_a_lattice_evaluates_a_model_in_its_own_precision(latent_dim):
    model, x = random_vae(4, latent_dim, seed=5), spins(4)
    single, double = (LatentLattice(m, latent_dim, 0.5) for m in (model, in_double(model)))
    with torch.no_grad():
        assert torch.equal(single.fields, model.fields(single.nodes.float()).double())
        assert torch.equal(double.fields, in_double(model).fields(double.nodes))
    assert not torch.equal(single.log_marginal(x), double.log_marginal(x))
