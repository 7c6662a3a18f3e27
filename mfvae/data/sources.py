"""Where files are found before anything is downloaded: in the folder that ``MFVAE_DATA`` names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath

from mfvae.errors import InputError

FOLDER_VARIABLE = "MFVAE_DATA"


def folder() -> Path | None:
    """The folder with local copies of files; None where the environment names none.

    Raises InputError where it names what is no folder.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    path = Path(named)
    if not path.is_dir():
        raise InputError(FOLDER_VARIABLE, named, "an existing folder is needed")
    return path


def find(name: str, sha256: str | None = None) -> Path | None:
    """A file of this name in the local folder, however deep.

    Parameters
    ----------
    name : str
        Name of a file, or the end of its path, such as ``debd/nltcs.test.data``.
    sha256 : str, optional
        Of its content, in hexadecimal. Files with another content are passed over.

    Returns
    -------
    Path or None
        None where there is no such file, so that it must be downloaded.

    Raises
    ------
    InputError
        Where the folder does not exist, files of this name differ, or all of them have another content.

    Examples
    --------
    >>> find("a file that nobody has") is None
    True
    """
    end = PurePosixPath(name).parts
    if not end or PurePosixPath(name).is_absolute() or ".." in end:
        raise InputError("name", name, "the name of a file, or the end of its path, is needed")
    place = folder()
    if place is None:
        return None
    found = sorted(
        path
        for path in place.rglob("*")
        if path.name == end[-1] and path.relative_to(place).parts[-len(end) :] == end and path.is_file()
    )
    if not found:
        return None
    if sha256 is None and len(found) == 1:
        return found[0]
    contents = {path: sha256_of(path) for path in found}
    if sha256 is not None:
        right = [path for path in found if contents[path] == sha256.lower()]
        if not right:
            raise InputError(
                FOLDER_VARIABLE,
                str(found[0]),
                f"sha256 {sha256} is needed, this content has {contents[found[0]]}",
            )
        return right[0]
    if len(set(contents.values())) > 1:
        listed = ", ".join(str(path.relative_to(place)) for path in found)
        raise InputError("name", name, f"one file is needed, {place} has {listed}")
    return found[0]


def sha256_of(path: str | Path) -> str:
    """Hexadecimal sha256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
