"""A headless Chromium that reaches no network, and what it asked for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

CHROMIUM = ("chromium", "google-chrome", "chromium-browser")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,1000"),
)
PATIENCE_S = 30.0  # until something appears


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with this new folder as its profile; skips the test where there is none but in CI."""
    browser = next(filter(None, map(shutil.which, CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        needed = "Chromium and its driver are needed (Debian: chromium and chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(needed)
        pytest.skip(needed)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    window.implicitly_wait(PATIENCE_S)
    window.get("about:blank")
    requested(window)  # what it shows before the first page does not count
    try:
        yield window
    finally:
        window.quit()


def requested(window: webdriver.Chrome) -> list[str]:
    """Addresses that were asked for since the last call."""
    messages = (json.loads(entry["message"])["message"] for entry in window.get_log("performance"))
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
