"""Independent sites, the model without latents: the fields that give them the data's means."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

import numpy as np
import torch
from torch import Tensor

from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import without_missing


def fields_of(
    blocks: Iterable[Tensor],
    family: SiteFamily,
    observed: Iterable[Tensor] | None = None,
    weights: Iterable[Tensor] | None = None,
) -> np.ndarray:
    """Fields of independent sites that have the means of statistics in blocks: (N·dim,), float64.

    Finite for a site that never changes: it has seen one configuration more, with the mean of all sites,
    and all sites together one without a field. The mean over sites stays that of the data.
    Means are over the entries that were ``observed``, in blocks of the same rows, bool (b, N), if not
    all: those of the data where entries are missing completely at random. A row counts as many times as
    its one of the ``weights`` says, in blocks of the same rows, float64 (b,); once without them.
    """
    total, rows = torch.zeros(()), torch.zeros((), dtype=torch.int64)
    masks = repeat(None) if observed is None else observed
    times = repeat(None) if weights is None else weights
    parts = zip(blocks, masks, strict=observed is not None)
    for (block, seen), weight in zip(parts, times, strict=weights is not None):
        part = block if seen is None else without_missing(block, seen, family.dim)
        if weight is not None:
            total = total + weight @ part.double()
            rows = rows + (weight.sum() if seen is None else weight @ seen.double())
            continue
        total = total + part.sum(0, dtype=torch.float64)
        rows = rows + (len(block) if seen is None else seen.sum(0))
    by_site = total.cpu().numpy().reshape(-1, family.dim)
    free = family.mean_statistic(np.zeros(family.dim))
    counts = np.broadcast_to(rows.cpu().numpy(), len(by_site))[:, None]  # of every site
    common = (by_site.sum(0) + free) / (counts.sum() + 1)
    return family.field_of_mean(((by_site + common) / (counts + 1)).ravel())
