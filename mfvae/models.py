"""Trained models on disk: weights in ``.pt``, everything else in a JSON file beside it."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES
from mfvae.storage import atomic_path, read_json, write_json
from mfvae.train import TrainingConfig
from mfvae.vae import VAE, VAEConfig


def record_path(path: str | Path) -> Path:
    """The JSON file that describes the model at ``path``."""
    return Path(path).with_suffix(".json")


def save_model(
    path: str | Path,
    model: VAE,
    training: TrainingConfig,
    seed: int,
    trained_on: dict[str, Any],
    history: list[dict[str, float]],
) -> None:
    """Write weights and record; bytes depend on content alone, not on the file's name."""
    record = {
        "trained_on": trained_on,
        "site_family": model.family.name,
        "n_sites": model.n_sites,
        "architecture": asdict(model.config),
        "training": asdict(training),
        "seed": seed,
        "torch": torch.__version__,
        "history": history,
    }
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    write_json(record_path(path), record)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_model(path: str | Path) -> VAE:
    """The model at ``path`` in evaluation mode; raises InputError when a file is missing or damaged."""
    record = read_json(record_path(path))
    architecture: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in record["architecture"].items()
    }
    family = SITE_FAMILIES[record["site_family"]]
    model = VAE(family, record["n_sites"], VAEConfig(**architecture))
    try:
        model.load_state_dict(torch.load(path, weights_only=True))
    except Exception as error:  # torch raises many kinds on damaged files
        reason = str(error).splitlines()[0]
        raise InputError("file", str(path), f"whole model weights are needed ({reason})") from error
    return model.eval().requires_grad_(False)
