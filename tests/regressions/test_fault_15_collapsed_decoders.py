"""A decoder whose fields do not vary ended the decoding with "Singular matrix"."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.decoding.collective import CollectiveVariables, collective_variables
from mfvae.decoding.potential import potential
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES


def collapsed(rank: int) -> VAE:
    """Fields of five spins that vary along so many directions of two latents."""
    torch.manual_seed(1)
    model = VAE(SITE_FAMILIES["spin"], 5, VAEConfig(2, (4,), (4,), field_rank=2))
    with torch.no_grad():
        model.output.weight[:, rank:] = 0
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_directions_of_a_collapsed_decoder_are_counted(rank):
    found = collective_variables(collapsed(rank), 2, 500, np.random.default_rng(0))
    assert found.rank == rank
    assert found.count == (0 if rank == 0 else found.count)


def test_a_potential_along_a_direction_in_which_nothing_varies_is_refused_in_words():
    with pytest.raises(ArithmeticError, match="does not vary along all patterns"):
        potential(collapsed(1), 2, np.eye(5)[:, :2], 5, np.random.default_rng(0))


@pytest.mark.parametrize(("values", "count"), [([0.0], 0), ([0.3], 1), ([1e-7, 1e-8, 0.0], 0)])
def test_one_site_and_no_variation_are_counted(values, count):
    found = CollectiveVariables(np.zeros(len(values)), np.array(values), np.eye(len(values)), 1)
    assert found.count == count
