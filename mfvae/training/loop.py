"""The training loop: whole data set in memory, seeded, progress shown, history kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import asdict
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from mfvae.errors import InputError
from mfvae.latent.nodes import placement
from mfvae.model.vae import VAE
from mfvae.sites.masks import (
    check_every_site,
    check_observed,
    in_blocks,
    mask_argument,
    on_device,
    rows_of,
    unless_complete,
    without_missing,
)
from mfvae.training.config import TrainingConfig
from mfvae.training.objectives import OBJECTIVES, Draws, Loss, health
from mfvae.training.optimiser import Adam, one_cycle
from mfvae.training.progress import Progress
from mfvae.training.restarts import Start, best_start
from mfvae.training.rows import PackedSpins, Rows
from mfvae.training.start import centre, in_proportion, start_biases, start_from_data
from mfvae.training.validation import BestEpoch, free_energy

# Epochs in which the encoder is fitted alone, over those of the objective ``exact``: the inclusive KL of
# that objective lets q leak over the walls between modes, which costs tens of nats of ELBO.
ENCODER_SHARE = 0.2
ENCODER_RATE = 3e-3  # its learning rate at most: at 0.02 it left 20 nats of the retina's gap, here 10
PROBE_STEPS = 300  # of the short run after which starts are compared
EVALUATED = 10_000  # configurations of the test set scored after every epoch
EVALUATION_BLOCK = 512  # configurations scored at once, so that a block stays in the cache
# A training has exploded whose −ELBO is above that of independent sites by so many times its size, no
# less than a nat a field: spins in fields of 100 that are all wrong cost 200 nats each.
ABSURD = 1000

DrawsAt = Callable[[float], int]  # draws of z, when a fraction of the steps is done
# Model, test set and, if it has gaps, its mask → what is kept of a step.
OnCheckpoint = Callable[..., dict[str, Any]]


class TrainingDiverged(ArithmeticError):
    """The loss or the score stopped making sense; the model has its last good weights again."""


class Training(NamedTuple):
    """What a training leaves besides the weights, in nats per configuration."""

    # After every epoch: its number and step, and rate, distortion and −ELBO of the test set. With a
    # validation set also the free energies of the epoch's ``train`` batches, of ``validation`` and of
    # ``test``, all by the objective that the epoch minimised. Of ``exact`` with own draws also the
    # ``effective_nodes`` of posteriors, and the ``heavy_share`` of rows with weights not to be trusted.
    history: list[dict[str, float]]
    ledger: list[dict[str, Any]]  # at every checkpoint: step, and value and standard error of each term
    starts: list[Start]  # those compared, if there were several
    # The epochs whose weights were kept: of the objective and, after ``exact``, of the encoder alone.
    kept_epochs: tuple[int, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """What of it goes to a JSON record."""
        starts = [
            {"excess": start.excess and asdict(start.excess), "failed": start.failed}
            for start in self.starts
        ]
        record = {"history": self.history, "ledger": self.ledger, "starts": starts}
        return record | ({"kept_epochs": list(self.kept_epochs)} if self.kept_epochs else {})


@torch.no_grad()
def evaluate(
    model: VAE, statistic: Tensor, seed: int, observed: Tensor | None = None
) -> dict[str, float]:
    """Rate, distortion and negative ELBO of (the first of) a data set (B, N·dim), in nats each.

    Of the sites that were ``observed``, bool (B, N), if not all.
    """
    draws, statistic = Draws(1, 1.0, torch.Generator().manual_seed(seed)), statistic[:EVALUATED]
    rate = distortion = 0.0
    for block, mask in in_blocks(statistic, observed, EVALUATION_BLOCK, model.device):
        terms = OBJECTIVES["elbo"](model, block, draws, *mask_argument(mask)).terms
        rate += terms["rate"].item() * len(block) / len(statistic)
        distortion += terms["distortion"].item() * len(block) / len(statistic)
    return {"rate": rate, "distortion": distortion, "negative_elbo": rate + distortion}


def checkpoint_steps(number: int, total: int) -> set[int]:
    """Steps 0 … total at which a ledger is kept: the first, then equal ratios, as changes come early."""
    if number == 0:
        return set()
    return {0, *(round(total ** (k / (number - 1))) for k in range(1, number))}


class _Run:
    """A training under way: what its phases share."""

    def __init__(
        self,
        model: VAE,
        train_set: Rows,
        test_set: Tensor,
        config: TrainingConfig,
        seed: int,
        on_checkpoint: OnCheckpoint | None,
        observed: Tensor | None,
        test_observed: Tensor | None,
        valid_set: Tensor | None,
        valid_observed: Tensor | None,
        weights: Tensor | None,
    ) -> None:
        self.model, self.train_set, self.test_set = model, train_set, test_set
        self.observed, self.test_observed = observed, test_observed
        self.valid_set, self.valid_observed = valid_set, valid_observed
        self.on_checkpoint = on_checkpoint
        self.config, self.seed = config, seed
        self.generator, self.nodes = torch.Generator().manual_seed(seed), placement(model)
        self.steps_per_epoch = max(1, len(train_set) // config.batch_size)
        self.encoder_epochs = 0
        if config.objective == "exact":
            self.encoder_epochs = math.ceil(ENCODER_SHARE * config.epochs)
        total = (config.epochs + self.encoder_epochs) * self.steps_per_epoch
        self.progress = Progress(total)
        self.noted = checkpoint_steps(config.checkpoints, total)
        self.result, self.step, self.epoch = Training([], [], []), 0, 0
        self.independent = start_biases(train_set, model.family, observed, weights)
        self.given_weights = weights
        self.weights = None if weights is None else (weights / weights.mean()).to(train_set.dtype)
        self.absurd = self._absurd()

    def _absurd(self) -> float:
        """The −ELBO at which a training has exploded, in nats."""
        fields, scored = torch.from_numpy(self.independent), self.test_set[:EVALUATED]
        energy = -sum(
            self.model.family.log_prob(part, fields, *mask_argument(mask)).sum().item()
            for part, mask in in_blocks(scored, self.test_observed, EVALUATION_BLOCK)
        )
        return ABSURD * (abs(energy) / len(scored) + len(fields))

    def descend(
        self,
        objective: str,
        draws_at: Callable[[float], int],
        parameters: Iterable[nn.Parameter],
        epochs: int,
        learning_rate: float,
    ) -> None:
        """Minimise an objective over some of the parameters; TrainingDiverged if that is impossible.

        With a validation set the weights are in the end those of the epoch that it scored best.
        """
        optimiser = Adam(parameters, learning_rate)
        good = optimiser.weights.clone()
        best, patience = BestEpoch(good), self.config.patience
        try:
            for epoch in range(epochs):
                self._epoch(objective, draws_at, optimiser, epoch, epochs)
                good.copy_(optimiser.weights)
                if self.valid_set is not None:
                    best.note(self.epoch, self.result.history[-1]["validation"], good)
                    if patience and best.waited >= patience:
                        break
        except ArithmeticError as error:  # also fields beyond what the site family can integrate
            optimiser.weights.copy_(good)
            raise self._diverged(f"step {self.step}", error) from error
        if best.epoch:
            optimiser.weights.copy_(best.weights)
            self.result = self.result._replace(kept_epochs=(*self.result.kept_epochs, best.epoch))

    def begin(self) -> None:
        """Everything before the training proper, or the weights as they were and TrainingDiverged."""
        before = deepcopy(self.model.state_dict())
        try:
            self._prepare()
            largest = parameters_to_vector(self.model.parameters()).detach().abs().max()
            check_finite({"weight": largest.item()})
        except ArithmeticError as error:
            self.model.load_state_dict(before)
            raise self._diverged("before step 1", error) from error

    def _diverged(self, when: str, error: ArithmeticError) -> TrainingDiverged:
        config = self.config
        settings = f"learning_rate {config.learning_rate:g}, objective {config.objective}"
        return TrainingDiverged(f"{when}: {error}, with {settings}: try a smaller learning_rate")

    def _prepare(self) -> None:
        """Weights, or biases alone, from the data; a short run, to be judged."""
        config = self.config
        if config.start == "data":
            rows = slice(None) if self.given_weights is None else in_proportion(self.given_weights)
            start_from_data(
                self.model,
                self.train_set[rows],
                config.batch_size,
                config.learning_rate,
                self.generator,
                config.start_steps,
                config.start_bias,
                rows_of(self.observed, rows),
            )
        else:
            centre(self.model, self.independent)
        if config.starts > 1:
            optimiser = Adam(self.model.parameters(), config.learning_rate)
            for step in range(PROBE_STEPS):
                chosen = torch.randint(
                    len(self.train_set), (config.batch_size,), generator=self.generator
                )
                self._descend_once(
                    config.objective, config.latent_draws, optimiser, chosen, step, PROBE_STEPS
                )

    def _epoch(
        self, objective: str, draws_at: DrawsAt, optimiser: Adam, epoch: int, epochs: int
    ) -> None:
        config, n, total = self.config, self.steps_per_epoch, epochs * self.steps_per_epoch
        order, trained = torch.randperm(len(self.train_set), generator=self.generator), 0.0
        for batch in range(n):
            self._note()
            self.step += 1
            done = epoch * n + batch
            rows = order[batch * config.batch_size : (batch + 1) * config.batch_size]
            loss = self._descend_once(objective, draws_at(done / total), optimiser, rows, done, total)
            trained += loss.free_energy.item() / n
            shown = ", ".join(f"{name} {term.item():.3f}" for name, term in loss.terms.items())
            self.progress.update(self.step, f"epoch {self.epoch + 1}, {shown} nats")
        mask = mask_argument(self.test_observed)
        score = evaluate(self.model, self.test_set, self.seed, *mask)
        check_finite(score)
        if score["negative_elbo"] > self.absurd:
            largest = max(("rate", "distortion"), key=score.__getitem__)
            raise ArithmeticError(
                f"{largest} is {score[largest]:.3g} nats, where a negative ELBO above "
                f"{self.absurd:.3g} means that the training exploded"
            )
        self.epoch += 1
        curves = self._curves(objective, draws_at(1.0), trained)
        if objective == "exact" and self.config.own_draws:
            curves |= self._health(draws_at(1.0))
        self.result.history.append({"epoch": self.epoch, "step": self.step, **score, **curves})
        if self.step in self.noted:
            self._note()

    def _health(self, draws: int) -> dict[str, float]:
        """Effective nodes, and weights with heavy tails, of the first block of the test set."""
        generator = torch.Generator().manual_seed(self.seed)
        settings = Draws(draws, 1.0, generator, self.nodes, self.config.own_draws)
        first = slice(self.config.batch_size)
        scored, mask = on_device(
            self.test_set[first], rows_of(self.test_observed, first), self.model.device
        )
        return health(self.model, scored, settings, *mask_argument(mask))

    def _curves(self, objective: str, draws: int, trained: float) -> dict[str, float]:
        """Free energies of an epoch on its own batches, the validation set and the test set, in nats."""
        if self.valid_set is None:
            return {}
        curves = {"train": trained}
        sets = {"validation": (self.valid_set, self.valid_observed)}
        sets["test"] = (self.test_set, self.test_observed)
        for name, (data, observed) in sets.items():
            mask = rows_of(observed, slice(EVALUATED))
            scored = data[:EVALUATED], draws, self.seed, mask, self.config.own_draws
            curves[name] = free_energy(self.model, objective, *scored)
        check_finite(curves)
        return curves

    def _descend_once(
        self, objective: str, latent_draws: int, optimiser: Adam, rows: Tensor, step: int, total: int
    ) -> Loss:
        """One step of a schedule, on these rows of the training set."""
        config = self.config
        weight = min(1.0, (step + 1) / max(1.0, config.warmup * total))
        counted = rows_of(self.weights, rows)
        draws = Draws(latent_draws, weight, self.generator, self.nodes, config.own_draws, counted)
        batch, mask = self.train_set.index_select(0, rows), rows_of(self.observed, rows)
        batch, mask = on_device(batch, mask, self.model.device)
        loss = OBJECTIVES[objective](self.model, batch, draws, *mask_argument(mask))
        if not math.isfinite(loss.value.item()):
            terms = {**loss.terms, "loss": loss.value}
            check_finite({name: term.item() for name, term in terms.items()})
        optimiser.minimise(loss.value, one_cycle(step, total))
        return loss

    def _note(self) -> None:
        if self.step in self.noted:
            self.noted.remove(self.step)
            assert self.on_checkpoint is not None  # nothing is noted without one
            try:
                mask = mask_argument(self.test_observed)
                kept = self.on_checkpoint(self.model, self.test_set, *mask)
                self.result.ledger.append({"step": self.step, **kept})
            except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
                raise ArithmeticError("posteriors of the ledger have no width") from error


def train(
    model: VAE,
    train_set: Rows,
    test_set: Tensor,
    config: TrainingConfig,
    seed: int,
    on_checkpoint: OnCheckpoint | None = None,
    observed: Tensor | None = None,
    test_observed: Tensor | None = None,
    valid_set: Tensor | None = None,
    valid_observed: Tensor | None = None,
    weights: Tensor | None = None,
) -> Training:
    """Train ``model`` in place on statistics (B, N·dim), in nats; the test set is only scored.

    After the objective ``exact``, which leaves the decoder as it is wanted, the encoder alone minimises
    −ELBO. At a loss that is not finite, or a score that is absurd, the weights go back to those after
    the last whole epoch, or to those given, and TrainingDiverged is raised, which names the step and the
    term. ``on_checkpoint`` is called at ``config.checkpoints`` steps, and what it returns is kept in the
    ledger of the training (``mfvae.capacity.ledger.checkpoint`` keeps free energies). Raises InputError
    for data that are not finite, or too few, or of another precision.

    Rows of spins may be packed (``mfvae.training.rows.PackedSpins``), if nothing is missing in them.
    The data stay on the CPU, from which batches go to the model's device; nodes and noise are those of
    the CPU's generator on every device. Bits depend on the device and the number of threads of PyTorch.

    Masks, bool (B, N), say which sites were ``observed``, in the test set ``test_observed``, if not all:
    likelihoods are then those of the observed sites alone, exactly, whatever stands in the gaps, and the
    encoder sees where those are. Entries must be missing at random (``mfvae.sites.masks``). A complete
    mask is the same as none, to the bit. Raises InputError for gaps in the training set of a model
    without ``gaps`` in its architecture, for a row of which nothing was observed, and for a site that
    never was.

    A ``valid_set`` (V, N·dim), of which ``valid_observed``, bool (V, N), was observed, chooses an epoch:
    its first rows are scored after every epoch by the objective's own estimate of −log p_θ, with the
    same nodes or noise every time, and the weights of the best epoch are the ones that are left, as in
    the encoder's phase after ``exact``. After ``config.patience`` epochs without a better one a phase
    stops. It never enters a gradient. Without it the weights are those of the last epoch.

    Rows of the training set count as their ``weights``, float64 (B,), if given: in every loss, in
    biases and in a start from the data. Scores of other sets, which change nothing, count rows alike.
    Raises InputError for weights beside several starts, which are compared without any.
    """
    config.check_latent_dim(model.config.latent_dim)
    masks = {"observed": (observed, train_set), "test_observed": (test_observed, test_set)}
    if valid_set is not None:
        masks["valid_observed"] = valid_observed, valid_set
    elif valid_observed is not None:
        raise InputError("valid_set", None, "the rows are needed of which valid_observed is the mask")
    for name, (mask, data) in masks.items():
        check_observed(mask, len(data), model.n_sites, name, whole=True)
    observed, test_observed = unless_complete(observed), unless_complete(test_observed)
    valid_observed = unless_complete(valid_observed)
    check_every_site(observed)
    if observed is not None and not model.config.gaps:
        raise InputError("gaps", False, "True is needed, so that the encoder sees what was not observed")
    if observed is not None and isinstance(train_set, PackedSpins):
        raise InputError("train_set", "packed", "a tensor is needed where entries were not observed")
    held_out = test_observed, valid_set, valid_observed
    check_data(model, train_set, test_set, config, observed, *held_out)
    if weights is not None and config.starts > 1:
        raise InputError("starts", config.starts, "1 is needed where rows have weights")
    if config.checkpoints and on_checkpoint is None:
        raise InputError("on_checkpoint", None, "a function is needed where checkpoints are")
    run = _Run(model, train_set, test_set, config, seed, on_checkpoint, observed, *held_out, weights)
    given = deepcopy(model.state_dict())
    try:
        if config.starts > 1:
            run.result.starts.extend(
                best_start(model, train_set, config.starts, run.begin, run.generator, observed)
            )
        else:
            run.begin()
        rate = config.learning_rate
        run.descend(config.objective, config.draws_at, model.parameters(), config.epochs, rate)
        rate = min(rate, ENCODER_RATE)
        run.descend("elbo", lambda _: 1, model.encoder.parameters(), run.encoder_epochs, rate)
    except TrainingDiverged:
        if run.epoch == 0:
            model.load_state_dict(given)
        raise
    finally:
        run.progress.close()
    return run.result


def check_data(
    model: VAE,
    train_set: Rows,
    test_set: Tensor,
    config: TrainingConfig,
    observed: Tensor | None = None,
    test_observed: Tensor | None = None,
    valid_set: Tensor | None = None,
    valid_observed: Tensor | None = None,
) -> None:
    """Raise InputError for data that this training cannot be done with, in sites that were observed."""
    precision = model.latent_gain.dtype
    sets: dict[str, tuple[Rows, Tensor | None]]
    sets = {"train_set": (train_set, observed), "test_set": (test_set, test_observed)}
    if valid_set is not None:
        sets["valid_set"] = valid_set, valid_observed
    elif config.patience:
        allowed = "0 where there is no validation set, which tells when to stop"
        raise InputError("patience", config.patience, allowed)
    for name, (data, mask) in sets.items():
        if data.dtype != precision:
            raise InputError(name, data.dtype, f"{precision} is needed, the model's precision")
        if len(data) == 0:
            raise InputError(name, "no configurations", "one or more are needed")
        seen = (
            block if part is None else without_missing(block, part, model.family.dim)
            for block, part in in_blocks(data, mask, EVALUATED)
        )
        if not all(torch.isfinite(block).all() for block in seen):
            raise InputError(name, "NaN or infinity", "finite numbers alone can be trained on")
    if config.checkpoints and len(test_set) < 2:
        allowed = "0 where one configuration is held out: a ledger has standard errors"
        raise InputError("checkpoints", config.checkpoints, allowed)
    if config.starts > 1 and len(train_set) < 2:
        allowed = "1 where there is one configuration: starts are compared by standard errors"
        raise InputError("starts", config.starts, allowed)


def check_finite(terms: Mapping[str, float]) -> None:
    """Raise ArithmeticError, naming the first term that is not finite."""
    for name, term in terms.items():
        if not math.isfinite(term):
            raise ArithmeticError(f"{name} is {term}")
