"""Blocks of Python in the documentation, run page by page, and what they print.

The blocks of a page share their names, as in a notebook. A block of ``text`` right after one of Python
is what that block prints. ``python -m tests.docs.blocks PAGE …`` writes the printed lines anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helpers.paths import LOCAL_FILE_VARIABLE, ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "\x1e"  # printed after every block
NUMBER = re.compile(r"[−+-]?\d[\d.,]*(?:e[+-]?\d+)?")
SECONDS = 600  # for a page; each takes less than 60 on one core of its own


def fences(text: str) -> list[tuple[str, str]]:
    """Language and content of every block of a page; the language may be empty."""
    return FENCE.findall(text)


def python_blocks(text: str) -> list[str]:
    """Code of a page, in its order."""
    return [code for language, code in fences(text) if language == "python"]


def outputs(text: str) -> dict[int, str]:
    """What the page says that a block prints, by the number of the block."""
    found, number, last = {}, -1, ""
    for language, content in fences(text):
        number += language == "python"
        if language == "text" and last == "python":
            found[number] = content
        last = language
    return found


def run(text: str, folder: Path) -> list[str]:
    """What the blocks of a page print, one after the other; an error is an AssertionError."""
    code = "".join(f"{block}\nprint({MARK!r})\n" for block in python_blocks(text))
    known = {key: value for key, value in os.environ.items() if key != LOCAL_FILE_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=known | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return [part.removeprefix("\n") for part in done.stdout.split(MARK)][:-1]


def words(text: str) -> list[str]:
    """Lines without their numbers, which differ between processors, and without their spacing."""
    lines = (" ".join(NUMBER.sub("#", line).split()) for line in text.splitlines())
    return [line for line in lines if line]


def renewed(text: str, printed: list[str]) -> str:
    """The page with the lines that its blocks print now."""
    for number, old in outputs(text).items():
        text = text.replace(f"```text\n{old}```", f"```text\n{printed[number].rstrip()}\n```", 1)
    return text


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        with tempfile.TemporaryDirectory() as empty:
            page.write_text(renewed(page.read_text(), run(page.read_text(), Path(empty))))
