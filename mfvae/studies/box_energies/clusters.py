"""Clusters of points with informative, redundant and noise features, and how well they are found.

scikit-learn's generator (Guyon, "Design of experiments for the NIPS 2003 variable selection
benchmark", 2003): one normal cluster a class around a vertex of a hypercube, linear combinations of its
features, and features of noise; here in units of each feature's standard deviation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mfvae.errors import InputError

STARTS = 5  # of k-means, of which the best counts


@dataclass(frozen=True)
class ClusterConfig:
    """How many features of each kind, and half the edge of the hypercube before scaling."""

    informative: int = field(default=5, metadata={"help": "features in which clusters differ"})
    redundant: int = field(
        default=5, metadata={"help": "features that are linear combinations of the informative ones"}
    )
    noise: int = field(default=10, metadata={"help": "features of noise alone"})
    separation: float = field(
        default=3.0, metadata={"help": "half the edge of the hypercube at whose vertices clusters lie"}
    )

    @property
    def n_features(self) -> int:
        return self.informative + self.redundant + self.noise

    def check(self, clusters: int) -> None:
        """Raise InputError where there are fewer vertices than clusters."""
        if 2**self.informative < clusters:
            allowed = f"enough for {clusters} vertices of a hypercube are needed"
            raise InputError("informative", self.informative, allowed)


def draw(clusters: int, n: int, config: ClusterConfig, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n points (n, features), float32, features of mean 0 and variance 1, and their clusters (n,)."""
    from sklearn.datasets import make_classification

    config.check(clusters)
    x, label = make_classification(
        n,
        config.n_features,
        n_informative=config.informative,
        n_redundant=config.redundant,
        n_classes=clusters,
        n_clusters_per_class=1,
        class_sep=config.separation,
        flip_y=0,
        random_state=seed % 2**32,
    )
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), label


def separability(points: np.ndarray, label: np.ndarray, seed: int) -> float:
    """Adjusted Rand index of k-means on points (B, d) with the clusters (B,): 1 if equal, 0 by chance.

    Hubert & Arabie, J. Classification 2, 193 (1985). 0 for points that are all equal.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    if np.ptp(points, axis=0).max() == 0:
        return 0.0
    clusters = len(np.unique(label))
    means = KMeans(clusters, n_init=STARTS, random_state=seed % 2**32)
    return float(adjusted_rand_score(label, means.fit_predict(points)))


def embedding(points: np.ndarray, seed: int) -> np.ndarray:
    """t-SNE of points (B, d) in the plane, (B, 2) (van der Maaten & Hinton, JMLR 9, 2579, 2008)."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(points) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed % 2**32).fit_transform(points)
