"""Decoders of real numbers and of directors became Hopfield models of spins, with another law."""

from __future__ import annotations

import pytest

from mfvae.errors import InputError
from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples


@pytest.mark.parametrize("name", sorted(set(SITE_FAMILIES) - {"spin"}))
def test_only_spins_have_the_hopfield_form(name):
    with pytest.raises(InputError, match=f"site_family = '{name}': spin is needed"):
        generalized_hopfield(VAE(SITE_FAMILIES[name], 6, VAEConfig(1, field_rank=1)))


def test_twin_spins_have_it():
    assert generalized_hopfield(VAE(SITE_FAMILIES["spin"], 6, VAEConfig(1, field_rank=1))).n_sites == 6


def test_samples_of_another_family_than_is_asked_for_are_refused(tmp_path):
    import numpy as np

    path = tmp_path / "samples.parquet"
    about = SampleMetadata("any", "N~3", "gaussian", 3, 1)
    write_samples(path, np.zeros((4, 3)), {"split": ["train"] * 4}, about)
    assert read_samples(path, family="gaussian").configurations.shape == (4, 3)
    with pytest.raises(InputError, match="'spin' are needed, it holds 'gaussian'"):
        read_samples(path, family="spin")
