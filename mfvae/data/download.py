"""Downloading a file from one of its addresses, with the content that is known of it or not at all."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from mfvae.data.sources import sha256_of
from mfvae.errors import InputError

TIMEOUT_S = 30


class NotToBeHad(Exception):
    """No address gave the file; the message says what each of them answered."""


def download(urls: Sequence[str], sha256: str | None, destination: Path) -> str:
    """Put a file at ``destination`` from the first of ``urls`` that has it; returns that address.

    Content with another sha256 is never kept, and nothing stands at ``destination`` before it is whole.
    Raises NotToBeHad.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        part = Path(folder) / destination.name
        for url in urls:
            try:
                with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply, open(part, "wb") as handle:
                    shutil.copyfileobj(reply, handle)
                found = sha256_of(part)
                if sha256 is not None and found != sha256:
                    raise InputError("sha256", found, f"{sha256} is needed")
                part.replace(destination)
                return url
            except (OSError, ValueError, http.client.HTTPException) as error:
                failures.append(f"{url} ({error})")
    raise NotToBeHad("; ".join(failures) or "no URL is configured")
