"""The report of the small run in a browser without a network: figures, captions, tables, statistics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from docutils.core import publish_parts
from docutils.utils import Reporter
from jinja2 import Environment, StrictUndefined
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from mfvae import figures as plotting
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.titles import SYSTEMS
from tests.helpers.browser import PATIENCE_S, chromium, requested
from tests.helpers.checkout import Checkout
from tests.helpers.paths import ROOT

CAPTIONS = sorted((ROOT / "report").glob("*.rst"))
CATEGORIES = {**SYSTEMS, "retina": "retina", "all": "All systems"}
TABLES = {"capacity", "objectives", "models of recording", "reproduction", "repetition"}


# -- captions ----------------------------------------------------------------------------------------
def rendered(path: Path, kind: str = "bound") -> str:
    """A caption as Snakemake renders it; what is not defined or is no reStructuredText is an error."""
    wildcards, output = SimpleNamespace(kind=kind), SimpleNamespace(table="table.csv")
    snakemake = SimpleNamespace(wildcards=wildcards, output=output, config={"seed": 1, "preset": "tiny"})
    text = Environment(undefined=StrictUndefined).from_string(path.read_text())
    settings = {"halt_level": Reporter.WARNING_LEVEL, "report_level": Reporter.WARNING_LEVEL}
    source = text.render(snakemake=snakemake)
    return publish_parts(source, writer_name="html", settings_overrides=settings)["body"]


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_captions_can_be_rendered(path: Path) -> None:
    assert len(rendered(path)) > 100


def test_every_kind_of_figure_has_a_caption_of_its_own() -> None:
    captions = {rendered(ROOT / "report/figure.rst", kind) for kind in plotting.FIGURES}
    assert len(captions) == len(plotting.FIGURES)


# -- the report --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def report(finished: Checkout) -> Path:
    """Of the small run, every metric of which is as expected but one."""
    first, *others = read_metrics([finished.results / "metrics.json"])
    expected = {
        metric.name: {"value": metric.value, "tolerance": 0.0, "reason": "the same run"}
        for metric in others
    } | {first.name: {"value": first.value + 1, "tolerance": 0.5, "reason": "another run"}}
    (finished.folder / "config/expected/tiny.json").write_text(json.dumps(expected))
    style = ("--report-stylesheet", "report/style.css")
    run = finished.snakemake("--report-after-run", "--report", "report.html", *style, "--", "report")
    assert run.returncode == 0, run.stdout
    return finished.folder / "report.html"


@pytest.fixture(scope="module")
def window(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        window.get(report.as_uri())
        yield window


def open_category(window: Chrome, category: str) -> dict[str, WebElement]:
    """The rows of a category by their labels."""
    window.find_element(By.CSS_SELECTOR, "nav ol a").click()  # home
    window.find_element(By.LINK_TEXT, category).click()
    rows = window.find_elements(By.CSS_SELECTOR, "#app tbody tr")
    return {row.text.strip(): row for row in rows}


def wait_for(window: Chrome, script: str, *arguments: object) -> object:
    """What a script returns, once that is something."""
    return WebDriverWait(window, PATIENCE_S).until(
        lambda window: window.execute_script(script, *arguments)
    )


def press(row: WebElement, icon: str) -> None:
    row.find_element(By.CSS_SELECTOR, f"a[iconname={icon}]").click()


NEW_FIGURE = """
const figures = [...document.images].filter(
  i => i.src.startsWith("data:image/png") && 0 < i.clientHeight && i.clientHeight <= window.innerHeight);
return figures.filter(i => i.naturalWidth > 300).map(i => i.src).find(src => src != arguments[0]);
"""


def test_every_figure_is_shown_in_the_category_of_its_system(window: Chrome, report: Path) -> None:
    drawn = {path.stem for path in (report.parent / "results/figures").glob("*.png")}
    seen, shown = set(), None
    for system, category in CATEGORIES.items():
        if not any(name.startswith(f"{system}_") for name in drawn):  # not in this small run
            continue
        for label in open_category(window, category):
            press(open_category(window, category)[label], "eye")
            shown = wait_for(window, NEW_FIGURE, shown)
            seen.add(f"{system}_{label.replace(' ', '_')}")
    assert seen == drawn


def test_a_figure_has_its_caption(window: Chrome) -> None:
    press(open_category(window, "All systems")["bound"], "information-circle")
    caption = window.find_element(By.CSS_SELECTOR, "#app").text
    assert "The shaded region is forbidden" in caption
    assert "results/figures/all_bound.csv" in caption


def shown_table(window: Chrome, table: str) -> list[list[str]]:
    """Cells of the longest table of a page."""
    press(open_category(window, "Tables")[table], "eye")
    window.switch_to.frame(window.find_element(By.CSS_SELECTOR, "iframe"))
    script = """
    const tables = [...document.querySelectorAll("table")].map(
      t => [...t.rows].map(row => [...row.cells].map(cell => cell.innerText)));
    return tables.sort((a, b) => b.length - a.length)[0];
    """
    cells = wait_for(window, script)
    window.switch_to.default_content()
    assert isinstance(cells, list)
    return cells


def test_every_table_is_shown(window: Chrome, report: Path) -> None:
    assert set(open_category(window, "Tables")) == TABLES
    results = report.parent / "results"
    for table in TABLES - {"reproduction", "repetition"}:
        behind = pd.read_csv(results / f"{table.replace(' ', '_')}.csv")
        header, *rows = shown_table(window, table)
        assert header == list(behind)
        assert len(rows) == len(behind)


def test_the_reproduction_has_a_verdict_on_every_metric(window: Chrome, report: Path) -> None:
    header, *rows = shown_table(window, "reproduction")
    assert header == ["metric", "paper", "exact", "expected", "ours", "verdict", "notes"]
    verdicts = {row[0]: row[5] for row in rows}
    first, *others = read_metrics([report.parent / "results/metrics.json"])
    assert verdicts == {metric.name: "ok" for metric in others} | {first.name: "OUTSIDE"}


def test_run_times_are_shown_for_every_rule(window: Chrome) -> None:
    window.find_element(By.CSS_SELECTOR, "nav ol a").click()
    window.find_element(By.LINK_TEXT, "Statistics").click()
    size = (
        "const c = document.querySelector('#runtimes canvas, #runtimes svg'); return c && c.clientWidth"
    )
    assert int(str(wait_for(window, size))) > 100
    rules = window.execute_script("return runtimes_spec.data.values.map(entry => entry.rule)")
    assert {"train_vae", "measure_model", "draw_figure", "tabulate_reproduction"} <= set(rules)


def test_nothing_was_asked_of_any_network_and_nothing_failed(window: Chrome, report: Path) -> None:
    asked = requested(window)
    assert report.as_uri() in asked
    beside_own_pages = {address.partition(":")[0] for address in asked} - {"chrome"}
    assert beside_own_pages <= {"file", "data", "blob"}
    assert [entry for entry in window.get_log("browser") if entry["level"] == "SEVERE"] == []
