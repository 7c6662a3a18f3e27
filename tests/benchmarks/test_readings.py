"""Readings are compared by the law of what they have in common: sums over values, and over nodes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from benchmarks.readings import in_bins, joined, log_prob, node_probabilities, told
from mfvae.analysis.ladder import Law
from mfvae.data.configurations import Configurations
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES

SITES, NODES = 3, 4
P = np.random.default_rng(0).dirichlet(np.ones(3), size=(NODES, SITES))  # (G, N, 3)
ALL = np.array(list(product(range(3), repeat=SITES)))


def test_probabilities_of_all_rows_are_one():
    assert np.exp(log_prob(P, ALL)).sum() == pytest.approx(1, abs=1e-12)


def test_what_was_not_observed_is_summed_over():
    some = np.array([[1, -1, 2]])
    whole = [np.exp(log_prob(P, np.array([[1, value, 2]])))[0] for value in range(3)]
    assert np.exp(log_prob(P, some))[0] == pytest.approx(sum(whole), abs=1e-12)


def test_a_coarser_reading_has_the_sum_of_what_it_joins():
    words = joined(P, (0, 1, 1))
    total = sum(
        np.exp(log_prob(P, row[None]))[0] for row in ALL if (np.minimum(row, 1) == [0, 1, 1]).all()
    )
    assert np.exp(log_prob(words, np.array([[0, 1, 1]])))[0] == pytest.approx(total, abs=1e-12)
    twin = joined(P, (0, 0, 1))
    assert np.exp(log_prob(twin, np.array([[0, 1, 1]])))[0] != pytest.approx(total, abs=1e-3)


def test_bins_are_joined_within_repeats_and_the_rest_is_left():
    spikes = np.ones((2 * 5, SITES), dtype=np.int8)
    spikes[0] = spikes[9] = -1  # the last bin of a repeat of five has no partner
    recording = Configurations(spikes, groups=np.repeat([0, 1], 5), order=np.tile(np.arange(5), 2))
    found = in_bins(recording, 2)
    assert found.array[:, 0].tolist() == [1, 2, 2, 2]
    assert found.groups.tolist() == [0, 0, 1, 1]
    assert found.site == "count"


@pytest.mark.parametrize("name", ["spin", "potts3", "count"])
def test_probabilities_at_nodes_are_those_of_the_family(name):
    """log p of a configuration without latents; probabilities of all values have the sum 1."""
    family = SITE_FAMILIES[name]
    fields = np.random.default_rng(1).normal(size=SITES * family.dim)
    law = Law("independent sites", 0, None, None, np.zeros(1))
    values = np.array([[0, 1, 1]]) if name == "spin" else np.array([[0, 2, 1]])
    x = 2 * values - 1 if name == "spin" else values
    found = log_prob(node_probabilities(law, family, fields, 2), values)
    statistic = torch.from_numpy(family.statistic(x.astype(np.int64))).double()
    exact = family.log_prob(statistic, torch.from_numpy(fields)[None]).item()
    assert found[0] == pytest.approx(exact, abs=1e-6)
    model = VAE(family, SITES, VAEConfig(1, (4,), (4,)), seed=0)
    with_latent = node_probabilities(Law("1 latent", 1, None, model, np.zeros(1)), family, fields, 40)
    np.testing.assert_allclose(with_latent.sum(-1), 1, atol=1e-6)


def test_errors_are_told_beside_means():
    class Rows:
        groups = None

    found = told("nats", np.array([1.0, 2.0, 3.0]), Rows())  # type: ignore[arg-type]
    assert found["nats"] == 2.0
    assert found["nats, error"] == pytest.approx(np.sqrt(1 / 3))
