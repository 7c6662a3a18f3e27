"""The ladder of laws of one data set: independent sites, then 1, 2, 3 … latents, and their scores.

Laws are compared row by row on the same held-out rows, so that what all of them find hard cancels.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

import mfvae
from mfvae.capacity.selection import PairedChoice, PairedDifference, fewest, fewest_paired
from mfvae.decoding.evidence import independent_fields, independent_log_prob
from mfvae.latent.choose import latent_integral
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.config import VAEConfig
from mfvae.model.vae import VAE
from mfvae.population.baselines.base import Baseline
from mfvae.random import generator, integer_seed
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import mask_argument, rows_of
from mfvae.stats import Estimate, estimate, estimate_over_groups
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train

EPOCHS = 15
HIDDEN = (64,)  # of encoder and decoder: fields of solvable models need no more
LARGEST_BATCH, SMALLEST_BATCH = 512, 64
STEPS_PER_EPOCH = 40  # at least, where that leaves batches of ``SMALLEST_BATCH``
LEARNING_RATE = 3e-3
NODES = {1: 128, 2: 256, 3: 512}  # over z, by the number of latents, for the objective ``exact``
MOST_NODES = max(NODES.values())  # beyond three latents, where draws of every row's own join them
OWN_DRAWS = 4
OWN_WARMUP = 0.5  # of the epochs, in which the bound of those draws keeps posteriors in one piece
CPU = torch.device("cpu")
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
    weights : ndarray or None
        Of the scored rows, (S,), where they do not all count alike.
    """

    name: str
    latents: int
    patterns: int | None
    model: VAE | None
    log_prob: np.ndarray
    numerical_error: float = 0.0
    seconds: float = 0.0
    weights: np.ndarray | None = None


def mean_over(
    values: np.ndarray, groups: np.ndarray | None, weights: np.ndarray | None = None
) -> Estimate:
    """Mean of values of rows (S,) with its error, over groups (S,) of rows that depend on each other."""
    if groups is None:
        return estimate(values, weights)
    return estimate_over_groups(values, groups, weights)


def paired_gain(better: Law, worse: Law, groups: np.ndarray | None) -> Estimate:
    """Nats a row by which one law predicts the held-out rows better than another.

    The difference and its error are those of ``mfvae.capacity.selection``; the numerical errors of both
    laws join them.
    """
    if better is worse:
        return Estimate(0.0, 0.0)
    scores = {"worse": worse.log_prob, "better": better.log_prob}
    gain = fewest_paired(scores, _labels(better, groups), better.weights).differences[0].gain
    error = math.hypot(gain.stderr, better.numerical_error, worse.numerical_error)
    return Estimate(gain.value, error)


def choice_of(laws: Mapping[int, Law], groups: np.ndarray | None) -> PairedChoice:
    """The smallest number of latents (or patterns) that no larger one betters by three errors.

    Rows (S,) that depend on each other share one of ``groups``; None where all are independent.
    """
    first = next(iter(laws.values()))
    scores = {k: law.log_prob for k, law in laws.items()}
    found = fewest_paired(scores, _labels(first, groups), first.weights)
    differences = tuple(_with_numerical_error(one, laws) for one in found.differences)
    gains = {(one.smaller, one.larger): one.gain for one in differences}
    choice = fewest(laws, lambda k, more: gains[k, more])
    reason = found.reason
    if choice != found.choice:
        more = max((one for one in differences if one.smaller == choice), key=lambda one: one.gain.value)
        reason = f"{choice}: whether more help cannot be told from numerical errors ({more})"
    return PairedChoice(choice, found.offered, differences, reason)


def _labels(law: Law, groups: np.ndarray | None) -> np.ndarray:
    """Groups of the scored rows, each row its own where all are independent.

    Twenty blocks would do, too, but by Student's t their scatter says two to three times as often that
    there is a latent where there is none.
    """
    return np.arange(len(law.log_prob)) if groups is None else groups


def _with_numerical_error(found: PairedDifference, laws: Mapping[int, Law]) -> PairedDifference:
    errors = (laws[int(name)].numerical_error for name in (found.smaller, found.larger))
    error = math.hypot(found.gain.stderr, *errors)
    return replace(found, gain=Estimate(found.gain.value, error))


