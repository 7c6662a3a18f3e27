"""Which axis of an array is what: rows, sites, groups of rows, components of a vector."""

from __future__ import annotations

from collections.abc import Sequence

from mfvae.errors import InputError

GROUPS, ROWS, SITES, COMPONENTS = "groups", "rows", "sites", "components"
ALSO_CALLED = {
    GROUPS: ("trials", "repeats", "chains", "sessions", "episodes"),
    ROWS: ("bins", "time", "times", "samples", "words", "configurations"),
    SITES: ("neurons", "cells", "units", "spins", "items", "columns"),
    COMPONENTS: ("xyz",),
}
ROLE_OF = {name: role for role, names in ALSO_CALLED.items() for name in (role, *names)}
ARRANGED = (GROUPS, ROWS, SITES, COMPONENTS)
DIRECTOR, VECTOR = "director", "vector"
N_COMPONENTS = 3  # of a director


def singular(axis: str) -> str | None:
    """What one index of an axis is called where a file says it better than by its role."""
    if axis in ("time", "times") or axis in ALSO_CALLED:
        return None
    return axis.removesuffix("s")


def components_of(site: str) -> int:
    """How many numbers a site of this family has beside each other in a table: 0 where it is one value.

    A ``vector`` whose number of components is not in its name is an angle.
    """
    if site == DIRECTOR:
        return N_COMPONENTS
    number = site.removeprefix(VECTOR) if site.startswith(VECTOR) else ""
    return int(number) if number.isdigit() else 0


def parse_axes(axes: str | Sequence[str], field: str = "axes") -> list[str]:
    """Names of axes as a list; raises InputError for a name that is none of them, or a role twice."""
    names = axes.replace(",", " ").replace("×", " ").split() if isinstance(axes, str) else list(axes)
    for name in names:
        if name not in ROLE_OF:
            known = "; ".join(f"{role} ({', '.join(also)})" for role, also in ALSO_CALLED.items())
            raise InputError(field, axes, f"{name!r} is no axis, these are: {known}")
    roles = [ROLE_OF[name] for name in names]
    if len(set(roles)) < len(roles) or not {ROWS, SITES} <= set(roles):
        raise InputError(
            field, axes, "rows and sites are needed, groups or components are possible, each once"
        )
    return names


def axes_of(
    shape: tuple[int, ...],
    axes: str | Sequence[str] | None,
    site: str,
    source: str,
    assumed: str | None = None,
) -> list[str]:
    """Names of the axes of an array; raises InputError where the shape leaves them open.

    Parameters
    ----------
    shape : tuple of int
        Lengths of the axes, as in the file.
    axes : str or sequence of str or None
        What a user or the file says of them.
    site : str
        Family of the sites: those of directors and vectors have components.
    source : str
        What is read, for messages.
    assumed : str, optional
        The order that is customary for this array. Nothing else is assumed of three axes.

    Raises
    ------
    InputError
        Where nothing is named and the array could be read in another way: as many sites as rows or more,
        or three axes.
    """
    found = " × ".join(map(str, shape))
    if axes is not None:
        names = parse_axes(axes)
        if len(names) != len(shape):
            raise InputError("axes", " ".join(names), f"{source} has {len(shape)} axes, {found}")
        return names
    if assumed is not None and len(shape) == len(assumed.split()):
        names = assumed.split()
    elif len(shape) == 2:
        names = [ROWS, SITES]
    elif len(shape) == 3 and (shape[-1] == components_of(site) or site == VECTOR):
        names = [ROWS, SITES, COMPONENTS]
    else:
        raise InputError("axes", None, f"{source} has {len(shape)} axes, {found}: {_offers(shape)}")
    length = {ROLE_OF[name]: n for name, n in zip(names, shape, strict=True)}
    sites = length[SITES]
    if len(shape) == 2:
        sites //= max(1, components_of(site))
    if sites >= length[ROWS]:
        turned = " ".join({ROWS: SITES, SITES: ROWS}.get(ROLE_OF[name], name) for name in names)
        raise InputError(
            "axes",
            None,
            f"{source}, {found}, would have {sites} sites in {length[ROWS]} rows, as many or more: "
            f"say axes={' '.join(names)!r} if this is so, {turned!r} if it is turned",
        )
    return names


def _offers(shape: tuple[int, ...]) -> str:
    """What can be said of axes that nothing is known of."""
    if len(shape) != 3:
        return f"name them in this order, some of {', '.join(ARRANGED)}"
    n, rows, sites = shape
    return (
        f"say axes='groups rows sites' for {n} groups of {rows} rows of {sites} sites, "
        f"axes='groups sites rows' for {rows} sites in {sites} rows of each group, or another order"
    )
