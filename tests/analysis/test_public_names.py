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
from mfvae.index import MODULES, PUBLIC
from tests.helpers.paths import ROOT

ROOMS = sorted(path.stem for path in (ROOT / "mfvae/analysis").glob("[a-z]*.py"))
MOST_SECONDS = 0.05
HEAVY = ("torch", "pandas", "matplotlib", "sklearn", "scipy")


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there(name):
    assert getattr(mfvae, name) is getattr(importlib.import_module(PUBLIC[name]), name)
    assert name in dir(mfvae)
    assert mfvae.__getattr__(name).__doc__


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_public_module_is_there(name):
    assert getattr(mfvae, name) is importlib.import_module(MODULES[name])
    assert name in dir(mfvae)


def test_the_stub_says_the_same():
    tree = ast.parse((ROOT / "mfvae/__init__.pyi").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    parents = {name: module.rpartition(".")[0] for name, module in MODULES.items()}
    named = {alias.asname: node.module for node in imports for alias in node.names}
    assert named == PUBLIC | parents


def test_importing_the_library_imports_nothing_heavy():
    code = f"import sys, mfvae; print(*(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, [])


def test_systems_are_named_as_classes():
    system = mfvae.systems.CurieWeiss(n_sites=10, beta=1.2)
    assert system.sample(7, np.random.default_rng(0)).shape == (7, 10)
    with pytest.raises(AttributeError, match="no attribute 'Potts'"):
        mfvae.systems.Potts  # noqa: B018


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_an_example_that_runs(name):
    """Of its own, or of its methods."""
    module = importlib.import_module(PUBLIC[name])
    found = doctest.DocTestFinder().find(getattr(mfvae, name), name, module=module)
    assert any(test.examples for test in found)
    for test in found:
        test.globs |= {"np": np}
        assert doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(test).failed == 0


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


UNNAMED = {"mfvae", *MODULES.values(), *(f"mfvae.analysis.{room}" for room in ROOMS)}


@pytest.mark.parametrize("name", sorted(UNNAMED - set(PUBLIC.values())))
def test_examples_of_other_modules_run(name):
    module = importlib.import_module(name)
    options = doctest.IGNORE_EXCEPTION_DETAIL
    assert doctest.testmod(module, extraglobs={"np": np}, optionflags=options).failed == 0
