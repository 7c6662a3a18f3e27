"""Programs in the documentation run and print what is shown; generated pages hold what they must."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.generate import api, command_line, configuration, expected, figures, results
from mfvae.figures import FIGURES
from mfvae.index import PUBLIC
from tests.docs.blocks import fences, outputs, python_blocks, renewed, run, words
from tests.helpers.paths import ROOT

DOCS = ROOT / "docs"
EXTENSION = "docs/extending.md"  # its program is a file that a test of the pipeline runs
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if python_blocks(page.read_text()) and page != ROOT / EXTENSION
]
RULE = re.compile(r"^rule (\w+):", re.MULTILINE)
PATH = re.compile(
    r"`((?:benchmarks|config|docs|envs|mfvae|profiles|report|rules|scripts|tests)/[\w./]+)`"
)
RESULT = re.compile(r"`results/([\w/]+\.\w+)`")
FIGURE = re.compile(r"`(?:all|curie_weiss|hopfield|ising_2d|retina)/(\w+)`")
LANGUAGES = {"python", "text", "yaml", "console", ""}  # none for commands of a shell
HANDWRITTEN = sorted(DOCS.rglob("*.md"))


# -- programs --------------------------------------------------------------------------------------
@pytest.mark.whole
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_and_prints_what_it_shows(page: Path, tmp_path: Path):
    text = page.read_text()
    printed = run(text, tmp_path)
    shown = outputs(text)
    assert shown
    for number, lines in shown.items():
        assert words(printed[number]) == words(lines), f"block {number} of {page}"


def test_a_wrong_program_and_a_wrong_output_are_seen(tmp_path: Path):
    page = "```python\nprint('a', 1.5)\n```\n\n```text\na 2.25\n```\n"
    assert words(run(page, tmp_path)[0]) == words(outputs(page)[0])
    assert words(run(page, tmp_path)[0]) != words(outputs(page.replace("a 2", "b 2"))[0])
    assert renewed(page, run(page, tmp_path)) == page.replace("2.25", "1.5")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run("```python\n1 / 0\n```\n", tmp_path)


def test_every_fence_is_closed_and_of_a_known_language():
    for page in HANDWRITTEN:
        found = fences(page.read_text())
        assert {language for language, _ in found} <= LANGUAGES, page
        assert page.read_text().count("```") == 2 * len(found), page


# -- what pages name -------------------------------------------------------------------------------
def test_paths_in_the_text_exist():
    named = {path for page in HANDWRITTEN for path in PATH.findall(page.read_text())}
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_stages_are_rules():
    page = (DOCS / "how-to/pipeline.md").read_text()
    (drawing,) = (content for language, content in fences(page) if "->" in content)
    rules = {name for path in (ROOT / "rules").glob("*.smk") for name in RULE.findall(path.read_text())}
    named = set(re.findall(r"\b[a-z]+_[a-z_]+\b", drawing))
    assert len(named) > 10
    assert named <= rules


def test_results_and_figures_in_the_text_are_made():
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    made = [re.escape(path) for path in re.findall(r'"<results>/([^"]+)"', rules)]
    made += re.findall(r"--report results/(\S+)", (ROOT / "Makefile").read_text())
    pattern = re.compile("|".join(re.sub(r"\\{.*?\\}", "[^/]+", path) for path in made))
    named = {path for page in HANDWRITTEN for path in RESULT.findall(page.read_text())}
    assert len(named) > 5
    assert [path for path in named if not pattern.fullmatch(path)] == []
    assert not pattern.fullmatch("models_of_recording.md")
    shown = {kind for page in HANDWRITTEN for kind in FIGURE.findall(page.read_text())}
    assert len(shown) > 5
    assert shown <= set(FIGURES)


def test_every_metric_is_described():
    described = set(re.findall(r"`(\w+)`", (DOCS / "reference/metrics.md").read_text()))
    spelled = {re.sub(r"_\d+(?=_|$)", "_k", row.quantity) for row in expected.table()}
    assert len(spelled) > 100
    assert spelled - described == set()


# -- generated pages -------------------------------------------------------------------------------
def test_the_readme_holds_the_generated_results():
    assert results.headline_table() in (ROOT / "README.md").read_text()


def test_results_follow_the_expected_metrics(monkeypatch):
    rows = expected.table()
    (silence,) = (
        i for i, row in enumerate(rows) if row.quantity == "p_silence" and row.model == "exact"
    )
    other = [*rows]
    other[silence] = expected.Row(**{**vars(rows[silence]), "value": 0.5})
    assert "0.5 ± 0.03" not in results.headline_table()
    for module in (expected, results):
        monkeypatch.setattr(module, "table", lambda: tuple(other))
    assert "0.5 ± 0.03" in results.headline_table()
    with pytest.raises(LookupError, match="no such row"):
        expected.select("retina", "p_silenced")


def test_every_command_and_option_is_listed():
    text = command_line.page()
    names = command_line.commands()
    assert {"inspect", "analyse", "sample", "demo"} <= set(names)
    for name, one in names.items():
        assert f"## mfvae {name}" in text
        for option in {option for action in one._actions for option in action.option_strings}:
            assert option in text


def test_every_key_of_the_schema_is_listed():
    text = configuration.page()
    keys = set(configuration.keys(json.loads(configuration.SCHEMA.read_text())))
    assert len(keys) > 50
    assert [key for key in keys if f"| `{key}` |" not in text] == []


def test_every_figure_is_listed_with_its_caption():
    text = figures.page()
    assert [name for name in FIGURES if f"\n| `{name}` | " not in text] == []
    assert "{words" not in text


def test_every_public_name_and_every_room_has_its_place():
    pages = api.pages()
    for name, module in PUBLIC.items():
        assert f"::: {module}.{name}\n" in pages["reference/api/index.md"]
    rooms = {path.parent.name for path in (ROOT / "mfvae").glob("*/__init__.py")}
    assert {f"reference/api/{room}.md" for room in rooms} <= set(pages)
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [page for page in pages if page not in navigation] == []
