"""The installed package is what is imported, wherever Python starts: also beside a clone of its name."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.helpers.paths import ROOT

pytestmark = pytest.mark.slow

IMPORT_ALL = """
import importlib, pkgutil, mfvae
names = [module.name for module in pkgutil.walk_packages(mfvae.__path__, "mfvae.")]
for name in names:
    importlib.import_module(name)
print(len(names), mfvae.__file__)
"""
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
PIP = [sys.executable, "-m", "pip"]
MODULES = [
    path
    for path in (ROOT / "mfvae").rglob("*.py")
    if path != ROOT / "mfvae" / "__init__.py"  # of packages below it, their own
]


def ran(*command: str | Path, folder: Path) -> str:
    result = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """What pip needs of the checkout, in a folder that is called like the package."""
    folder = tmp_path_factory.mktemp("parent") / "mfvae"
    shutil.copytree(ROOT / "mfvae", folder / "mfvae", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def fresh(folder: Path) -> Path:
    """Python of a new environment that sees the packages of this one, but not this one's mfvae."""
    ran(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder.parent)
    python = folder / "bin" / "python"
    command = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(ran(python, "-c", command, folder=folder).strip())
    (packages / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def imported_from(python: Path, folder: Path) -> Path:
    """Where mfvae lies when all of its modules are imported by a Python that starts in a folder."""
    number, file = ran(python, "-c", IMPORT_ALL, folder=folder).split(maxsplit=1)
    assert int(number) == len(MODULES)
    return Path(file.strip()).parent


@pytest.fixture(scope="module")
def wheel(clone, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["--no-deps", "--no-build-isolation", "--no-index"]
    ran(*PIP, "wheel", "--quiet", *build, "--wheel-dir", folder, clone, folder=folder)
    shutil.rmtree(clone / "build", ignore_errors=True)
    (made,) = folder.glob("mfvae-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel) -> Path:
    """Python of an environment with a wheel of the package."""
    folder = wheel.parent
    python = fresh(folder / "venv")
    ran(*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel, folder=folder)
    return python


def test_a_wheel_has_the_library_its_types_and_its_command_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        metadata = archive.read(f"{info}/METADATA").decode()
        commands = archive.read(f"{info}/entry_points.txt").decode()
    library = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mfvae").rglob("*.py")}
    typed = {"mfvae/py.typed", "mfvae/__init__.pyi", "mfvae/data/__init__.pyi"}
    assert {name for name in names if not name.startswith(info)} == library | typed
    assert f"{info}/licenses/LICENSE" in names
    assert "mfvae = mfvae.analysis.command:main" in commands
    assert "Description-Content-Type: text/markdown" in metadata
    assert "# mfvae" in metadata


def test_a_wheel_is_imported_anywhere(installed, clone, tmp_path):
    for folder in (tmp_path, clone.parent):
        place = imported_from(installed, folder)
        assert place.is_relative_to(installed.parents[1])
    # where Python itself prefers the folder in which it starts
    assert imported_from(installed, clone) == clone / "mfvae"


def test_the_editable_installation_is_not_hidden_by_a_clone(clone, tmp_path):
    (line,) = re.findall(
        r"^\tpip (install .*--editable) \.$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    python = fresh(tmp_path / "venv")
    ran(*PIP, "--python", python, *shlex.split(line), clone, folder=tmp_path)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", clone.parent, clone):
        assert imported_from(python, folder) == clone / "mfvae"
