"""Independent sites, the model without latents: the fields that give them the data's means."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from mfvae.sites.base import SiteFamily


def fields_of(blocks: Iterable[Tensor], family: SiteFamily) -> np.ndarray:
    """Fields of independent sites that have the means of statistics in blocks: (N·dim,), float64.

    Finite for a site that never changes: it has seen one configuration more, with the mean of all sites,
    and all sites together one without a field. The mean over sites stays that of the data.
    """
    total, rows = torch.zeros(()), 0
    for block in blocks:
        total, rows = total + block.sum(0, dtype=torch.float64), rows + len(block)
    by_site = total.numpy().reshape(-1, family.dim)
    free = family.mean_statistic(np.zeros(family.dim))
    common = (by_site.sum(0) + free) / (rows * len(by_site) + 1)
    return family.field_of_mean(((by_site + common) / (rows + 1)).ravel())
