"""How to train a VAE, checked. Nothing here needs PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mfvae.bounds import check_fields
from mfvae.errors import InputError
from mfvae.latent.limits import MAX_LATENT_DIM, MAX_SUMMED_DIM

OBJECTIVES = ("elbo", "iwae", "exact")  # of mfvae.training.objectives
STARTS = ("random", "data")  # weights before the first step: as drawn, or pre-trained (initialisation)
BIASES = ("data", "zero")  # where the regression of a start from the data begins
STEPS = 500  # of the regression that a start from the data is
# Steps with ``final_draws``, over those of an objective: late, as they cost most, but while the learning
# rate still lets the prior's mass move to where coarser nodes had not seen posteriors.
FINAL_SHARE = 0.5
MAX_LEARNING_RATE = float(np.finfo(np.float32).max)  # that of the weights' numbers


@dataclass(frozen=True)
class TrainingConfig:
    """How to train: objective, Adam with a one-cycle schedule, KL warm-up over a fraction of it."""

    objective: str = field(default="elbo", metadata={"help": "what is maximised", "choices": OBJECTIVES})
    epochs: int = field(
        default=20, metadata={"help": "passes over the training split", "minimum": 1, "most": 10**6}
    )
    batch_size: int = field(
        default=512, metadata={"help": "configurations in a step", "minimum": 1, "most": 10**7}
    )
    learning_rate: float = field(
        default=3e-3,
        metadata={
            "help": "largest one of Adam's one-cycle schedule",
            "minimum": 1e-9,  # less is nothing to weights in single precision
            "maximum": MAX_LEARNING_RATE,
            "most": 100.0,  # more explodes
        },
    )
    warmup: float = field(
        default=0.2,
        metadata={
            "help": "fraction of the training over which the rate's weight rises to 1; of exact with "
            "own draws, that in which the bound of those draws alone is minimised",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )
    latent_draws: int = field(
        default=1,
        metadata={
            "help": "values of z for every configuration; for exact, nodes shared by the batch",
            "minimum": 1,
            "most": 10**6,
        },
    )
    final_draws: int = field(
        default=0,
        metadata={
            "help": "the same in the last steps; 0 for as many as before",
            "minimum": 0,
            "most": 10**6,
        },
    )
    own_draws: int = field(
        default=0,
        metadata={
            "help": "draws of z from every configuration's own proposal that exact joins to the nodes, "
            "which narrow posteriors need beyond three latents; 0 for nodes alone",
            "minimum": 0,
            "most": 10**4,
        },
    )
    start: str = field(
        default="random",
        metadata={
            "help": "weights before the first step: as drawn, or pre-trained on the data",
            "choices": STARTS,
        },
    )
    start_bias: str = field(
        default="data",
        metadata={
            "help": "biases before that regression: the data's log-odds, or zero, which may be better "
            "with a large learning rate",
            "choices": BIASES,
        },
    )
    start_steps: int = field(
        default=STEPS,
        metadata={
            "help": "steps of the regression that a start from the data is",
            "minimum": 1,
            "most": 10**6,
        },
    )
    starts: int = field(
        default=1,
        metadata={"help": "short trainings of which the best goes on", "minimum": 1, "most": 1000},
    )
    checkpoints: int = field(
        default=0,
        metadata={
            "help": "times at which the free-energy ledger is recorded",
            "minimum": 0,
            "most": 100_000,
        },
    )

    patience: int = field(
        default=0,
        metadata={
            "help": "epochs without a better validation score after which a training stops; 0 for never",
            "minimum": 0,
            "most": 10**6,
        },
    )

    def __post_init__(self) -> None:
        check_fields(self)

    def check_latent_dim(self, latent_dim: int) -> None:
        """Raise InputError where this training needs sums that so many latents do not allow."""
        if self.checkpoints and latent_dim > MAX_LATENT_DIM:
            raise InputError("latent_dim", latent_dim, f"at most {MAX_LATENT_DIM} for a ledger")
        if self.objective == "exact" and latent_dim > MAX_SUMMED_DIM:
            raise InputError("latent_dim", latent_dim, f"at most {MAX_SUMMED_DIM} for objective exact")

    def draws_at(self, done: float) -> int:
        """Draws of z when this fraction of the steps is done."""
        return self.final_draws if self.final_draws and done >= 1 - FINAL_SHARE else self.latent_draws
