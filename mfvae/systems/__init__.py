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

_CLASSES = {
    entry.partition(":")[2]: name for name, entry in BUILT_IN.items()
}  # such as ``mfvae.systems.CurieWeiss``


def __getattr__(name: str) -> type[System]:
    """The class of a built-in system, imported when it is asked for."""
    if name not in _CLASSES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return SYSTEMS[_CLASSES[name]]


def system_class(name: str) -> type[System]:
    """The class of a solvable system; raises InputError for a name that is not registered."""
    return SYSTEMS.get_or_refuse(name)


def build(name: str, parameters: Parameters, seed: int) -> System:
    """The system ``name`` at one point of its grid.

    Raises InputError for a name that is not registered, and for other parameters than it has.

    Examples
    --------
    >>> build("curie_weiss", {"N": 20, "beta": 1.2}, seed=0).n_sites
    20
    """
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
