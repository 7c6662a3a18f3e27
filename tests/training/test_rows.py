"""Spins that stay packed train to the same bits as their statistics in floats."""

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.training import rows as module
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from mfvae.training.rows import PackedSpins, Rows, rows_for_training

SPIN = SITE_FAMILIES["spin"]
X = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), size=(700, 11))
X[:, 1:4] = X[:, :1]


def weights_after(rows: Rows, d: int, **config: object) -> torch.Tensor:
    model = VAE(SPIN, X.shape[1], VAEConfig(d, (8,), (8,)), seed=1)
    settings = TrainingConfig(epochs=2, batch_size=64, start_steps=5, **config)  # type: ignore[arg-type]
    train(model, rows, torch.from_numpy(SPIN.statistic(X[:50])), settings, 3)
    return parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize(
    ("d", "config"),
    [
        (1, {"objective": "exact", "latent_draws": 16, "start": "data"}),
        (2, {"objective": "exact", "latent_draws": 16, "start": "data"}),
        (2, {"objective": "elbo", "starts": 2}),
    ],
)
def test_packed_rows_train_to_the_same_bits(d: int, config: dict[str, object]) -> None:
    floats = torch.from_numpy(SPIN.statistic(X))
    packed = PackedSpins(SPIN.pack(X), X.shape[1])
    assert torch.equal(weights_after(packed, d, **config), weights_after(floats, d, **config))


def test_many_spins_are_packed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(rows_for_training(SPIN, X), torch.Tensor)
    monkeypatch.setattr(module, "LARGEST_IN_FLOATS", X.size - 1)
    monkeypatch.setattr(module, "PACKED_AT_ONCE", 100)
    rows = rows_for_training(SPIN, X)
    assert isinstance(rows, PackedSpins)
    assert torch.equal(rows[:], torch.from_numpy(SPIN.statistic(X)))


def test_bits_of_other_sites_are_refused() -> None:
    with pytest.raises(InputError, match="bits of 17 sites"):
        PackedSpins(SPIN.pack(X), 17)


def test_packed_rows_with_gaps_are_refused() -> None:
    model = VAE(SPIN, X.shape[1], VAEConfig(1, gaps=True), seed=1)
    seen = torch.rand(X.shape, generator=torch.Generator().manual_seed(0)) > 0.1
    packed = PackedSpins(SPIN.pack(X), X.shape[1])
    held_out = torch.from_numpy(SPIN.statistic(X))
    with pytest.raises(InputError, match="packed"):
        train(model, packed, held_out, TrainingConfig(epochs=1), 0, observed=seen)
