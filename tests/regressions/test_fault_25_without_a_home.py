"""Where HOME is missing or may not be written, Snakemake's cache ended in a traceback."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT


def cache(**environment: str) -> str:
    """Where `make` lets Snakemake keep it; empty for Snakemake's own choice."""
    variables = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    run = subprocess.run(
        ["make", "--silent", "--eval", "shown: ; @echo $(XDG_CACHE_HOME)", "shown"],
        cwd=ROOT,
        env={**variables, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize("home", ["", "/dev/null", "/nonexistent"])
def test_without_a_home_the_cache_lies_with_the_workflow(home: str) -> None:
    assert cache(HOME=home) == str(ROOT / ".snakemake" / "cache")


def test_with_a_home_or_a_cache_of_ones_own_nothing_changes(tmp_path: Path) -> None:
    assert cache(HOME=str(tmp_path)) == ""
    assert cache(HOME="/nonexistent", XDG_CACHE_HOME="/own") == "/own"
