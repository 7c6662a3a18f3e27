"""Reference of the library: the ten public names, and a page for every room of ``mfvae/``."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from mfvae.index import PUBLIC

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "mfvae"


def pages() -> dict[str, str]:
    """Path and text of the page of public names and of each room."""
    rooms = sorted(path.parent for path in LIBRARY.glob("*/__init__.py"))
    loose = [path for path in LIBRARY.glob("*.py") if path.stem != "index"]
    return {
        "reference/api/index.md": _public(),
        **{f"reference/api/{room.name}.md": _room(room.name, room.rglob("*.py")) for room in rooms},
        "reference/api/common.md": _room("common modules", loose, top=True),
    }


def _public() -> str:
    """The names that ``import mfvae`` offers."""
    lines = ["# The names of `import mfvae`", ""]
    lines += ["Everything else is imported from its module; the rooms have pages of their own.", ""]
    for name in sorted(PUBLIC, key=lambda one: (one[0].isupper(), one)):  # functions, then classes
        lines += _block(f"{PUBLIC[name]}.{name}")
        # links lead to the page of the room, where the same documentation is
        lines[-1:] = [f"      heading: mfvae.{name}", "      skip_local_inventory: true", ""]
    return "\n".join(lines)


def _block(name: str) -> list[str]:
    """What mkdocstrings replaces by the documentation of a module or a name."""
    return [f"::: {name}", "    options:", "      heading_level: 2", ""]


def _room(title: str, files: Iterable[Path], top: bool = False) -> str:
    """One page: what the room says of itself, and its modules with their public names."""
    lines = [f"# {'mfvae: ' + title if top else 'mfvae.' + title}", ""]
    for path in sorted(files):
        if path.stem.startswith("_") and path.stem != "__init__":
            continue
        if path.stem == "__init__" and not _has_docstring(path):
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        lines += _block(name)
    return "\n".join(lines)


def _has_docstring(path: Path) -> bool:
    return ast.get_docstring(ast.parse(path.read_text())) is not None
