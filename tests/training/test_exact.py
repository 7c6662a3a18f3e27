"""The exact marginal likelihood: its nodes, its value and gradients, and what its encoder learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.latent import balance, nodes
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.nodes import shifted_nodes
from mfvae.model.vae import VAE
from mfvae.training.objectives import Draws, elbo, exact
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import in_double, random_vae, spins

N_SITES = 5
SHIFTS = 4000
ROUNDING = 1e-5  # nats: float32 fields of a handful of sites
ALL = spins(N_SITES).float()
each_dimension = pytest.mark.parametrize("latent_dim", [1, 2, 3])


# -- nodes -----------------------------------------------------------------------------------------
MOMENTS = {  # of a standard normal in d dimensions
    "z": (lambda z: z[:, 0], 0.0),
    "z²": (lambda z: z[:, -1] ** 2, 1.0),
    "z⁴": (lambda z: z[:, 0] ** 4, 3.0),
    "|z|²": (lambda z: (z**2).sum(1) / z.shape[1], 1.0),
    "exp z": (lambda z: (z[:, -1] - 0.5).exp(), 1.0),
    "z₁z₂": (lambda z: z[:, 0] * z[:, 1:].sum(1), 0.0),
    "P(z > 1)": (lambda z: (z[:, 0] > 1).float(), 0.158655253931457),
}


def assert_moments(n: int, latent_dim: int) -> None:
    """Means over nodes, averaged over shifts, which are independent."""
    source = generator(n)
    sets = [shifted_nodes(n, latent_dim, source) for _ in range(SHIFTS)]
    for name, (function, expected) in MOMENTS.items():
        if name == "z₁z₂" and latent_dim == 1:
            continue
        means = np.array([function(nodes).double().mean() for nodes in sets])
        assert_within_floor(means.mean(), expected, means.std(ddof=1) / np.sqrt(SHIFTS))


@each_dimension
@pytest.mark.parametrize("n", [1, 8, 11])
def test_a_mean_over_shifted_nodes_is_unbiased(n, latent_dim):
    """Also where n is no power of two."""
    assert_moments(n, latent_dim)


@each_dimension
def test_twin_nodes_that_are_shifted_too_little_are_caught(monkeypatch, latent_dim):
    rand = torch.rand
    monkeypatch.setattr(torch, "rand", lambda *shape, **options: 0.06 * rand(*shape, **options))
    with pytest.raises(AssertionError, match="floors"):
        assert_moments(8, latent_dim)


def test_nodes_in_one_dimension_are_equally_spaced_in_the_cube():
    nodes = shifted_nodes(64, 1, generator()).double()
    cube = torch.special.ndtr(nodes[:, 0]).sort().values
    torch.testing.assert_close(cube.diff(), torch.full((63,), 1 / 64).double(), rtol=0, atol=1e-6)


@each_dimension
def test_nodes_are_better_than_random_ones(latent_dim):
    """Variance over shifts of the mean of z², which is 2/n for independent nodes."""
    source = generator(1)
    means = [(shifted_nodes(64, latent_dim, source)[:, 0] ** 2).mean() for _ in range(300)]
    assert np.var(means) < 0.5 * 2 / 64


@each_dimension
def test_every_call_shifts_anew(latent_dim):
    going_on = generator(3)
    first, second = (shifted_nodes(16, latent_dim, going_on) for _ in range(2))
    assert first.shape == (16, latent_dim)
    assert first.dtype == torch.float32
    assert not torch.isclose(first, second).any()
    assert torch.equal(shifted_nodes(16, latent_dim, generator(3)), first)


# -- value -----------------------------------------------------------------------------------------
def assert_probabilities(model: VAE, expected: torch.Tensor, draws: int = 8) -> None:
    """exp(−free energy) of single configurations, averaged over shifts: unbiased however few nodes."""
    source = generator(5)
    with torch.no_grad():
        for row in range(0, len(ALL), 9):
            found = np.exp(
                [
                    -exact(model, ALL[row : row + 1], Draws(draws, 1.0, source)).terms["free energy"]
                    for _ in range(600)
                ]
            )
            floor = found.std(ddof=1) / np.sqrt(len(found)) + ROUNDING * expected[row].item()
            assert_within_floor(found.mean(), expected[row].item(), floor)


@each_dimension
def test_probabilities_are_those_of_the_lattice(latent_dim):
    model = random_vae(N_SITES, latent_dim, seed=2, gain=4.0)
    expected = LatentLattice(model, latent_dim).log_marginal(ALL).exp()
    assert_probabilities(model, expected)
    for wrong in (8 / 7 * expected, 0.95 * expected):  # twins
        with pytest.raises(AssertionError, match="floors"):
            assert_probabilities(model, wrong)


def scatter_over_shifts(model: VAE, draws: int) -> tuple[float, float]:
    source = generator(6)
    with torch.no_grad():
        values = [
            exact(model, ALL, Draws(draws, 1.0, source)).terms["free energy"].item() for _ in range(60)
        ]
    return float(np.mean(values)), float(np.std(values, ddof=1))


@each_dimension
def test_with_many_nodes_the_value_is_the_free_energy(latent_dim):
    """The bias, half of the variance of log p̂, is far below the scatter: four of those are allowed."""
    model = random_vae(N_SITES, latent_dim, seed=2, gain=4.0)
    expected = -LatentLattice(model, latent_dim).log_marginal(ALL).mean().item()
    (few, rough), (many, fine) = (scatter_over_shifts(model, draws) for draws in (16, 1024))
    assert abs(many - expected) <= FACTOR * (fine / np.sqrt(60) + fine**2) + ROUNDING
    assert abs(few - expected) <= FACTOR * (rough / np.sqrt(60) + rough**2) + ROUNDING
    assert fine < rough / 4
    assert fine < 0.01


# -- gradients -------------------------------------------------------------------------------------
def flat(loss: torch.Tensor, network: torch.nn.Module) -> np.ndarray:
    """Gradient with respect to all parameters of a network; zero where there is none."""
    parts = torch.autograd.grad(
        loss, list(network.parameters()), materialize_grads=True, retain_graph=True
    )
    return torch.cat([part.flatten() for part in parts]).double().numpy()


def lattice_gradient(model: VAE) -> np.ndarray:
    """Of the mean of −log p(x), through the sum over a lattice, in float64."""
    double = in_double(model)
    lattice = LatentLattice(double, model.config.latent_dim)
    log_likelihood = double.log_likelihood(ALL[:, None].double(), lattice.nodes)
    free_energy = -(log_likelihood + lattice.log_weight).logsumexp(1).mean()
    return flat(free_energy, double.decoder)


def assert_decoder_gradient(model: VAE, gradient_of, own: int = 0) -> None:
    """Averaged over 40 shifts of 1024 nodes; floors from their scatter, and rounding."""
    source, expected = generator(8), lattice_gradient(model)
    draws = Draws(1024, 1.0, source, own=own)
    found = np.array([flat(gradient_of(model, ALL, draws), model.decoder) for _ in range(40)])
    floor = found.std(0, ddof=1) / np.sqrt(len(found)) + 1e-6 * np.abs(expected).max()
    assert_within_floor(found.mean(0), expected, floor)


@pytest.mark.parametrize("own", [0, 8])
@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_gradient_of_the_decoder_is_that_of_the_lattice(latent_dim, own):
    model = random_vae(N_SITES, latent_dim, seed=3, gain=3.0, widths=(3,))
    assert_decoder_gradient(model, lambda *call: exact(*call).value, own)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_twin_own_draws_with_a_wrong_weight_teach_a_wrong_gradient(monkeypatch, factor):
    right = balance.log_mixture
    monkeypatch.setattr(balance, "log_mixture", lambda *given: right(*given) + np.log(factor))
    model = random_vae(N_SITES, 2, seed=3, gain=3.0, widths=(3,))
    with pytest.raises(AssertionError, match="floors"):
        assert_decoder_gradient(model, lambda *call: exact(*call).value, own=64)


def test_twin_the_gradient_of_the_evidence_lower_bound_is_caught():
    model = random_vae(N_SITES, 1, seed=3, gain=3.0, widths=(3,))
    with pytest.raises(AssertionError, match="floors"):
        assert_decoder_gradient(model, lambda *call: elbo(*call).value)


def test_each_term_teaches_one_network_alone():
    model = random_vae(N_SITES, 2, seed=4)
    terms = exact(model, ALL, Draws(64, 1.0, generator())).terms
    assert not flat(terms["encoder"], model.decoder).any()
    assert not flat(terms["free energy"], model.encoder).any()
    assert flat(terms["encoder"], model.encoder).any()
    assert flat(terms["free energy"], model.decoder).any()
    twin = elbo(model, ALL, Draws(1, 1.0, generator())).terms["distortion"]  # reaches both
    assert flat(twin, model.decoder).any()
    assert flat(twin, model.encoder).any()


# -- the encoder -----------------------------------------------------------------------------------
def posterior(model: VAE, x: torch.Tensor, draws: int, seed: int) -> tuple[np.ndarray, ...]:
    """Weights (B, G) of p(z|x) on the nodes that the loss takes with this seed, and these, (G, d)."""
    z = shifted_nodes(draws, model.config.latent_dim, generator(seed)).double()
    with torch.no_grad():
        log_likelihood = in_double(model).log_likelihood(x[:, None].double(), z)
    return log_likelihood.softmax(1).numpy(), z.numpy()


@each_dimension
def test_the_term_of_the_encoder_is_the_cross_entropy_written_by_hand(latent_dim):
    """−⟨log q(z|x)⟩ under the posterior, less the constant d/2 log 2π."""
    model = random_vae(N_SITES, latent_dim, seed=5)
    found = exact(model, ALL, Draws(128, 1.0, generator(9))).terms["encoder"].item()
    weight, z = posterior(model, ALL, 128, seed=9)
    with torch.no_grad():
        mean, log_std = (part.double().numpy() for part in model.encode(ALL))
    minus_log_q = ((z - mean[:, None]) ** 2 / (2 * np.exp(2 * log_std[:, None]))).sum(2)
    minus_log_q += log_std.sum(1, keepdims=True)
    expected = (weight * minus_log_q).sum(1).mean()
    assert found == pytest.approx(expected, rel=1e-5)
    backwards = (weight[::-1] * minus_log_q).sum(1).mean()  # a twin: posteriors of other configurations
    assert found != pytest.approx(backwards, rel=1e-3)


def constant_encoder(model: VAE, mean: np.ndarray, variance: np.ndarray) -> None:
    """The same q for every configuration."""
    with torch.no_grad():
        model.encoder[-1].weight.zero_()
        values = np.concatenate([mean, np.log(variance) / 2])
        model.encoder[-1].bias.copy_(torch.from_numpy(values))


@each_dimension
def test_the_best_encoder_has_mean_and_variance_of_the_posterior(latent_dim):
    """There the slope is nothing but rounding, and the term is Σ ½ + log σ; elsewhere it is larger."""
    model, x = random_vae(N_SITES, latent_dim, seed=6, gain=4.0), ALL[5:6]
    weight, z = posterior(model, x, 512, seed=9)
    mean = weight[0] @ z
    variance = weight[0] @ (z - mean) ** 2

    def at(mean: np.ndarray, variance: np.ndarray) -> tuple[float, np.ndarray]:
        constant_encoder(model, mean, variance)
        term = exact(model, x, Draws(512, 1.0, generator(9))).terms["encoder"]
        slope = torch.autograd.grad(term, model.encoder[-1].bias)[0]
        return term.item(), slope.numpy()

    best, slope = at(mean, variance)
    assert best == pytest.approx((0.5 + np.log(variance) / 2).sum(), abs=1e-4)
    np.testing.assert_allclose(slope, 0, atol=1e-4)
    for wrong in ((mean + 0.05, variance), (mean, 1.1 * variance), (mean, 0.9 * variance)):  # twins
        value, slope = at(*wrong)
        assert value > best
        assert np.abs(slope).max() > 0.04


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_these_are_the_moments_of_the_true_posterior(latent_dim):
    """Against the lattice, averaged over shifts, with their scatter as floor."""
    model, x = random_vae(N_SITES, latent_dim, seed=6, gain=4.0), ALL[5:6]
    sets = [posterior(model, x, 1024, seed) for seed in range(40)]
    means = np.array([weight[0] @ z for weight, z in sets])
    seconds = np.array([weight[0] @ z**2 for weight, z in sets])
    lattice = LatentLattice(model, latent_dim)
    weight = next(lattice.log_joint(x)).softmax(1)[0].numpy()
    z = lattice.nodes.numpy()
    for found, expected in ((means, weight @ z), (seconds, weight @ z**2)):
        floor = found.std(0, ddof=1) / np.sqrt(len(found)) + ROUNDING
        assert_within_floor(found.mean(0), expected, floor)
        with pytest.raises(AssertionError, match="floors"):  # twin
            assert_within_floor(found.mean(0), 1.05 * expected, floor)


def test_the_weight_of_the_rate_has_no_part_in_it():
    model = random_vae(N_SITES, 2, seed=5)
    draws = [Draws(32, weight, generator()) for weight in (0.0, 0.4, 1.0)]
    found = {exact(model, ALL, each).value.item() for each in draws}
    assert len(found) == 1


def test_nodes_are_shared_by_the_batch(monkeypatch):
    """One decoder pass over all nodes, however many configurations there are."""
    model, shapes = random_vae(N_SITES, 2, seed=5), []
    fields = model.fields
    monkeypatch.setattr(model, "fields", lambda z: shapes.append(tuple(z.shape)) or fields(z))
    exact(model, ALL, Draws(32, 1.0, generator()))
    assert shapes == [(32, 2)]
    assert nodes.sobol(32, 2).shape == (32, 2)
