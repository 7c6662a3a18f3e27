"""The order of sites in heat maps: alike beside each other."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage

ORDERED = 500  # sites up to which branches are turned for the best order, which takes long for many


def tree_of(rows: np.ndarray) -> np.ndarray:
    """Tree (N − 1, 4) of the rows (N, K) as of scipy, by Ward's criterion on Euclidean distances.

    Ward, J. Am. Stat. Assoc. 58, 236 (1963); branches are turned so that neighbouring leaves are close
    (Bar-Joseph et al., Bioinformatics 17, S22, 2001).
    """
    return linkage(rows, "ward", optimal_ordering=len(rows) <= ORDERED)


def order_of(tree: np.ndarray) -> np.ndarray:
    """Indices (N,) of the rows in the order of the leaves."""
    return leaves_list(tree)
