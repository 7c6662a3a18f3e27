"""Files that appear whole or not at all: every writer writes beside its target and renames."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import platform
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfvae.errors import InputError
from mfvae.workflow.files import provenance

if TYPE_CHECKING:
    import pandas as pd

NO_PLACE = {  # what a disk says that cannot take a file
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
}

HOST = platform.node().replace(".", "_")  # as it stands in names whose parts are joined by dots
PART = ".mfvae-part"  # what no other program writes
LONGEST = 120  # characters of a target's name in that of its temporary file, for which disks have limits
WRITER = re.compile(rf"\..+\.{re.escape(HOST)}\.(\d{{1,9}}){re.escape(PART)}")


def _is_about(error: OSError, temporary: Path) -> bool:
    """Whether the disk refuses this file, and not another that is read meanwhile."""
    named = {str(name) for name in (error.filename, error.filename2) if name is not None}
    ours = {str(path) for path in (temporary, *temporary.parents)}
    return error.errno in NO_PLACE and (not named or bool(named & ours))


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without error.

    Raises InputError naming ``path`` where the disk is full or may not be written, or where the script
    at work has read it.
    """
    path = Path(path)
    provenance.check_output(path)
    temporary = path.with_name(f".{path.name[:LONGEST]}.{HOST}.{os.getpid()}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if not _is_about(error, temporary):
            raise
        reason = os.strerror(error.errno or 0)
        raise InputError(
            "file", str(path), f"room and leave to write it are needed ({reason})"
        ) from error
    finally:
        with suppress(OSError):  # it has its place; or the disk may not be written: the next run sweeps
            os.truncate(temporary, 0)  # makes room for an error message though a writer hold it open
            temporary.unlink()


def _runs(process: int) -> bool:
    """Whether this machine has such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True


def abandoned_parts(folder: Path) -> Iterator[Path]:
    """Temporary files of ``atomic_path`` below a folder whose writers were killed.

    Those of other machines are none of them, whose processes cannot be seen from here, nor are those of
    other users or hidden files of other programs.
    """
    for part in list(folder.rglob(f".*{PART}")):
        writer = WRITER.fullmatch(part.name)
        if writer and not _runs(int(writer[1])) and part.lstat().st_uid == os.getuid():
            yield part


def write_text(path: str | Path, content: str) -> None:
    """Text, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(content)


def _numbers(content: object, key: str = "") -> Iterator[tuple[str, float]]:
    """All floating-point numbers in an object of JSON, each with the keys that lead to it."""
    if isinstance(content, float):
        yield key or "number", content
    elif isinstance(content, Mapping | list | tuple):
        parts = content.items() if isinstance(content, Mapping) else enumerate(content)
        for name, part in parts:
            yield from _numbers(part, f"{key}.{name}" if key else str(name))


def write_json(path: str | Path, content: object) -> None:
    """Indented JSON with a final newline. Raises InputError for NaN and infinity, which it has not."""
    for key, number in _numbers(content):
        if not math.isfinite(number):
            raise InputError(key, number, f"a finite number is needed in the JSON file {path}")
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_provenance(path: str | Path) -> None:
    """Say beside a file, which cannot hold it, where it comes from; nothing outside of a script."""
    if record := provenance.of_this_job():
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        about = {"file": Path(path).name, "sha256": digest}
        write_json(f"{path}{provenance.SIDECAR}", about | record)


def write_record(path: str | Path, content: Mapping[str, object]) -> None:
    """A JSON object with its provenance under that key."""
    record = provenance.of_this_job()
    write_json(path, content if record is None else {**content, "provenance": record})


def read_json(path: str | Path, renewed: bool = False) -> Any:
    """JSON content of ``path``; raises InputError when it cannot be read or parsed.

    A file that the script at work is there to renew is none of its inputs.
    """
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise InputError("file", str(path), f"readable JSON is needed ({error})") from error
    if not renewed:
        provenance.note_input(path)
    return content


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """CSV without index; floats in full precision, so that equal tables are equal bytes.

    Its provenance goes beside it.
    """
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    write_provenance(path)


def read_csv(path: str | Path, columns: Iterable[str] = ()) -> pd.DataFrame:
    """A table that ``write_csv`` wrote; raises InputError when it cannot be read or lacks columns."""
    import pandas as pd  # of 0.2 s, for which jobs without tables do not wait

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError("file", str(path), f"a readable CSV table is needed ({error})") from error
    if missing := sorted(set(columns) - set(table)):
        raise InputError("file", str(path), f"columns {', '.join(missing)} are needed")
    provenance.note_input(path)
    return table


LISTED = 6  # names in a message


class Named(dict[str, np.ndarray]):
    """Arrays by the names that a file has for them; another raises InputError, which lists the first."""

    def __init__(self, source: str, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.source = source

    def __missing__(self, name: str) -> np.ndarray:
        known = sorted(self)
        more = [f"{len(known) - LISTED} more"] if len(known) > LISTED else []
        raise InputError(self.source, known[:LISTED] + more, f"{name!r} among them is needed")


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Named arrays in NumPy's .npz, uncompressed; equal arrays are equal bytes."""
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, **dict(arrays))  # type: ignore[arg-type]


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """What ``write_arrays`` wrote; raises InputError when it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = Named(f"arrays of {path}", {name: content[name] for name in content.files})
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError("file", str(path), f"a whole .npz file is needed ({error})") from error
    provenance.note_input(path)
    return arrays
