"""Bringing a file: from a local copy or the addresses of an archive, with this content or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from mfvae.data.download import NotToBeHad, download
from mfvae.data.sources import sha256_of
from mfvae.errors import InputError
from mfvae.workflow.files.atomic import atomic_path


def file_variable(name: str) -> str:
    """The environment variable that names the file of a data set, ``MFVAE_RETINA_FILE`` of retina."""
    return f"MFVAE_{name.upper()}_FILE"


def check_local_file(field: str, path: str | Path, sha256: str | None) -> None:
    """Raise InputError unless ``path`` is a file, with exactly this content where it is known."""
    if not os.path.isfile(path):
        raise InputError(field, str(path), "an existing file is needed")
    if sha256 is not None and (found := sha256_of(path)) != sha256:
        raise InputError(field, str(path), f"sha256 {sha256} is needed, this content has {found}")


def obtain(
    name: str, local: str | None, urls: Sequence[str], sha256: str | None, destination: str | Path
) -> str:
    """Put the file of a data set at ``destination`` and return where it came from.

    A local file, if named, is the only source; otherwise the URLs are tried in turn. Content with
    another sha256 is never kept. Raises InputError with all that was tried and how to supply the file.
    """
    if local:
        check_local_file(f"datasets.{name}.file", local, sha256)
        with atomic_path(destination) as temporary:
            shutil.copyfile(local, temporary)
        return local
    try:
        return download(urls, sha256, Path(destination))
    except NotToBeHad as error:
        how = f"set {file_variable(name)} or datasets.{name}.file in the configuration to a local copy"
        raise InputError(
            f"datasets.{name}", None, f"not to be had: {error}. To supply it, {how}"
        ) from error
