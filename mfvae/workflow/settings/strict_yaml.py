"""Checking what is written in a YAML file, where readers take it for something else without a word.

Readers of YAML 1.1, Snakemake's among them, read ``010`` as 8, ``1:30`` as 90 and ``1e-3`` as text, take
the last of two equal keys, and names such as ``no`` for no text. Nothing is read here but the nodes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from mfvae.errors import InputError

TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
WHOLE, REAL = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
# What YAML 1.1 takes for text: without a point before its exponent, or with an 8 or 9 behind a zero.
LIKE_A_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?")


def check_yaml(path: Path) -> None:
    """Raise InputError for the first trap: it names the file, the line and what is written there."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "file", str(path), f"a text file that can be read is needed ({error})"
        ) from error
    try:
        json.loads(text, object_pairs_hook=lambda pairs: _once(path, pairs))
        return
    except json.JSONDecodeError:
        pass  # then it is YAML
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _unreadable(path, text, error) from error
    except yaml.YAMLError as error:  # a character that YAML does not have
        raise InputError("file", str(path), f"YAML is needed ({error})") from error
    _check_node(path, root, set())


def _once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise InputError(str(path), key, "each key once is allowed")
        content[key] = value
    return content


def _place(path: Path, mark: yaml.Mark) -> str:
    return f"{path}, line {mark.line + 1}"


def _unreadable(path: Path, text: str, error: yaml.MarkedYAMLError) -> InputError:
    mark, problem = error.problem_mark or error.context_mark, error.problem or str(error)
    if mark is None:
        return InputError("file", str(path), f"YAML is needed ({problem})")
    lines = text.splitlines()
    shown = lines[mark.line].strip() if mark.line < len(lines) else ""
    if alias := re.fullmatch(r"found undefined alias '?([^']+)'?", problem):
        allowed = f"an anchor &{alias[1]} further up in this file is needed, anchors do not cross files"
        return InputError(_place(path, mark), f"*{alias[1]}", allowed)
    return InputError(_place(path, mark), shown, f"YAML is needed ({problem})")


def _check_node(path: Path, node: yaml.Node | None, seen: set[int]) -> None:
    if id(node) in seen:  # an alias of what was checked, or of what holds it
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _check_keys(path, [key for key, _ in node.value])
        for _, value in node.value:
            _check_node(path, value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_node(path, item, seen)
    elif isinstance(node, yaml.ScalarNode) and node.style is None:
        _check_number(path, node)


def _check_keys(path: Path, keys: list[yaml.Node]) -> None:
    """Each key once and text; what a merge ``<<`` brings may be named once more, which overrides it."""
    names = set()
    for key in keys:
        if key.tag not in (TEXT, MERGE):
            shown = key.value if isinstance(key, yaml.ScalarNode) else "…"
            allowed = f"text is needed as a key, this is {_kind(key)}: write it in quotes"
            raise InputError(_place(path, key.start_mark), shown, allowed)
        if key.value in names:
            raise InputError(_place(path, key.start_mark), key.value, "each key once is allowed")
        names.add(key.value)


def _kind(node: yaml.Node) -> str:
    return f"{node.tag.rpartition(':')[2]} to YAML"


def _check_number(path: Path, node: yaml.ScalarNode) -> None:
    written, place = node.value, _place(path, node.start_mark)
    octal_or_sexagesimal = (node.tag == WHOLE and not DECIMAL.fullmatch(written)) or (
        node.tag == REAL and ":" in written
    )
    if octal_or_sexagesimal:
        meant = yaml.safe_load(written)
        allowed = f"a decimal number without leading zeros is needed, YAML reads this as {meant}"
        raise InputError(place, written, f"{allowed}; or quotes, for text")
    if node.tag == TEXT and LIKE_A_NUMBER.fullmatch(written):
        allowed = "a number such as 10 or 1.0e-3 is needed, YAML reads this as text"
        raise InputError(place, written, f"{allowed}; or quotes, for text")
