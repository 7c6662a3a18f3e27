"""Data sets in files: where the files are, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mfvae.workflow.files.places import Place, places_of, places_of_draws
from mfvae.workflow.plan.plan import Plan

READING = ("site", "values", "threshold", "bin_s", "clip", "missing")  # keys of a block that say how
SPLITTING = ("constant_sites", "holdout", "validation")  # and what becomes of rows and sites


def _said_in(block: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is said in a block of settings, and nothing else."""
    return {key: value for key, value in (block or {}).items() if value is not None}


@dataclass(frozen=True)
class Readings:
    """Files of the data sets of a plan, and the options by which scripts read them."""

    plan: Plan

    @cached_property
    def places(self) -> dict[str, tuple[Place, ...]]:
        """Where every data set is read."""
        return {name: tuple(places_of(name, block)) for name, block in self.plan.datasets.items()}

    @cached_property
    def places_of_draws(self) -> dict[str, dict[str, Place]]:
        """Where others' draws of every data set are read, by the name of their law."""
        return {name: dict(places_of_draws(name, block)) for name, block in self.plan.datasets.items()}

    @cached_property
    def draws(self) -> set[str]:
        """Names of all laws whose draws others made."""
        return {law for laws in self.places_of_draws.values() for law in laws}

    def with_sums(self) -> list[tuple[str, Place]]:
        """Files that are used and whose content is known."""
        used = [(name, place) for name in self.plan.files_used() for place in self.places[name]]
        return [(name, place) for name, place in used if place.sha256]

    def place_of(self, system: str, file: str) -> Place:
        """The file that is brought."""
        of_data, of_draws = self.places[system], self.places_of_draws[system]
        return next(place for place in (*of_data, *of_draws.values()) if place.name == file)

    def path_of(self, system: str, place: Place) -> str | None:
        """Where a file of a data set is read."""
        return f"<results>/raw/{system}/{place.name}" if place.is_copied else place.local

    def files_of(self, system: str) -> list[str | None]:
        """What a data set is read from."""
        return [self.path_of(system, place) for place in self.places[system]]

    def file_of_draws(self, system: str, name: str, **_: str) -> str | None:
        """What others' draws of a law are read from."""
        return self.path_of(system, self.places_of_draws[system][name])

    def reading_of(self, system: str) -> dict[str, Any]:
        """Options of how a file is read: what the configuration says, and nothing else."""
        block = self.plan.datasets[system]
        said = _said_in({key: block.get(key) for key in READING}) | _said_in(block.get("reader"))
        options = {key: block[key] for key in SPLITTING if block.get(key)}
        return {
            **options,
            "parts": [place.part for place in self.places[system] if place.part],
            "reading": json.dumps(said, ensure_ascii=False),
        }

    def reading_of_draws(self, system: str, name: str, **_: str) -> str:
        """How others' draws of a law are read, in JSON."""
        return json.dumps(_said_in(self.plan.datasets[system]["draws"][name].get("reader")))
