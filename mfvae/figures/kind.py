"""What a figure says of itself, without drawing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from typing import Any, Literal

from mfvae.figures.vocabulary import NEUTRAL, SiteWords

Of = Literal["system", "mean field", "order parameter law", "field", "recording", "several"]


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure: a new one is a module with a function that draws, and one entry.

    Parameters
    ----------
    draw : str or callable
        Table in, ``Figure`` out; ``"module:function"`` is imported when it is drawn. One with a second
        parameter ``words`` is given the ``SiteWords`` of the data set.
    of : str
        What data sets it can be drawn of: any solvable ``system``, one with a capability of that name
        (``mean field``, ``order parameter law``, ``field``), a ``recording``; or it joins ``several``.
    needs : tuple of str
        Names of the tables and metrics that it is drawn from, by mfvae/workflow/plan/figures.py.
    caption : str
        What the report says below it. That of a recording may name properties of its ``SiteWords``,
        such as ``{words.sites}``.
    quantities : tuple of str
        Of the metrics and curves that are input, those that are shown; all where there are none.
    transitions : bool
        Whether transitions of the systems are shown, too.
    joins : tuple of str
        Capabilities, or ``no`` and one, of which it needs a system each.
    """

    draw: str | Callable[[Any], Any]
    of: Of
    needs: tuple[str, ...]
    caption: str
    quantities: tuple[str, ...] = ()
    transitions: bool = False
    joins: tuple[str, ...] = ()

    def __call__(self, table: Any, words: SiteWords = NEUTRAL) -> Any:
        """Draw a table: a matplotlib ``Figure``, labelled with the words of its data set."""
        draw: Any = self.draw
        if isinstance(draw, str):
            module, _, function = draw.partition(":")
            draw = getattr(import_module(module), function)
        return draw(table, words=words) if "words" in signature(draw).parameters else draw(table)

    def caption_in(self, words: SiteWords) -> str:
        """The caption in the words of a data set."""
        return self.caption.format(words=words) if self.of == "recording" else self.caption

    @property
    def module(self) -> str:
        """The module that draws it."""
        return self.draw.partition(":")[0] if isinstance(self.draw, str) else self.draw.__module__
