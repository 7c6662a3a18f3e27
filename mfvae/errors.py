"""The one exception that bad input raises: it names the field, the value and what is allowed."""

from __future__ import annotations


class InputError(ValueError):
    """A value from outside (configuration, file, argument) that cannot be used.

    The message is one line: ``field = value: what is allowed``.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(" ".join(f"{field} = {value!r}: {allowed}".splitlines()))
