"""What no change of the latents alters: exactly so for a model whose latents are turned by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.compare.invariants import Invariants, agreement, invariants
from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from tests.helpers.statistics import all_configurations

SITES = 8
STATISTIC = torch.from_numpy(Spin().statistic(all_configurations(SITES)))


def network(seed: int = 1) -> VAE:
    torch.manual_seed(seed)
    return VAE(Spin(), SITES, VAEConfig(2, (8,), (8,)))


def turned(model: VAE, angle: float) -> VAE:
    """The same decoder, its latents in another gauge; the encoder's means follow."""
    rotation = torch.tensor(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], dtype=torch.float32
    )
    other = network()
    other.load_state_dict(model.state_dict())
    with torch.no_grad():
        first, last = other.decoder[0], other.encoder[-1]
        first.weight.copy_(first.weight @ rotation.T)
        last.weight[:2] = rotation @ last.weight[:2]
        last.bias[:2] = rotation @ last.bias[:2]
    return other


def of(model: VAE, kind: str = "real") -> Invariants:
    noise = torch.Generator().manual_seed(1)
    return invariants(model, STATISTIC, kind, np.random.default_rng(1), noise)


def values(table) -> dict[str, float]:
    return dict(zip(table["quantity"], table["value"], strict=True))


def test_turning_the_latents_changes_them_and_nothing_else():
    model = network()
    replicas = [of(turned(model, angle)) for angle in (0.0, 1.1, 2.5)]
    found = values(agreement(replicas, np.random.default_rng(1)))
    assert found["latent_raw"] < 0.9
    assert found["latent_procrustes"] == pytest.approx(1, abs=1e-6)
    for name in ("span", "coupling", "covariances", "log_prob"):
        assert found[name] == pytest.approx(1, abs=1e-3)  # spans by 4000 draws of the prior
    assert found["log_prob_difference"] < 1e-4
    assert found["means_difference"] < 1e-5
    others = [of(network(seed)) for seed in (1, 2, 3)]
    different = values(agreement(others, np.random.default_rng(1)))
    assert max(different[name] for name in ("span", "coupling", "covariances", "log_prob")) < 0.99


def test_the_law_is_that_of_all_configurations():
    one, x = of(network()), STATISTIC.double().numpy()
    p = np.exp(one.log_prob)
    assert p.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(p @ x, one.means, atol=1e-6)
    covariance = (x * p[:, None]).T @ x - np.outer(p @ x, p @ x)
    np.fill_diagonal(covariance, 0)
    np.testing.assert_allclose(one.covariances, covariance, atol=1e-6)


def test_patterns_are_of_the_kind_that_is_asked_for():
    assert set(np.unique(of(network(), "binary").coupling)) <= set(range(-4, 5))
    assert np.trace(of(network(), "orthonormal").coupling) % SITES == pytest.approx(0, abs=1e-6)


def test_more_than_three_latents_are_refused():
    model = VAE(Spin(), SITES, VAEConfig(4, (8,), (8,)))
    with pytest.raises(InputError, match="latent_dim = 4"):
        of(model)