def smallest_sufficient(laws: Mapping[int, Law], groups: np.ndarray | None) -> int:
    """Its number alone, where one law needs no comparison."""
    return int(choice_of(laws, groups).choice)


@dataclass(frozen=True, eq=False)
class Ladder:
    """What all trainings on one data set share.

    ``rows`` are the configurations for training, ``statistic`` (M, N·dim) their statistics and
    ``scored`` (S, N·dim) those of held-out rows; ``observed`` (M, N) and ``scored_observed`` (S, N) say
    which of their sites were, None where all were. Rows count as ``weights`` (M,) and
    ``scored_weights`` (S,), float64; alike where there are none.
    """

    family: SiteFamily
    rows: np.ndarray
    statistic: Tensor
    scored: Tensor
    seed: int
    epochs: int = EPOCHS
    hidden: tuple[int, ...] = HIDDEN
    store: Store | None = None
    observed: Tensor | None = None
    scored_observed: Tensor | None = None
    weights: np.ndarray | None = None
    scored_weights: np.ndarray | None = None
    device: torch.device = CPU

    @cached_property
    def fields(self) -> np.ndarray:
        """Fields (N·dim,) that give independent sites the means of the training rows."""
        observed = None if self.observed is None else self.observed.numpy()
        return independent_fields(self.family, self.rows, observed, self.weights)

    @property
    def gaps(self) -> bool:
        """Whether entries of the training rows were not observed."""
        return self.observed is not None or self.scored_observed is not None

    def independent(self) -> Law:
        """Sites in the fields that give them the means of the training rows."""
        scores = independent_log_prob(self.family, self.fields, self.scored, self.scored_observed)
        return Law(INDEPENDENT, 0, None, None, scores, weights=self.scored_weights)

    def law(self, latents: int, patterns: int | None = None) -> Law:
        """A model with so many latents, of free fields or of the Hopfield form, trained and scored."""
        name = f"{latents} latent{'s' * (latents > 1)}"
        if patterns is not None:
            name += f", {patterns} pattern{'s' * (patterns > 1)}"
        started = time.monotonic()
        model, trained = self._trained(name, latents, patterns, slice(None), self.epochs)
        seconds = time.monotonic() - started if trained else 0.0
        noise = torch.Generator().manual_seed(integer_seed(self.seed, f"analysis/{name}/score"))
        seen = self.scored_observed
        model.to(self.device)
        integral = latent_integral(model, noise, fitted_to=self.scored, observed=seen)
        log_prob, error = integral.log_marginal_with_error(self.scored, *mask_argument(seen))
        model.to("cpu")
        scores = log_prob.cpu().numpy()
        return Law(name, latents, patterns, model, scores, error, seconds, self.scored_weights)

    def _thinned(self, rng: np.random.Generator) -> Ladder:
        """The same without weights: rows are kept with probabilities in proportion to them."""
        rows, scored = (kept_at_random(one, rng) for one in (self.weights, self.scored_weights))
        return replace(
            self,
            rows=self.rows[rows],
            statistic=self.statistic[rows],
            observed=rows_of(self.observed, rows),
            weights=None,
            scored=self.scored[scored],
            scored_observed=rows_of(self.scored_observed, scored),
            scored_weights=None,
        )

    def null(self) -> Estimate:
        """What one latent gains over independent sites where there is nothing to find.

        Every column of the same data is put in an order of its own, which leaves the means of sites and
        nothing that they have in common. Rows of which nothing is observed then are left out. Weights
        would stay where rows were, and change the means: so rows are thinned by them first.
        """
        if self.weights is not None:
            return self._thinned(generator(self.seed, "analysis/null/weights")).null()
        key = digest_of(self.statistic, self.scored, "null", self.epochs, self.hidden, self.seed)
        known = None if self.store is None else self.store.get_values("null", key)
        if known is not None:
            return Estimate(*map(float, known))
        rng = generator(self.seed, "analysis/null")
        statistic, observed = _shuffled(self.statistic, self.observed, self.family.dim, rng)
        scored, seen = _shuffled(self.scored, self.scored_observed, self.family.dim, rng)
        mixed = replace(
            self,
            statistic=statistic,
            observed=observed,
            scored=scored,
            scored_observed=seen,
            store=None,
        )
        scores = independent_log_prob(self.family, self.fields, scored, seen)
        gain = paired_gain(mixed.law(1), Law(INDEPENDENT, 0, None, None, scores), None)
        if self.store is not None:
            self.store.put_values("null", key, np.array([gain.value, gain.stderr]))
        return gain

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
                torch.from_numpy(np.flatnonzero(parts == half)),
                2 * self.epochs,
            )[0]
            for half in (0, 1)
        )
        return one, other

    def _trained(
        self, name: str, latents: int, patterns: int | None, rows: Any, epochs: int
    ) -> tuple[VAE, bool]:
        """A model of some of the training rows, and whether it was trained now."""
        statistic, observed = self.statistic[rows], rows_of(self.observed, rows)
        weights = None if self.weights is None else torch.from_numpy(self.weights)[rows]
        n_sites = statistic.shape[1] // self.family.dim
        architecture = VAEConfig(
            latents, self.hidden, self.hidden, field_rank=patterns or 0, gaps=self.gaps
        )
        config = training_config(len(statistic), latents, epochs)
        place = f"analysis/{name}"
        settings = [asdict(architecture), asdict(config), self.seed]
        if self.device.type != "cpu":
            settings.append(str(self.device))
        if weights is not None:
            settings.append(hashlib.sha256(weights.numpy().tobytes()).hexdigest())
        key = digest_of(statistic, observed, *settings)
        if self.store is not None and (known := self.store.get(name, key)) is not None:
            return known, False
        model = VAE(self.family, n_sites, architecture, integer_seed(self.seed, f"{place}/initial"))
        seed = integer_seed(self.seed, place)
        seen = self.scored_observed
        model.to(self.device)
        train(
            model,
            statistic,
            self.scored,
            config,
            seed,
            observed=observed,
            test_observed=seen,
            weights=weights,
        )
        model.to("cpu").eval().requires_grad_(False)
        if self.store is not None:
            self.store.put(name, key, model, config, self.seed)
        return model, True


