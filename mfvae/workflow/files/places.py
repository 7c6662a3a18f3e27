"""Where the files of a data set are: on this machine, or at addresses from which they are fetched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from mfvae.data.sources import find
from mfvae.errors import InputError
from mfvae.workflow.files.fetch import check_local_file, file_variable

ANSWER_TIMEOUT_S = 5
_HOSTS: dict[str, bool] = {}  # that have been asked → whether they answered


@dataclass(frozen=True)
class Place:
    """One file: the whole of a data set, or its rows for training, validation or the test.

    Attributes
    ----------
    name : str
        Its name, of which the suffix says how it is read.
    local : str or None
        Its path on this machine; None where it has to be fetched.
    urls : tuple of str
        From which it is fetched, tried in turn.
    sha256 : str or None
        Of its content, where that is known.
    part : str or None
        ``train``, ``valid`` or ``test``; None of a single file.
    field : str
        What says where it is: a key of the configuration or an environment variable.
    """

    name: str
    local: str | None
    urls: tuple[str, ...]
    sha256: str | None
    part: str | None
    field: str

    @property
    def is_copied(self) -> bool:
        """Whether it is brought to the results: its content is known, or it comes from elsewhere."""
        return self.sha256 is not None or self.local is None

    def check(self) -> None:
        """Raise InputError unless it can be had, with the right content where that is known."""
        if self.local is not None:
            check_local_file(self.field, self.local, self.sha256)
        elif not self.urls:
            raise InputError(self.field, None, "a file or source.urls are needed")


def places_of(name: str, block: Mapping[str, Any]) -> list[Place]:
    """The files of a data set's block, in the order train, valid, test where there are several.

    For a single file the environment variable ``MFVAE_NAME_FILE`` comes first, then ``file``, then
    the folder ``MFVAE_DATA``, in which files are found by name.
    """
    source, file = block["source"], block["file"]
    parts = source.get("parts") or {}
    if not parts and not isinstance(file, Mapping):
        variable = file_variable(name)
        if named := os.environ.get(variable):
            return [_place(named, source, None, variable)]
        return [_place(file, source, None, f"datasets.{name}.file")]
    named_files = file or {}
    return [
        _place(named_files.get(part), parts.get(part, {}), part, f"datasets.{name}.file.{part}")
        for part in ("train", "valid", "test")
        if part in parts or part in named_files
    ]


def places_of_draws(name: str, block: Mapping[str, Any]) -> dict[str, Place]:
    """Where others' draws of a data set are, by name."""
    return {
        law: _place(
            draws.get("file"), draws.get("source") or {}, None, f"datasets.{name}.draws.{law}.file"
        )
        for law, draws in (block.get("draws") or {}).items()
    }


def _place(file: str | None, source: Mapping[str, Any], part: str | None, field: str) -> Place:
    urls, sha256 = tuple(source.get("urls") or ()), source.get("sha256")
    name = os.path.basename(urls[0] if urls else file or "")
    local = file
    if name and (file is None or not os.path.exists(file)):
        found = _found(file or name, sha256)
        local = file if found is None else str(found)
    return Place(name, local, urls, sha256, part, field)


def can_be_had(places: Iterable[Place], fetched: Path) -> bool:
    """Whether all of them are here, in the folder of what was fetched, or can be fetched now."""
    return all(
        place.local is not None
        or (fetched / place.name).is_file()
        or any(_answers(url) for url in place.urls)
        for place in places
    )


def _answers(url: str) -> bool:
    """Whether there is something at an address; of the files of one host only the first is asked for."""
    host = urlsplit(url).netloc
    if host in _HOSTS:
        return _HOSTS[host]
    request = Request(url, method="HEAD")
    try:
        with urlopen(request, timeout=ANSWER_TIMEOUT_S):
            found = True
    except (OSError, ValueError, HTTPException):
        found = False
    if host:
        _HOSTS[host] = found
    return found


@cache
def _found(name: str, sha256: str | None) -> Path | None:
    return None if os.path.isabs(name) else find(name, sha256)
