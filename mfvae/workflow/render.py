"""Pages of headings, lines and tables, written as Markdown and as HTML that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

# Here and not in files of their own, so that a change of them reruns the jobs that write pages.
TEMPLATES = {
    "page.html": """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: 0.2em 0.7em; text-align: left; border-bottom: 1px solid #ddd; }
th { position: sticky; top: 0; background: #f2f2f2; }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
.scrolled { overflow-x: auto; }
figure { margin: 1em 0; }
img { max-width: 100%; height: auto; }
figcaption { color: #555; max-width: 45em; }
p { max-width: 50em; overflow-wrap: anywhere; }
.OUTSIDE, .MISSING, .NEW { background: #fde0dc; font-weight: bold; }
@media (max-width: 600px) {
  body { margin: 0.8em; font-size: 15px; }
  h1 { font-size: 1.4em; overflow-wrap: anywhere; }
  th, td { padding: 0.2em 0.4em; white-space: normal; }
}
</style></head>
<body>
<h1>{{ title }}</h1>
{% for block in blocks %}
{% if block.header is defined %}
<div class="scrolled"><table>
<thead><tr>{% for cell in block.header %}<th>{{ cell }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in block.rows %}
<tr>{% for cell in row %}<td{% if cell.isupper() %} class="{{ cell }}"{% endif %}>{{ cell }}</td>\
{% endfor %}</tr>
{% endfor %}
</tbody>
</table></div>
{% elif block.caption is defined %}
<figure>
<img alt="{{ block.caption }}" src="data:image/png;base64,{{ block.data }}">
<figcaption>{{ block.caption }}</figcaption>
</figure>
{% else %}
{% set tag = "h%d" % block.level if block.level else "p" %}
{% for line in block.lines %}
<{{ tag }}>{{ line }}</{{ tag }}>
{% endfor %}
{% endif %}
{% endfor %}
</body>
</html>
""",
    "page.md": """\
{% for block in blocks %}
{% if block.header is defined %}
{% for row in [block.header] + block.rows | list %}
| {% for cell in row %}{{ cell.ljust(block.widths[loop.index0]) }} |{{ "" if loop.last else " " }}\
{% endfor %}

{% if loop.first %}
|{% for width in block.widths %}{{ "-" * (width + 2) }}|{% endfor %}

{% endif %}
{% endfor %}
{% elif block.caption is defined %}
*{{ block.caption }}*
{% else %}
{% for line in block.lines %}
{{ "#" * block.level + " " if block.level }}{{ line }}
{% endfor %}
{% endif %}
{% if not loop.last %}

{% endif %}
{% endfor %}
""",
}
PAGES = Environment(
    loader=DictLoader(TEMPLATES),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


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

    @property
    def widths(self) -> list[int]:
        """Characters of the longest cell of every column."""
        return [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]


@dataclass(frozen=True)
class Picture:
    """A picture inside of the page itself, as the content of a PNG, and what it shows."""

    png: bytes
    caption: str

    @property
    def data(self) -> str:
        """The content in base64, as the address of a picture inside of a page has it."""
        return b64encode(self.png).decode()


Block = Text | Table | Picture


def markdown(blocks: Iterable[Block]) -> str:
    """Blocks below each other; columns of tables aligned."""
    return PAGES.get_template("page.md").render(blocks=list(blocks)).removesuffix("\n")


def html(title: str, blocks: Iterable[Block]) -> str:
    """A whole page, in which all text is escaped."""
    return PAGES.get_template("page.html").render(title=title, blocks=list(blocks))
