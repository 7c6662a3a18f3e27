"""Fields of many sites are computed for some nodes at a time, and are the same."""

import torch

from mfvae.latent import lattice
from mfvae.latent.lattice import SobolNodes
from mfvae.model.config import VAEConfig
from mfvae.model.vae import VAE
from mfvae.sites.spin import Spin


def nodes_of(model: VAE) -> SobolNodes:
    return SobolNodes(model, 2, torch.Generator().manual_seed(1), 512)


def test_sums_in_parts_are_those_of_the_whole(monkeypatch):
    model = VAE(Spin(), 37, VAEConfig(2, (8,), (8,)), seed=0).eval()
    statistic = torch.ones(5, 37)
    whole, asked = nodes_of(model), []
    fields = model.fields
    monkeypatch.setattr(model, "fields", lambda z: asked.append(len(z)) or fields(z))
    monkeypatch.setattr(lattice, "ENTRIES_AT_ONCE", 100 * 37)
    parts = nodes_of(model)
    assert asked == [1, 100, 100, 100, 100, 100, 12]
    torch.testing.assert_close(parts.fields, whole.fields)
    torch.testing.assert_close(parts.log_marginal(statistic), whole.log_marginal(statistic))
