"""All questions of ``mfvae.capacity.unknown_law`` asked of one model and its held-out rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from mfvae.capacity.bipartitions import candidate_bipartitions
from mfvae.capacity.bound import rate_and_distortion
from mfvae.capacity.unknown_law.confidence import (
    CONFIDENCE,
    LowerBound,
    check_confidence,
    mean_over_members,
    members_of,
)
from mfvae.capacity.unknown_law.critic import (
    FEWEST_ROWS,
    check_rows,
    kl_lower_bound,
    train_critics,
)
from mfvae.capacity.unknown_law.information_bound import information_lower_bound
from mfvae.capacity.unknown_law.judgement import UnknownLawVerdict, better_laws, judge_unknown_law
from mfvae.capacity.unknown_law.power import Draw, Power, power
from mfvae.errors import InputError
from mfvae.information import FAITHFUL_KL
from mfvae.latent.lattice import SobolNodes
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import by_field, check_observed, rows_of, unless_complete
from mfvae.stats import Estimate

DRAWS_PER_ROW = 5  # of the model, for every row: their share of the error is then a third at most
MOST_DRAWS = 500_000
MOST_ROWS = 20_000  # that a critic learns from, and as many that it is tested on
CUT_ROWS = 3000  # that choose a bipartition, and on which it is tested
CRITIC_NODES = 4096  # of the sum that gives the pointwise information: as a critic it need not be exact
PLANTED = (0.1, 0.03, 0.01)  # nats, of departures whose discovery is tried
GAPS = "Capacity: I(A;B) asks for whole rows, and there are entries that were not observed."
CUT_GROUPS = 3  # so that parts of different groups meet when one is left out
FEW_GROUPS = (
    f"Capacity: I(A;B) asks for rows of {CUT_GROUPS} groups at least, for training and held out."
)
FEWEST_GROUPS = 4  # two to choose a critic, two to fit it


@dataclass(frozen=True, eq=False)
class RowSet:
    """Rows of a data set, which of them depend on each other, and which entries were observed.

    Attributes
    ----------
    statistic : array, shape (B, N·dim)
        T(x) of every row; whatever stands in gaps is not looked at.
    groups : array, shape (B,), or None
        Groups of rows that are independent of each other; None where every row is.
    observed : array, bool, shape (B, N), or None
        None where all entries were.
    """

    statistic: np.ndarray
    groups: np.ndarray | None = None
    observed: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.statistic)

    def spread(self, most: int) -> Self:
        """At most so many of the rows, spread over all of them."""
        rows = np.arange(min(most, len(self))) * len(self) // max(1, min(most, len(self)))
        groups = None if self.groups is None else self.groups[rows]
        return type(self)(self.statistic[rows], groups, rows_of(self.observed, rows))

    @cached_property
    def given(self) -> np.ndarray:
        """Statistics as critics see them, float32, 0 in gaps."""
        values = np.asarray(self.statistic, dtype=np.float32)
        if self.observed is None:
            return values
        dim = values.shape[1] // self.observed.shape[1]
        return np.where(by_field(self.observed, dim), values, np.float32(0))

    @property
    def n_groups(self) -> int:
        """How many there are."""
        return len(self) if self.groups is None else len(np.unique(self.groups))

    @property
    def mask(self) -> Tensor | None:
        """Which entries were observed, as a tensor."""
        return None if self.observed is None else torch.from_numpy(self.observed)


class Sampled(Protocol):
    """What is asked of a law without latents: draws of its configurations."""

    @property
    def family(self) -> SiteFamily: ...

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class IndependentLaw:
    """Independent sites in fields (N·dim,): the law that has no latents."""

    family: SiteFamily
    fields: np.ndarray

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n configurations."""
        return self.family.sample(np.broadcast_to(self.fields, (n, len(self.fields))), rng)


def effective_rows(per_row: np.ndarray, groups: ArrayLike | None = None) -> int:
    """How many independent rows would have the error of these rows in groups, at most B.

    From values (B,) that differ from row to row, such as log p_θ(x): their variance over the squared
    error of their mean.

    Examples
    --------
    Every row is there twice.

    >>> rows = np.random.default_rng(0).normal(size=500)
    >>> 400 < effective_rows(np.repeat(rows, 2), np.repeat(np.arange(500), 2)) < 600
    True
    """
    found, _ = mean_over_members(per_row, members_of(groups, len(per_row)))
    variance = float(per_row.var(ddof=1))
    if found.stderr**2 * len(per_row) <= variance:
        return len(per_row)
    return max(1, round(variance / found.stderr**2))


