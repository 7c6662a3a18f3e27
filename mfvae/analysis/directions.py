"""What the numbers of one site in a bias or a pattern are called, and shown as.

A site has one number of each where its statistic is one. Potts states have q, V_a·ξ of every state a,
of which the statistic holds q − 1; vectors have one for every component, directors for each of the five
components of their tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mfvae.sites.potts import Potts

if TYPE_CHECKING:
    from mfvae.data.configurations import Configurations
    from mfvae.sites.base import SiteFamily


class Directions(NamedTuple):
    """What is listed of every site.

    Attributes
    ----------
    kind : str or None
        What one of them is called; None where a site has one number.
    labels : tuple of str
        Names, one for each number.
    matrix : ndarray
        (len(labels), dim), from the components of a field to these numbers.
    """

    kind: str | None
    labels: tuple[str, ...]
    matrix: np.ndarray

    def of(self, fields: np.ndarray) -> np.ndarray:
        """Fields (N·dim,) as the numbers that are listed, (N·len(labels),)."""
        return (fields.reshape(-1, self.matrix.shape[1]) @ self.matrix.T).ravel()


def directions_of(data: Configurations, family: SiteFamily) -> Directions:
    """The directions in which fields of these data are listed.

    Examples
    --------
    >>> from mfvae.data import load
    >>> letters = np.array([list("ACCA"), list("CCAA"), list("GACC"), list("AGAC"), list("CAGA")])
    >>> data = load(letters, site="potts", axes="rows sites")
    >>> found = directions_of(data, Potts(3))
    >>> found.kind, found.labels, found.of(np.zeros(8)).shape
    ('state', ('A', 'C', 'G'), (12,))
    """
    if isinstance(family, Potts):
        states = data.record.get("states") or range(family.n_states)
        return Directions("state", tuple(map(str, states)), family.corners)
    labels = tuple(str(one + 1) for one in range(family.dim))
    return Directions("component" if family.dim > 1 else None, labels, np.eye(family.dim))
