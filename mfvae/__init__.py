"""Latent mean-field theories in data: exact samplers, VAEs, capacity bounds and decoding.

>>> import numpy as np
>>> import mfvae
>>> votes = np.random.default_rng(0).integers(2, size=(500, 7))
>>> mfvae.load(votes).array.shape
(500, 7)

``fit`` goes on from there: see ``mfvae.analysis.fit``. Names are imported when they are asked for.
"""

from importlib import import_module

from mfvae.index import MODULES, PUBLIC

__version__ = "0.1.0"
__all__ = sorted({*PUBLIC, *MODULES})


def __getattr__(name: str) -> object:
    if name in MODULES:
        return import_module(MODULES[name])
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
