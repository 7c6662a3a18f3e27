"""Bipartite mutual information I(A;B): its estimates and what kind each is. All in nats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mfvae.errors import InputError
from mfvae.stats import Estimate, estimate

FAITHFUL_KL = 0.1  # nats per configuration, up to which a law is called faithful

Kind = Literal["exact", "unbiased", "lower bound"]
GROUPS = 20  # into which pairs are dealt for the standard error of a plug-in estimate


@dataclass(frozen=True)
class BipartiteInformation:
    """I(A;B) of one bipartition of the sites; ``kind`` says what the estimate is of the true value."""

    split: str  # "half", "checkerboard", …
    estimate: Estimate  # standard error 0 where exact
    kind: Kind


def _plug_in(a: np.ndarray, b: np.ndarray) -> float:
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1 / len(a))
    product = np.outer(joint.sum(1), joint.sum(0))
    seen = joint > 0
    cells = np.count_nonzero(seen) - np.count_nonzero(joint.sum(1)) - np.count_nonzero(joint.sum(0))
    excess = (cells + 1) / (2 * len(a))  # Miller & Madow's bias of H(a) + H(b) − H(a, b)
    return float((joint[seen] * np.log(joint[seen] / product[seen])).sum() - excess)


def lower_bound_from_statistics(split: str, a: np.ndarray, b: np.ndarray) -> BipartiteInformation:
    """I(A;B) ≥ I(f(A); g(B)) for any statistics f and g with few values (data processing).

    ``a`` and ``b`` (B,) are integers, f(x_A) and g(x_B) of configurations in the order in which they
    were drawn. The plug-in estimate is corrected for its bias as Miller (1955) does; the error is the
    scatter of the estimates of groups, so that neighbours may be correlated. Raises InputError for fewer
    than two configurations a group.
    """
    if len(a) < 2 * GROUPS:
        raise InputError("configurations", len(a), f"at least {2 * GROUPS} are needed for an error bar")
    a, b = (np.unique(values, return_inverse=True)[1] for values in (a, b))
    groups = np.array_split(np.arange(len(a)), GROUPS)
    stderr = estimate(np.array([_plug_in(a[rows], b[rows]) for rows in groups])).stderr
    return BipartiteInformation(split, Estimate(_plug_in(a, b), stderr), "lower bound")


def worst_split(splits: Iterable[BipartiteInformation]) -> BipartiteInformation:
    """The split with the largest I(A;B) found, which asks the most of a latent channel.

    A lower bound takes part: what it asks for is asked for all the more.
    """
    return max(splits, key=lambda split: split.estimate.value)
