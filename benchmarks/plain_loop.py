"""The peer of our training loop, as tutorials write it: TensorDataset, DataLoader and torch.optim."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from mfvae.model.vae import VAE
from mfvae.training.config import TrainingConfig
from mfvae.training.optimiser import RISE


@torch.no_grad()
def score(model: VAE, loader: DataLoader) -> float:
    """Negative ELBO in nats per configuration, one draw of z each."""
    total, n = 0.0, 0
    for (statistic,) in loader:
        terms = model(statistic, torch.randn(len(statistic), model.config.latent_dim))
        total += (terms.distortion + terms.rate).sum().item()
        n += len(statistic)
    return total / n


def plain_loop(
    model: VAE,
    train_set: Tensor,
    test_set: Tensor,
    config: TrainingConfig,
    seed: int,
    num_workers: int = 0,
    fused: bool = False,
) -> float:
    """Train the usual way; returns the last negative ELBO of the test set, in nats."""
    torch.manual_seed(seed)
    train_loader = DataLoader(
        TensorDataset(train_set),
        batch_size=config.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
    )
    test_loader = DataLoader(TensorDataset(test_set), batch_size=config.batch_size)
    total = config.epochs * len(train_loader)
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=fused)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=config.learning_rate,
        total_steps=total,
        pct_start=RISE,
        cycle_momentum=False,
    )
    step, history = 0, []
    for _ in range(config.epochs):
        running_loss = 0.0
        for (statistic,) in train_loader:
            step += 1
            noise = torch.randn(len(statistic), model.config.latent_dim)
            terms = model(statistic, noise)
            weight = min(1.0, step / max(1.0, config.warmup * total))
            loss = terms.distortion.mean() + weight * terms.rate.mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            running_loss += loss.item()
        history.append((running_loss / len(train_loader), score(model, test_loader)))
    return history[-1][1]
