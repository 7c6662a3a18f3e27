"""Is there any collective variable? A model against independent sites, on rows that neither has seen."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.latent.choose import LatentIntegral
from mfvae.model.independent import fields_of
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import check_observed, filled, mask_argument
from mfvae.stats import Estimate, estimate, estimate_over_groups

SIGMAS = 3.0  # standard errors
BLOCK = 8192  # configurations whose statistics are held at once
FEWEST_GROUPS = 20  # of rows that depend on each other, for a scatter between them that is known


def independent_fields(
    family: SiteFamily,
    x: np.ndarray,
    observed: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Fields (N·dim,) of independent sites with the means of configurations x (M, N, ...).

    The means are smoothed, so that no site is certain of anything. They are over what was ``observed``,
    bool (M, N), if not all, whatever stands in the gaps; with ``weights`` (M,), if rows have them.
    """
    masks = None
    times = None if weights is None else torch.split(torch.from_numpy(weights), BLOCK)
    if observed is not None:
        check_observed(observed, *x.shape[:2])
        x, masks = filled(x, observed), torch.split(torch.from_numpy(observed), BLOCK)
    blocks = (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))
    statistics = (torch.from_numpy(family.statistic(block)) for block in blocks)
    return fields_of(statistics, family, masks, times)


def independent_log_prob(
    family: SiteFamily, fields: np.ndarray, statistic: Tensor, observed: Tensor | None = None
) -> np.ndarray:
    """log p(x) of sites in these fields (N·dim,), in nats, of statistics (B, N·dim): (B,).

    Of the sites that were ``observed``, bool (B, N), if not all.
    """
    one = torch.from_numpy(fields).expand(statistic.shape)
    return family.log_prob(statistic.double(), one, *mask_argument(observed)).numpy()


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
    fields: np.ndarray,
    held_out: Tensor,
    groups: np.ndarray | None = None,
    observed: Tensor | None = None,
) -> Estimate:
    """Nats per configuration by which a model predicts held-out rows better than independent sites do.

    ``fields`` (N·dim,) are those of independent sites with the means of the training rows, ``held_out``
    (B, N·dim) statistics. The error is that of the difference, row by row, or of its means over
    ``groups`` (B,) of rows that depend on each other (``stretches``). Both predict the sites that were
    ``observed``, bool (B, N), if not all.
    Raises InputError for fewer than two rows or groups, of which there is no scatter.
    """
    size = len(held_out) if groups is None else len(np.unique(groups))
    if size < 2:
        raise InputError("held-out rows", size, "at least two are needed for a standard error")
    log_model = integral.log_marginal_with_error(held_out, observed)[0].numpy()
    gain = log_model - independent_log_prob(family, fields, held_out, observed)
    return estimate(gain) if groups is None else estimate_over_groups(gain, groups)


def supported(gain: Estimate) -> bool:
    """Whether held-out rows ask for any collective variable: a gain of more than three standard errors.

    The null is that sites are independent. Then the law of the training rows' means is right up to their
    scatter, and a model can only lose by what it has learnt beside it.
    """
    return gain.value > SIGMAS * gain.stderr
