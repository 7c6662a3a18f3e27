"""People's files: one loader for all of them, what it found in words, and which rows are held out.

>>> import numpy as np
>>> from mfvae.data import load
>>> votes = np.random.default_rng(0).integers(2, size=(500, 7))
>>> load(votes).array.shape
(500, 7)

Names are imported when they are asked for. Scripts name the module itself, ``mfvae.data.loader``, so
that the digest of their code sees it.
"""

from importlib import import_module

_MODULES = {
    "Configurations": "configurations",
    "load": "loader",
    "hold_out": "holdout",
    "sequence_weights": "weights",
}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
