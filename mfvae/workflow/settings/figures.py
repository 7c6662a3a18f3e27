"""Figures that a configuration may ask for, as they are registered, and what each of them needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from mfvae.bounds import one_of
from mfvae.errors import InputError
from mfvae.figures import FIGURES
from mfvae.systems import SYSTEMS

LEDGERS = {"ledgers": 3, "free_energies": 2}  # what a figure needs of a training → most latents of it
OF_GROUPS = "groups"  # what the figure of groups needs
OF_VERDICT = "lacking"  # what figures of a verdict need
OF_POPULATION = "population"  # what figures of statistics of words need
PARTS = {  # what a figure needs → with which part of a run it is drawn
    "scaling": "scaling",
    "recovery": "recovery",
    "degeneracy": "degeneracy",
    "box_spectra": "degeneracy",
    "well_spectra": "degeneracy",
}


def _registered(*sorts: str) -> Any:
    """A text that names a figure which can be drawn of such data sets."""

    def check(kind: str) -> str:
        known = [name for name in FIGURES if FIGURES[name].of in sorts]
        if kind not in known:
            raise InputError("", kind, one_of(known))
        return kind

    return Annotated[str, AfterValidator(check), WithJsonSchema({"type": "string", "minLength": 1})]


FigureOfSystem = _registered("system", "mean field", "order parameter law", "field")
FigureOfRecording = _registered("recording")
FigureAcross = _registered("several")


def ledger_dim(kind: str) -> int | None:
    """The most latents that a training may have whose ledger a figure shows; None without a ledger."""
    return next((LEDGERS[need] for need in FIGURES[kind].needs if need in LEDGERS), None)


def part_of(kind: str) -> str:
    """With which part of a run a figure that joins data sets is drawn."""
    return next((PARTS[need] for need in FIGURES[kind].needs if need in PARTS), "figures")


def is_of_groups(kind: str) -> bool:
    """Whether a figure of a recording is drawn of its groups."""
    return OF_GROUPS in FIGURES[kind].needs


def is_of_verdict(kind: str) -> bool:
    """Whether a figure of a data set shows what a model lacks."""
    return OF_VERDICT in FIGURES[kind].needs


def is_of_population(kind: str) -> bool:
    """Whether a figure of a recording is drawn of statistics of its words."""
    return OF_POPULATION in FIGURES[kind].needs


def can_be_drawn(kind: str, system: str) -> bool:
    """Whether a system has what a figure shows."""
    return FIGURES[kind].of in SYSTEMS[system].capabilities()


def systems_that_are(sort: str, systems: Iterable[str]) -> list[str]:
    """Those with a capability, or without one that follows ``no``."""
    without, capability = sort.startswith("no "), sort.removeprefix("no ")
    return [name for name in systems if (capability in SYSTEMS[name].capabilities()) != without]


def sorts_missing(kind: str, systems: Iterable[str]) -> list[str]:
    """Sorts of systems of which a figure needs one each, and that are not among these."""
    available = list(systems)
    return [sort for sort in FIGURES[kind].joins if not systems_that_are(sort, available)]
