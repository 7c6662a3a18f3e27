"""I(A;B) of data from below, whatever their law: the model's own pointwise information as critic.

For any function f of two parts of a configuration

    I(A;B) ≥ E f(x_A, x_B) − E e^f(x_A, x'_B) + 1,

where x' is an independent row (Nguyen, Wainwright & Jordan, IEEE Trans. Inf. Theory 56, 5847, 2010). The
best function is log p(x_A, x_B) − log p(x_A) − log p(x_B); that of a good model is near it, and each of
its terms is a sum over the latent space. Rows of one group are not independent, so that x' is of another
one. Scale, constant, range and the bipartition are chosen on rows of their own. Rows are complete: none
of their sites is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from mfvae.capacity.bipartitions import Bipartition
from mfvae.capacity.unknown_law.confidence import (
    CONFIDENCE,
    LowerBound,
    check_confidence,
    lower_limit,
    members_of,
)
from mfvae.capacity.unknown_law.critic import calibrate, check_rows
from mfvae.errors import InputError
from mfvae.stats import Estimate

PARTNERS = 8  # parts B of other groups that every part A meets


class MarginalLaw(Protocol):
    """What is asked of a model: log p of some sites of every row. A ``LatentQuadrature`` is one."""

    def log_marginal(
        self, statistic: Tensor, sites: slice = ..., observed: Tensor | None = None
    ) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Rows whose part A meets the part B of a row of another group, P pairs."""

    a: np.ndarray
    b: np.ndarray

    @classmethod
    def dealt(cls, members: np.ndarray, rng: np.random.Generator) -> _Pairs:
        """Every row's part A with PARTNERS parts B of other groups, at random."""
        a = np.repeat(np.arange(len(members)), PARTNERS)
        b = rng.integers(len(members), size=len(a))
        while (same := members[a] == members[b]).any():
            b[same] = rng.integers(len(members), size=int(same.sum()))
        return cls(a, b)


@dataclass(frozen=True, eq=False)
class _Half:
    """One part of the rows: values of the pointwise information of rows (B,) and of pairs (P,)."""

    joint: np.ndarray
    dealt: np.ndarray
    members: np.ndarray
    pairs: _Pairs

    def bound(
        self, name: str, joint: np.ndarray, dealt: np.ndarray, ceiling: float, confidence: float
    ) -> LowerBound:
        """From values with |f| ≤ ``ceiling``; the error leaves out group after group, with its pairs."""
        sizes, sums = np.bincount(self.members), np.bincount(self.members, weights=joint)
        weights, n = np.exp(dealt), len(sizes)
        ends = [self.members[rows] for rows in (self.pairs.a, self.pairs.b)]
        lost = sum(np.bincount(end, weights=weights, minlength=n) for end in ends)
        number = sum(np.bincount(end, minlength=n) for end in ends)
        left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
        left_out -= (weights.sum() - lost) / (len(weights) - number)
        stderr = float(np.sqrt((n - 1) * left_out.var()))
        found = Estimate(float(joint.mean() - weights.mean()) + 1, stderr)
        # What the pairs may have missed. A part that no row has is in no pair at all; it adds about its
        # probability, since the mean weight of every part is near 1 for a law's own information.
        missed = (float(np.exp(ceiling)) / len(weights) + 1 / len(joint)) * -np.log1p(-confidence)
        limit = lower_limit(found, n - 1, confidence) - missed
        return LowerBound(name, found, float(limit), confidence)


def pointwise_information(law: MarginalLaw, statistic: Tensor, first: np.ndarray) -> Tensor:
    """log p(x) − log p(x_A) − log p(x_B) of every row, (B, N·dim) → (B,), A the sites ``first`` (N,)."""
    a, b = _parts(law, statistic, first)
    return law.log_marginal(statistic) - a - b


def _parts(law: MarginalLaw, statistic: Tensor, first: np.ndarray) -> tuple[Tensor, Tensor]:
    """log p(x_A) and log p(x_B) of every row."""
    masks = (torch.from_numpy(chosen).expand(len(statistic), -1) for chosen in (first, ~first))
    a, b = (law.log_marginal(statistic, observed=mask) for mask in masks)
    return a, b


