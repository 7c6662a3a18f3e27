"""What is asked of files and of errors about them."""

from __future__ import annotations

from mfvae.errors import InputError


def assert_input_error(error: InputError, path, *words: str) -> None:
    """One line that names the file and says what is allowed."""
    message = str(error)
    assert error.field == "file"
    assert str(path) in message
    assert "\n" not in message
    for word in words:
        assert word in message


def names_in(folder) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())
