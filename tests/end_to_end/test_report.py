"""The report of the small run: it holds pictures, tables and captions, and opens without a network."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from docutils.core import publish_parts
from docutils.utils import Reporter
from jinja2 import Environment, StrictUndefined
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from mfvae.figures import FIGURES
from mfvae.figures.vocabulary import NEUTRAL
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.reproduce.expected import Expected, write_expected
from tests.helpers.browser import PATIENCE_S, chromium, requested
from tests.helpers.checkout import Checkout
from tests.helpers.paths import ROOT

CAPTIONS = sorted((ROOT / "report").glob("*.rst"))


# -- captions ----------------------------------------------------------------------------------------
def rendered(path: Path, kind: str = "bound") -> str:
    """A caption as Snakemake renders it; what is not defined or is no reStructuredText is an error."""
    wildcards, output = SimpleNamespace(kind=kind), SimpleNamespace(table="table.csv")
    params = SimpleNamespace(caption=FIGURES[kind].caption_in(NEUTRAL))
    config = {"seed": 1, "preset": "tiny"}
    snakemake = SimpleNamespace(wildcards=wildcards, output=output, params=params, config=config)
    text = Environment(undefined=StrictUndefined).from_string(path.read_text())
    settings = {"halt_level": Reporter.WARNING_LEVEL, "report_level": Reporter.WARNING_LEVEL}
    source = text.render(snakemake=snakemake)
    return publish_parts(source, writer_name="html", settings_overrides=settings)["body"]


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_captions_can_be_rendered(path: Path) -> None:
    assert len(rendered(path)) > 100


def test_every_kind_of_figure_has_a_caption_of_its_own() -> None:
    captions = {rendered(ROOT / "report/figure.rst", kind) for kind in FIGURES}
    assert len(captions) == len(FIGURES)


# -- the report --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def report(finished: Checkout) -> Path:
    """Of the small run, every metric of which is as expected but one."""
    first, *others = read_metrics([finished.results / "metrics.json"])
    expected = [Expected(metric, 0.0, "the same run") for metric in others]
    expected.append(Expected(replace(first, value=first.value + 1), 0.5, "another run"))
    write_expected(finished.folder / "config/expected/tiny.csv", expected)
    style = ("--report-stylesheet", "report/style.css")
    run = finished.snakemake("--report-after-run", "--report", "report.html", *style, "--", "report")
    assert run.returncode == 0, run.stdout
    return finished.folder / "report.html"


@pytest.fixture(scope="module")
def window(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        window.get(report.as_uri())
        yield window


def test_every_picture_table_and_caption_is_in_the_file(report: Path) -> None:
    content, results = report.read_text(), report.parent / "results"
    shown = [*(results / "figures").rglob("*.png"), *results.rglob("*.html")]
    assert len(shown) > 30
    lost = [path for path in shown if base64.b64encode(path.read_bytes()).decode() not in content]
    assert lost == []
    assert "The shaded region is forbidden" in content


def test_it_opens_and_asks_nothing_of_any_network(window: Chrome, report: Path) -> None:
    WebDriverWait(window, PATIENCE_S).until(lambda window: len(window.page_source) > 1000)
    asked = requested(window)
    assert report.as_uri() in asked
    beside_own_pages = {address.partition(":")[0] for address in asked} - {"chrome"}
    assert beside_own_pages <= {"file", "data", "blob"}
    assert [entry for entry in window.get_log("browser") if entry["level"] == "SEVERE"] == []


# -- its own pages -----------------------------------------------------------------------------------
def longest_table(window: Chrome, page: Path) -> list[list[str]]:
    """Cells as they are shown."""
    window.get(page.as_uri())
    script = """
    const tables = [...document.querySelectorAll("table")].map(
      t => [...t.rows].map(row => [...row.cells].map(cell => cell.innerText)));
    return tables.sort((a, b) => b.length - a.length)[0];
    """
    return WebDriverWait(window, PATIENCE_S).until(lambda window: window.execute_script(script))


@pytest.mark.parametrize("table", ["capacity", "objectives", "comparison/retina"])
def test_a_page_shows_all_of_its_table(window: Chrome, report: Path, table: str) -> None:
    results = report.parent / "results"
    behind = pd.read_csv(results / f"{table}.csv")
    header, *rows = longest_table(window, results / "pages" / f"{table}.html")
    assert header == list(behind)
    assert len(rows) == len(behind)


def test_the_reproduction_has_a_verdict_on_every_metric(window: Chrome, report: Path) -> None:
    results = report.parent / "results"
    header, *rows = longest_table(window, results / "reproduce.html")
    assert header == ["metric", "paper", "exact", "expected", "ours", "verdict", "notes"]
    verdicts = {row[0]: row[5] for row in rows}
    first, *others = read_metrics([results / "metrics.json"])
    assert verdicts == {metric.label: "ok" for metric in others} | {first.label: "OUTSIDE"}