def _half_of(
    law: MarginalLaw, statistic: Tensor, first: np.ndarray, members: np.ndarray, rng: np.random.Generator
) -> _Half:
    dim = statistic.shape[1] // len(first)
    columns = torch.from_numpy(np.repeat(first, dim))
    pairs = _Pairs.dealt(members, rng)
    a, b = _parts(law, statistic, first)
    joint = law.log_marginal(statistic) - a - b
    mixed = torch.where(columns, statistic[pairs.a], statistic[pairs.b])
    dealt = law.log_marginal(mixed) - a[pairs.a] - b[pairs.b]
    return _Half(joint.numpy(), dealt.numpy(), members, pairs)


@torch.no_grad()
def information_lower_bound(
    law: MarginalLaw,
    selection: ArrayLike,
    estimation: ArrayLike,
    bipartitions: Sequence[Bipartition],
    rng: np.random.Generator,
    *,
    selection_groups: ArrayLike | None = None,
    estimation_groups: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> LowerBound:
    """I(A;B) of the data from below, for the bipartition that asks the most on the selection rows.

    Parameters
    ----------
    law : LatentQuadrature
        The model's sum over the latent space. A poor model gives a weak bound, never a wrong one.
    selection, estimation : array, shape (B, N·dim)
        Statistics T(x) of rows that choose, which the model may know, and of rows that chose nothing.
    bipartitions : sequence of Bipartition
        Candidates, such as ``candidate_bipartitions`` of the selection rows; one alone is not chosen.
    rng : Generator
        Deals parts among groups.
    selection_groups, estimation_groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without them every row is.
    confidence : float
        One-sided.

    Returns
    -------
    LowerBound
        In nats; its name is that of the bipartition.

    Raises
    ------
    InputError
        For no bipartition, bipartitions of other sites, rows with gaps or too few of them.

    Examples
    --------
    A model as drawn knows little of what the halves share.

    >>> from mfvae.capacity.bipartitions import halves
    >>> from mfvae.latent.lattice import LatentLattice
    >>> from mfvae.model.vae import VAE, VAEConfig
    >>> from mfvae.sites.spin import Spin
    >>> rng = np.random.default_rng(0)
    >>> rows = np.tile(rng.choice([-1, 1], size=(400, 2)), 2)
    >>> law = LatentLattice(VAE(Spin(), 4, VAEConfig(latent_dim=1), seed=0), 1)
    >>> found = information_lower_bound(law, rows[:200], rows[200:], [halves(4)], rng)
    >>> bool(found.lower < 2 * np.log(2))
    True
    """
    check_confidence(confidence)
    rows = check_rows("selection", selection)
    others = check_rows("estimation", estimation, rows.shape[1])
    if not bipartitions:
        raise InputError("bipartitions", [], "one at least is needed")
    for one in bipartitions:
        if rows.shape[1] % len(one.first):
            allowed = f"a bipartition of the sites of {rows.shape[1]} statistics is needed"
            raise InputError(f"sites of {one.name}", len(one.first), allowed)
    members = members_of(selection_groups, len(rows))
    best = None
    for one in bipartitions:
        half = _half_of(law, torch.from_numpy(rows), one.first, members, rng)

        def bound(
            joint: np.ndarray,
            dealt: np.ndarray,
            ceiling: float,
            half: _Half = half,
            name: str = one.name,
        ) -> LowerBound:
            return half.bound(name, joint, dealt, ceiling, confidence)

        lower, critic = calibrate(one.name, np.asarray, half.joint, half.dealt, bound)
        if best is None or lower > best[0]:
            best = lower, one, critic
    assert best is not None  # there is a bipartition
    _, chosen, critic = best
    members = members_of(estimation_groups, len(others))
    half = _half_of(law, torch.from_numpy(others), chosen.first, members, rng)
    values = critic(half.joint), critic(half.dealt)
    return half.bound(chosen.name, *values, critic.ceiling, confidence)
