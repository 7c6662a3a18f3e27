"""The peer that a user would install: pythae's VAE and its BaseTrainer (Chadebec et al., NeurIPS 2022).

Encoder and decoder are the networks of our model, wrapped as pythae asks; spins are 0 and 1, the decoder
returns probabilities, and its cross-entropy is our distortion. So its loss is our −ELBO without warm-up.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from mfvae.model.vae import VAE
from mfvae.training.config import TrainingConfig
from mfvae.training.optimiser import one_cycle


@contextmanager
def _silent() -> Iterator[None]:
    """pythae's loggers write to the console and cannot be set; the switch of all of them can."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def wrapped(model: VAE) -> nn.Module:
    """pythae's VAE around the very networks of ``model``: training it trains ``model``."""
    from pythae.models import VAE as PythaeVAE
    from pythae.models import VAEConfig as PythaeConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.network = model.encoder

        def forward(self, x: Tensor) -> Any:
            mean, log_std = self.network(2 * x - 1).chunk(2, dim=-1)
            return ModelOutput(embedding=mean, log_covariance=2 * log_std)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.network = model.decoder

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=torch.sigmoid(2 * self.network(z)))

    settings = PythaeConfig(
        input_dim=(model.n_sites,), latent_dim=model.config.latent_dim, reconstruction_loss="bce"
    )
    return PythaeVAE(settings, encoder=Encoder(), decoder=Decoder())


def as_data(statistic: Tensor) -> Any:
    """pythae's data set of spins (B, N) as 0 and 1; it asks for labels."""
    from pythae.data.datasets import BaseDataset

    return BaseDataset((statistic + 1) / 2, torch.zeros(len(statistic)))


def pythae_loop(
    model: VAE, train_set: Tensor, test_set: Tensor, config: TrainingConfig, seed: int
) -> float:
    """Train ``model`` in place with pythae's trainer; returns the last negative ELBO of the test set.

    Nothing is saved, printed or shown. Our schedule of the learning rate comes in by a callback, once a
    step, as its own are made for epochs. Batches are as large as ours; the last, smaller one is kept.
    """
    with _silent():
        from pythae.trainers import BaseTrainer, BaseTrainerConfig
        from pythae.trainers.training_callbacks import CallbackHandler, TrainingCallback

        class Trainer(BaseTrainer):
            """Without the progress bar and the files, for which there is no setting."""

            def _setup_callbacks(self) -> None:
                self.callback_handler = CallbackHandler(callbacks=self.callbacks, model=self.model)

            def save_model(self, *_: object, **__: object) -> None: ...

        class Schedule(TrainingCallback):
            def __init__(self) -> None:
                self.step = 0
                self.score = float("nan")

            def on_train_step_begin(self, *_: object, **__: object) -> None:  # of an epoch
                self._set()

            def on_train_step_end(self, *_: object, **__: object) -> None:
                self.step += 1
                self._set()

            def on_log(self, _: object, logs: dict[str, float], **__: object) -> None:
                self.score = logs["eval_epoch_loss"]

            def _set(self) -> None:
                rate = config.learning_rate * one_cycle(self.step, total)
                trainer.optimizer.param_groups[0]["lr"] = rate

        schedule = Schedule()
        with tempfile.TemporaryDirectory() as folder:
            settings = BaseTrainerConfig(
                output_dir=folder,
                per_device_train_batch_size=config.batch_size,
                per_device_eval_batch_size=config.batch_size,
                num_epochs=config.epochs,
                learning_rate=config.learning_rate,
                seed=seed,
                no_cuda=True,
            )
            trainer = Trainer(
                wrapped(model), as_data(train_set), as_data(test_set), settings, [schedule]
            )
            total = config.epochs * len(trainer.train_loader)
            trainer.train()
    return schedule.score
