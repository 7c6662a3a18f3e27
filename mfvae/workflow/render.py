"""Pages of headings, lines and tables, written as Markdown and as HTML that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

STYLE = """\
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: 0.2em 0.7em; text-align: left; border-bottom: 1px solid #ddd; }
th { position: sticky; top: 0; background: #f2f2f2; }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1em 0; }
img { max-width: 100%; height: auto; }
figcaption { color: #555; max-width: 45em; }
.OUTSIDE, .MISSING, .NEW { background: #fde0dc; font-weight: bold; }
"""


@dataclass(frozen=True)
class Text:
    """Lines of text; with a level, headings."""

    lines: Sequence[str]
    level: int | None = None


@dataclass(frozen=True)
class Table:
    """Cells of text below a header; ValueError unless every row has as many."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"{len(self.header)} cells are needed, found {list(row)}")


@dataclass(frozen=True)
class Picture:
    """A picture inside of the page itself, as the content of a PNG, and what it shows."""

    png: bytes
    caption: str


Block = Text | Table | Picture


def _aligned(table: Table) -> str:
    cells = [list(table.header), *map(list, table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def markdown(blocks: Iterable[Block]) -> str:
    """Blocks below each other; columns of tables aligned."""
    parts = []
    for block in blocks:
        if isinstance(block, Table):
            parts.append(_aligned(block))
        elif isinstance(block, Picture):
            parts.append(f"*{block.caption}*")
        else:
            mark = "#" * block.level + " " if block.level else ""
            parts.append("\n".join(f"{mark}{line}" for line in block.lines))
    return "\n\n".join(parts)


def _cell(content: str) -> str:
    text = escape(content)
    return f'<td class="{text}">{text}</td>' if content.isupper() else f"<td>{text}</td>"


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _html_picture(picture: Picture) -> str:
    data, caption = b64encode(picture.png).decode(), escape(picture.caption)
    image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
    return f"<figure>\n{image}\n<figcaption>{caption}</figcaption>\n</figure>"


def html(title: str, blocks: Iterable[Block]) -> str:
    """A whole page."""
    parts = []
    for block in blocks:
        if isinstance(block, Table):
            parts.append(_html_table(block))
        elif isinstance(block, Picture):
            parts.append(_html_picture(block))
        else:
            tag = f"h{block.level}" if block.level else "p"
            parts += [f"<{tag}>{escape(line)}</{tag}>" for line in block.lines]
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )
