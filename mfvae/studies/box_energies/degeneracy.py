"""Replicas of one VAE on the same clusters: what of them agrees, and what finds the clusters.

Compared are latents (posterior means), the energies that a perceptron gives them (mfvae.wavefunction)
and decoded invariants, which no reparametrisation of the latents changes: the decoder's mean of x at the
posterior mean of every configuration, and the covariance that the model's prior gives to the means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.stats import ks_2samp
from torch import Tensor

from mfvae.compare.similarity import LATENT, cosine, over_pairs, raw, shuffled
from mfvae.latent.nodes import shifted_nodes
from mfvae.model.config import VAEConfig
from mfvae.model.vae import VAE
from mfvae.sites.gaussian import Gaussian
from mfvae.stats import Estimate, estimate
from mfvae.studies.box_energies.clusters import separability
from mfvae.studies.box_energies.wavefunction import BoxConfig, Spectrum, lowest_energy, spectra
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train

SHEET = 1000  # configurations of training and test whose decoded means show the wells
NODES = 4096  # quasi-random, of the prior, for the covariance of decoded means
COLUMNS = ("quantity", "value", "stderr", "null")


class Replica(NamedTuple):
    """What a trained VAE says about held-out configurations (B, N)."""

    latent: np.ndarray  # posterior means, (B, d)
    reconstruction: np.ndarray  # decoded means there, (B, N)
    covariance: np.ndarray  # of decoded means over the prior, (N, N)
    negative_elbo: np.ndarray  # in nats per configuration, ()
    sheet: np.ndarray  # decoded means at the posterior means of the last SHEET configurations, (S, N)


def train_replica(
    train_set: Tensor, test_set: Tensor, architecture: VAEConfig, training: TrainingConfig, seed: int
) -> Replica:
    """Train on Gaussian sites (B, N), float32, with weights, batches and noise of this seed."""
    model = VAE(Gaussian(), train_set.shape[1], architecture, seed)
    history = train(model, train_set, test_set, training, seed).history
    with torch.no_grad():
        latent = model.encode(test_set)[0]
        nodes = shifted_nodes(NODES, architecture.latent_dim, torch.Generator().manual_seed(seed))
        means = model.family.mean_statistic(model.fields(nodes)).double().numpy()
        decoded = model.family.mean_statistic(model.fields(latent)).double().numpy()
        last = model.encode(torch.cat([train_set, test_set])[-SHEET:])[0]
        sheet = model.family.mean_statistic(model.fields(last)).double().numpy()
    score = np.array(history[-1]["negative_elbo"])
    return Replica(latent.double().numpy(), decoded, np.cov(means.T, bias=True), score, sheet)


def same_law(a: np.ndarray, b: np.ndarray) -> float:
    """1 − the largest distance of the distribution functions of two spectra, whichever x is where."""
    return 1 - float(ks_2samp(a.ravel(), b.ravel()).statistic)


def row(quantity: str, found: Estimate, null: float = np.nan) -> tuple[str, float, float, float]:
    """One of COLUMNS."""
    return quantity, found.value, found.stderr, null


def agreement(
    replicas: Sequence[Replica],
    untrained: Sequence[Spectrum],
    trained: Sequence[Spectrum],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Similarities, means over pairs of replicas; the null is that of configurations in random order.

    Of energies also that of their laws, and the same of perceptrons that nothing was trained.
    """
    energy, before = ([one.total for one in part] for part in (trained, untrained))
    compared: list[tuple[str, Callable[[np.ndarray, np.ndarray], float], list[np.ndarray]]] = [
        *((name, similarity, [one.latent for one in replicas]) for name, similarity in LATENT.items()),
        ("energy", raw, energy),
        ("untrained_energy", raw, before),
        ("reconstruction", raw, [one.reconstruction for one in replicas]),
        ("covariance", cosine, [one.covariance for one in replicas]),
    ]
    rows = [
        row(name, over_pairs(similarity, parts), shuffled(similarity, parts, rng).value)
        for name, similarity, parts in compared
    ]
    rows += [
        row("spectrum", over_pairs(same_law, energy)),
        row("untrained_spectrum", over_pairs(same_law, before)),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def found_clusters(
    data: np.ndarray,
    label: np.ndarray,
    replicas: Sequence[Replica],
    untrained: Sequence[Spectrum],
    trained: Sequence[Spectrum],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Adjusted Rand indices of k-means, means over replicas; the null has the labels in random order.

    On data (B, N), latents, the energies of all latents together or total, ψ, and total energies of
    perceptrons that nothing was trained.
    """
    readings: dict[str, list[np.ndarray]] = {
        "rand_data": [data] * len(replicas),
        "rand_latent": [one.latent for one in replicas],
        "rand_energy": [one.total for one in trained],
        "rand_energies": [one.energy for one in trained],
        "rand_psi": [one.psi for one in trained],
        "rand_untrained_energy": [one.total for one in untrained],
    }
    shuffled_label = rng.permutation(label)
    rows = []
    for name, parts in readings.items():
        found = [separability(part, label, seed) for seed, part in enumerate(parts)]
        null = [separability(part, shuffled_label, seed) for seed, part in enumerate(parts)]
        rows.append(row(name, estimate(np.array(found)), float(np.mean(null))))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def state_of_spectra(
    replicas: Sequence[Replica], trained: Sequence[Spectrum], config: BoxConfig
) -> pd.DataFrame:
    """How the training ended, means over replicas: energies per configuration, and what bounds them.

    ``lowest_energy`` is the mean of the least that any ψ could reach, ``saturated`` the share of ψ at
    the end of the arcsin's range.
    """
    lowest = [lowest_energy(one.latent, config).sum(1).mean() for one in replicas]
    values = {
        "mean_energy": [one.total.mean() for one in trained],
        "energy_spread": [one.total.std() for one in trained],
        "lowest_energy": lowest,
        "saturated": [one.saturated for one in trained],
        "negative_elbo": [float(one.negative_elbo) for one in replicas],
    }
    if config.learned:
        values["alpha"] = [one.alpha for one in trained]
        values["half_waves"] = [one.half_waves for one in trained]
    rows = [row(name, estimate(np.array(numbers))) for name, numbers in values.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def spectra_of(
    replicas: Sequence[Replica], config: BoxConfig, seeds: Sequence[int]
) -> tuple[list[Spectrum], list[Spectrum]]:
    """Those of perceptrons before and after their training, one a replica."""
    pairs = [spectra(one.latent, config, seed) for one, seed in zip(replicas, seeds, strict=True)]
    return [before for before, _ in pairs], [after for _, after in pairs]
