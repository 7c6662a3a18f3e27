"""The documentation builds strictly, and its pages ask nobody else for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT

pytestmark = pytest.mark.whole
FETCHED = re.compile(  # by a browser that shows a page
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["'](?:https?:)?//"""
    r"""|<link[^>]*rel=["'](?:stylesheet|preload|icon)["'][^>]*href=["'](?:https?:)?//"""
    r"""|<link[^>]*href=["'](?:https?:)?//[^>]*rel=["'](?:stylesheet|preload|icon)["']"""
    r"|@import\s+url\(.?https?:"
)


def build(configuration: Path, site: Path) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--config-file", str(configuration), "--site-dir", str(site)]
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    run = build(ROOT / "mkdocs.yml", folder)
    assert run.returncode == 0, run.stdout
    return folder


def test_every_page_is_there_and_fetches_nothing_from_elsewhere(site: Path):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    assert [page for page in pages if FETCHED.search(page.read_text())] == []


def test_the_reference_has_signatures_and_generated_tables(site: Path):
    reference = (site / "reference/api/index.html").read_text()
    for name in ("mfvae.data.loader.load", "mfvae.analysis.fit.fit"):
        assert f'id="{name}"' in reference
    assert "holdout" in (site / "reference/configuration.html").read_text()
    assert "--latents" in (site / "reference/command_line.html").read_text()


def test_a_page_that_asks_elsewhere_is_seen():
    assert FETCHED.search('<script async src="https://elsewhere.example/mathjax.js">')
    assert FETCHED.search('<link href="https://fonts.example/css" rel="stylesheet">')
    assert not FETCHED.search('<a href="https://arxiv.org/abs/2606.08694">')


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[nowhere](absent.md)\n")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nvalidation: { links: { not_found: warn } }\n")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode != 0
    (tmp_path / "docs" / "absent.md").write_text("# here\n")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode == 0
