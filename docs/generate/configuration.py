"""Reference of the configuration, from ``config/schema.json``: a section for every block of keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "config" / "schema.json"
Schema = Mapping[str, Any]
REFERENCE = "#/$defs/"
INTRODUCTION = """\
# Configuration

The pipeline reads `config/config.yaml`. To change something, lay a file with just the changed keys
over it (`snakemake --configfile mine.yaml`); [Run the pipeline](../how-to/pipeline.md) shows how.
Unknown keys are errors, and every mistake is reported in one line before any job starts. This page
is generated from `config/schema.json`, which an editor with a YAML language server reads, too.
"""
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "{} or more entries",
    "minLength": "not empty",
    "pattern": "matching `{}`",
}


def page() -> str:
    """Markdown of all keys."""
    schema = json.loads(SCHEMA.read_text())
    sections = [INTRODUCTION, "## Top level", "", *_table(schema)]
    for name, block in schema["$defs"].items():
        sections += ["", f"## {name}", "", block.get("description", ""), "", *_table(block)]
    return "\n".join(sections) + "\n"


def keys(schema: Schema) -> Iterator[str]:
    """Every key that a section describes, once for each section that has it."""
    for block in (schema, *schema["$defs"].values()):
        yield from block.get("properties", {})


def _table(block: Schema) -> list[str]:
    """Lines of a table of the keys of one block."""
    required = block.get("required", ())
    lines = ["| key | values | default | meaning |", "|---|---|---|---|"]
    for key, value in block.get("properties", {}).items():
        default = "required" if key in required else _default(value)
        meaning = _escaped(value.get("description", ""))
        lines.append(f"| `{key}` | {_escaped(values_of(value))} | {_escaped(default)} | {meaning} |")
    return lines


def values_of(value: Schema) -> str:
    """What a key may hold, in words; a block is named by a link to its section."""
    if "$ref" in value:
        name = value["$ref"].removeprefix(REFERENCE)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(values_of(one) for one in value["anyOf"])
    if "enum" in value:
        return "one of " + ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if value.get("type") == "array":
        return _with_limits(f"a list of {values_of(value.get('items', {}))}", value)
    if value.get("type") == "object":
        return f"a map of names to {_values_of_map(value)}"
    return _with_limits(_plain_type(value.get("type")), value)


def _values_of_map(value: Schema) -> str:
    inner = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
    described = [one for one in inner if isinstance(one, Mapping)]
    return values_of(described[0]) if described else "anything"


def _plain_type(kind: Any) -> str:
    return {"string": "text", "null": "`null`", None: "anything"}.get(kind, str(kind))


def _with_limits(text: str, value: Schema) -> str:
    limits = [form.format(value[key]) for key, form in LIMITS.items() if key in value]
    return f"{text} ({', '.join(limits)})" if limits else text


def _default(value: Schema) -> str:
    return f"`{json.dumps(value['default'])}`" if "default" in value else ""


def _escaped(text: str) -> str:
    """Text in a cell of a table, which a bar would end, but not one between backticks."""
    parts = text.replace("\n", " ").split("`")
    return "`".join(part if i % 2 else part.replace("|", "\\|") for i, part in enumerate(parts))