def too_few(selection: RowSet, estimation: RowSet) -> str | None:
    """Why these rows are too few for a held-out test, in words that say how many are needed; or None.

    Examples
    --------
    >>> rows = RowSet(np.ones((60, 3)))
    >>> too_few(rows, rows.spread(30))
    '30 rows are held out, where 40 at least are needed.'
    """
    for rows, what, groups in (
        (selection, "are for training", FEWEST_GROUPS),
        (estimation, "are held out", 2),
    ):
        if len(rows) < FEWEST_ROWS:
            return f"{len(rows)} rows {what}, where {FEWEST_ROWS} at least are needed."
        if rows.n_groups < groups:
            return f"Rows of {rows.n_groups} groups {what}, where {groups} at least are needed."
    return None


def examine_unknown_law(
    model: VAE | Sampled,
    selection: RowSet,
    estimation: RowSet,
    *,
    seed: int,
    laws: Mapping[str, ArrayLike] | None = None,
    log_prob: ArrayLike | None = None,
    numerical_errors: Mapping[str, float] | None = None,
    confidence: float = CONFIDENCE,
    tolerance: float = FAITHFUL_KL,
    planted: Sequence[float] = PLANTED,
    most_rows: int = MOST_ROWS,
) -> UnknownLawVerdict:
    """Capacity, better laws, critic and, where nothing is certain, its power: the verdict on a model.

    Entries that were not observed are not observed in the model's draws either, so that the critic has
    nothing of them to look at; the capacity bound, which asks for whole rows, is left out then.

    Parameters
    ----------
    model : VAE or Sampled
        Trained; up to three latents also the capacity bound is asked for.
    selection : RowSet
        Rows that choose bipartition and critic, such as the training rows.
    estimation : RowSet
        Held-out rows, which chose nothing.
    seed : int
        Of all draws and fits.
    laws : mapping of name to array, shape (B',), optional
        log r(x) of all held-out rows under other laws, in nats; needs ``log_prob``, log p_θ(x). Where
        rows are in groups, means over groups do as well, one for each row.
    log_prob : array, shape (B',), optional
        Of the model.
    numerical_errors : mapping of name to float, optional
        Of the laws: see ``better_laws``.
    confidence : float
        One-sided, shared between the critic and the laws.
    tolerance : float
        Nats that may be missing of what is called faithful.
    planted : sequence of float
        Sizes of departures, in nats, whose discovery is tried; none, to spare the time.
    most_rows : int
        Rows that a critic learns from, and on which it is tested.

    Returns
    -------
    UnknownLawVerdict
        Undecided, with the reason in words, for rows that are too few (``too_few``).

    Raises
    ------
    InputError
        For values that are not finite, other shapes, laws without ``log_prob``.

    Examples
    --------
    A model as drawn, and data whose spins are all the same.

    >>> from mfvae.model.vae import VAEConfig
    >>> from mfvae.sites.spin import Spin
    >>> rows = np.repeat(np.random.default_rng(0).choice([-1, 1], size=(400, 1)), 4, axis=1)
    >>> model = VAE(Spin(), 4, VAEConfig(latent_dim=1), seed=0)
    >>> found = examine_unknown_law(model, RowSet(rows[:200]), RowSet(rows[200:]), seed=0)
    >>> str(found.answer)
    'not faithful'
    """
    check_confidence(confidence)
    if laws and log_prob is None:
        raise InputError("log_prob", None, "that of the model is needed beside that of other laws")
    shared = confidence if not laws else 1 - (1 - confidence) / 2
    found: list[LowerBound] = []
    if laws and log_prob is not None:
        found = better_laws(laws, log_prob, estimation.groups, shared, numerical_errors)
    if few := too_few(selection, estimation):
        return judge_unknown_law(found, tolerance=tolerance, notes=(few,))
    rows, others = (
        _checked(name, part.spread(most_rows))
        for name, part in (("selection", selection), ("estimation", estimation))
    )
    asked = _Questions(model, rows, others, seed, shared)
    notes, rate, information = [], None, None
    if asked.has_gaps:
        notes.append(GAPS)
    elif min(rows.n_groups, others.n_groups) < CUT_GROUPS:
        notes.append(FEW_GROUPS)
    elif isinstance(model, VAE) and model.config.latent_dim <= MAX_LATENT_DIM:
        rate, information = asked.rate(model), asked.information(model, confidence)
    found.append(asked.critic())
    measured = None
    if planted and not any(one.lower > tolerance for one in found):
        measured = asked.power(planted)
    return judge_unknown_law(
        found, rate=rate, information=information, power=measured, tolerance=tolerance, notes=notes
    )


