"""Checks that several systems share; each raises InputError with one line."""

from __future__ import annotations

from mfvae.errors import InputError

MAX_SITES = 100_000
MIN_BETA, MAX_BETA = 1e-6, 1000.0  # free or frozen; beyond, grids over φ overflow or fill the memory


def check_beta(value: int | float) -> None:
    if not MIN_BETA <= value <= MAX_BETA:
        allowed = f"a finite number > 0, from {MIN_BETA:g} to {MAX_BETA:g}, is needed"
        raise InputError("beta", value, allowed)


def check_even(field: str, value: int | float) -> None:
    if not 2 <= value <= MAX_SITES or value % 2:
        allowed = f"an even integer from 2 to {MAX_SITES} is needed (even for the half split)"
        raise InputError(field, value, allowed)
