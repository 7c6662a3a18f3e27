"""Is there any collective variable? A model against independent sites, on rows that neither has seen."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.estimates import Estimate, estimate, estimate_over_groups
from mfvae.initialisation import start_biases
from mfvae.latent_integrals import LatentIntegral
from mfvae.sites import SiteFamily

SIGMAS = 3.0  # standard errors
FEWEST_GROUPS = 20  # of rows that depend on each other, for a scatter between them that is known


def independent_log_prob(family: SiteFamily, train: Tensor, statistic: Tensor) -> np.ndarray:
    """log p(x) of sites that are independent, with the means of ``train`` (M, N·dim), in nats.

    Of statistics (B, N·dim), (B,). The means are smoothed, so that no site is certain of anything.
    """
    fields = torch.from_numpy(start_biases(train, family))
    return family.log_prob(statistic.double(), fields.expand(statistic.shape)).numpy()


def stretches(repeats: np.ndarray) -> np.ndarray:
    """A group for every row (B,) of a recording in the order of time, at least ``FEWEST_GROUPS`` in all.

    Whole repeats (B,) where there are as many, else stretches of equal length of each. The scatter of
    two or three repeats is hardly an error: with 3 groups 3 standard errors are passed once in 20 times.
    """
    _, repeat, size = np.unique(repeats, return_inverse=True, return_counts=True)
    parts = -(-FEWEST_GROUPS // len(size))
    place = np.empty(len(repeats), dtype=np.int64)  # within the repeat
    place[np.argsort(repeat, kind="stable")] = np.concatenate([np.arange(n) for n in size])
    return np.asarray(repeat * parts + place * parts // size[repeat])


def gain_over_independent(
    integral: LatentIntegral,
    family: SiteFamily,
    train: Tensor,
    held_out: Tensor,
    groups: np.ndarray | None = None,
) -> Estimate:
    """Nats per configuration by which a model predicts held-out rows better than independent sites do.

    ``train`` (M, N·dim) and ``held_out`` (B, N·dim) are statistics; the error is that of the difference,
    row by row, or of its means over ``groups`` (B,) of rows that depend on each other (``stretches``).
    Raises InputError for fewer than two rows or groups, of which there is no scatter.
    """
    size = len(held_out) if groups is None else len(np.unique(groups))
    if size < 2:
        raise InputError("held-out rows", size, "at least two are needed for a standard error")
    log_model = integral.log_marginal_with_error(held_out)[0].numpy()
    gain = log_model - independent_log_prob(family, train, held_out)
    return estimate(gain) if groups is None else estimate_over_groups(gain, groups)


def supported(gain: Estimate) -> bool:
    """Whether held-out rows ask for any collective variable: a gain of more than three standard errors.

    The null is that sites are independent. Then the law of the training rows' means is right up to their
    scatter, and a model can only lose by what it has learnt beside it.
    """
    return gain.value > SIGMAS * gain.stderr
