"""Our training loop against the plain one and against pythae's.

All train the same model from the same start on the same data, with the same number of steps on batches
of the same size, and score the same held-out configurations after every epoch, on one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.plain_loop import plain_loop
from benchmarks.pythae_loop import pythae_loop
from benchmarks.timing import Measurement, alternate, ratio
from mfvae.capacity.ledger import checkpoint
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.systems import build
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train

POINT = {"N": 100, "p": 3, "beta": 1.2}
ARCHITECTURE = VAEConfig(latent_dim=3, encoder_hidden=(64, 64), decoder_hidden=(64, 64))
LEDGER = "a checkpoint of the ledger"
TEST_FRACTION = 0.1  # held-out configurations per training configuration

Loop = Callable[[VAE, Tensor, Tensor, TrainingConfig, int], float]


def our_loop(
    model: VAE, train_set: Tensor, test_set: Tensor, config: TrainingConfig, seed: int
) -> float:
    """Train with ``mfvae.train``; returns the last negative ELBO of the test set, in nats."""
    return train(model, train_set, test_set, config, seed).history[-1]["negative_elbo"]


def measure(n_samples: int, epochs: int, repeats: int, seed: int) -> list[Measurement]:
    """Seconds per epoch of all loops, and of a checkpoint of the free-energy ledger, all in turns."""
    torch.set_num_threads(1)
    system = build("hopfield", POINT, seed)
    n_test = int(TEST_FRACTION * n_samples)
    x = system.sample(n_samples + n_test, np.random.default_rng(seed))
    statistic = torch.from_numpy(system.site_family.statistic(x))
    train_set, test_set = statistic[n_test:], statistic[:n_test]
    config = TrainingConfig(epochs=epochs, learning_rate=0.005)

    def run(loop: Loop, scored: Tensor) -> VAE:
        torch.manual_seed(seed)
        model = VAE(Spin(), POINT["N"], ARCHITECTURE)
        loop(model, train_set, scored, config, seed)
        return model

    one = test_set[:1]  # as good as no scoring
    trained = run(our_loop, one)
    contenders: dict[str, Callable[[], object]] = {
        "ours": partial(run, our_loop, test_set),
        "DataLoader": partial(run, plain_loop, test_set),
        "ours, no scoring": partial(run, our_loop, one),
        "DataLoader, no scoring": partial(run, plain_loop, one),
        "DataLoader, fused Adam": partial(run, partial(plain_loop, fused=True), test_set),
        "DataLoader, a worker process": partial(run, partial(plain_loop, num_workers=1), test_set),
        "pythae": partial(run, pythae_loop, test_set),
        "pythae, no scoring": partial(run, pythae_loop, one),
        LEDGER: partial(checkpoint, trained, test_set),
    }
    times = alternate(contenders, repeats)
    ledgers = times.pop(LEDGER)
    of_an_epoch = ratio(ledgers, [t / epochs for t in times["ours"]])
    rows = [
        Measurement(f"training: {LEDGER}", "s", ledgers),
        Measurement(f"training: {LEDGER}", "of an epoch", of_an_epoch),
    ]
    rows += [
        Measurement(f"training: {name}", "s per epoch", tuple(t / epochs for t in values))
        for name, values in times.items()
    ]
    ratios = {
        name: ratio(values, times["ours, no scoring" if "no scoring" in name else "ours"])
        for name, values in times.items()
        if not name.startswith("ours")
    }
    return rows + [Measurement(f"training: {name}", "× ours", values) for name, values in ratios.items()]
