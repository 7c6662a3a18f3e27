"""Laws that are known exactly at finite N, to sample from and to test against."""

from __future__ import annotations

from mfvae.errors import InputError
from mfvae.registry import Registry
from mfvae.systems.base import MeanFieldSystem, Parameters, System
from mfvae.systems.index import BUILT_IN

SYSTEMS: Registry[type[System]] = Registry(
    "system",
    "SYSTEMS",
    BUILT_IN,
)


def system_class(name: str) -> type[System]:
    """The class of a solvable system; raises InputError for a name that is not registered."""
    return SYSTEMS.get_or_refuse(name)


def build(name: str, parameters: Parameters, seed: int) -> System:
    """The system ``name`` at one point of its grid."""
    cls = system_class(name)
    if set(parameters) != set(cls.parameters):
        raise InputError(f"parameters of {name}", dict(parameters), f"needs {', '.join(cls.parameters)}")
    return cls.from_parameters(parameters, seed)


def build_mean_field(name: str, parameters: Parameters, seed: int) -> MeanFieldSystem:
    """The same, of a system with collective variables to be decoded; raises InputError for another."""
    system = build(name, parameters, seed)
    if not isinstance(system, MeanFieldSystem):
        raise InputError("system", name, "a mean-field system is needed")
    return system
