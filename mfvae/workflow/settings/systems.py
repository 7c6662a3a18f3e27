"""What a configuration asks of solvable systems, by their names."""

from __future__ import annotations

from collections.abc import Mapping

from mfvae.systems import SYSTEMS


def parameters_of(name: str) -> tuple[str, ...]:
    """Names of the parameters of a system's points, in the order of their paths."""
    return tuple(SYSTEMS[name].parameters)


def whole_parameters_of(name: str) -> frozenset[str]:
    """Those of them that are integers."""
    return SYSTEMS[name].whole_numbers()


def observables_of(name: str) -> tuple[str, ...]:
    """Names of what is measured of a system's configurations."""
    return tuple(SYSTEMS[name].observable_labels)


def is_mean_field(name: str) -> bool:
    """Whether a system has collective variables to be decoded."""
    return "mean field" in SYSTEMS[name].capabilities()


def has_binary_sites(name: str) -> bool:
    """Whether the statistic of a site is one number, so that its patterns can be binary."""
    return SYSTEMS[name].site_family.dim == 1


def check_point(name: str, point: Mapping[str, int | float], seed: int) -> None:
    """Raise InputError, without heavy work, where a system cannot be sampled at a point."""
    SYSTEMS[name].check(point, seed)