def kept_at_random(weights: np.ndarray | None, rng: np.random.Generator) -> np.ndarray | slice:
    """Rows (kept,) of the law that weights (B,) stand for, each with probability w over the largest w.

    What is kept is independent where the rows are, and has no weights any more.
    """
    if weights is None:
        return slice(None)
    return np.flatnonzero(rng.random(len(weights)) * weights.max() < weights)


def _shuffled(
    statistic: Tensor, observed: Tensor | None, dim: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor | None]:
    """Statistics (B, N·dim) and mask (B, N), the rows of every site in an order of their own."""
    by_site = statistic.reshape(len(statistic), -1, dim)
    rows = np.broadcast_to(np.arange(len(statistic))[:, None], by_site.shape[:2])
    order = torch.from_numpy(rng.permuted(rows, axis=0))  # (B, N)
    site = torch.arange(by_site.shape[1])
    mixed = by_site[order, site].reshape(statistic.shape)
    if observed is None:
        return mixed, None
    seen = observed[order, site]
    kept = seen.any(1)
    return mixed[kept], seen[kept]


def training_config(n_rows: int, latents: int, epochs: int = EPOCHS) -> TrainingConfig:
    """How models of an unknown data set are trained: ``exact``, beyond three latents with own draws."""
    batch = min(LARGEST_BATCH, max(SMALLEST_BATCH, n_rows // STEPS_PER_EPOCH), n_rows)
    few = latents <= MAX_LATENT_DIM
    return TrainingConfig(
        objective="exact",
        epochs=epochs,
        batch_size=batch,
        learning_rate=LEARNING_RATE,
        warmup=0.0 if few else OWN_WARMUP,
        latent_draws=NODES.get(latents, MOST_NODES),
        own_draws=0 if few else OWN_DRAWS,
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
    return Step(law, mean_over(-law.log_prob, groups, law.weights), before, gain)
