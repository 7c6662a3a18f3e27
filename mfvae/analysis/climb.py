"""How many latents are tried: one more as long as it helps, then patterns of the number chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfvae.analysis.ladder import (
    Ladder,
    Law,
    OnLaw,
    Step,
    choice_of,
    paired_gain,
    smallest_sufficient,
    step_of,
)
from mfvae.capacity.selection import SIGMAS, PairedChoice, next_rung
from mfvae.errors import InputError

LARGEST = 8  # latents
MORE_PATTERNS = 2  # beyond the number of latents: a curved sheet of fields spans more directions


class Climb:
    """The ladder as it grows: latents as long as they help, then patterns of the number chosen."""

    def __init__(self, ladder: Ladder, groups: np.ndarray | None, on_law: OnLaw | None) -> None:
        self.ladder, self.groups, self.on_law = ladder, groups, on_law

    def _tell(self, law: Law, before: Law | None) -> None:
        if self.on_law is not None:
            step: Step = step_of(law, before, self.groups)
            self.on_law(step)

    def latents(self, asked: int | Sequence[int]) -> tuple[dict[int, Law], PairedChoice]:
        """Laws by number of latents, up to the first that does not help, or all that are named."""
        rungs, whole = [0, *numbers_of(asked)], not isinstance(asked, int)
        laws = {0: self.ladder.independent()}
        self._tell(laws[0], None)
        choice = choice_of(laws, self.groups)
        while (rung := self._next(choice, rungs, whole)) is not None:
            before = laws[max(laws)]
            laws[rung] = self.ladder.law(rung)
            self._tell(laws[rung], before)
            choice = choice_of(laws, self.groups)
        return laws, choice

    @staticmethod
    def _next(choice: PairedChoice, rungs: list[int], whole: bool) -> int | None:
        offered = len(choice.offered)
        if whole:
            return rungs[offered] if offered < len(rungs) else None
        found = next_rung(choice, rungs)
        return None if found is None else int(found)

    def patterns(self, laws: dict[int, Law], d: int, n_sites: int) -> tuple[dict[int, Law], int]:
        """Hopfield forms of d latents by their number of patterns, and the number that suffices."""
        if not d:
            return {}, 0
        forms: dict[int, Law] = {}
        most = min(d + MORE_PATTERNS, n_sites * self.ladder.family.dim)
        for k in range(d, most + 1):
            forms[k] = self.ladder.law(d, k)
            self._tell(forms[k], laws[d])
            price = paired_gain(laws[d], forms[k], self.groups)
            if price.value <= SIGMAS * price.stderr:  # nothing is left that a further pattern could gain
                break
        return forms, smallest_sufficient(forms, self.groups)


def numbers_of(latents: int | Sequence[int]) -> list[int]:
    """Numbers of latents beyond 0, in order; raises InputError for none, or too large ones."""
    asked = range(latents + 1) if isinstance(latents, int) else latents
    numbers = sorted({int(one) for one in asked} - {0})
    if not numbers or numbers[0] < 1 or numbers[-1] > LARGEST:
        raise InputError("latents", latents, f"numbers from 1 to {LARGEST} are needed")
    return numbers
