"""Solvable systems. A new one is one file here, one entry below and one block in config.yaml."""

from __future__ import annotations

from mfvae.errors import InputError
from mfvae.systems.base import MeanFieldSystem, Parameters, System
from mfvae.systems.curie_weiss import CurieWeiss, CurieWeissField
from mfvae.systems.hopfield import Hopfield, HopfieldPair
from mfvae.systems.ising_2d.system import Ising2D
from mfvae.systems.maier_saupe import MaierSaupe
from mfvae.workflow.settings.points import one_kind, parse, spell

SYSTEMS: dict[str, type[System]] = {
    cls.name: cls for cls in (CurieWeiss, CurieWeissField, Hopfield, HopfieldPair, MaierSaupe, Ising2D)
}


def system_class(name: str) -> type[System]:
    """The class of a solvable system; raises InputError for a name that is not registered."""
    if name not in SYSTEMS:
        raise InputError("system", name, f"one of {', '.join(SYSTEMS)}")
    return SYSTEMS[name]


def build(name: str, parameters: Parameters, seed: int) -> System:
    """The system ``name`` at one point of its grid."""
    cls = system_class(name)
    if set(parameters) != set(cls.parameter_names):
        raise InputError(
            f"parameters of {name}", dict(parameters), f"needs {', '.join(cls.parameter_names)}"
        )
    return cls.from_parameters(parameters, seed)


def build_at(name: str, point: str, seed: int) -> System:
    """The same at a point such as ``N~64/beta~1.0``; raises InputError for another spelling of it."""
    parameters = parse(point)
    system = build(name, parameters, seed)
    whole = system.whole_numbers
    spelled = spell({key: one_kind(value, key in whole) for key, value in parameters.items()})
    if spelled != point:
        raise InputError("point", point, f"the spelling {spelled} is needed, the only one of this point")
    return system


def build_mean_field(name: str, parameters: Parameters, seed: int) -> MeanFieldSystem:
    """The same, of a system with collective variables to be decoded; raises InputError for another."""
    system = build(name, parameters, seed)
    if not isinstance(system, MeanFieldSystem):
        raise InputError("system", name, "a mean-field system is needed")
    return system
