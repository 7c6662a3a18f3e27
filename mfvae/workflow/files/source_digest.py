"""What a job's numbers depend on in this library: a digest of the code that its script uses.

Which files that are is read from import statements; what a registry imports by name, such as the system
that a job is about, is named by the caller. The digest is of the parsed code, so that neither comments
nor docstrings nor the layout of lines count. The lists of names in registries (``index.py``) do not
count either: which entry a job uses is in its digest anyway, and a new one changes no other job.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mfvae.errors import InputError

LIBRARY = Path(__file__).parents[2]
INDEX = "index.py"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _file_of(module: str) -> Path | None:
    base = LIBRARY.parent.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _imports(path: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    ours = {name for name in names if name.split(".")[0] == LIBRARY.name}
    parents = {name.rsplit(".", depth)[0] for name in ours for depth in range(name.count(".") + 1)}
    return frozenset(file for file in map(_file_of, parents) if file is not None)


def file_of(source: Path | str) -> Path:
    """The file of a module, named or given as a file; raises InputError where there is none."""
    if isinstance(source, Path):
        return source
    if source.split(".")[0] == LIBRARY.name and (ours := _file_of(source)):
        return ours
    spec = find_spec(source)
    if spec is None or spec.origin is None:
        raise InputError("module", source, "an installed module is needed")
    return Path(spec.origin)


@cache
def modules_of(script: Path, *sources: Path | str) -> list[Path]:
    """Every file of the library that a script imports, directly or through others, sorted.

    ``sources`` are modules that it imports by name when it runs (``mfvae.registry.Registry.source_of``).
    """
    found = {file_of(source) for source in sources}
    waiting = [script, *found]
    while waiting:
        new = _imports(waiting.pop()) - found
        found |= new
        waiting += new
    return sorted(found)


@cache
def _code_of(path: Path) -> bytes:
    """What a file does: its parsed code without docstrings."""
    tree = ast.parse(path.read_text())  # a tree of its own, which is changed
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree).encode()


@cache
def digest_of(script: Path, *sources: Path | str) -> str:
    """sha256 over names and code of ``modules_of`` the script and these sources."""
    digest = hashlib.sha256()
    for path in modules_of(script, *sources):
        if path.name == INDEX:
            continue
        name = path.relative_to(LIBRARY.parent) if path.is_relative_to(LIBRARY.parent) else path.name
        digest.update(f"{name}\0".encode())
        digest.update(_code_of(path) + b"\0")
    return digest.hexdigest()
