"""What every result can do: say what a reader quotes, as text, as a table, and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class Shown:
    """A result with a summary in words and a table of numbers."""

    def summary(self) -> str:
        """What a reader quotes, a fact a line."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """The numbers behind the summary."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        """The summary and the table, as notebooks show them."""
        return f"<pre>{escape(self.summary())}</pre>\n{self.to_frame().to_html()}"
