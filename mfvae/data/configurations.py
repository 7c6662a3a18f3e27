"""Configurations of sites, with all that is known of them, and the lines that a user reads of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from mfvae.errors import InputError
from mfvae.stats import effective_number

UNITS = {"site": "site", "row": "row", "group": "group", "value": "one"}


@dataclass(frozen=True)
class Configurations:
    """Rows of sites, and what a file says of them.

    Attributes
    ----------
    array : ndarray
        (B, N) for B rows of N sites, rows of one group in their order: spins −1 and +1 as int8, real
        numbers as float32, directors as float32 (B, N, 3), vectors as float32 (B, N, n), Potts states
        as uint8, counts as int32. What was not observed is 0 for spins, 255 for Potts states, −1 for
        counts and NaN otherwise, which no site family takes for a value.
    observed : ndarray or None
        bool (B, N), or None where every entry was observed.
    groups : ndarray or None
        int64 (B,), the trial, repeat or chain of every row, counted from 0; None where there are none.
    order : ndarray or None
        int64 (B,), the place of every row within its group, such as the time bin; None without groups.
    site_names : tuple of str or None
        N names, if the file has any.
    units : mapping of str to str
        What a ``site``, a ``row``, a ``group`` and a ``value`` of +1 are called: neuron, bin of 20 ms,
        trial, spike.
    site : str
        The family of the sites: ``spin``, ``gaussian``, ``director``, ``count``, or with its number
        ``potts21``, ``vector2``.
    split : ndarray or None
        ``train``, ``valid`` or ``test`` for every row, where the files say so; None otherwise.
    record : mapping
        What was read and what was done, as JSON can hold it; ``describe`` puts it in words.
    weights : ndarray or None
        float64 (B,), how many rows every row counts as; None where each counts as one.

    Examples
    --------
    >>> import numpy as np
    >>> spins = Configurations(np.array([[-1, 1], [1, 1]], dtype=np.int8), site_names=("a", "b"))
    >>> spins.n_rows, spins.n_sites, spins.name_of(1)
    (2, 2, 'b')
    """

    array: np.ndarray
    observed: np.ndarray | None = None
    groups: np.ndarray | None = None
    order: np.ndarray | None = None
    site_names: tuple[str, ...] | None = None
    units: Mapping[str, str] = field(default_factory=lambda: dict(UNITS))
    site: str = "spin"
    split: np.ndarray | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    weights: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        return self.array.shape[0]

    @property
    def n_sites(self) -> int:
        return self.array.shape[1]

    def name_of(self, site: int) -> str:
        """Name of a site; its number, counted from 0, where sites have no names."""
        return str(site) if self.site_names is None else self.site_names[site]

    def with_weights(self, weights: np.ndarray) -> Self:
        """The same rows, each of which counts as so many in training, scores and statistics.

        Parameters
        ----------
        weights : ndarray
            (B,), finite numbers above 0, such as those of ``mfvae.data.sequence_weights``.

        Returns
        -------
        Configurations

        Raises
        ------
        InputError
            For other numbers, or not one for each row.

        Examples
        --------
        >>> import numpy as np
        >>> spins = Configurations(np.array([[-1, 1], [1, 1], [1, 1]], dtype=np.int8))
        >>> spins.with_weights([1, 0.5, 0.5]).weights.sum()
        np.float64(2.0)
        """
        given = np.asarray(weights, dtype=np.float64)
        if given.shape != (self.n_rows,):
            raise InputError("weights", given.shape, f"one for each of the {self.n_rows} rows is needed")
        if not (np.isfinite(given) & (given > 0)).all():
            wrong = given[~(np.isfinite(given) & (given > 0))][0]
            raise InputError("weights", float(wrong), "finite numbers above 0 are needed")
        known = {"sum": float(given.sum()), "effective": effective_number(given)}
        return replace(self, weights=given, record={**self.record, "weights": known})

    def describe(self) -> str:
        """What was read and how it was understood, a fact a line."""
        from mfvae.data.describe import lines_of

        return "\n".join(lines_of(self.record))
