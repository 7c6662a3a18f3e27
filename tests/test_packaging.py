"""The package declares what it imports, and importing it imports next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def imported(tree: ast.AST) -> set[str]:
    """Top-level names of all imports, inside functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_every_import_is_declared_and_every_declared_package_is_imported():
    files = sorted((ROOT / "mfvae").rglob("*.py"))
    assert len(files) > 50
    names = set().union(*(imported(ast.parse(file.read_text())) for file in files))
    distributions = packages_distributions()
    needed = {
        canonicalize_name(distributions[name][0])
        for name in names - set(sys.stdlib_module_names) - {"mfvae"}
    }
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    declared = PROJECT["dependencies"] + extras
    assert {canonicalize_name(Requirement(line).name) for line in declared} == needed


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a new Python has after a statement."""
    code = f"import sys; {statement}; print(*(name.partition('.')[0] for name in sys.modules))"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(printed.split())


def test_importing_the_library_loads_none_of_what_it_needs():
    """What takes a tenth of a second or more is imported where it is used (benchmarks tell the time)."""
    heavy = {"torch", "pandas", "matplotlib", "scipy", "numba", "sklearn", "pyarrow"}
    assert not heavy & loaded_by("import mfvae")
    assert "pandas" in loaded_by("import mfvae, pandas")  # it would have been seen


def test_an_import_inside_of_a_function_is_seen():
    assert imported(ast.parse("def f():\n    from numba.core import types\n    import a.b")) == {
        "numba",
        "a",
    }
