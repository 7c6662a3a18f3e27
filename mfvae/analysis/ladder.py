"""The ladder of laws of one data set: independent sites, then 1, 2, 3 … latents, and their scores.

Laws are compared row by row on the same held-out rows, so that what all of them find hard cancels.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

import mfvae
from mfvae.capacity.selection import fewest
from mfvae.decoding.evidence import independent_fields, independent_log_prob
from mfvae.latent.choose import latent_integral
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.config import VAEConfig
from mfvae.model.vae import VAE
from mfvae.population.baselines.base import Baseline
from mfvae.random import generator, integer_seed
from mfvae.sites.base import SiteFamily
from mfvae.stats import Estimate, estimate, estimate_over_groups
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train

EPOCHS = 15
HIDDEN = (64,)  # of encoder and decoder: fields of solvable models need no more
LARGEST_BATCH, SMALLEST_BATCH = 512, 64
STEPS_PER_EPOCH = 40  # at least, where that leaves batches of ``SMALLEST_BATCH``
LEARNING_RATE = 3e-3
NODES = {1: 128, 2: 256, 3: 512}  # over z, by the number of latents, for the objective ``exact``
DRAWS = 16  # for every row, for the objective ``iwae``
INDEPENDENT = "independent sites"


class Store(Protocol):
    """Where trained models are kept, so that a second call goes on from there."""

    def get(self, name: str, key: str) -> VAE | None:
        """The model of this name, None unless it was trained exactly so."""

    def put(self, name: str, key: str, model: VAE, config: TrainingConfig, seed: int) -> None:
        """Keep a model that was trained."""

    def get_values(self, name: str, key: str) -> np.ndarray | None:
        """Numbers of this name, None unless they were computed exactly so."""

    def put_values(self, name: str, key: str, values: np.ndarray) -> None:
        """Keep numbers."""


@dataclass(frozen=True, eq=False)
class Law:
    """A law and its score.

    Attributes
    ----------
    name : str
    latents : int
        d; 0 for independent sites.
    patterns : int or None
        K of the Hopfield form η(z) = b + ξ·φ(z); None for free fields η(z).
    model : VAE or None
    log_prob : ndarray
        log p of the scored held-out rows, in nats, (S,).
    numerical_error : float
        Of their mean, in nats; infinite where the sum over latents is not to be trusted.
    seconds : float
        Of training, 0 where the model was there already.
    """

    name: str
    latents: int
    patterns: int | None
    model: VAE | None
    log_prob: np.ndarray
    numerical_error: float = 0.0
    seconds: float = 0.0


def mean_over(values: np.ndarray, groups: np.ndarray | None) -> Estimate:
    """Mean of values of rows (S,) with its error, over groups (S,) of rows that depend on each other."""
    return estimate(values) if groups is None else estimate_over_groups(values, groups)


def paired_gain(better: Law, worse: Law, groups: np.ndarray | None) -> Estimate:
    """Nats a row by which one law predicts the held-out rows better than another.

    The numerical errors of both join that of the rows.
    """
    if better is worse:
        return Estimate(0.0, 0.0)
    gain = mean_over(better.log_prob - worse.log_prob, groups)
    error = math.hypot(gain.stderr, better.numerical_error, worse.numerical_error)
    return Estimate(gain.value, error)


def smallest_sufficient(laws: Mapping[int, Law], groups: np.ndarray | None) -> int:
    """The smallest number of latents (or patterns) that no larger one betters by three errors."""
    return fewest(laws, lambda k, more: paired_gain(laws[more], laws[k], groups))


@dataclass(frozen=True, eq=False)
class Ladder:
    """What all trainings on one data set share.

    ``rows`` are the configurations for training, ``statistic`` (M, N·dim) their statistics and
    ``scored`` (S, N·dim) those of held-out rows.
    """

    family: SiteFamily
    rows: np.ndarray
    statistic: Tensor
    scored: Tensor
    seed: int
    epochs: int = EPOCHS
    hidden: tuple[int, ...] = HIDDEN
    store: Store | None = None

    def independent(self) -> Law:
        """Sites in the fields that give them the means of the training rows."""
        fields = independent_fields(self.family, self.rows)
        return Law(INDEPENDENT, 0, None, None, independent_log_prob(self.family, fields, self.scored))

    def law(self, latents: int, patterns: int | None = None) -> Law:
        """A model with so many latents, of free fields or of the Hopfield form, trained and scored."""
        name = f"{latents} latent{'s' * (latents > 1)}"
        if patterns is not None:
            name += f", {patterns} pattern{'s' * (patterns > 1)}"
        started = time.monotonic()
        model, trained = self._trained(name, latents, patterns, self.statistic, self.epochs)
        seconds = time.monotonic() - started if trained else 0.0
        noise = torch.Generator().manual_seed(integer_seed(self.seed, f"analysis/{name}/score"))
        integral = latent_integral(model, noise, fitted_to=self.scored)
        log_prob, error = integral.log_marginal_with_error(self.scored)
        return Law(name, latents, patterns, model, log_prob.numpy(), error, seconds)

    def baseline(self, name: str, kind: str, **options: Any) -> Law:
        """Another law of spins, fitted to the same rows and scored on the same held-out ones.

        ``kind`` is a module of ``mfvae.population.baselines``, ``options`` are those of its ``fit``.
        """
        place, started = f"analysis/{name}", time.monotonic()
        key = digest_of(self.statistic, self.scored, kind, options, self.seed)
        known = None if self.store is None else self.store.get_values(name, key)
        if known is not None:
            return Law(name, 0, None, None, known[:-1], float(known[-1]))
        fit = import_module(f"mfvae.population.baselines.{kind}").fit
        baseline: Baseline = fit(self.rows, generator(self.seed, place), **options)
        log_prob = baseline.log_prob(self.scored.numpy().astype(np.int8))
        error = baseline.log_partition_error
        if self.store is not None:
            self.store.put_values(name, key, np.append(log_prob, error))
        return Law(name, 0, None, None, log_prob, error, time.monotonic() - started)

    def halves(self, law: Law, parts: np.ndarray) -> tuple[VAE, VAE]:
        """The same model trained anew, with other seeds, on either half of the training rows (M,).

        How far what is decoded of them differs says how well it is known: it has the scatter of the data
        and that of trainings. Each takes as many steps as the whole did.
        """
        one, other = (
            self._trained(
                f"{law.name}, half {half + 1}",
                law.latents,
                law.patterns,
                self.statistic[torch.from_numpy(np.flatnonzero(parts == half))],
                2 * self.epochs,
            )[0]
            for half in (0, 1)
        )
        return one, other

    def _trained(
        self, name: str, latents: int, patterns: int | None, statistic: Tensor, epochs: int
    ) -> tuple[VAE, bool]:
        """A model, and whether it was trained now."""
        n_sites = self.statistic.shape[1] // self.family.dim
        architecture = VAEConfig(latents, self.hidden, self.hidden, field_rank=patterns or 0)
        config = training_config(len(statistic), latents, epochs)
        place = f"analysis/{name}"
        key = digest_of(statistic, None, asdict(architecture), asdict(config), self.seed)
        if self.store is not None and (known := self.store.get(name, key)) is not None:
            return known, False
        model = VAE(self.family, n_sites, architecture, integer_seed(self.seed, f"{place}/initial"))
        train(model, statistic, self.scored, config, integer_seed(self.seed, place))
        model.eval().requires_grad_(False)
        if self.store is not None:
            self.store.put(name, key, model, config, self.seed)
        return model, True


def training_config(n_rows: int, latents: int, epochs: int = EPOCHS) -> TrainingConfig:
    """How models of an unknown data set are trained: exactly up to three latents, else by ``iwae``."""
    batch = min(LARGEST_BATCH, max(SMALLEST_BATCH, n_rows // STEPS_PER_EPOCH), n_rows)
    exact = latents <= MAX_LATENT_DIM
    return TrainingConfig(
        objective="exact" if exact else "iwae",
        epochs=epochs,
        batch_size=batch,
        learning_rate=LEARNING_RATE,
        warmup=0.0,
        latent_draws=NODES[latents] if exact else DRAWS,
        start="data",
    )


def digest_of(rows: Tensor, others: Tensor | None, *settings: object) -> str:
    """What a result depends on, as one digest: rows, settings, versions."""
    about = [*settings, mfvae.__version__, torch.__version__, list(rows.shape)]
    digest = hashlib.sha256(repr(about).encode())
    for part in (rows, others):
        if part is not None:
            digest.update(np.ascontiguousarray(part.numpy()).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Step:
    """A law that was just scored: its held-out nats a row, and its gain over a law before it."""

    law: Law
    nats: Estimate
    before: Law | None
    gain: Estimate | None


OnLaw = Callable[[Step], None]


def step_of(law: Law, before: Law | None, groups: np.ndarray | None) -> Step:
    """A law, compared with one before it."""
    gain = None if before is None else paired_gain(law, before, groups)
    return Step(law, mean_over(-law.log_prob, groups), before, gain)
