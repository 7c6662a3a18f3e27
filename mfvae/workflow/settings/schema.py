"""The JSON schema of the configuration, for editors and people: what every key is and may be.

It is written into config/schema.json by ``python -m mfvae.workflow.settings.schema``.
"""

from __future__ import annotations

import json
from pathlib import Path

from mfvae.workflow.settings.blocks import Configuration

FILE = Path(__file__).parents[3] / "config" / "schema.json"


def schema() -> str:
    """The text of the file."""
    described = Configuration.model_json_schema()
    return json.dumps(_untitled(described), indent=2, ensure_ascii=False) + "\n"


def _untitled(part: object) -> object:
    """Without the titles, which repeat the names of keys."""
    if isinstance(part, dict):
        return {k: _untitled(v) for k, v in part.items() if not (k == "title" and isinstance(v, str))}
    return [_untitled(item) for item in part] if isinstance(part, list) else part


if __name__ == "__main__":
    FILE.write_text(schema())
