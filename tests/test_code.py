"""Which files a script depends on: all that it imports, however indirectly, and no others."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from mfvae.workflow.files import source_digest as code
from mfvae.workflow.files.source_digest import LIBRARY, modules_of
from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))

FILES = {
    "mfvae/__init__.py": "",
    "mfvae/first.py": "from mfvae.second import Thing\n",
    "mfvae/second.py": "import numpy\nimport mfvae.third\n",
    "mfvae/third.py": "def late():\n    from mfvae import fourth\n",
    "mfvae/fourth.py": "import mfvae.first\n",  # a circle
    "mfvae/apart.py": "import mfvae.first\n",
    "mfvae/rooms/__init__.py": "from mfvae.rooms import inner\n",
    "mfvae/rooms/inner.py": "",
    "mfvae/rooms/other.py": "",
    "mfvae_other.py": "import mfvae.apart\n",
}


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """Names of what a script with the given content depends on, in a library made for the test."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(code, "LIBRARY", tmp_path / "mfvae")
    number = count()  # what was read of a path is remembered: every script gets its own

    def of(content: str) -> list[str]:
        script = tmp_path / f"script_{next(number)}.py"
        script.write_text(content)
        return [str(path.relative_to(tmp_path / "mfvae")) for path in modules_of(script)]

    return of


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("", []),
        ("import numpy, os.path\nfrom pathlib import Path\n", []),
        ("import mfvae_other\n", []),  # not of the library, though its name begins alike
        ("import mfvae\n", ["__init__.py"]),
        (
            "import mfvae.fourth as f\n",
            ["__init__.py", "first.py", "fourth.py", "second.py", "third.py"],
        ),
        ("from mfvae import apart\n", ["__init__.py", "apart.py"]),
        ("def f():\n    import mfvae.third\n", ["__init__.py", "third.py"]),
        ("if False:\n    from mfvae.third import late\n", ["__init__.py", "third.py"]),
        ("from mfvae.rooms import x\n", ["__init__.py", "rooms/__init__.py", "rooms/inner.py"]),
        ("from mfvae.rooms.other import x\n", ["rooms/inner.py", "rooms/other.py"]),
        ("'''import mfvae.apart'''\n# import mfvae.apart\n", []),
    ],
)
def test_files_that_are_imported_are_listed(listed, content, names):
    """Directly or through others, at the top or inside of functions, and packages on the way."""
    found = listed(content)
    assert found == sorted(found)
    assert set(names) <= set(found)
    circle = {"first.py", "second.py", "third.py", "fourth.py"}
    allowed = {*names, "__init__.py", "rooms/__init__.py", *(circle if {*names} & circle else ())}
    if "apart.py" in names:
        allowed |= circle
    assert set(found) <= allowed


def test_circles_end_and_everything_in_them_is_listed_once(listed):
    circle = ["__init__.py", "first.py", "fourth.py", "second.py", "third.py"]
    for start in ("first", "second", "third", "fourth"):
        assert listed(f"import mfvae.{start}\n") == circle


def test_drawing_samples_needs_no_network_and_drawing_figures_neither():
    """Samplers and figures do not depend on how models are trained."""
    of_samples = {path.name for path in modules_of(ROOT / "scripts/draw_samples.py")}
    assert of_samples >= {"sites.py", "hopfield.py", "curie_weiss.py", "samples.py", "storage.py"}
    of_figures = {path.name for path in modules_of(ROOT / "scripts/draw_figure.py")}
    assert of_figures >= {"metrics.py", "style.py", "coupling.py"}
    trained = {"vae.py", "train.py", "objectives.py", "models.py", "decode.py", "quadrature.py"}
    assert not trained & (of_samples | of_figures)
    assert {path.name for path in modules_of(ROOT / "scripts/train_vae.py")} >= {
        "vae.py", "train.py", "objectives.py", "models.py", "samples.py", "sites.py"
    }  # fmt: skip


REPORT = """
import runpy, sys
sys.argv = [sys.argv[1], "--help"]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    assert end.code == 0, end.code
print("loaded:", *sorted(m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "mfvae"))
print("torch:", "torch" in sys.modules)
"""


def loaded_by(script: Path) -> tuple[set[Path], bool]:
    """Files of the library that Python really loads for a script, and whether it loads PyTorch."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, str(script)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded, torch = done.stdout.splitlines()[-2:]
    return {Path(name) for name in loaded.split()[1:]}, torch == "torch: True"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_everything_that_a_script_loads_is_listed(script):
    """Against Python itself. PyTorch, slow to load, is loaded only where a model is in use."""
    loaded, torch = loaded_by(script)
    listed = modules_of(script)
    assert loaded
    assert loaded <= set(listed)
    assert torch == any(path.name == "vae.py" for path in listed)


def test_twin_a_file_that_is_left_out_is_noticed():
    loaded, _ = loaded_by(ROOT / "scripts/collect_metrics.py")
    listed = set(modules_of(ROOT / "scripts/collect_metrics.py"))
    assert all(not loaded <= listed - {path} for path in loaded)


def test_no_module_imports_relatively():
    """``from .sites import Spin`` would be overlooked: absolute imports alone are read."""
    for path in [*LIBRARY.rglob("*.py"), *SCRIPTS]:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}:{node.lineno}"
