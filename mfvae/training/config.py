"""How to train a VAE, checked."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mfvae.errors import InputError
from mfvae.latent.lattice import MAX_LATENT_DIM
from mfvae.training.objectives import OBJECTIVES
from mfvae.training.start import STEPS

STARTS = ("random", "data")  # weights before the first step: as drawn, or pre-trained (initialisation)
# Steps with ``final_draws``, over those of an objective: late, as they cost most, but while the learning
# rate still lets the prior's mass move to where coarser nodes had not seen posteriors.
FINAL_SHARE = 0.5
MAX_LEARNING_RATE = float(np.finfo(np.float32).max)  # that of the weights' numbers


@dataclass(frozen=True)
class TrainingConfig:
    """How to train: objective, Adam with a one-cycle schedule, KL warm-up over a fraction of it."""

    objective: str = field(default="elbo", metadata={"help": "what is maximised", "choices": OBJECTIVES})
    epochs: int = field(default=20, metadata={"help": "passes over the training split"})
    batch_size: int = field(default=512, metadata={"help": "configurations in a step"})
    learning_rate: float = field(
        default=3e-3, metadata={"help": "largest one of Adam's one-cycle schedule"}
    )
    warmup: float = field(
        default=0.2,
        metadata={"help": "fraction of the training over which the rate's weight rises to 1"},
    )
    latent_draws: int = field(
        default=1,
        metadata={"help": "values of z for every configuration; for exact, nodes shared by the batch"},
    )
    final_draws: int = field(
        default=0, metadata={"help": "the same in the last steps; 0 for as many as before"}
    )
    start: str = field(
        default="random",
        metadata={
            "help": "weights before the first step: as drawn, or pre-trained on the data",
            "choices": STARTS,
        },
    )
    start_steps: int = field(
        default=STEPS, metadata={"help": "steps of the regression that a start from the data is"}
    )
    starts: int = field(default=1, metadata={"help": "short trainings of which the best goes on"})
    checkpoints: int = field(
        default=0, metadata={"help": "times at which the free-energy ledger is recorded"}
    )

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise InputError("objective", self.objective, f"one of {', '.join(OBJECTIVES)}")
        if self.start not in STARTS:
            raise InputError("start", self.start, f"one of {', '.join(STARTS)}")
        for name in ("epochs", "batch_size", "latent_draws", "starts", "start_steps"):
            if getattr(self, name) < 1:
                raise InputError(name, getattr(self, name), "an integer ≥ 1 is needed")
        for name in ("checkpoints", "final_draws"):
            if getattr(self, name) < 0:
                raise InputError(name, getattr(self, name), "an integer ≥ 0 is needed")
        if not 0 < self.learning_rate <= MAX_LEARNING_RATE:
            allowed = f"a finite number > 0, at most {MAX_LEARNING_RATE:g}, is needed"
            raise InputError("learning_rate", self.learning_rate, allowed)
        if not 0 <= self.warmup <= 1:
            raise InputError("warmup", self.warmup, "a fraction between 0 and 1 is needed")

    def check_latent_dim(self, latent_dim: int) -> None:
        """Raise InputError where this training needs sums that so many latents do not allow."""
        if latent_dim > MAX_LATENT_DIM and (self.objective == "exact" or self.checkpoints):
            needed = "objective exact" if self.objective == "exact" else "a ledger"
            allowed = f"at most {MAX_LATENT_DIM} for {needed}"
            raise InputError("latent_dim", latent_dim, allowed)

    def draws_at(self, done: float) -> int:
        """Draws of z when this fraction of the steps is done."""
        return self.final_draws if self.final_draws and done >= 1 - FINAL_SHARE else self.latent_draws
