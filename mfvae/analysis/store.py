"""Models and scores in a folder: a second call goes on from there, and a fitted law is used again."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import mfvae
from mfvae.analysis.law import FittedLaw
from mfvae.errors import InputError
from mfvae.model.checkpoint import described_model, description_of, load_weights, weights_of
from mfvae.model.vae import VAE
from mfvae.sites import SITE_FAMILIES
from mfvae.training.config import TrainingConfig
from mfvae.workflow.files.atomic import atomic_path, read_arrays, read_json, write_arrays, write_json
from mfvae.workflow.files.model_record import load_model as model_of
from mfvae.workflow.files.model_record import record_path, save_model

if TYPE_CHECKING:
    from mfvae.analysis.fit import Fit

LAW, WEIGHTS = "law.json", "law.pt"


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
            model = model_of(file) if known == key else None
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


def save(fit: Fit | FittedLaw, folder: str | Path) -> Path:
    """Write the chosen law of a fit, which scores, draws and fills gaps without the data of its fit.

    Parameters
    ----------
    fit : Fit or FittedLaw
    folder : path
        Made where there is none. ``law.json`` says what the law is, ``law.pt`` are its weights.

    Returns
    -------
    Path
        The folder.

    Examples
    --------
    >>> import tempfile
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(300, 4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     law = mfvae.load_model(mfvae.save(mfvae.fit(x, latents=1, epochs=1), folder))
    >>> law.n_sites, law.latents
    (4, 0)
    """
    law = fit if isinstance(fit, FittedLaw) else fit.law
    place = Path(folder)
    weights = b"" if law.model is None else weights_of(law.model)
    record = {
        "site_family": law.family.name,
        "site_names": list(law.site_names),
        "fields": law.fields.tolist(),
        "seed": law.seed,
        "values": dict(law.values),
        "model": None if law.model is None else description_of(law.model),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "version": mfvae.__version__,
    }
    write_json(place / LAW, record)
    with atomic_path(place / WEIGHTS) as temporary:
        temporary.write_bytes(weights)
    return place


def load_model(folder: str | Path) -> FittedLaw:
    """The law in a folder that ``save`` or ``mfvae analyse`` wrote.

    Parameters
    ----------
    folder : path

    Returns
    -------
    FittedLaw

    Raises
    ------
    InputError
        Where files are missing or damaged.

    Examples
    --------
    >>> load_model("a folder that nobody has")
    Traceback (most recent call last):
    mfvae.errors.InputError: file = 'a folder that nobody has/law.json': an existing file is needed
    """
    place = Path(folder)
    record = read_json(place / LAW)
    try:
        content = (place / WEIGHTS).read_bytes()
        if hashlib.sha256(content).hexdigest() != record["weights_sha256"]:
            raise ValueError("their sha256 is not that of the record")
        model = None
        if record["model"] is not None:
            model = described_model(record["model"])
            load_weights(model, content)
            model.eval().requires_grad_(False)
        return FittedLaw(
            SITE_FAMILIES[record["site_family"]],
            model,
            np.array(record["fields"], dtype=np.float64),
            tuple(record["site_names"]),
            record["seed"],
            record["values"],
        )
    except Exception as error:  # torch raises many kinds on damaged files
        raise InputError("folder", str(folder), f"a whole saved law is needed ({error})") from error
