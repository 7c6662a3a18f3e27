"""Which files a script depends on: all that it imports, however indirectly, and no others."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from mfvae.figures import FIGURES
from mfvae.systems import SYSTEMS
from mfvae.workflow.files import source_digest as code
from mfvae.workflow.files.source_digest import LIBRARY, digest_of, modules_of
from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))

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
    sampled = [SYSTEMS.source_of(name) for name in SYSTEMS]
    of_samples = names_of(modules_of(ROOT / "scripts/data/draw.py", *sampled))
    assert of_samples >= {
        *("sites/spin", "sites/_bingham", "systems/hopfield", "systems/ising_2d/sampler"),
        *("workflow/files/samples", "workflow/files/atomic"),
    }
    drawn = [FIGURES.source_of(name) for name in FIGURES]
    of_figures = names_of(modules_of(ROOT / "scripts/figures/draw.py", *drawn))
    assert of_figures >= {"workflow/metrics", "figures/style", "figures/mean_field/coupling"}
    rooms = {name.partition("/")[0] for name in of_samples | of_figures}
    assert not rooms & {"model", "latent", "training", "capacity", "decoding"}
    assert names_of(modules_of(ROOT / "scripts/train/vae.py")) >= {
        *("model/vae", "training/loop", "training/objectives", "workflow/files/model_record")
    }


def names_of(paths: list[Path]) -> set[str]:
    return {path.relative_to(LIBRARY).with_suffix("").as_posix() for path in paths}


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """The digest of a script after a module of it was written anew, in a library made for the test."""
    number = count()

    def of(content: str, *sources: str, **others: str) -> str:
        library = tmp_path / f"copy_{next(number)}" / "mfvae"
        for name, text in {"__init__": "", "first": content, **others}.items():
            path = library / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        script = library.parent / "script.py"
        script.write_text("from mfvae.first import Thing\n")
        monkeypatch.setattr(code, "LIBRARY", library)
        return digest_of(script, *sources)

    return of


def test_comments_docstrings_and_layout_are_no_change(changed):
    plain = changed("class Thing:\n    def size(self):\n        return 1\n")
    assert plain == changed(
        '"""What is in here."""\n\n# why\nclass Thing:\n    """A thing."""\n\n'
        '    def size(self):  # of it\n        """Its size."""\n        return (1)\n'
    )
    assert plain != changed("class Thing:\n    def size(self):\n        return 2\n")
    assert plain != changed("class Thing:\n    def size(self):\n        'Its size.'; return '1'\n")


def test_what_a_registry_finds_by_name_counts_where_it_is_named(changed):
    others = {"a": "x = 1\n", "b": "x = 1\n"}
    named = changed("Thing = 1\n", "mfvae.a", **others)
    assert named == changed("Thing = 1\n", "mfvae.a", **others | {"b": "x = 2\n"})
    assert named != changed("Thing = 1\n", "mfvae.a", **others | {"a": "x = 2\n"})
    assert named != changed("Thing = 1\n", **others)


def test_the_list_of_names_in_a_registry_does_not_count(changed):
    first = "from mfvae.index import BUILT_IN\nThing = BUILT_IN\n"
    before = changed(first, index='BUILT_IN = {"a": "mfvae.a"}\n')
    assert before == changed(first, index='BUILT_IN = {"a": "mfvae.a", "b": "mfvae.b"}\n')
    assert before != changed(f"{first}Other = 1\n", index='BUILT_IN = {"a": "mfvae.a"}\n')


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


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.parent.name}/{script.stem}")
def test_everything_that_a_script_loads_is_listed(script):
    """Against Python itself. PyTorch, slow to load, is loaded only where a model is in use."""
    loaded, torch = loaded_by(script)
    listed = modules_of(script)
    assert loaded
    assert loaded <= set(listed)
    assert torch == any(path.name == "vae.py" for path in listed)


def test_twin_a_file_that_is_left_out_is_noticed():
    loaded, _ = loaded_by(ROOT / "scripts/reproduce/collect.py")
    listed = set(modules_of(ROOT / "scripts/reproduce/collect.py"))
    assert all(not loaded <= listed - {path} for path in loaded)


def test_no_module_imports_relatively():
    """``from .sites import Spin`` would be overlooked: absolute imports alone are read."""
    for path in [*LIBRARY.rglob("*.py"), *SCRIPTS]:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}:{node.lineno}"
