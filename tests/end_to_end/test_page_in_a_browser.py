"""The page of an analysis in a real browser, as wide as a desk's screen and as a telephone's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

import mfvae
from mfvae.analysis.fit import Fit
from tests.helpers.browser import chromium, requested

SCREENS = {"desk": (1280, 900), "telephone": (400, 800)}
LONG = "member of the parliament for a constituency with a long name"
WIDER_THAN_ITS_PLACE = """
return [...document.querySelectorAll("p, h1, h2, li, img, table")].filter(one => {
  const place = one.getBoundingClientRect();
  const scrolled = one.closest("div") || one;
  const right = place.left + Math.max(place.width, one.scrollWidth);
  return right > window.innerWidth + 1 && getComputedStyle(scrolled).overflowX == "visible";
}).map(one => one.tagName + " " + one.innerText.slice(0, 60));
"""


def magnet() -> Fit:
    """Named sites, two of which have long names, and a true coupling."""
    system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    x = system.sample(1500, np.random.default_rng(0))
    names = [f"{LONG} {site}" if site < 2 else f"Größe {site}" for site in range(20)]
    return mfvae.fit(mfvae.load(pd.DataFrame(x, columns=names)), latents=1, epochs=3)


def nothing() -> Fit:
    """Independent sites: no theory."""
    x = np.random.default_rng(1).random((800, 8)) < 0.3
    return mfvae.fit(x, latents=1, epochs=1)


def gaps() -> Fit:
    """A fifth of the entries were not observed."""
    rng = np.random.default_rng(2)
    x = np.repeat(rng.integers(2, size=(1000, 1)), 10, axis=1).astype(float)
    x = np.where(rng.random(x.shape) < 0.1, 1 - x, x)
    x[rng.random(x.shape) < 0.2] = np.nan
    return mfvae.fit(mfvae.load(x, missing="allow"), latents=1, epochs=3)


def letters() -> Fit:
    """Sites of four states, which have maps for patterns."""
    rng = np.random.default_rng(3)
    hidden = rng.integers(4, size=(1000, 1))
    x = np.where(rng.random((1000, 6)) < 0.5, hidden, rng.integers(4, size=(1000, 6)))
    return mfvae.fit(mfvae.load(x, site="potts4"), latents=1, epochs=3)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module", params=[magnet, nothing, gaps, letters], ids=lambda made: made.__name__)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fit, Path]:
    made: Callable[[], Fit] = request.param
    fit = made()
    return fit, fit.report(tmp_path_factory.mktemp("Größe und mehr") / "report.html", baselines=())


def look(window: Chrome, path: Path, screen: str) -> None:
    width, height = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    window.get(path.as_uri())
    assert window.execute_script("return window.innerWidth") == width


@pytest.mark.parametrize("screen", SCREENS)
def test_the_answer_is_seen_first_and_nothing_is_cut_off(window, page, screen):
    fit, path = page
    look(window, path, screen)
    first = window.find_element(By.TAG_NAME, "p")
    assert first.text in fit.diagnose(baselines=()).opening
    assert first.rect["y"] + first.rect["height"] < SCREENS[screen][1]
    assert window.execute_script(WIDER_THAN_ITS_PLACE) == []
    assert window.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_every_picture_is_drawn_and_no_network_is_asked(window, page):
    _, path = page
    requested(window)
    look(window, path, "telephone")
    sizes = window.execute_script("return [...document.images].map(one => one.naturalWidth)")
    assert len(sizes) > 2
    assert min(sizes) > 0
    asked = requested(window)
    assert path.as_uri() in asked
    assert {address.partition(":")[0] for address in asked} <= {"file", "data"}
    assert [entry for entry in window.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_what_is_too_wide_is_seen(window, tmp_path):
    """The twin: a table that cannot be scrolled, and a word that is longer than a line."""
    path = tmp_path / "wide.html"
    cells = "".join(f"<td>column_{k}</td>" for k in range(30))
    path.write_text(f"<html><body><p>{'x' * 300}</p><table><tr>{cells}</tr></table></body></html>")
    look(window, path, "telephone")
    assert len(window.execute_script(WIDER_THAN_ITS_PLACE)) == 2
