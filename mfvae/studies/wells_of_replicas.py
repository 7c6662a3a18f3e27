"""Wells of latent spaces of replicas: how many, which points are in them, how far replicas agree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from mfvae.compare.similarity import over_pairs, shuffled, spans
from mfvae.latent.spectrum import LatentSpectrum, latent_spectrum
from mfvae.stats import Estimate, estimate
from mfvae.studies.box_energies.clusters import embedding, separability
from mfvae.studies.latent_wells import separated_by_states

STATES = 8
FLOOR = 1e-9  # of energies, in units of that of one Gaussian well
COLUMNS = ("quantity", "value", "stderr", "null")


class Clustered(NamedTuple):
    """Points that a replica decodes, in Fisher coordinates, and what is true of them."""

    sheets: Sequence[np.ndarray]  # of every replica, (B, N)
    data: np.ndarray  # (B, N)
    label: np.ndarray  # (B,)

    @property
    def clusters(self) -> int:
        return len(np.unique(self.label))


def one_gaussian(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many points (B, N) of one Gaussian with the same mean and covariance: it has one well."""
    values, vectors = np.linalg.eigh(np.cov(points.T))
    spread = np.sqrt(np.maximum(values, 0)) * rng.standard_normal(points.shape)
    return points.mean(0) + spread @ vectors.T


def energy_above(spectrum: LatentSpectrum, clusters: int) -> float:
    """The first energy above those of so many wells, and not 0, whatever the points are."""
    return max(float(spectrum.energies[clusters]), FLOOR * spectrum.well_energy)


def barrier_of(spectrum: LatentSpectrum, clusters: int) -> float:
    """log(E_k/E_{k−1}) in nats for k clusters: how high the lowest of their barriers is."""
    above = energy_above(spectrum, clusters)
    lowest = above / len(spectrum.states)  # on a higher barrier no point is expected to lie
    return float(np.log(above / min(max(spectrum.energies[clusters - 1], lowest), above)))


def barrier_error(points: np.ndarray, clusters: int, rng: np.random.Generator) -> float:
    """Standard error of ``barrier_of`` by the choice of points, from two halves of them, in nats."""
    order = rng.permutation(len(points))
    halves = (order[::2], order[1::2])
    one, other = (barrier_of(latent_spectrum(points[rows], STATES), clusters) for rows in halves)
    return abs(one - other) / 2


def relative_differences(values: Sequence[float]) -> float:
    """Mean over pairs of |a − b| over their mean."""
    pairs = combinations(values, 2)
    return float(np.mean([2 * abs(a - b) / (a + b) if a != b else 0.0 for a, b in pairs]))


def wells_found(
    found: Clustered, spectra: Sequence[LatentSpectrum], rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of COLUMNS, means over replicas or their pairs.

    The null of ``wells`` and of ``wells_right``, the share of replicas with as many wells as clusters,
    is one Gaussian of the same covariance; that of ``rand_wells`` has labels in random order, that of
    ``well_span``, the spans of the lowest states, points in random order. ``rand_wells_data`` is of
    k-means on the data, with k given. ``well_energy_difference`` is of energies below the gap, in units
    of ``well_energy``, the first one above it. Differences of replicas, which have the same points, may
    be smaller than the error by the choice of points.
    """
    k, label = found.clusters, found.label
    counts = np.array([one.wells for one in spectra], dtype=np.float64)
    nulls = [latent_spectrum(one_gaussian(sheet, rng), STATES).wells for sheet in found.sheets]
    rand = np.array([separated_by_states(one, label, r) for r, one in enumerate(spectra)])
    mixed = rng.permutation(label)
    chance = [separated_by_states(one, mixed, r) for r, one in enumerate(spectra)]
    of_data = separability(found.data, label, 0)
    states = [one.states[:, :k] for one in spectra]
    levels = [one.energies[1:k] / energy_above(one, k) for one in spectra]
    apart = [np.abs(a - b).max() for a, b in combinations(levels, 2)]
    barriers = [barrier_of(one, k) for one in spectra]
    errors = np.array([barrier_error(sheet, k, rng) for sheet in found.sheets])
    rows: list[tuple[str, Estimate, float]] = [
        ("wells", estimate(counts), float(np.mean(nulls))),
        ("wells_right", estimate((counts == k).astype(float)), float(np.mean(np.array(nulls) == k))),
        ("rand_wells", estimate(rand), float(np.mean(chance))),
        ("rand_wells_data", Estimate(of_data, np.nan), np.nan),
        ("well_span", over_pairs(spans, states), shuffled(spans, states, rng).value),
        ("well_energy_difference", Estimate(float(np.mean(apart)), np.nan), np.nan),
        ("well_energy", estimate(np.array([one.energies[k] for one in spectra])), np.nan),
        ("barrier", estimate(np.array(barriers)), np.nan),
        ("barrier_difference", Estimate(relative_differences(barriers), np.nan), np.nan),
        ("barrier_sampling_error", Estimate(float(np.sqrt((errors**2).mean())), np.nan), np.nan),
    ]
    table = [(name, one.value, one.stderr, null) for name, one, null in rows]
    return pd.DataFrame(table, columns=list(COLUMNS))


def table_of_levels(spectra: Sequence[LatentSpectrum]) -> pd.DataFrame:
    """A row a replica and state: its energy, and that of first-order perturbation theory."""
    parts = [
        pd.DataFrame({"replica": r + 1, "index": range(STATES), "value": one.energies})
        for r, one in enumerate(spectra)
    ]
    return pd.concat(parts).assign(quantity="energy")


def table_of_states(
    spectrum: LatentSpectrum, points: np.ndarray, label: np.ndarray, seed: int
) -> pd.DataFrame:
    """A row a point: the first two excited states beside a t-SNE of the points."""
    plane = embedding(points, seed)
    return pd.DataFrame(
        {
            "quantity": "state",
            "cluster": label,
            "psi_1": spectrum.states[:, 1],
            "psi_2": spectrum.states[:, 2],
            "tsne_1": plane[:, 0],
            "tsne_2": plane[:, 1],
        }
    )
