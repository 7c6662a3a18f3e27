"""Which files of this library a script depends on, read from its import statements."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parents[2]


def _file_of(module: str) -> Path | None:
    base = LIBRARY.parent.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _imports(path: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    ours = {name for name in names if name.split(".")[0] == LIBRARY.name}
    parents = {name.rsplit(".", depth)[0] for name in ours for depth in range(name.count(".") + 1)}
    return frozenset(file for file in map(_file_of, parents) if file is not None)


def modules_of(script: Path) -> list[Path]:
    """Every file of the library that a script imports, directly or through others, sorted."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        new = _imports(waiting.pop()) - found
        found |= new
        waiting += new
    return sorted(found)


@cache
def digest_of(script: Path) -> str:
    """sha256 over names and contents of ``modules_of(script)``."""
    digest = hashlib.sha256()
    for path in modules_of(script):
        digest.update(f"{path.relative_to(LIBRARY.parent).as_posix()}\0".encode())
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
