"""The training loop: whole data set in memory, seeded, one thread, progress shown, history kept."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm

from mfvae.errors import InputError
from mfvae.objectives import OBJECTIVES
from mfvae.vae import VAE

RISE = 0.2  # fraction of the training over which the learning rate rises to its peak
START = 0.04  # learning rate of the first step over its peak
EVALUATION_BLOCK = 512  # configurations scored at once, so that a block stays in the cache
LOG_EVERY_S = 10.0  # between progress lines when nobody watches


@dataclass(frozen=True)
class TrainingConfig:
    """How to train: objective, Adam with a one-cycle schedule, KL warm-up over a fraction of it."""

    objective: str = "elbo"
    epochs: int = 20
    batch_size: int = 512
    learning_rate: float = 3e-3
    warmup: float = 0.2

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise InputError("objective", self.objective, f"one of {', '.join(OBJECTIVES)}")
        if self.epochs < 1:
            raise InputError("epochs", self.epochs, "an integer ≥ 1 is needed")
        if self.batch_size < 1:
            raise InputError("batch_size", self.batch_size, "an integer ≥ 1 is needed")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError("learning_rate", self.learning_rate, "a finite number > 0 is needed")
        if not 0 <= self.warmup <= 1:
            raise InputError("warmup", self.warmup, "a fraction between 0 and 1 is needed")


class TrainingDiverged(ArithmeticError):
    """The loss stopped being finite."""


class Progress:
    """A bar with loss and time left for a person; a line every so often for a log."""

    def __init__(self, total: int, interactive: bool | None = None) -> None:
        watched = sys.stderr.isatty() if interactive is None else interactive
        self.bar = tqdm(total=total, unit="step", disable=not watched)
        self.watched, self.total, self.start = watched, total, time.monotonic()
        self.last = self.start

    def update(self, step: int, message: str) -> None:
        """Report that ``step`` (1-based) is done."""
        if self.watched:
            self.bar.set_postfix_str(message, refresh=False)
            self.bar.update(1)
            return
        now = time.monotonic()
        if now - self.last >= LOG_EVERY_S or step == self.total:
            left = (now - self.start) * (self.total - step) / step
            print(f"step {step}/{self.total}, {message}, {left:.0f} s left", file=sys.stderr, flush=True)
            self.last = now

    def close(self) -> None:
        self.bar.close()


def one_cycle(step: int, total: int) -> float:
    """Learning rate of step 0, …, total − 1 over its peak: half a cosine up, half a cosine down to 0.

    Smith & Topin, arXiv:1708.07120.
    """
    turn = RISE * total
    if step < turn:
        return START + (1 - START) * (1 - math.cos(math.pi * step / turn)) / 2
    return (1 + math.cos(math.pi * (step - turn) / (total - turn))) / 2


class Adam:
    """Adam (Kingma & Ba, arXiv:1412.6980) on all weights as one vector; parameters become views of it.

    ``torch.optim.Adam`` handles tensor after tensor, which takes longer than the arithmetic of networks
    this small, and loads a compiler when it is made (0.7 s).
    """

    decay, decay_squared, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.weights = parameters_to_vector(self.parameters).detach()  # (P,)
        vector_to_parameters(self.weights, self.parameters)
        self.mean, self.square = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.steps = 0

    def minimise(self, loss: Tensor, learning_rate: float) -> None:
        """One step down the gradient of ``loss``; a parameter that it does not depend on stays."""
        slopes = torch.autograd.grad(loss, self.parameters, materialize_grads=True)
        gradient = torch.cat([slope.flatten() for slope in slopes])
        self.steps += 1
        self.mean.lerp_(gradient, 1 - self.decay)
        self.square.mul_(self.decay_squared).addcmul_(gradient, gradient, value=1 - self.decay_squared)
        scale = (self.square / (1 - self.decay_squared**self.steps)).sqrt_().add_(self.epsilon)
        self.weights.addcdiv_(self.mean, scale, value=-learning_rate / (1 - self.decay**self.steps))


@torch.no_grad()
def evaluate(model: VAE, statistic: Tensor, config: TrainingConfig, seed: int) -> dict[str, float]:
    """Rate, distortion and negative ELBO of a data set (B, N·dim), in nats per configuration."""
    generator = torch.Generator().manual_seed(seed)
    rate = distortion = 0.0
    for block in torch.split(statistic, EVALUATION_BLOCK):
        loss = OBJECTIVES["elbo"](model, block, 1.0, generator)
        rate += loss.rate.item() * len(block) / len(statistic)
        distortion += loss.distortion.item() * len(block) / len(statistic)
    return {"rate": rate, "distortion": distortion, "negative_elbo": rate + distortion}


def train(
    model: VAE, train_set: Tensor, test_set: Tensor, config: TrainingConfig, seed: int
) -> list[dict[str, float]]:
    """Train ``model`` in place on statistics (B, N·dim) and return one record per epoch, in nats.

    The test set is only scored. Raises TrainingDiverged, naming step and term, at a non-finite loss.
    """
    torch.set_num_threads(1)  # bits depend on the number of threads
    generator = torch.Generator().manual_seed(seed)
    objective = OBJECTIVES[config.objective]
    steps_per_epoch = max(1, len(train_set) // config.batch_size)
    total = config.epochs * steps_per_epoch
    optimiser = Adam(model.parameters())
    progress, history, step = Progress(total), [], 0
    for epoch in range(config.epochs):
        order = torch.randperm(len(train_set), generator=generator)
        for batch in range(steps_per_epoch):
            rows = order[batch * config.batch_size : (batch + 1) * config.batch_size]
            weight = min(1.0, (step + 1) / max(1.0, config.warmup * total))
            try:
                loss = objective(model, train_set.index_select(0, rows), weight, generator)
            except ArithmeticError as error:  # fields beyond what the site family can integrate
                raise TrainingDiverged(f"step {step + 1}: {error}, with {asdict(config)}") from error
            value = loss.value.item()
            if not math.isfinite(value):
                terms = {"rate": loss.rate, "distortion": loss.distortion, "loss": loss.value}
                check_finite({name: term.item() for name, term in terms.items()}, step + 1, config)
            optimiser.minimise(loss.value, config.learning_rate * one_cycle(step, total))
            step += 1
            progress.update(step, f"epoch {epoch + 1}, loss {value:.3f} nats")
        score = evaluate(model, test_set, config, seed)
        check_finite(score, step, config)
        history.append({"epoch": epoch + 1, "step": step, **score})
    progress.close()
    return history


def check_finite(terms: Mapping[str, float], step: int, config: TrainingConfig) -> None:
    """Raise TrainingDiverged, naming the first term that is not finite."""
    for name, term in terms.items():
        if not math.isfinite(term):
            raise TrainingDiverged(f"step {step}: {name} is {term}, with {asdict(config)}")
