"""What a figure says of itself, without drawing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Of = Literal["system", "mean field", "order parameter law", "field", "recording", "several"]


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure: a new one is a module with a function that draws, and one entry.

    Parameters
    ----------
    draw : str or callable
        Table in, ``Figure`` out; ``"module:function"`` is imported when it is drawn.
    of : str
        What data sets it can be drawn of: any solvable ``system``, one with a capability of that name
        (``mean field``, ``order parameter law``, ``field``), a ``recording``; or it joins ``several``.
    needs : tuple of str
        Names of the tables and metrics that it is drawn from (rules/figure_inputs.smk lists them).
    caption : str
        What the report says below it.
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

    def __call__(self, table: Any) -> Any:
        """Draw a table: a matplotlib ``Figure``."""
        if not isinstance(self.draw, str):
            return self.draw(table)
        module, _, function = self.draw.partition(":")
        return getattr(import_module(module), function)(table)

    @property
    def module(self) -> str:
        """The module that draws it."""
        return self.draw.partition(":")[0] if isinstance(self.draw, str) else self.draw.__module__
