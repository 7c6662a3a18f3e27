"""Sites that were not observed: masks (..., N), True where a site was, and what they leave of data.

A conditionally independent decoder makes gaps exact: log p(x_observed|z) is the sum over observed sites
alone, Σ_i M_i [T(x_i)·η_i − A(η_i) + log h(x_i)], T = 0 where M is. Entries must be missing at random:
that a site was not observed may depend on what was observed, but not on the value that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from mfvae.errors import InputError

Array = Any  # a NumPy array or a PyTorch tensor


def by_field(observed: Array, dim: int) -> Array:
    """A mask of sites (..., N) as one of their fields and statistics (..., N·dim)."""
    return observed if dim == 1 else array_namespace(observed).repeat(observed, dim, axis=-1)


def without_missing(statistic: Array, observed: Array, dim: int) -> Array:
    """Statistics (..., N·dim), 0 where a site was not observed, whatever stood there, NaN included."""
    return array_namespace(statistic).where(by_field(observed, dim), statistic, 0.0)


def over_observed(per_site: Array, observed: Array | None) -> Array:
    """Sum over the sites that were observed, all of them without a mask: (..., N) → (...)."""
    if observed is None:
        return per_site.sum(-1)
    return array_namespace(per_site).where(observed, per_site, 0.0).sum(-1)


def check_observed(
    observed: Array | None, rows: int, n_sites: int, field: str = "observed", *, whole: bool = False
) -> None:
    """Raise InputError for what is no mask of so many rows and sites.

    Parameters
    ----------
    observed : array or None
        bool (B, N), True where a site was observed; None, where all were, is always right.
    rows, n_sites : int
        B and N.
    field : str
        What the message calls it.
    whole : bool
        Whether a row of which nothing was observed is refused, too.
    """
    if observed is None:
        return
    if tuple(observed.shape) != (rows, n_sites):
        allowed = f"a mask of the same rows and sites, ({rows}, {n_sites}), is needed"
        raise InputError(f"shape of {field}", tuple(observed.shape), allowed)
    if str(observed.dtype).removeprefix("torch.") != "bool":
        raise InputError(f"type of {field}", str(observed.dtype), "bool is needed, True where observed")
    if whole:
        seen = np.asarray(array_namespace(observed).any(observed, axis=1))
        if not seen.all():
            row, empty = int(np.argmin(seen)), int((~seen).sum())
            allowed = f"rows of which something was observed are needed; of {empty} nothing was"
            raise InputError(f"row of {field}", row, allowed)


def check_every_site(observed: Array | None, field: str = "observed") -> None:
    """Raise InputError for a site that was never observed, of which nothing can be learned."""
    if observed is None:
        return
    seen = np.asarray(array_namespace(observed).any(observed, axis=0))
    if not seen.all():
        never = np.flatnonzero(~seen).tolist()
        shown = never[0] if len(never) == 1 else never[:10]
        allowed = f"sites that were observed in a row at least are needed; {len(never)} never were"
        raise InputError(f"site of {field}", shown, allowed)


def unless_complete(observed: Array | None) -> Array | None:
    """The mask, or None where every site of every row was observed."""
    return None if observed is None or bool(observed.all()) else observed


def mask_argument(observed: Array | None) -> tuple[Array, ...]:
    """The last argument of a call that a mask goes to, or none where every site was observed.

    So channels and site families that know nothing of gaps serve wherever there are none.
    """
    return () if observed is None else (observed,)


def rows_of(observed: Array | None, rows: Any) -> Array | None:
    """Rows of a mask, by any index; None stays None."""
    return None if observed is None else observed[rows]


def in_blocks(
    rows: Array, observed: Array | None, size: int, device: Any = None
) -> Iterator[tuple[Array, Array | None]]:
    """Blocks of so many rows, each with its part of the mask, which is None where there is no mask.

    Both on this ``device`` of PyTorch, if one is given.
    """
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        block, mask = rows[part], rows_of(observed, part)
        yield (block, mask) if device is None else on_device(block, mask, device)


def on_device(rows: Array, observed: Array | None, device: Any) -> tuple[Array, Array | None]:
    """Rows and their mask, tensors, on a device of PyTorch."""
    return rows.to(device), None if observed is None else observed.to(device)


def filled(x: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Configurations (B, N, ...) in which every missing site has the state of the first observed one.

    So they are configurations of their family again, and the same ones whatever stood in the gaps.
    Raises InputError where nothing was observed.
    """
    if not observed.any():
        raise InputError("observed", "no entry", "one observed entry at least is needed")
    row, site = np.unravel_index(int(np.argmax(observed)), observed.shape)
    shape = (*observed.shape, *(1 for _ in x.shape[2:]))
    return np.where(observed.reshape(shape), x, x[row, site])


def largest_complete(observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and sites of a mask (B, N) of which every entry was observed, as indices in their order.

    Sites are taken in the order of how often they were observed, as many as give the most entries, two
    at least. Raises InputError where no row has the two sites that were observed most often.
    """
    by_share = np.argsort(-observed.sum(0), kind="stable")
    number = observed.shape[1]
    whole = np.logical_and.accumulate(observed[:, by_share], axis=1).sum(0)  # rows with the first sites
    entries = whole * np.arange(1, number + 1)
    most = 2 + int(np.argmax(entries[1:]))
    sites = np.sort(by_share[:most])
    rows = np.flatnonzero(observed[:, sites].all(1))
    if not len(rows):
        raise InputError("observed", "no row", "a row in which two sites were observed is needed")
    return rows, sites
