"""Replicas on clusters: trained, compared, and the tables that say how far they agree."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.model.vae import VAEConfig
from mfvae.studies.box_energies.clusters import ClusterConfig, draw
from mfvae.studies.box_energies.degeneracy import (
    Replica,
    agreement,
    found_clusters,
    same_law,
    spectra_of,
    state_of_spectra,
    train_replica,
)
from mfvae.studies.box_energies.wavefunction import BoxConfig
from mfvae.training.config import TrainingConfig

X, LABEL = draw(2, 1100, ClusterConfig(informative=3, redundant=3, noise=2, separation=3.0), 1)
TRAIN, TEST, TEST_LABEL = torch.from_numpy(X[:1000]), torch.from_numpy(X[1000:]), LABEL[1000:]
BOX = BoxConfig(alpha=0.1, half_waves=4.0, updates=20)


@pytest.fixture(scope="module")
def replicas() -> list[Replica]:
    training = TrainingConfig(epochs=25, batch_size=100, learning_rate=0.01)
    return [
        train_replica(TRAIN, TEST, VAEConfig(2, (8 * (1 + seed % 2),), (8,)), training, seed)
        for seed in range(3)
    ]


def values(table, column: str = "value") -> dict[str, float]:
    return dict(zip(table["quantity"], table[column], strict=True))


def test_a_replica_says_what_it_infers_and_decodes(replicas):
    one = replicas[0]
    assert one.latent.shape == (100, 2)
    assert one.reconstruction.shape == (100, 8)
    np.testing.assert_allclose(one.covariance, one.covariance.T)
    residual = ((X[1000:] - one.reconstruction) ** 2).mean()
    assert residual < 0.75 < (X[1000:] ** 2).mean()
    # its covariance and the unit noise are the data's, in the directions that it models
    signal = np.linalg.eigvalsh(one.covariance)[-1]
    assert signal == pytest.approx(np.linalg.eigvalsh(np.cov(X.T))[-1] - 1, rel=0.4)


def test_what_is_decoded_agrees_where_latents_do_not(replicas):
    untrained, trained = spectra_of(replicas, BOX, [1, 2, 3])
    table = agreement(replicas, untrained, trained, np.random.default_rng(1))
    found, null = values(table), values(table, "null")
    assert found["reconstruction"] > 0.97
    assert found["covariance"] > 0.97
    assert found["latent_procrustes"] > found["latent_raw"]
    assert abs(null["reconstruction"]) < 0.3
    assert np.isnan(null["spectrum"])
    flipped = [one._replace(latent=-one.latent) if k else one for k, one in enumerate(replicas)]
    again = values(agreement(flipped, untrained, trained, np.random.default_rng(1)))
    assert again["reconstruction"] == found["reconstruction"]
    assert again["latent_canonical"] == pytest.approx(found["latent_canonical"])
    assert again["latent_raw"] != pytest.approx(found["latent_raw"])


def test_clusters_are_found_in_data_and_latents_and_not_with_shuffled_labels(replicas):
    untrained, trained = spectra_of(replicas, BOX, [1, 2, 3])
    rng = np.random.default_rng(1)
    table = found_clusters(X[1000:], TEST_LABEL, replicas, untrained, trained, rng)
    found, null = values(table), values(table, "null")
    assert found["rand_data"] > 0.8
    assert found["rand_latent"] > 0.8
    for name in found:
        assert abs(null[name]) < 0.1  # its spread is about 1/B


def test_the_state_names_what_was_learned_only_then(replicas):
    for learned in (False, True):
        box = BoxConfig(0.1, 4.0, updates=5, learned=learned)
        _, trained = spectra_of(replicas, box, [1, 2, 3])
        state = values(state_of_spectra(replicas, trained, box))
        assert state["mean_energy"] >= state["lowest_energy"] or learned
        assert ("alpha" in state) == learned


def test_laws_are_equal_whatever_the_order():
    energies = np.random.default_rng(1).standard_normal((50, 1))
    assert same_law(energies, energies[::-1]) == 1
    assert same_law(energies, energies + 100) == 0


def test_a_replica_depends_on_its_seed_alone():
    training = TrainingConfig(epochs=1, batch_size=500)
    one, same, other = (
        train_replica(TRAIN, TEST, VAEConfig(2, (4,), (4,)), training, seed) for seed in (7, 7, 8)
    )
    assert one.latent.tobytes() == same.latent.tobytes()
    assert one.latent.tobytes() != other.latent.tobytes()
