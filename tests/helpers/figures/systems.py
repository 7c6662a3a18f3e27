"""Systems that no built-in is like, which tests register by a file of the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from mfvae.systems.base import BETA, SITES, Parameter, System, Transition


class Potts(System):
    """It has a parameter that no built-in has."""

    name: ClassVar[str] = "potts"
    title: ClassVar[str] = "Potts"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "N": SITES,
        "q": Parameter("q", "other", whole=True, axis="number of states"),
        "beta": BETA,
    }
    observable_labels: ClassVar[Mapping[str, str]] = {}


class Nematic(System):
    """Its temperature has a name that no built-in gives to one, and one transition is in the field."""

    name: ClassVar[str] = "nematic"
    title: ClassVar[str] = "nematic"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "M": Parameter("M", "size", whole=True, axis="rods"),
        "E": Parameter("E", "field", axis="electric field"),
        "theta": Parameter(r"\vartheta", "temperature", axis="bath temperature", unit="K"),
    }
    transitions: ClassVar[Mapping[str, Transition]] = {
        "clearing": Transition("theta", 310.0, "clearing point"),
        "switching": Transition("E", 305.0, "switching"),
    }
    observable_labels: ClassVar[Mapping[str, str]] = {"alignment": "alignment of rods"}


class InverseT(System):
    """What it calls T is no temperature, as in the Ising model, but an inverse one."""

    name: ClassVar[str] = "inverse_t"
    title: ClassVar[str] = "inverse T"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "L": Parameter("L", "size", whole=True, axis="linear size"),
        "T": Parameter("T", "inverse temperature"),
    }
    observable_labels: ClassVar[Mapping[str, str]] = {}


SYSTEMS = {system.name: system for system in (Potts, Nematic, InverseT)}
