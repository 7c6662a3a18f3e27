"""A model as plain data and bytes: its description, its weights, and the model made from both again."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from mfvae.model.config import VAEConfig
from mfvae.model.vae import VAE
from mfvae.sites import SITE_FAMILIES


def description_of(model: VAE) -> dict[str, Any]:
    """What a model is but for its weights: site family, number of sites, architecture."""
    return {
        "site_family": model.family.name,
        "n_sites": model.n_sites,
        "architecture": asdict(model.config),
    }


def weights_of(model: VAE) -> bytes:
    """The weights, as bytes that depend on nothing else."""
    buffer, state = io.BytesIO(), model.state_dict()
    for name in state:  # a file is read where there is no such device, too
        state[name] = state[name].cpu()
    torch.save(state, buffer)
    return buffer.getvalue()


def described_model(description: Mapping[str, Any]) -> VAE:
    """A model of this description, with weights as drawn.

    Raises KeyError, TypeError, ValueError, AttributeError or RuntimeError where it describes none.
    """
    architecture: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in description["architecture"].items()
    }
    family = SITE_FAMILIES[description["site_family"]]
    return VAE(family, description["n_sites"], VAEConfig(**architecture))


def load_weights(model: VAE, content: bytes) -> None:
    """Give a model the weights in these bytes; PyTorch raises many kinds of errors for damaged ones."""
    model.load_state_dict(torch.load(io.BytesIO(content), weights_only=True))
