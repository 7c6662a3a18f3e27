"""What people call the sites and rows of a data set: the words that its figures are labelled with."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfvae.bounds import check_fields
from mfvae.errors import InputError

NAME_SHOWN = 20  # characters of the name of a site
NEEDED = ("site", "sites", "active", "row", "group")


@dataclass(frozen=True)
class SiteWords:
    """Words for the parts of a data set of binary sites; neutral ones by default.

    Raises InputError for a word without a character and for rows of a duration below zero.
    """

    site: str = field(default="site", metadata={"help": "one site, such as neuron"})
    sites: str = field(default="sites", metadata={"help": "several of them"})
    active: str = field(
        default="one", metadata={"help": "a site that is on, such as spike; several have an s"}
    )
    none: str = field(
        default="", metadata={"help": "a row in which no site is on, such as silence; may be empty"}
    )
    row: str = field(default="row", metadata={"help": "one configuration, such as bin"})
    row_s: float = field(
        default=0.0,
        metadata={
            "help": "seconds that a row takes; 0 where rows are no time",
            "minimum": 0.0,
            "maximum": 1e9,
        },
    )
    group: str = field(
        default="group",
        metadata={"help": "rows that belong together, such as repeat; several have an s"},
    )
    time: str = field(
        default="", metadata={"help": "what groups run through, such as movie; may be empty"}
    )

    def __post_init__(self) -> None:
        check_fields(self)
        for name in NEEDED:
            if not getattr(self, name):
                raise InputError(name, "", "text of at least 1 character is needed")

    @property
    def actives(self) -> str:
        return f"{self.active}s"

    @property
    def groups(self) -> str:
        return f"{self.group}s"

    @property
    def no_actives(self) -> str:
        """Such as ``silence``."""
        return self.none or f"no {self.actives}"

    @property
    def a_row(self) -> str:
        """A row with its duration and article, such as ``a 20 ms bin``."""
        words = self.row
        if self.row_s:
            short = self.row_s < 1
            words = f"{1000 * self.row_s:g} ms {words}" if short else f"{self.row_s:g} s {words}"
        return f"{'an' if words[0].lower() in 'aeiou8' else 'a'} {words}"

    @property
    def step(self) -> float:
        """What rows are apart on an axis: seconds, or one."""
        return self.row_s or 1.0

    @property
    def time_label(self) -> str:
        """What an axis along the rows of a group says, such as ``time in the movie (s)``."""
        where = f" in the {self.time}" if self.time else ""
        return f"time{where} (s)" if self.row_s else f"{self.row}{where}"

    @property
    def one_group(self) -> str:
        """Such as ``one repeat of the movie``."""
        return f"one {self.group}" + (f" of the {self.time}" if self.time else "")


NEUTRAL = SiteWords()


def shortened(name: str) -> str:
    """The name of a site as an axis has room for it.

    >>> shortened("a member of parliament")
    'a member of parliam…'
    """
    return name if len(name) <= NAME_SHOWN else f"{name[: NAME_SHOWN - 1]}…"
