"""Checks that several systems share; each raises InputError with one line."""

from __future__ import annotations

import sys

from mfvae.errors import InputError

MAX_SITES = 100_000


def check_positive(field: str, value: int | float) -> None:
    if not 0 < value <= sys.float_info.max:  # integers too large for a float included
        raise InputError(field, value, "a finite number > 0 is needed")


def check_even(field: str, value: int | float) -> None:
    if not 2 <= value <= MAX_SITES or value % 2:
        allowed = f"an even integer from 2 to {MAX_SITES} is needed (even for the half split)"
        raise InputError(field, value, allowed)
