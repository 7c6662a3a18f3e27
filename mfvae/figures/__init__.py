"""Figures: a table in, a ``Figure`` out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mfvae.figures.index import BUILT_IN
from mfvae.registry import Registry

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FIGURES: Registry[Callable[[pd.DataFrame], Figure]] = Registry("figure", "FIGURES", BUILT_IN)
