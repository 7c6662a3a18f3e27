"""The one exception that bad input raises: it names the field, the value and what is allowed."""

from __future__ import annotations


class InputError(ValueError):
    """A value from outside (configuration, file, argument) that cannot be used.

    The message is one line: ``field = value: what is allowed``.

    Examples
    --------
    >>> str(InputError("latents", 99, "numbers from 1 to 8 are needed"))
    'latents = 99: numbers from 1 to 8 are needed'
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(" ".join(f"{field} = {value!r}: {allowed}".splitlines()))
