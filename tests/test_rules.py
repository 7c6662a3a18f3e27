"""Every rule keeps the house's contract, and every environment is what was tested."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

from envs.pin import locked_versions
from mfvae.workflow.files.source_digest import modules_of

ROOT = Path(__file__).parent.parent
RULE = re.compile(r"^rule (\w+):\n((?:[ \t]+.*\n|\n)+)", flags=re.MULTILINE)
RULES = {
    name: body
    for path in sorted((ROOT / "rules").glob("*.smk"))
    for name, body in RULE.findall(path.read_text() + "\n")
}
JOBS = {name: body for name, body in RULES.items() if "shell:" in body}
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
TOOLS = {"check_yaml", "compare_runs"}  # of people, not of the DAG
CUDA = ("nvidia-", "cuda-", "triton")  # what the build on PyPI brings along on Linux


def section(body: str, name: str) -> str:
    found = re.search(rf"^    {name}:(.*\n(?:        .*\n|\n)*)", body, flags=re.MULTILINE)
    assert found is not None, f"no {name}"
    return found[1]


def pins(environment: Path) -> dict[str, str]:
    *_, pip = yaml.safe_load(environment.read_text())["dependencies"]
    return dict(requirement.split("==") for requirement in pip["pip"])


def test_every_script_is_called_by_a_rule_and_every_rule_but_the_verdict_calls_one() -> None:
    called = {rule: re.search(r'code\("(\w+)\.py"\)', body) for rule, body in JOBS.items()}
    assert {rule for rule, script in called.items() if script is None} == {"reproduce"}
    scripts = {script[1] for script in called.values() if script is not None}
    assert scripts | TOOLS == {path.stem for path in (ROOT / "scripts").glob("*.py")}


@pytest.mark.parametrize("rule", JOBS)
def test_a_rule_has_all_its_parts(rule: str) -> None:
    body = JOBS[rule]
    for part in ("log", "benchmark", "conda", "threads", "resources"):
        assert section(body, part).strip()
    for part in ("input", "output"):
        if part == "output" and rule == "reproduce":  # a verdict, run whenever asked for
            continue
        lines = re.findall(r"^        (\S.*)$", section(body, part), flags=re.MULTILINE)
        named = [line for line in lines if re.match(r"\w+=", line) or re.match(r"[\])}]", line)]
        assert named == lines
    for grown in ("mem_mb", "runtime"):  # with every attempt
        assert re.search(rf"^        {grown}=growing\(\d+\),$", section(body, "resources"), re.MULTILINE)
    environment = re.search(r'"\.\./(envs/\w+\.yaml)"', section(body, "conda"))
    assert environment is not None
    assert (ROOT / environment[1]).is_file()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.stem)
def test_pins_are_those_of_the_lock(environment: Path) -> None:
    locked = locked_versions((ROOT / "requirements.lock").read_text())
    assert pins(environment).items() <= locked.items()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.stem)
def test_nothing_is_installed_that_is_not_pinned(environment: Path) -> None:
    """What a pinned package requires in turn is pinned as well."""
    pinned = set(pins(environment))
    required = {
        needed
        for name in pinned
        for requirement in map(Requirement, requires(name) or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if not (needed := canonicalize_name(requirement.name)).startswith(CUDA)
    }
    assert required <= pinned


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.stem)
def test_conda_understands_the_environment(environment: Path) -> None:
    specs = yaml.safe_load(environment.read_text())["dependencies"][:-1]
    assert [str(MatchSpec(spec).name.normalized) for spec in specs] == ["python", "pip"]


def third_party(files: list[Path]) -> set[str]:
    """Distributions that these files import when they are imported (imports inside functions too)."""
    distributions = packages_distributions()
    names = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    outside = names - set(sys.stdlib_module_names) - {"mfvae"}
    return {distributions[name][0].lower().replace("_", "-") for name in outside}


@pytest.mark.parametrize("rule", [name for name in JOBS if 'code("' in JOBS[name]])
def test_an_environment_holds_what_its_script_imports(rule: str) -> None:
    script = ROOT / "scripts" / re.search(r'code\("(\w+\.py)"\)', JOBS[rule])[1]
    environment = ROOT / re.search(r'"\.\./(envs/\w+\.yaml)"', JOBS[rule])[1]
    modules = modules_of(script)
    needed = third_party([script, *modules])
    if "vae.py" not in {path.name for path in modules}:
        needed -= {"torch"}  # the library's formulas take tensors too, which only a VAE brings
    assert needed <= set(pins(environment))


def test_an_import_inside_of_a_function_is_seen() -> None:
    """Numba compiles the samplers and is imported only when one draws; drawing figures needs none."""
    modules = modules_of(ROOT / "scripts/data/draw.py")
    assert {"bingham_sampler.py", "ising_sampler.py"} <= {path.name for path in modules}
    assert "numba" in third_party(modules)
    assert "numba" not in third_party(modules_of(ROOT / "scripts/figures/draw.py"))
