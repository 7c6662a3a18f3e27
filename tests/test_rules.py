"""Every rule keeps the house's contract, and every environment is what was tested."""

from __future__ import annotations

import ast
import re
import runpy
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from inspect import Parameter
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

from envs.pin import locked_versions
from mfvae.figures import FIGURES
from mfvae.systems import SYSTEMS
from mfvae.workflow.cli import WRITTEN, options_of
from mfvae.workflow.files.source_digest import modules_of

ROOT = Path(__file__).parent.parent
RULE = re.compile(
    r"^(?:rule|use rule (?P<base>\w+) as) (?P<rule>\w+)(?: with)?:\n(?P<body>(?:[ \t]+.*\n|\n)+)",
    flags=re.MULTILINE,
)
SECTION = re.compile(r"^    (\w+):(.*\n(?:        .*\n|\n)*)", flags=re.MULTILINE)
PROGRAM = re.compile(r'\*\*program\(\s*"([\w/]+)\.py"')


def rules_of(text: str) -> dict[str, dict[str, str]]:
    """Rule → section → its text; a rule that is used as another gives it what that does not say."""
    found: dict[str, dict[str, str]] = {}
    for rule in RULE.finditer(text + "\n"):
        own = dict(SECTION.findall(rule["body"]))
        found[rule["rule"]] = found.get(rule["base"], {}) | own
    return found


RULES = {
    name: sections
    for path in sorted((ROOT / "rules").glob("*.smk"))
    for name, sections in rules_of(path.read_text()).items()
}
JOBS = {name: sections for name, sections in RULES.items() if "shell" in sections}
SCRIPT_OF = {
    rule: called[1]
    for rule, sections in JOBS.items()
    if (called := PROGRAM.search(sections.get("params", "")))
}
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
TOOLS = {"reproduce/check_yaml", "reproduce/diff"}  # of people, not of the DAG
EXTRAS = {  # which a message names where they are missing
    Requirement(needed).name
    for extra in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ].values()
    for needed in extra
}
CUDA = ("nvidia-", "cuda-", "triton")  # what the build on PyPI brings along on Linux


def pins(environment: Path) -> dict[str, str]:
    *_, pip = yaml.safe_load(environment.read_text())["dependencies"]
    return dict(requirement.split("==") for requirement in pip["pip"])


def test_every_script_is_called_by_a_rule_and_every_rule_but_the_verdict_calls_one() -> None:
    assert JOBS.keys() - SCRIPT_OF.keys() == {"reproduce"}
    folder = ROOT / "scripts"
    scripts = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.py")}
    assert {*SCRIPT_OF.values()} | TOOLS == scripts


@pytest.mark.parametrize("rule", JOBS)
def test_a_rule_has_all_its_parts(rule: str) -> None:
    sections = JOBS[rule]
    for part in ("log", "benchmark", "conda"):
        assert sections[part].strip()
    assert re.search(r"\(log: \{+log\}+\)", sections["message"])
    assert ("output" in sections) == (rule != "reproduce")  # a verdict, given whenever asked for
    for part in {"input", "output"} & sections.keys():
        lines = re.findall(r"^        (\S.*)$", sections[part], flags=re.MULTILINE)
        named = [line for line in lines if re.match(r"\w+=|\*\*\w|unpack\(|[\])}]", line)]
        assert named == lines
    for line in sections.get("resources", "").split():  # with every attempt
        assert re.fullmatch(r"(mem_mb|runtime)=growing\(\d+\),", line)
    environment = re.search(r'"\.\./(envs/\w+\.yaml)"', sections["conda"])
    assert environment is not None
    assert (ROOT / environment[1]).is_file()


def test_the_files_of_a_rule_s_options_are_named_like_them() -> None:
    """What a script writes is an output of its rules, or a setting that depends on one."""
    for rule, script in SCRIPT_OF.items():
        main = runpy.run_path(str(ROOT / "scripts" / f"{script}.py"))["main"]
        written = [option for option in options_of(main) if WRITTEN in option.notes]
        made = set(re.findall(r"^        (\w+)=", JOBS[rule]["output"], flags=re.MULTILINE))
        needed = {option.name for option in written if option.default is Parameter.empty}
        assert needed <= made, rule


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_what_rules_do_not_say_grows_with_every_attempt(profile: str) -> None:
    whole = yaml.safe_load((ROOT / "profiles" / profile / "config.yaml").read_text())
    for amount in ("mem_mb", "runtime"):
        first, second, third = (
            eval(whole["default-resources"][amount], {"attempt": attempt}) for attempt in (1, 2, 3)
        )
        assert 0 < first == second / 2 == third / 4


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


@pytest.mark.parametrize("rule", SCRIPT_OF)
def test_an_environment_holds_what_its_script_imports(rule: str) -> None:
    script = ROOT / "scripts" / f"{SCRIPT_OF[rule]}.py"
    environment = ROOT / re.search(r'"\.\./(envs/\w+\.yaml)"', JOBS[rule]["conda"])[1]
    modules = modules_of(script)
    needed = third_party([script, *modules])
    if "vae.py" not in {path.name for path in modules}:
        needed -= {"torch"}  # the library's formulas take tensors too, which only a VAE brings
    assert needed - EXTRAS <= set(pins(environment))


def test_an_import_inside_of_a_function_is_seen() -> None:
    """Numba compiles the samplers and is imported only when one draws; drawing figures needs none."""
    sampled = [SYSTEMS.source_of(name) for name in SYSTEMS]
    modules = modules_of(ROOT / "scripts/data/draw.py", *sampled)
    assert {"_bingham_sampler.py", "sampler.py"} <= {path.name for path in modules}
    assert "numba" in third_party(modules)
    drawn = [FIGURES.source_of(name) for name in FIGURES]
    assert "numba" not in third_party(modules_of(ROOT / "scripts/figures/draw.py", *drawn))
