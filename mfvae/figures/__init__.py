"""Figures: a table in, a ``Figure`` out."""

from __future__ import annotations

from mfvae.figures.index import BUILT_IN
from mfvae.figures.kind import FigureKind
from mfvae.registry import Registry

FIGURES: Registry[FigureKind] = Registry("figure", "FIGURES", BUILT_IN)
