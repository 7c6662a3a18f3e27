"""Public names: all can be imported, none is imported before it is asked for, examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import subprocess
import sys

import numpy as np
import pytest

import mfvae
from mfvae.index import PUBLIC
from tests.helpers.paths import ROOT

MODULES = sorted(path.stem for path in (ROOT / "mfvae/analysis").glob("[a-z]*.py"))
MOST_SECONDS = 0.05


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there(name):
    assert getattr(mfvae, name) is getattr(importlib.import_module(PUBLIC[name]), name)
    assert name in dir(mfvae)
    assert mfvae.__getattr__(name).__doc__


def test_the_stub_says_the_same():
    tree = ast.parse((ROOT / "mfvae/__init__.pyi").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {alias.asname: node.module for node in imports for alias in node.names} == PUBLIC


def test_no_other_name_is():
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        mfvae.fitt  # noqa: B018


def test_importing_the_library_takes_no_time():
    """The best of five, so that a busy machine does not matter."""
    code = "import time; t = time.perf_counter(); import mfvae; print(time.perf_counter() - t)"
    times = [
        float(
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout
        )
        for _ in range(5)
    ]
    assert min(times) < MOST_SECONDS


@pytest.mark.parametrize("name", ["mfvae", *(f"mfvae.analysis.{module}" for module in MODULES)])
def test_examples_run(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


def test_there_are_examples():
    modules = [importlib.import_module(f"mfvae.analysis.{name}") for name in MODULES]
    tests = [test for module in modules for test in doctest.DocTestFinder().find(module)]
    assert sum(bool(test.examples) for test in tests) >= 6
