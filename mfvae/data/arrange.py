"""Values in the axes of a file become rows of sites, and numbers that belong to one site a vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mfvae.data.axes import COMPONENTS, GROUPS, ROLE_OF, ROWS, SITES, VECTOR, components_of
from mfvae.data.site_values import POTTS
from mfvae.data.values import blocks
from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES

UNIT_NORM = 1e-3  # by which the length of a vector may differ from 1 before it is no rounding


def arrange(
    values: np.ndarray, observed: np.ndarray | None, names: list[str], site: str
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """(B, N) or (B, N, n), rows of a group after each other; what was observed; number of groups."""
    roles = [ROLE_OF[name] for name in names]
    order = [roles.index(role) for role in (GROUPS, ROWS, SITES, COMPONENTS) if role in roles]
    n_groups = values.shape[roles.index(GROUPS)] if GROUPS in roles else 0
    n_sites = values.shape[roles.index(SITES)]
    n_components = values.shape[roles.index(COMPONENTS)] if COMPONENTS in roles else 0
    wanted = components_of(site) or (n_components if site == VECTOR else 0)
    if n_components and not wanted:
        raise InputError("axes", " ".join(names), f"a {site} has no components")
    after = [n_sites]
    if wanted:
        if not n_components and n_sites % wanted:
            raise InputError(
                "site", site, f"{wanted} columns a site are needed, found {n_sites} columns"
            )
        if n_components not in (0, wanted):
            raise InputError("site", site, f"{wanted} components are needed, found {n_components}")
        after = [n_sites if n_components else n_sites // wanted, wanted]
    array = np.ascontiguousarray(values.transpose(order)).reshape(-1, *after)
    if observed is not None:
        observed = np.ascontiguousarray(observed.transpose(order)).reshape(array.shape)
    if site == VECTOR and not wanted:
        array = np.stack([np.cos(array), np.sin(array)], -1)
    elif wanted:
        if observed is not None:
            observed = np.asarray(observed.all(-1))
            array[~observed] = np.nan
        _check_lengths(array, observed, site)
    return array, observed, n_groups


def _check_lengths(array: np.ndarray, observed: np.ndarray | None, site: str) -> None:
    """Bring vectors to length 1, from which rounding alone may have kept them."""
    bad = 0
    for part in blocks(array):
        norm = np.sqrt(np.square(array[part], dtype=np.float64).sum(-1, keepdims=True))
        wrong = ~(np.abs(norm[..., 0] - 1) < UNIT_NORM)
        bad += int((wrong if observed is None else wrong & observed[part]).sum())
        if not bad:
            array[part] = array[part] / norm
    if bad:
        n_sites = array.shape[0] * array.shape[1]
        raise InputError("site", site, f"unit vectors are needed, {bad} of {n_sites} are none")


def with_number(site: str, array: np.ndarray, record: Mapping[str, Any]) -> str:
    """The name of the family, with its number where it is one of those that have one."""
    if site == POTTS:
        return f"{POTTS}{len(record['states'])}"
    name = f"{VECTOR}{array.shape[-1]}" if site == VECTOR else site
    if name not in SITE_FAMILIES:
        raise InputError("site", name, "vectors of 2 to 16 components are possible")
    return name
