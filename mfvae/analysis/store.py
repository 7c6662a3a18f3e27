"""Models and scores of an analysis in a folder, so that a second call goes on from there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from mfvae.errors import InputError
from mfvae.model.vae import VAE
from mfvae.training.config import TrainingConfig
from mfvae.workflow.files.atomic import read_arrays, read_json, write_arrays
from mfvae.workflow.files.model_record import load_model, record_path, save_model


class Folder:
    """A folder of models; each is known by a digest of all that its training depends on.

    Files appear whole or not at all. What is damaged, or was trained otherwise, is trained anew.

    Attributes
    ----------
    path : Path
    found, kept : int
        How many models and scores were found, and how many put there.
    """

    def __init__(self, path: str | Path) -> None:
        self.path, self.found, self.kept = Path(path), 0, 0

    def _file(self, name: str, suffix: str) -> Path:
        return self.path / (re.sub(r"\W+", "_", name) + suffix)

    def get(self, name: str, key: str) -> VAE | None:
        """The model of this name, None unless it was trained exactly so."""
        file = self._file(name, ".pt")
        try:
            known = read_json(record_path(file)).get("trained_on", {}).get("key")
            model = load_model(file) if known == key else None
        except (InputError, AttributeError):  # none, or damaged
            return None
        self.found += model is not None
        return model

    def put(self, name: str, key: str, model: VAE, config: TrainingConfig, seed: int) -> None:
        """Keep a model that was trained."""
        save_model(self._file(name, ".pt"), model, config, seed, {"name": name, "key": key})
        self.kept += 1

    def get_values(self, name: str, key: str) -> np.ndarray | None:
        """Numbers of this name, None unless they were computed exactly so."""
        try:
            arrays = read_arrays(self._file(name, ".npz"))
            known = str(arrays["key"]) == key
            values = arrays["values"]
        except InputError:
            return None
        self.found += known
        return values if known else None

    def put_values(self, name: str, key: str, values: np.ndarray) -> None:
        """Keep numbers."""
        write_arrays(self._file(name, ".npz"), {"values": values, "key": np.array(key)})
        self.kept += 1
