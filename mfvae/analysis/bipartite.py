"""How much two parts of the sites know of each other, from data alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.loader import load
from mfvae.errors import InputError
from mfvae.information import BipartiteInformation, lower_bound_from_statistics
from mfvae.population.words import spike_counts


def bipartite_information(data: Any, sites: Sequence[int | str] | None = None) -> BipartiteInformation:
    """A lower bound of I(A;B), the mutual information of two parts of the sites, in nats.

    It is that of the numbers of +1 in both parts, which no processing can make larger than I(A;B). A
    faithful model with latents needs a rate R ≥ I(A;B) (arXiv:2606.08694).

    Parameters
    ----------
    data : Configurations, or what ``mfvae.load`` reads without options
        Spins without gaps.
    sites : sequence of int or str, optional
        Part A by index or name; the first half of the sites without it. B are all others.

    Returns
    -------
    BipartiteInformation
        Its ``estimate`` has a standard error from 20 stretches of rows.

    Raises
    ------
    InputError
        For other sites than spins, for gaps, and where a part is empty.

    Examples
    --------
    Two sites that are equal know log 2 of each other.

    >>> x = np.random.default_rng(0).integers(2, size=(4000, 1))
    >>> found = bipartite_information(np.hstack([x, x]))
    >>> bool(abs(found.estimate.value - np.log(2)) < 0.01)
    True
    """
    if not isinstance(data, Configurations):
        data = load(data)
    if data.site != "spin":
        raise InputError("site", data.site, "spin is needed: numbers of +1 are counted")
    if data.observed is not None:
        missing = int(np.count_nonzero(~data.observed))
        raise InputError("data", f"{missing} gaps", "rows without gaps are needed: +1 are counted")
    first = _part(data, sites)
    name = "first half of the sites" if sites is None else f"{int(first.sum())} sites"
    a, b = (spike_counts(data.array[:, part]) for part in (first, ~first))
    return lower_bound_from_statistics(name, a, b)


def _part(data: Configurations, sites: Sequence[int | str] | None) -> np.ndarray:
    """Which sites are in A, bool (N,)."""
    n = data.n_sites
    if sites is None:
        return np.arange(n) < n // 2
    places = {data.name_of(site): site for site in range(n)}
    first = np.zeros(n, dtype=bool)
    for site in sites:
        place = places.get(site) if isinstance(site, str) else site
        if place is None or not 0 <= place < n:
            raise InputError("sites", site, f"names, or indices below {n}, are needed")
        first[place] = True
    if first.all() or not first.any():
        raise InputError("sites", list(sites), f"some of the {n} sites, not all, are needed")
    return first
