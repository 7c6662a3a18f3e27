"""Pages of text and tables: Markdown that people read, HTML that a browser reads."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from mfvae.workflow.render import Picture, Table, Text, html, markdown

BLOCKS = [
    Text(["2 metrics."]),
    Text(["All"], 2),
    Table(("metric", "verdict"), [("a/b=1", "ok"), ("<c> & d", "OUTSIDE")]),
]


class Reader(HTMLParser):
    """Cells of tables, headings, and tags that were not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.classes: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        self.last = dict(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.append((self.open[-1], data))
            self.classes[data] = self.last.get("class", "")


def test_markdown_of_all_kinds():
    assert markdown(BLOCKS) == (
        "2 metrics.\n\n## All\n\n"
        "| metric  | verdict |\n|---------|---------|\n| a/b=1   | ok      |\n| <c> & d | OUTSIDE |"
    )


def test_html_says_the_same_and_needs_nothing_else():
    page = html("Title & more", BLOCKS)
    read = Reader(page)
    assert read.open == []
    style = read.texts.pop(1)
    assert style[0] == "style"
    assert read.texts == [
        *(("title", "Title & more"), ("h1", "Title & more"), ("p", "2 metrics."), ("h2", "All")),
        *(("th", "metric"), ("th", "verdict"), ("td", "a/b=1"), ("td", "ok")),
        *(("td", "<c> & d"), ("td", "OUTSIDE")),
    ]
    assert (read.classes["OUTSIDE"], read.classes["ok"]) == ("OUTSIDE", "")
    assert "http" not in page


@pytest.mark.parametrize(
    "block", [Text(["<i>{{ 1 + 1 }}</i>"]), Table(("{% x %}",), [("<i>{{ 1 + 1 }}</i>",)])]
)
def test_what_text_says_is_neither_markup_nor_template(block: Text | Table) -> None:
    page = html("<b>", [block])
    assert "&lt;i&gt;{{ 1 + 1 }}&lt;/i&gt;" in page
    assert Reader(page).open == []
    assert not {"i", "b"} & {tag for tag, _ in Reader(page).texts}
    assert "<i>{{ 1 + 1 }}</i>" in markdown([block])


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="2 cells are needed"):
        Table(("a", "b"), [("1", "2"), ("1",)])


def test_a_picture_is_inside_of_the_page():
    picture = Picture(b"\x89PNG", "before < after")
    page = html("a", [picture])
    assert 'src="data:image/png;base64,iVBORw=="' in page
    assert "<figcaption>before &lt; after</figcaption>" in page
    assert markdown([picture]) == "*before < after*"
