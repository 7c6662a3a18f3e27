"""Folders that a configuration names: whether commands and Snakemake can use them, and write there."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from mfvae.errors import InputError


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def check_name(field: str, folder: str) -> None:
    """Raise InputError for what no quoting helps with; spaces, quotes and the like are fine.

    Snakemake takes braces for wildcards; a script takes what begins with - for an option; a line break
    ends a line of a log; and nobody who writes ~ means a folder of that name.
    """
    for character in folder:
        if character in "{}" or unicodedata.category(character) == "Cc":
            raise InputError(field, folder, f"the name of a folder without {character!r} is needed")
    if folder.startswith(("-", "~")) or folder != folder.strip():
        allowed = (
            "the name of a folder is needed that begins with no - or ~ and has no blank at its ends"
        )
        raise InputError(field, folder, allowed)


def check_folder(field: str, folder: str) -> None:
    """Raise InputError unless a folder can be named in commands, and exists or can be made."""
    existing = Path(folder).absolute()
    try:
        while not _exists(existing):
            existing = existing.parent
    except (OSError, ValueError) as error:  # too long a name, a null byte
        raise InputError(field, folder, f"the name of a folder is needed ({error})") from error
    check_name(field, folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(field, folder, f"a folder that can be written is needed ({existing} is not)")
