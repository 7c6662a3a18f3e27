"""One run at a time in a results folder, from whichever folder and by whichever path it is reached.

Snakemake's own lock is one of the working folder, outlives a killed process and then needs --unlock; a
lock held by the process itself ends with it, so that the next run just goes on.
"""

from __future__ import annotations

import fcntl
import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import IO

from mfvae.errors import InputError

LOCK = ".mfvae.lock"
_HELD: list[IO[str]] = []  # the open file, which is the lock


def hold_lock(results: Path) -> None:
    """Hold a folder until the process ends.

    Raises InputError where it cannot be written, and BlockingIOError where another process holds it. On
    a file system without locks a line says so.
    """
    try:
        results.mkdir(parents=True, exist_ok=True)
        handle = open(results / LOCK, "a+")  # noqa: SIM115, held open
    except OSError as error:
        allowed = f"a folder that can be written is needed ({error})"
        raise InputError("pathvars.results", str(results), allowed) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        holder = handle.read().strip() or "process unknown"
        where = f"is at work on {results.absolute()}: wait for it or stop it."
        raise BlockingIOError(f"Another snakemake ({holder}) {where}") from error
    except OSError as error:  # a file system without locks
        print(f"{results} cannot be locked ({error.strerror}): let no other run write there meanwhile.")
    _HELD.append(handle)
    with suppress(OSError):  # the lock holds though a full disk cannot say whose it is
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {platform.node()}, in {Path.cwd()}")
        handle.flush()
