"""Trained models on disk: weights in ``.pt``, everything else in a JSON file beside it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from mfvae.errors import InputError
from mfvae.model.checkpoint import described_model, description_of, load_weights, weights_of
from mfvae.model.vae import VAE
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import Training
from mfvae.workflow.files.atomic import atomic_path, read_json, write_record
from mfvae.workflow.files.provenance import note_input


def record_path(path: str | Path) -> Path:
    """The JSON file that describes the model at ``path``."""
    return Path(path).with_suffix(".json")


def save_model(
    path: str | Path,
    model: VAE,
    training: TrainingConfig,
    seed: int,
    trained_on: dict[str, Any],
    result: Training | None = None,
) -> None:
    """Write weights and record; bytes depend on content alone, not on the file's name.

    ``result`` is what a training that ended left.
    """
    weights = weights_of(model)
    record = {
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "trained_on": trained_on,
        **description_of(model),
        "training": asdict(training),
        "seed": seed,
        "torch": torch.__version__,
        **({} if result is None else result.as_record()),
    }
    write_record(record_path(path), record)
    with atomic_path(path) as temporary:
        temporary.write_bytes(weights)


def load_model(path: str | Path, system: str | None = None, point: str | None = None) -> VAE:
    """The model at ``path`` in evaluation mode, trained on this system and point if they are named.

    Raises InputError when a file is missing or damaged, or the model is another.
    """
    record = read_json(record_path(path))
    try:
        model = described_model(record)
        digest, data = record["weights_sha256"], record["trained_on"]
    except (TypeError, KeyError, AttributeError, ValueError, RuntimeError) as error:
        file = str(record_path(path))
        raise InputError("file", file, f"the record of a model is needed ({error})") from error
    for key, wanted in {"system": system, "point": point}.items():
        if wanted is not None and data[key] != wanted:
            allowed = f"a model trained on {key} {wanted!r} is needed, it was on {data[key]!r}"
            raise InputError("file", str(path), allowed)
    try:
        content = Path(path).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError("their sha256 is not that of the record")
        load_weights(model, content)
    except Exception as error:  # torch raises many kinds on damaged files
        raise InputError("file", str(path), f"whole model weights are needed ({error})") from error
    note_input(path)
    return model.eval().requires_grad_(False)