def _checked(field: str, rows: RowSet) -> RowSet:
    observed = unless_complete(rows.observed)
    if observed is not None:
        check_observed(observed, *observed.shape)
    found = RowSet(rows.statistic, rows.groups, observed)
    check_rows(field, found.given)
    return found


class _Questions:
    """One model, rows that choose and rows that chose nothing, and random numbers for all questions."""

    def __init__(
        self, model: VAE | Sampled, rows: RowSet, others: RowSet, seed: int, confidence: float
    ) -> None:
        self.model, self.rows, self.others = model, rows, others
        self.seed, self.confidence = seed, confidence
        self.rng = generator(seed, "capacity/examination")
        self.noise = torch.Generator().manual_seed(integer_seed(seed, "capacity/examination"))
        self.n_draws = min(MOST_DRAWS, DRAWS_PER_ROW * max(len(rows), len(others)))

    @property
    def has_gaps(self) -> bool:
        return self.rows.observed is not None or self.others.observed is not None

    def draw(self, rows: RowSet) -> Draw:
        """Draws of the model with the gaps of random rows among these."""

        def drawn(n: int, rng: np.random.Generator) -> np.ndarray:
            statistic = self.model.family.statistic(self.model.sample(n, rng))
            if rows.observed is None:
                return statistic
            return RowSet(statistic, None, rows.observed[rng.integers(len(rows), size=n)]).given

        return drawn

    def rate(self, model: VAE) -> Estimate:
        """R on the rows that chose nothing."""
        statistic = torch.from_numpy(self.others.given)
        per_row = rate_and_distortion(model, statistic, self.noise)[0]
        return mean_over_members(per_row, members_of(self.others.groups, len(self.others)))[0]

    def information(self, model: VAE, confidence: float) -> LowerBound:
        """I(A;B) of the data, with the model's pointwise information as critic."""
        rows, others = self.rows.spread(CUT_ROWS), self.others.spread(CUT_ROWS)
        law = SobolNodes(model, model.config.latent_dim, self.noise, CRITIC_NODES)
        return information_lower_bound(
            law,
            rows.given,
            others.given,
            candidate_bipartitions(self.rows.given, model.n_sites, self.rng),
            self.rng,
            selection_groups=rows.groups,
            estimation_groups=others.groups,
            confidence=confidence,
        )

    def critic(self) -> LowerBound:
        """KL(p_data‖p_θ) from below."""
        critic = train_critics(
            self.rows.given,
            self.draw(self.rows)(self.n_draws, self.rng),
            self.rows.groups,
            seed=self.seed,
            confidence=self.confidence,
        )
        bound = kl_lower_bound(
            critic,
            self.others.given,
            self.draw(self.others)(self.n_draws, self.rng),
            self.others.groups,
            self.confidence,
        )
        return LowerBound(f"critic of {bound.name}", bound.estimate, bound.lower, bound.confidence)

    def power(self, planted: Sequence[float]) -> Power:
        """Which departures would have been found with as many independent rows."""
        independent = max(FEWEST_ROWS, effective_rows(self.scores(), self.others.groups))
        return power(
            self.draw(self.rows),
            len(self.rows),
            independent,
            self.n_draws,
            self.seed,
            sizes=planted,
            confidence=self.confidence,
        )

    def scores(self) -> np.ndarray:
        """A number for every row that tells how they depend on each other: log p_θ of few nodes."""
        model, statistic = self.model, torch.from_numpy(self.others.given)
        if not isinstance(model, VAE) or model.config.latent_dim > MAX_LATENT_DIM:
            return self.others.given.sum(1)
        law = SobolNodes(model, model.config.latent_dim, self.noise, CRITIC_NODES)
        return law.log_marginal(statistic, observed=self.others.mask).numpy()
